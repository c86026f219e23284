//! A throw-away headless desktop for tests and the demo: a virtual display with a window manager, a session bus of its
//! own, a tray host, a notification server, an unlocked keyring, a home folder. Linux only, as are the tests that need it.
//!
//! Nothing that runs on it outlives it: every program is killed when the [`Desktop`] is dropped, also what programs
//! started themselves, and the kernel kills the direct children should the whole test be killed (`PR_SET_PDEATHSIG`).
//!
//! Tray host and notification server are written here, over D-Bus, so that a test can say exactly what was shown and
//! click on it; a panel of a real desktop would draw it but tell nothing.
#![cfg(target_os = "linux")]

mod desktop;
mod display;
mod full_screen;
mod handing;
mod notifications;
mod programs;
mod tray;
mod window;

pub use desktop::{Desktop, Options, Shows};
pub use full_screen::FullScreen;
pub use handing::{CopiedFiles, Drag};
pub use notifications::{Notifications, Shown};
pub use programs::{Process, Spawn, kill_marked, wait_until};
pub use tray::{MenuEntry, TrayHost, TrayItem};
pub use window::Window;
