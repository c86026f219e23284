//! What the tests under faults are made of: a proxy that lies, an agent that can be killed on a desktop that can fall
//! apart, a user who goes on where they were interrupted, and dice that can be thrown again.
//!
//! The programs are the real ones. What is drawn at random is drawn from a seed that the test prints; `DESKSIDE_SEED=…`
//! draws the same again. The instants at which processes meet are the machine's own: a seed repeats the plan and the
//! faults, not the microseconds.
#![cfg(target_os = "linux")]

mod agent;
mod apart;
mod dice;
mod faults;
mod http;
mod proxy;
mod user;

pub use agent::Agent;
pub use apart::{Apart, apart};
pub use dice::Dice;
pub use proxy::{Kind, Proxy, Traffic, Way};
pub use user::{Gone, Upload, User, digest};
