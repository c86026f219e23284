//! Who may depend on whom.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use crate::programs::{root, tree};

/// Every crate of ours and the crates of ours that it may be built from. Arrows go down only: binaries, then domain
/// crates, then the protocol.
const ARROWS: &[(&str, &[&str])] = &[
    ("deskside-protocol", &[]),
    ("deskside-texts", &[]),
    ("deskside-facts", &["deskside-protocol"]),
    ("deskside-ipc", &["deskside-protocol"]),
    ("deskside-helpdesk", &["deskside-protocol", "deskside-texts"]),
    ("deskside-agent", &["deskside-protocol", "deskside-texts", "deskside-facts", "deskside-ipc", "deskside-helpdesk"]),
    ("deskside-hub", &["deskside-protocol", "deskside-helpdesk", "deskside-texts"]),
    ("deskside-window", &["deskside-protocol", "deskside-ipc"]),
    ("deskside-devhost", &["deskside-protocol", "deskside-ipc"]),
    ("deskside-desktop", &[]),
    ("deskside-e2e", &["deskside-protocol", "deskside-ipc", "deskside-texts", "deskside-desktop"]),
    ("deskside-faults", &["deskside-protocol", "deskside-ipc", "deskside-desktop", "deskside-e2e"]),
    ("deskside-packages", &["deskside-desktop"]),
    ("deskside-on-windows", &["deskside-desktop", "deskside-e2e"]),
    ("deskside-contract", &["deskside-protocol", "deskside-helpdesk"]),
    ("deskside-architecture", &[]),
    ("deskside-fuzz", &[]),
    ("deskside-bare-window", &[]),
    (
        "deskside-measure",
        &[
            "deskside-protocol",
            "deskside-ipc",
            "deskside-facts",
            "deskside-helpdesk",
            "deskside-contract",
            "deskside-faults",
        ],
    ),
    ("xtask", &["deskside-protocol", "deskside-ipc", "deskside-facts", "deskside-desktop", "deskside-e2e"]),
];

fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().other_options(vec!["--offline".to_owned()]).exec().unwrap()
}

fn names<'a>(package: &'a Package, kinds: &[DependencyKind]) -> Vec<&'a str> {
    package.dependencies.iter().filter(|d| kinds.contains(&d.kind)).map(|d| d.name.as_str()).collect()
}

#[test]
fn arrows_go_down_only() {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for package in metadata().workspace_packages() {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            panic!("{} is new: say in ARROWS what it may be built from", package.name);
        };
        for name in names(package, &[DependencyKind::Normal, DependencyKind::Build]) {
            let ours = ARROWS.iter().any(|(ours, _)| *ours == name);
            assert!(!ours || allowed.contains(&name), "{} must not be built from {name}", package.name);
        }
    }
}

#[test]
fn nothing_is_built_from_a_program() {
    let metadata = metadata();
    let programs: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.targets.iter().any(|target| target.is_bin()))
        .map(|package| package.name.to_string())
        .collect();
    assert!(programs.contains(&"deskside-agent".to_owned()), "the test does not see the programs: {programs:?}");
    for package in metadata.workspace_packages() {
        for name in names(package, &[DependencyKind::Normal, DependencyKind::Build]) {
            assert!(
                !programs.iter().any(|program| program == name),
                "{} is built from the program {name}",
                package.name
            );
        }
    }
}

#[test]
fn every_crate_keeps_the_common_lints() {
    for package in metadata().workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has lints of its own", package.name);
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"deny\""));
}

#[test]
fn versions_are_chosen_in_one_place() {
    for package in metadata().workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        let dependencies = manifest.split_once("dependencies]").map_or("", |(_, after)| after);
        for line in dependencies.lines() {
            assert!(!line.contains("version ="), "{}: {line:?} chooses a version; the workspace does", package.name);
        }
    }
}

/// `tao`, the event loop that tray icons of Windows and macOS need, is no web view; on Linux the agent has neither.
#[test]
fn tauri_is_in_the_window_alone() {
    for package in metadata().workspace_packages() {
        let window = ["deskside-window", "deskside-bare-window"].contains(&package.name.as_str());
        for name in names(package, &[DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development]) {
            let tauri = name == "tauri" || name.starts_with("tauri-") || name == "wry";
            assert!(window || !tauri, "{} depends on {name}", package.name);
        }
    }
}

/// Linking a web view costs a process 37 MB before `main`; `async-io` wakes an idle one twice a second for ever.
#[test]
fn the_agent_stays_light() {
    let tree = tree("deskside-agent");
    assert!(tree.iter().any(|name| name == "ksni"), "the test does not see the agent's tree");
    for name in tree {
        let heavy = [
            "gtk",
            "gdk",
            "webkit2gtk",
            "javascriptcore-rs",
            "pipewire",
            "libspa",
            "xcap",
            "tauri",
            "wry",
            "tao",
            "async-io",
            "smol",
        ];
        assert!(
            !heavy.iter().any(|heavy| name == *heavy || name == format!("{heavy}-sys")),
            "the agent is built from {name}"
        );
    }
}

#[test]
fn the_hub_knows_nothing_of_a_desktop() {
    for name in tree("deskside-hub") {
        assert!(!["zbus", "x11rb", "ksni", "notify-rust"].contains(&name.as_str()), "the hub is built from {name}");
    }
}
