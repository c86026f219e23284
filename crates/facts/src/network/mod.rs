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
pub(crate) use self::linux::{collect, way_out};
#[cfg(target_os = "macos")]
pub(crate) use self::macos::{collect, way_out};
#[cfg(windows)]
pub(crate) use self::windows::{collect, way_out};

/// The way out of this machine at one moment.
#[derive(Debug, Default)]
pub(crate) struct WayOut {
    /// Whether any interface has a link, where the system says.
    pub(crate) link: Option<bool>,
    /// The first gateway's answer; `None` without a gateway, or where it cannot be asked.
    pub(crate) gateway: Option<deskside_protocol::facts::Reachability>,
}
