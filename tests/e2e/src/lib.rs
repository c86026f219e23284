//! The real programs together: a hub, an agent on a headless desktop, the window as a person uses it, the console's API as
//! a technician's browser uses it. The tests here and `cargo xtask demo` tell the same stories with it.
#![cfg(target_os = "linux")]

mod agent;
mod hub;
mod person;
mod programs;
mod request_tracker;
mod words;

pub use agent::Agent;
pub use hub::{Hub, Technician};
pub use person::{Person, Report};
pub use programs::Programs;
pub use request_tracker::{Filed, RequestTracker, Said};
pub use words::Words;

use std::time::Duration;

/// Longest wait for something that takes a moment: a window that opens, a ticket that arrives. Generous, because a busy
/// machine of two cores runs these tests beside others; what is slow for a person is measured by `cargo xtask bench`.
pub const SOON: Duration = Duration::from_secs(30);
