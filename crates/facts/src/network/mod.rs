//! Interfaces, addresses, Wi-Fi, gateways, name servers, proxy, and what can be reached.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
mod proxy;
mod reach;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::collect;
#[cfg(target_os = "macos")]
pub(crate) use self::macos::collect;
#[cfg(windows)]
pub(crate) use self::windows::collect;
