//! Interfaces as the kernel shows them (Documentation/ABI/testing/sysfs-class-net).

use std::path::Path;

use deskside_protocol::{
    facts::{Interface, InterfaceKind, Wifi},
    limits,
};

use super::tables;
use crate::{
    Context, Failure,
    linux::files::{self, number, value},
};

/// `ARPHRD_*` of point-to-point links and tunnels without addresses of their own (Linux, if_arp.h).
const TUNNELS: &[u32] = &[512, 65534];

pub(super) fn read(ctx: &Context) -> Result<Vec<Interface>, Failure> {
    let folder = ctx.path("/sys/class/net");
    if !folder.is_dir() {
        return Err(Failure::unavailable("the kernel shows no interfaces"));
    }
    let addresses = addresses();
    let signals = tables::signals(&files::text(&ctx.path("/proc/net/wireless")).unwrap_or_default());
    let mut interfaces: Vec<Interface> = files::entries(&folder)
        .iter()
        .filter(|path| path.is_dir() && files::name(path) != "lo")
        .map(|path| {
            let mut interface = interface(path);
            interface.addresses =
                addresses.iter().filter(|(name, _)| *name == interface.name).map(|(_, a)| a.clone()).collect();
            interface.wifi = signals.iter().find(|(name, _)| *name == interface.name).map(|(_, dbm)| Wifi {
                name: String::new(),
                signal_percent: None,
                signal_dbm: Some(*dbm),
                frequency_mhz: None,
            });
            interface
        })
        // Bridges and such that lie unused say nothing about a problem.
        .filter(|interface| interface.up || interface.kind != InterfaceKind::Virtual)
        .collect();
    // What is up comes first, for the limit cuts the end.
    interfaces.sort_by_key(|interface| !interface.up);
    interfaces.truncate(limits::FACTS_LIST);
    Ok(interfaces)
}

/// Whether any interface has a link; tunnels and bridges are not asked, they have one as long as they exist. `None` where
/// the kernel shows no interfaces.
pub(super) fn any_link(ctx: &Context) -> Option<bool> {
    let folder = ctx.path("/sys/class/net");
    folder.is_dir().then(|| {
        files::entries(&folder)
            .iter()
            .filter(|path| path.is_dir() && files::name(path) != "lo")
            .any(|path| is_up(path) && !matches!(kind(path), InterfaceKind::Vpn | InterfaceKind::Virtual))
    })
}

fn is_up(path: &Path) -> bool {
    // Tunnels never say more than "unknown"; they are there only while they are up.
    matches!(value(&path.join("operstate")).as_deref(), Some("up" | "unknown"))
        && value(&path.join("carrier")).as_deref() != Some("0")
}

fn interface(path: &Path) -> Interface {
    let errors = ["rx_errors", "tx_errors"].map(|name| number::<u64>(&path.join("statistics").join(name)));
    Interface {
        name: files::name(path),
        kind: kind(path),
        up: is_up(path),
        mac: value(&path.join("address")).filter(|mac| mac.len() == 17 && mac != "00:00:00:00:00:00"),
        addresses: Vec::new(),
        // -1, or an error, while there is no link.
        speed_mbit: number::<u32>(&path.join("speed")).filter(|speed| (1..u32::MAX).contains(speed)),
        mtu: number(&path.join("mtu")),
        wifi: None,
        errors: errors.iter().flatten().copied().reduce(u64::saturating_add),
    }
}

fn kind(path: &Path) -> InterfaceKind {
    let event = files::text(&path.join("uevent")).unwrap_or_default();
    let event = files::assignments(&event);
    let hardware = path.join("device").exists();
    match event.get("DEVTYPE").map(String::as_str) {
        Some("wlan") => return InterfaceKind::Wireless,
        Some("wwan") => return InterfaceKind::Mobile,
        Some("wireguard") => return InterfaceKind::Vpn,
        Some("bridge" | "vlan" | "bond" | "vxlan" | "macvlan" | "team") => return InterfaceKind::Virtual,
        Some(_) | None => {}
    }
    let tunnel = number::<u32>(&path.join("type")).is_some_and(|kind| TUNNELS.contains(&kind));
    if path.join("wireless").exists() || path.join("phy80211").exists() {
        InterfaceKind::Wireless
    } else if tunnel && !hardware {
        InterfaceKind::Vpn
    } else if !hardware {
        InterfaceKind::Virtual
    } else if number::<u32>(&path.join("type")) == Some(1) {
        InterfaceKind::Wired
    } else {
        InterfaceKind::Other
    }
}

/// Addresses with the names of their interfaces, of the machine that this runs on.
fn addresses() -> Vec<(String, String)> {
    let Ok(networks) = sysinfo::Networks::new_with_refreshed_list() else { return Vec::new() };
    let mut addresses: Vec<(String, String)> = networks
        .iter()
        .flat_map(|(name, data)| {
            data.ip_networks().iter().map(|address| (name.to_string_lossy().into_owned(), address.to_string()))
        })
        .collect();
    addresses.sort();
    addresses.truncate(4 * limits::FACTS_LIST);
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;

    #[test]
    fn interfaces_are_known_by_what_they_are() {
        let interfaces = read(&fixture::laptop()).unwrap();
        let said: Vec<_> = interfaces.iter().map(|i| (i.name.as_str(), i.kind, i.up)).collect();
        assert_eq!(
            said,
            [
                ("tun0", InterfaceKind::Vpn, true),
                ("wlp0s20f3", InterfaceKind::Wireless, true),
                ("enp0s31f6", InterfaceKind::Wired, false),
            ]
        );
        let wifi = &interfaces[1];
        assert_eq!(wifi.mac.as_deref(), Some("a4:6b:b6:00:11:22"));
        assert_eq!((wifi.mtu, wifi.errors, wifi.speed_mbit), (Some(1500), Some(7), None));
        assert_eq!(wifi.wifi.as_ref().unwrap().signal_dbm, Some(-62));
    }

    #[test]
    fn this_machine_has_the_addresses_that_its_kernel_says() {
        let route = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        let names: Vec<_> = addresses().into_iter().map(|(name, _)| name).collect();
        for line in route.lines() {
            let name = line.split_whitespace().last().unwrap();
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}
