//! Whole snapshots: of a captured laptop, of nothing, and of this machine.

use std::time::{Duration, Instant};

use deskside_protocol::facts::{Facts, SectionFailure, SectionId};
use serde_json::Value;

use crate::{Context, collect, light, linux::fixture};

/// A document without what differs each time.
fn settled(facts: &Facts) -> Value {
    fn walk(value: &mut Value) {
        if let Value::Object(fields) = value {
            fields.remove("at");
            fields.remove("took_ms");
            fields.values_mut().for_each(walk);
        }
    }
    let mut value = serde_json::to_value(facts).unwrap();
    walk(&mut value);
    value
}

#[tokio::test]
async fn a_laptop_is_told_as_a_technician_needs_it() {
    let ctx = fixture::laptop();
    // The others look at this machine too: its file systems, account and clock.
    let sections = [
        SectionId::Device,
        SectionId::Memory,
        SectionId::Power,
        SectionId::Displays,
        SectionId::Media,
        SectionId::Locale,
        SectionId::Services,
    ];
    insta::assert_json_snapshot!(settled(&collect(&ctx, &sections).await));
}

#[tokio::test]
async fn on_a_machine_that_says_nothing_each_section_fails_alone() {
    let facts = collect(&fixture::silent(), SectionId::ALL).await;
    assert_eq!(facts.present(), SectionId::ALL, "what failed is told, too");
    let told = settled(&facts);
    let why = |section: &str| told[section]["why"].as_str();
    for section in ["memory", "processor", "network", "printers", "services", "programs"] {
        assert_eq!(why(section), Some("unavailable"), "{section}: {}", told[section]);
    }
    assert_eq!(why("system"), None);
}

#[tokio::test]
async fn only_what_is_asked_for_is_collected() {
    let facts = collect(&fixture::here(), &[SectionId::Memory, SectionId::Memory]).await;
    assert_eq!(facts.present(), [SectionId::Memory]);
}

#[tokio::test]
async fn a_collector_that_hangs_or_dies_is_told_as_such() {
    let home = std::path::Path::new("/home/claire");
    let hangs = super::section::<u32>(SectionId::System, home, async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok(1)
    });
    let dies = super::section::<u32>(SectionId::System, home, async { panic!("at /home/claire/x") });
    let (hangs, dies) = tokio::join!(hangs, dies);
    let why = |section: &deskside_protocol::facts::Section<u32>| match section {
        deskside_protocol::facts::Section::Failed { why, detail, .. } => (*why, detail.clone()),
        deskside_protocol::facts::Section::Collected { .. } => panic!("it did not fail"),
    };
    assert_eq!(why(&hangs).0, SectionFailure::TimedOut);
    assert_eq!(why(&dies).0, SectionFailure::Broken);
    assert!(!why(&dies).1.contains("claire"));
}

#[tokio::test]
async fn what_this_machine_says_holds_no_home_folder_and_no_secret() {
    let ctx = Context::new(vec!["http://claire:hunter2@127.0.0.1:9/x".parse().unwrap()], "/home/of/somebody".into());
    let facts = collect(&ctx, SectionId::ALL).await;
    let text = serde_json::to_string(&facts).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("/home/of/somebody"));
    for section in [
        SectionId::Device,
        SectionId::System,
        SectionId::Processor,
        SectionId::Memory,
        SectionId::Disks,
        SectionId::Network,
    ] {
        assert!(
            settled(&facts)[section.name()]["state"] == "collected",
            "{section:?}: {}",
            settled(&facts)[section.name()]
        );
    }
    let back: Facts = serde_json::from_str(&text).unwrap();
    assert_eq!(back, facts);
}

#[tokio::test]
async fn the_light_sections_are_light() {
    let ctx = fixture::here();
    // The first look compiles the rules of redaction; the fastest of a few says what the work costs on a busy machine.
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let facts = collect(&ctx, &light()).await;
        assert_eq!(facts.present(), light());
        fastest = fastest.min(started.elapsed());
    }
    println!("light sections: {fastest:?}");
    // Four times the goal of the release build, which `cargo xtask bench` measures: tests run unoptimised, side by side.
    assert!(fastest < Duration::from_millis(400), "{fastest:?}");
}
