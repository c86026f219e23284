//! What a package says is in it.

use std::collections::BTreeSet;
use std::fs;

use deskside_packages::Made;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Everything in the list of a package, by name.
fn listed(package: &str, end: &str) -> (BTreeSet<String>, Value) {
    let made = Made::find().unwrap();
    let package = made.package(package, end).unwrap();
    let list = fs::read(package.with_file_name(format!("{}.cdx.json", package.file_name().unwrap().to_str().unwrap())));
    let list: Value = serde_json::from_slice(&list.unwrap()).unwrap();
    assert_eq!((text(&list, "bomFormat"), text(&list, "specVersion")), ("CycloneDX", "1.6"));
    let subject = &list["metadata"]["component"];
    let digest = hex::encode(Sha256::digest(fs::read(&package).unwrap()));
    assert_eq!(text(&subject["hashes"][0], "content"), digest, "it speaks of this very package");

    let components = list["components"].as_array().unwrap();
    let references: BTreeSet<&str> = components.iter().map(|one| text(one, "bom-ref")).collect();
    assert_eq!(references.len(), components.len(), "each is listed once");
    for one in components {
        let ours = text(one, "name").starts_with("deskside-");
        assert!(text(&one["licenses"][0], "expression").len() > 2, "{one}");
        assert_eq!(one.get("purl").is_none(), ours, "{one}");
        assert_eq!(one.get("hashes").is_none(), ours, "what was fetched has a digest: {one}");
    }
    let known = |reference: &Value| references.contains(reference.as_str().unwrap());
    for one in list["dependencies"].as_array().unwrap() {
        assert!(known(&one["ref"]) || one["ref"] == subject["bom-ref"], "{one}");
        assert!(one["dependsOn"].as_array().unwrap().iter().all(known), "{one}");
    }
    (components.iter().map(|one| text(one, "name").to_owned()).collect(), list)
}

fn holds(names: &BTreeSet<String>, wanted: &[&str], unwanted: &[&str]) {
    for name in wanted {
        assert!(names.contains(*name), "{name} is inside and not listed");
    }
    for name in unwanted {
        assert!(!names.contains(*name), "{name} is listed and not inside");
    }
}

#[test]
fn the_app_lists_what_is_inside() {
    let tools = ["proptest", "vite", "vitest", "serde_derive", "cc", "axum"];
    for end in [".deb", ".rpm"] {
        let begin = if end == ".deb" { "deskside_" } else { "deskside-" };
        let (names, _) = listed(begin, end);
        holds(
            &names,
            &["deskside-agent", "deskside-window", "tauri", "ksni", "sqlx", "svelte", "@fluent/bundle"],
            &tools,
        );
    }
}

#[test]
fn the_hub_lists_what_is_inside() {
    let (names, _) = listed("deskside-hub_", ".deb");
    holds(&names, &["deskside-hub", "axum", "argon2", "sqlx", "svelte"], &["tauri", "ksni", "gtk", "proptest"]);
}
