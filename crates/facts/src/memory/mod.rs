//! Memory, swap, and how hard programs wait for it.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{collect, described};
#[cfg(target_os = "macos")]
pub(crate) use self::macos::collect;
#[cfg(windows)]
pub(crate) use self::windows::collect;
