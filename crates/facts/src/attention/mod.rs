//! Whether the user of a Windows session is not to be disturbed. No fact of the ticket: the agent asks before it shows a
//! notification. It lives here because asking needs the system's C interface.

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undisturbed {
    /// A program fills the screen.
    FullScreen,
    /// Quiet time.
    QuietTime,
    /// Presentation settings are on.
    Presentation,
}

mod windows;

/// Why the user is not to be disturbed, if they are not; `None` too where the system does not say.
#[must_use]
pub fn undisturbed() -> Option<Undisturbed> {
    windows::undisturbed()
}
