//! What the helpdesk connectors are held to: servers that answer as real ones were seen to ([`Replay`]), and one story
//! that every helpdesk must tell.
//!
//! A [`Replay`] is a real HTTP server on this machine. What it says comes from captures of real servers: their status,
//! reason phrase, headers, delays and bytes, with the parts replaced that depend on what was sent before (numbers, texts,
//! files). What a server remembers is its [`Backend`]: one module a helpdesk. A request of a form that no capture shows is
//! answered with 599, and fails the test when the server goes.

pub mod capture;
mod column;
pub mod coverage;
pub mod fault;
pub mod glpi;
pub mod glpi_high_level;
mod http;
pub mod mantis;
mod replay;
pub mod story;

pub use capture::{Captures, Exchange};
pub use column::Column;
pub use fault::Fault;
pub use http::Request;
pub use replay::{Answer, Backend, Pace, Replay, Seen};
