//! What the dynamic store says of the network (`SCSchemaDefinitions.h`), and how interfaces are named.

use std::net::IpAddr;

use deskside_protocol::{
    facts::{Interface, InterfaceKind},
    limits::FACTS_LIST,
};
use plist::Value;

use super::plists::{flag, number, text, texts};

/// The gateway of `State:/Network/Global/IPv4` or `…/IPv6`, with its interface where the address is one of a link.
pub(crate) fn gateway(global: &Value) -> Option<String> {
    let router = text(global, &["Router"])?;
    let of_link = router.to_ascii_lowercase().starts_with("fe80:") && !router.contains('%');
    match text(global, &["PrimaryInterface"]) {
        Some(interface) if of_link => Some(format!("{router}%{interface}")),
        Some(_) | None => Some(router),
    }
}

/// Name servers and search domains of `State:/Network/Global/DNS`.
pub(crate) fn resolver(dns: &Value) -> (Vec<IpAddr>, Vec<String>) {
    let plain = |server: &String| server.split('%').next().and_then(|server| server.parse().ok());
    let servers = texts(dns, &["ServerAddresses"]).iter().filter_map(plain).take(FACTS_LIST).collect();
    let mut domains = texts(dns, &["SearchDomains"]);
    if let Some(domain) = text(dns, &["DomainName"]).filter(|domain| !domains.contains(domain)) {
        domains.push(domain);
    }
    domains.truncate(FACTS_LIST);
    (servers, domains)
}

/// The proxy of `State:/Network/Global/Proxies`, or the address of its automatic configuration.
pub(crate) fn proxy(proxies: &Value) -> Option<String> {
    let fixed = |name: &str, scheme: &str| {
        flag(proxies, &[&format!("{name}Enable")]).filter(|on| *on)?;
        let host = text(proxies, &[&format!("{name}Proxy")])?;
        let port = number(proxies, &[&format!("{name}Port")]).map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{scheme}://{host}{port}"))
    };
    fixed("HTTPS", "http").or_else(|| fixed("HTTP", "http")).or_else(|| fixed("SOCKS", "socks5")).or_else(|| {
        flag(proxies, &["ProxyAutoConfigEnable"]).filter(|on| *on)?;
        text(proxies, &["ProxyAutoConfigURLString"])
    })
}

/// By the type that SystemConfiguration gives (`kSCNetworkInterfaceType…`), or by the name for those that it does not manage.
pub(crate) fn kind(name: &str, kind: Option<&str>) -> InterfaceKind {
    match kind {
        Some("Ethernet" | "FireWire") => return InterfaceKind::Wired,
        Some("IEEE80211") => return InterfaceKind::Wireless,
        Some("WWAN" | "Modem") => return InterfaceKind::Mobile,
        Some("PPP" | "IPSec" | "VPN" | "L2TP" | "PPTP") => return InterfaceKind::Vpn,
        Some("Bridge" | "Bond" | "VLAN") => return InterfaceKind::Virtual,
        Some(_) | None => {}
    }
    let is = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if is(&["utun", "ipsec", "ppp", "tun", "tap"]) {
        InterfaceKind::Vpn
    } else if is(&["bridge", "vmnet", "vmenet", "vlan", "bond", "awdl", "llw", "ap", "anpi", "gif", "stf"]) {
        InterfaceKind::Virtual
    } else {
        InterfaceKind::Other
    }
}

/// macOS keeps tunnels of its own for every user, with addresses of the link only; a VPN has others.
pub(crate) fn is_vpn_up(interface: &Interface) -> bool {
    let own = |address: &String| !address.to_ascii_lowercase().starts_with("fe80:");
    interface.kind == InterfaceKind::Vpn && interface.up && interface.addresses.iter().any(own)
}

/// Centre of a channel (IEEE 802.11-2020, annex E), band as CoreWLAN counts: 1, 2, 3 for 2.4, 5 and 6 GHz.
pub(crate) fn frequency_mhz(channel: i64, band: i64) -> Option<u32> {
    let channel = u32::try_from(channel).ok().filter(|channel| (1..=233).contains(channel))?;
    match (band, channel) {
        (1, 14) => Some(2484),
        (1, 1..=13) => Some(2407 + 5 * channel),
        (2, _) => Some(5000 + 5 * channel),
        (3, _) => Some(5950 + 5 * channel),
        _ => None,
    }
}

/// A signal as a share, with the scale that Windows documents: -100 dBm is 0, -50 dBm is 100.
pub(crate) fn signal_percent(dbm: i32) -> Option<u8> {
    // 0 is what CoreWLAN says without a connection.
    (dbm < 0).then(|| u8::try_from((2 * (dbm.clamp(-100, -50) + 100)).clamp(0, 100)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;
    use proptest::prelude::*;

    #[test]
    fn a_gateway_of_the_link_names_its_interface() {
        let global = |router: &str| {
            gateway(&xml(&format!(
                "<dict><key>PrimaryInterface</key><string>en0</string><key>Router</key><string>{router}</string></dict>"
            )))
        };
        assert_eq!(global("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(global("fe80::1").as_deref(), Some("fe80::1%en0"));
        assert_eq!(global("fe80::1%en5").as_deref(), Some("fe80::1%en5"));
        assert_eq!(gateway(&xml("<dict/>")), None);
    }

    #[test]
    fn name_servers_and_domains_are_told() {
        let (servers, domains) = resolver(&xml(
            "<dict><key>ServerAddresses</key><array><string>192.0.2.53</string><string>fe80::1%en0</string><string>x</string></array>\
             <key>SearchDomains</key><array><string>corp.example</string></array><key>DomainName</key><string>example</string></dict>",
        ));
        assert_eq!(servers, ["192.0.2.53".parse::<IpAddr>().unwrap(), "fe80::1".parse().unwrap()]);
        assert_eq!(domains, ["corp.example", "example"]);
    }

    #[test]
    fn only_a_proxy_that_is_on_is_told() {
        let https = "<key>HTTPSProxy</key><string>proxy.example</string><key>HTTPSPort</key><integer>3128</integer>";
        let on = format!("<dict>{https}<key>HTTPSEnable</key><integer>1</integer></dict>");
        assert_eq!(proxy(&xml(&on)).as_deref(), Some("http://proxy.example:3128"));
        let off = format!("<dict>{https}<key>HTTPSEnable</key><integer>0</integer></dict>");
        assert_eq!(proxy(&xml(&off)), None);
        let automatic = "<dict><key>ProxyAutoConfigEnable</key><integer>1</integer>\
                         <key>ProxyAutoConfigURLString</key><string>http://pac.example/x.pac</string></dict>";
        assert_eq!(proxy(&xml(automatic)).as_deref(), Some("http://pac.example/x.pac"));
    }

    #[test]
    fn interfaces_are_known_by_type_and_by_name() {
        assert_eq!(kind("en0", Some("IEEE80211")), InterfaceKind::Wireless);
        assert_eq!(kind("en5", Some("Ethernet")), InterfaceKind::Wired);
        assert_eq!(kind("utun4", None), InterfaceKind::Vpn);
        assert_eq!(kind("awdl0", None), InterfaceKind::Virtual);
        assert_eq!(kind("en9", None), InterfaceKind::Other);
    }

    #[test]
    fn a_tunnel_of_macos_itself_is_no_vpn() {
        let mut tunnel = Interface {
            name: "utun0".into(),
            kind: InterfaceKind::Vpn,
            up: true,
            mac: None,
            addresses: vec!["fe80::1/64".into()],
            speed_mbit: None,
            mtu: None,
            wifi: None,
            errors: None,
        };
        assert!(!is_vpn_up(&tunnel));
        tunnel.addresses.push("192.0.2.7/32".into());
        assert!(is_vpn_up(&tunnel));
    }

    #[test]
    fn channels_have_frequencies() {
        for (channel, band, expected) in [
            (1, 1, Some(2412)),
            (14, 1, Some(2484)),
            (36, 2, Some(5180)),
            (5, 3, Some(5975)),
            (1, 0, None),
            (0, 1, None),
        ] {
            assert_eq!(frequency_mhz(channel, band), expected);
        }
    }

    proptest! {
        #[test]
        fn any_signal_is_a_share(dbm: i32, channel: i64, band in 0_i64..5) {
            prop_assert!(signal_percent(dbm).is_none_or(|percent| percent <= 100));
            let _ = frequency_mhz(channel, band);
        }
    }
}
