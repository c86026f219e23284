//! The one server: device API, built-in desk, technicians' console.
//!
//! A request passes [`edge`] (identity, headers, problem documents), then [`api`] (what is asked, by whom), then
//! [`store`] (what is true). Files of tickets are in [`files`], what connected devices and consoles are told in
//! [`events`]. Everything that arrives is hostile until it has passed [`intake`] or an extractor of [`extract`].
//!
//! Deliberately absent: an Internet of other services. The hub calls nobody but the helpdesk to which it is the gateway, if
//! it is told to be one ([`gateway`]).

mod api;
mod auth;
pub mod backup;
pub mod commands;
pub mod config;
mod console_files;
mod cursor;
pub mod doctor;
#[doc(hidden)]
pub mod doors;
mod drain;
mod edge;
mod events;
mod export;
mod extract;
mod file_names;
mod files;
pub mod gateway;
mod intake;
mod limits;
mod media;
mod metrics;
mod problem;
mod rate;
mod retention;
mod search;
mod server;
mod sign_in;
mod slow;
mod state;
mod store;
mod text;
mod tls;
mod transitions;

pub use api::openapi_document;
pub use config::{Config, Patience, SignInConfig, TlsFiles};
pub use retention::Keeping;
pub use server::{RunningHub, StartError, serve};
pub use state::FirstSignIn;
