//! What this machine is: typed sections, one collector each per operating system, and redaction.
//!
//! [`collect`] runs the collectors that were asked for side by side. Each has its own time limit and fails alone. Every
//! string of every section goes through [`redact()`] before it leaves this crate, so no caller can forget to.
//!
//! - Collectors are in `src/<section>/{linux,windows,macos}.rs`, all with the one signature
//!   `async fn collect(ctx: &Context) -> Result<Section, Failure>`. What they parse is parsed by functions over `&str` and
//!   `&[u8]`, which tests feed without a machine.
//! - On Linux they read `/proc`, `/sys` and state files below [`Context::root`], and ask D-Bus services and CUPS. No program
//!   is started, and no output of a command is parsed.
//! - [`findings()`] says what is unusual, [`relevant`] which sections bear on a problem.
//!
//! Everything read is taken for hostile: reads are bounded, lists are capped, nothing panics.

#[cfg(windows)]
pub mod attention;
mod collect;
mod context;
mod failure;
mod findings;
mod health;
#[cfg(target_os = "linux")]
mod linux;
// Its parsers are tested everywhere.
#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(not(target_os = "linux"))]
mod portable;
pub mod redact;
mod relevance;
// Its parsers are tested everywhere.
#[cfg(any(windows, test))]
mod windows;

mod crashes;
mod device;
mod disks;
mod displays;
mod locale;
mod log;
mod media;
mod memory;
mod network;
mod power;
mod printers;
mod processor;
mod programs;
mod security;
mod services;
mod system;
mod user;

pub(crate) use collect::blocking;
pub use collect::{collect, light};
pub use context::Context;
pub use failure::Failure;
pub use findings::{findings, thresholds};
pub use health::Sampler;
pub use redact::redact;
pub use relevance::relevant;

/// Gives back memory that was needed for a moment: the patterns of redaction if nobody used them since the last call, and
/// on Linux freed memory and pages of this program's code that ran long ago. For a process that lives long and mostly
/// waits; takes a millisecond at most, and what is needed again comes back by itself.
pub fn rest() {
    redact::rest();
    #[cfg(target_os = "linux")]
    linux::footprint::give_back();
}
