//! The app without its `main`: a controller that holds all behaviour, and the ports through which it meets the desktop.
//!
//! - Behaviour: [`controller`] answers every request and keeps everything going; [`store`], [`outbox`], [`drafts`],
//!   [`uploads`], [`preview`], [`requests`], [`retention`] and [`ledger`] are its parts.
//! - The desktop: every other module implements a trait of [`ports`], or brings requests in ([`socket`], [`cli`]).
//!
//! Deliberately absent: a web view, GTK, and anything that only works while a window is open.

// behaviour
pub mod controller;
pub mod credential;
pub mod drafts;
pub mod identity;
pub mod keeper;
pub mod ledger;
pub mod link;
pub mod media;
pub mod outbox;
pub mod ports;
pub mod preview;
pub mod requests;
pub mod retention;
pub mod salvage;
pub mod store;
pub mod uploads;

// the desktop
pub mod attention;
pub mod autostart;
pub mod cli;
pub mod deep_link;
pub mod doctor;
pub mod logs;
pub mod machine;
pub mod network_watch;
pub mod notify;
pub mod paths;
pub mod policy;
pub mod programs;
pub mod renewal;
pub mod run;
pub mod screen;
pub mod secrets;
pub mod settings;
pub mod shortcut;
mod signals;
pub mod socket;
pub mod tray;
pub mod window;
