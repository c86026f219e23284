//! What several macOS collectors share: the I/O Registry, the dynamic store, property lists, and what is parsed from them.
//!
//! Values of the system's interfaces are turned into [`plist::Value`]s at once, and parsed from there, so that all parsing
//! is tested on every system.

pub(crate) mod battery;
pub(crate) mod displays;
pub(crate) mod drives;
pub(crate) mod echo;
pub(crate) mod locale;
pub(crate) mod network;
pub(crate) mod plists;
pub(crate) mod reports;
pub(crate) mod security;
pub(crate) mod users;

#[cfg(target_os = "macos")]
pub(crate) mod programs;
#[cfg(target_os = "macos")]
pub(crate) mod registry;
#[cfg(target_os = "macos")]
pub(crate) mod store;
