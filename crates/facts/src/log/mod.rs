//! Errors of the system's log of the last minutes.

mod folded;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::collect;
#[cfg(target_os = "macos")]
pub(crate) use self::macos::collect;
#[cfg(windows)]
pub(crate) use self::windows::collect;
