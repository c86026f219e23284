//! NetworkManager: what it thinks of the connection, VPNs, and the Wi-Fi's name. And the desktop's proxy, from its portal.

use std::collections::HashMap;

use deskside_protocol::{
    facts::{Connectivity, Interface, InterfaceKind, Wifi},
    limits,
};
use zbus::zvariant::OwnedObjectPath;

use crate::{Context, Failure, linux::bus::Bus, network::proxy::without_credentials};

const SERVICE: &str = "org.freedesktop.NetworkManager";
const MANAGER: (&str, &str, &str) = (SERVICE, "/org/freedesktop/NetworkManager", SERVICE);
/// `NM_DEVICE_TYPE_WIFI` (nm-dbus-interface.h).
const WIFI: u32 = 2;
/// `NM_ACTIVE_CONNECTION_STATE_ACTIVATED`.
const ACTIVATED: u32 = 2;
/// The path that stands for "none".
const NO_OBJECT: &str = "/";

/// What NetworkManager says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) connectivity: Connectivity,
    pub(super) vpn_up: bool,
    wifi: HashMap<String, Wifi>,
}

pub(super) async fn ask(ctx: &Context) -> Result<Said, Failure> {
    let bus = Bus::system(ctx).await?;
    let manager = bus.properties(MANAGER).await?;
    let mut said =
        Said { connectivity: connectivity(manager.get::<u32>("Connectivity").unwrap_or_default()), ..Said::default() };
    let connections: Vec<OwnedObjectPath> = manager.get("ActiveConnections").unwrap_or_default();
    for path in connections.iter().take(limits::FACTS_LIST) {
        let connection = (SERVICE, path.as_str(), "org.freedesktop.NetworkManager.Connection.Active");
        let Ok(connection) = bus.properties(connection).await else { continue };
        let tunnel = connection.get::<bool>("Vpn") == Some(true)
            || ["vpn", "wireguard"].contains(&connection.text("Type").as_deref().unwrap_or_default());
        said.vpn_up |= tunnel && connection.get::<u32>("State") == Some(ACTIVATED);
    }
    let devices: Vec<OwnedObjectPath> = manager.get("Devices").unwrap_or_default();
    for path in devices.iter().take(limits::FACTS_LIST) {
        if let Some((interface, wifi)) = wifi(&bus, path.as_str()).await {
            said.wifi.insert(interface, wifi);
        }
    }
    Ok(said)
}

/// `NMConnectivityState`.
fn connectivity(state: u32) -> Connectivity {
    match state {
        1 => Connectivity::None,
        2 => Connectivity::Portal,
        3 => Connectivity::Limited,
        4 => Connectivity::Full,
        _ => Connectivity::Unknown,
    }
}

/// The network that a device is connected to, if it is a Wi-Fi device and connected.
async fn wifi(bus: &Bus, device: &str) -> Option<(String, Wifi)> {
    let said = bus.properties((SERVICE, device, "org.freedesktop.NetworkManager.Device")).await.ok()?;
    if said.get::<u32>("DeviceType") != Some(WIFI) {
        return None;
    }
    let wireless = bus.properties((SERVICE, device, "org.freedesktop.NetworkManager.Device.Wireless")).await.ok()?;
    let point: OwnedObjectPath =
        wireless.get("ActiveAccessPoint").filter(|point: &OwnedObjectPath| point.as_str() != NO_OBJECT)?;
    let point = bus.properties((SERVICE, point.as_str(), "org.freedesktop.NetworkManager.AccessPoint")).await.ok()?;
    let name: Vec<u8> = point.get("Ssid")?;
    let wifi = Wifi {
        name: String::from_utf8_lossy(&name).into_owned(),
        signal_percent: point.get::<u8>("Strength").map(|percent| percent.min(100)),
        signal_dbm: None,
        frequency_mhz: point.get::<u32>("Frequency").filter(|frequency| *frequency > 0),
    };
    Some((said.text("Interface")?, wifi))
}

impl Said {
    /// Adds what is known of their networks to the interfaces; the signal in dBm is the kernel's.
    pub(super) fn add_wifi(&self, interfaces: &mut [Interface]) {
        for interface in interfaces {
            if let Some(wifi) = self.wifi.get(&interface.name) {
                let signal_dbm = interface.wifi.as_ref().and_then(|known| known.signal_dbm);
                interface.kind = InterfaceKind::Wireless;
                interface.wifi = Some(Wifi { signal_dbm, ..wifi.clone() });
            }
        }
    }
}

/// The proxy that the desktop's settings give for the first server (XDG portal, org.freedesktop.portal.ProxyResolver).
pub(super) async fn proxy(ctx: &Context) -> Option<String> {
    const PORTAL: (&str, &str, &str) =
        ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.ProxyResolver");
    let target = ctx.servers.first().map_or("https://www.debian.org/", url::Url::as_str);
    let proxies: Vec<String> = Bus::session(ctx).await.ok()?.call(PORTAL, "Lookup", &target).await.ok()?;
    proxies.into_iter().find(|proxy| !proxy.starts_with("direct://")).map(|proxy| without_credentials(&proxy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_those_of_network_manager() {
        assert_eq!(connectivity(2), Connectivity::Portal);
        assert_eq!(connectivity(4), Connectivity::Full);
        assert_eq!(connectivity(99), Connectivity::Unknown);
    }
}
