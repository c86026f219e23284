//! What an administrator does with the packages, in a clean Debian: installs, upgrades, removes, purges.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and look for one case"
)]

mod app;
mod contents;
mod hub;
mod red_hat;

use deskside_packages::Debian;

/// A clean Debian, or the test's end: said, and counted as skipped.
macro_rules! clean_debian {
    () => {
        match crate::clean().await {
            Ok(debian) => debian,
            Err(reason) => {
                println!("SKIPPED: {reason}");
                return;
            }
        }
    };
}
pub(crate) use clean_debian;

async fn clean() -> Result<Debian, String> {
    Debian::start().await.unwrap()
}
