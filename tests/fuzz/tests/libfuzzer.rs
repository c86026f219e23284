//! The targets under libFuzzer, which chooses the bytes by what they make the program do. `DESKSIDE_FUZZ` names the target.
#![no_main]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a target fails by panicking"
)]

mod targets;

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<targets::Target> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("DESKSIDE_FUZZ").unwrap_or_default();
        let found = targets::ALL.iter().find(|(target, _)| *target == name);
        found.unwrap_or_else(|| panic!("DESKSIDE_FUZZ names no target: {name:?}")).1
    });
    target(data);
});
