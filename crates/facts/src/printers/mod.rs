//! Printers set up here and what waits in their queues.

#[cfg(unix)]
mod cups;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::cups::collect;
#[cfg(windows)]
pub(crate) use self::windows::collect;
