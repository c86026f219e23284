//! Where the agent listens.

use std::path::{Path, PathBuf};

use crate::{IpcError, peer};

/// Where the agent listens: a socket's path (Unix) or a pipe's name (Windows).
///
/// The library reads no environment of ours; a binary that honours `DESKSIDE_SOCKET` hands it to [`Endpoint::at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    path: PathBuf,
}

impl Endpoint {
    /// The place of this user's agent.
    ///
    /// Linux: `$XDG_RUNTIME_DIR/deskside/agent.sock`; without that variable (a session without a session manager)
    /// `/tmp/deskside-UID/agent.sock`, which the same checks guard. macOS: `deskside/agent.sock` in the user's own
    /// temporary folder. Windows: the pipe `\\.\pipe\deskside-SID`.
    ///
    /// # Errors
    /// [`IpcError::Io`] if the system does not say who the user is (Windows alone).
    pub fn default_for_user() -> Result<Self, IpcError> {
        peer::default_path().map(|path| Self { path })
    }

    /// A place chosen by the caller: on Unix a path in a folder that only the user can enter (it is made if it is not
    /// there), on Windows the full name of a pipe.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path or pipe name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.display().fmt(f)
    }
}
