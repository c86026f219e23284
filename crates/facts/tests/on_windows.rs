//! The collectors of Windows on the Windows there is. Wine stands in for one where the tests are run on Linux: what it only
//! has stubs for may fail, each section by itself and with a reason, and takes no other with it.

#![cfg(windows)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use deskside_facts::{Context, collect};
use deskside_protocol::facts::{Facts, Section, SectionId};

fn all() -> Facts {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = std::env::var_os("USERPROFILE").unwrap().into();
    runtime.block_on(collect(&Context::new(Vec::new(), home), SectionId::ALL))
}

fn collected<T>(section: Option<&Section<T>>) -> &T {
    match section {
        Some(Section::Collected { data, .. }) => data,
        Some(Section::Failed { why, detail, .. }) => panic!("{why:?}: {detail}"),
        None => panic!("not looked at"),
    }
}

#[test]
fn every_section_ends_and_what_needs_no_service_of_windows_is_there() {
    let facts = all();
    assert_eq!(facts.present().len(), SectionId::ALL.len(), "a section is lost");

    let processor = collected(facts.processor.as_ref());
    assert!(processor.threads > 0 && processor.busy_percent.is_some_and(|busy| (0.0..=100.0).contains(&busy)));
    let memory = collected(facts.memory.as_ref());
    assert!(memory.total_bytes > 0 && memory.available_bytes <= memory.total_bytes, "{memory:?}");
    assert!(collected(facts.system.as_ref()).name.contains("Windows"));
    assert!(!collected(facts.user.as_ref()).login.is_empty());
    let programs = collected(facts.programs.as_ref());
    assert!(programs.running > 0 && !programs.by_memory.is_empty(), "{programs:?}");
}
