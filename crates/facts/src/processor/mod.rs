//! The processor, how busy and how hot it is.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{Ticks, collect, ticks};
#[cfg(target_os = "macos")]
pub(crate) use self::macos::collect;
#[cfg(windows)]
pub(crate) use self::windows::collect;
