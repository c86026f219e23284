//! A clean Debian to install packages into: debootstrap's smallest, in a folder, with processes and mounts of its own that
//! end with it. The network is the machine's: its package sources, and hubs that listen on the loopback.
#![cfg(target_os = "linux")]

mod debian;
mod made;

pub use debian::{Debian, Session};
pub use made::Made;
