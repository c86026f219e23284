//! Interfaces: addresses and counters by `sysinfo`, what they are by SystemConfiguration, Wi-Fi by CoreWLAN.
#![expect(unsafe_code, reason = "interfaces are only there through the system's functions")]

use std::collections::BTreeMap;

use deskside_protocol::facts::{Interface, InterfaceKind, Wifi};
use objc2_core_wlan::{CWInterface, CWWiFiClient};
use objc2_system_configuration::SCNetworkInterface;

use crate::{Failure, macos::network, portable};

pub(super) fn read() -> Result<Vec<Interface>, Failure> {
    let types = types();
    let mut interfaces = portable::interfaces(|name| network::kind(name, types.get(name).map(String::as_str)))?;
    // What lies unused says nothing about a problem, and macOS has a dozen of them.
    interfaces.retain(|interface| {
        !matches!(interface.kind, InterfaceKind::Virtual | InterfaceKind::Vpn)
            || (interface.up && !interface.addresses.is_empty())
    });
    for (name, wifi) in networks() {
        if let Some(interface) = interfaces.iter_mut().find(|interface| interface.name == name) {
            interface.kind = InterfaceKind::Wireless;
            interface.wifi = wifi;
        }
    }
    Ok(interfaces)
}

/// The type of each interface that SystemConfiguration manages, by its name.
fn types() -> BTreeMap<String, String> {
    let all = SCNetworkInterface::all();
    // SAFETY: the list holds interfaces, as documented.
    let all = unsafe { all.cast_unchecked::<SCNetworkInterface>() };
    all.iter()
        .filter_map(|interface| Some((interface.bsd_name()?.to_string(), interface.interface_type()?.to_string())))
        .collect()
}

/// Wi-Fi interfaces by name, and the network that each is connected to.
fn networks() -> Vec<(String, Option<Wifi>)> {
    // SAFETY: the client is the process's own; its interfaces are asked for values that they hold.
    unsafe {
        let Some(all) = CWWiFiClient::sharedWiFiClient().interfaces() else { return Vec::new() };
        all.iter().filter_map(|interface| Some((interface.interfaceName()?.to_string(), network(&interface)))).collect()
    }
}

/// # Safety
/// None beyond that of the calls themselves: the interface is held by the caller.
unsafe fn network(interface: &CWInterface) -> Option<Wifi> {
    // SAFETY: plain questions to an object that lives.
    unsafe {
        let channel = interface.wlanChannel()?;
        let signal = i32::try_from(interface.rssiValue()).ok().filter(|dbm| *dbm < 0)?;
        Some(Wifi {
            // Since macOS 14 the name is only for programs that may know the place; the signal is for all.
            name: interface.ssid().map(|name| name.to_string()).unwrap_or_default(),
            signal_percent: network::signal_percent(signal),
            signal_dbm: Some(signal),
            frequency_mhz: network::frequency_mhz(channel.channelNumber() as i64, channel.channelBand().0 as i64),
        })
    }
}
