//! Who the other end is, as the system says, and where both ends meet. One module per family of systems with the same
//! functions:
//!
//! - `default_path()`: where this user's agent listens;
//! - `Listener::bind(endpoint)`, `listener.accept()`: a listener that yields streams of the same user only;
//! - `connect(endpoint)`: a stream to a server of the same user only.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{Listener, connect, default_path};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{Listener, connect, default_path};

use tokio::io::{AsyncRead, AsyncWrite};

/// Both directions of a connection.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug> Duplex for T {}

/// A connection whose other end was proved to be the same user.
pub(crate) type Stream = Box<dyn Duplex>;
