//! The socket between window and agent: framing, versions, proof of the other end.
//!
//! The agent opens a [`Server`] at an [`Endpoint`]; windows and command lines come as [`Client`]s. Three fences stand
//! before the first request is read, and each end closes without a word when one does not hold:
//!
//! 1. the place: the socket lies in a folder that only the user can enter (Unix), or the pipe's access list names only
//!    the user (Windows);
//! 2. the other process: the system says that it runs as the same user ([`peer`]), on **both** ends, so that neither a
//!    stranger's client reaches the agent nor a stranger's server receives what the user types;
//! 3. the version: both ends send a [`deskside_protocol::local::Hello`] within
//!    [`deskside_protocol::limits::HANDSHAKE`] and agree on a version.
//!
//! After that the other end is the user's own program, but not trusted to be well: frames, requests at a time, clients
//! and waiting events are bounded, and a client that does not read is let go rather than waited for. What is missed in
//! such a gap is asked for anew after reconnecting; events only say that something changed.
//!
//! Deliberately absent: encryption (the kernel carries the bytes between two processes of one user), reconnecting
//! (whoever holds a [`Client`] knows best what to ask again), and any knowledge of what requests mean.

pub mod frame;

mod client;
mod endpoint;
mod error;
mod hello;
mod peer;
mod server;

pub use client::{Client, ClientError};
pub use endpoint::Endpoint;
pub use error::IpcError;
pub use server::{Calls, Peer, Sender, Server};
