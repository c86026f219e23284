//! Tables of the kernel and of the resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use deskside_protocol::limits;

use crate::{Context, linux::files};

/// `RTF_GATEWAY` (Linux, route.h).
const BY_GATEWAY: u32 = 0x2;

/// A default gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gateway {
    pub(super) address: IpAddr,
    pub(super) interface: String,
}

/// Default gateways of both families, each once.
pub(super) fn gateways(ctx: &Context) -> Vec<Gateway> {
    let mut gateways = of_v4(&files::text(&ctx.path("/proc/net/route")).unwrap_or_default());
    gateways.extend(of_v6(&files::text(&ctx.path("/proc/net/ipv6_route")).unwrap_or_default()));
    gateways.dedup();
    gateways
}

/// `/proc/net/route`: interface, destination, gateway, flags… with addresses as the kernel holds them.
fn of_v4(table: &str) -> Vec<Gateway> {
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [interface, "00000000", gateway, flags, _, _, _, "00000000", ..] = fields.as_slice() else {
                return None;
            };
            let by_gateway = u32::from_str_radix(flags, 16).ok()? & BY_GATEWAY != 0;
            let address = Ipv4Addr::from(u32::from_str_radix(gateway, 16).ok()?.to_ne_bytes());
            by_gateway.then(|| Gateway { address: address.into(), interface: (*interface).to_owned() })
        })
        .collect()
}

/// `/proc/net/ipv6_route`: destination, its length, source, its length, next hop, metric, …, flags, interface.
fn of_v6(table: &str) -> Vec<Gateway> {
    table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, "00", _, "00", hop, _, _, _, flags, interface] = fields.as_slice() else { return None };
            let by_gateway = u32::from_str_radix(flags, 16).ok()? & BY_GATEWAY != 0;
            let address = Ipv6Addr::from(u128::from_str_radix(hop, 16).ok()?);
            by_gateway.then(|| Gateway { address: address.into(), interface: (*interface).to_owned() })
        })
        .collect()
}

/// `/proc/net/wireless`: signal of each wireless interface, in dBm where the driver counts so.
pub(super) fn signals(table: &str) -> Vec<(String, i32)> {
    table
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let level = rest.split_whitespace().nth(2)?.trim_end_matches('.').parse::<i32>().ok()?;
            (-120..0).contains(&level).then(|| (name.trim().to_owned(), level))
        })
        .collect()
}

/// What resolv.conf(5) says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resolver {
    pub(super) servers: Vec<IpAddr>,
    pub(super) domains: Vec<String>,
}

pub(super) fn resolver(text: &str) -> Resolver {
    let mut resolver = Resolver::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => {
                // "fe80::1%eth0" names its interface.
                let server = words.next().and_then(|word| word.split('%').next()?.parse().ok());
                resolver.servers.extend(server.filter(|server| !resolver.servers.contains(server)));
            }
            Some("search" | "domain") => resolver.domains = words.map(str::to_owned).collect(),
            Some(_) | None => {}
        }
    }
    resolver.servers.truncate(limits::FACTS_LIST);
    resolver.domains.truncate(limits::FACTS_LIST);
    resolver
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn default_gateways_of_both_families_are_found() {
        let v4 = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                  eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                  eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let gateway = Gateway { address: "192.0.2.1".parse().unwrap(), interface: "eth0".into() };
        assert_eq!(of_v4(v4), [gateway]);
        let v6 = "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0\n\
                  00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003     eth0\n\
                  00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
        let gateway = Gateway { address: "fe80::1".parse().unwrap(), interface: "eth0".into() };
        assert_eq!(of_v6(v6), [gateway]);
    }

    #[test]
    fn resolv_conf_is_read() {
        let said = resolver(
            "# c\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver 192.0.2.53\nnameserver x\ndomain old\nsearch corp.example example\n",
        );
        assert_eq!(said.servers, ["192.0.2.53".parse::<IpAddr>().unwrap(), "fe80::1".parse().unwrap()]);
        assert_eq!(said.domains, ["corp.example", "example"]);
    }

    proptest! {
        #[test]
        fn any_table_is_read_without_panic(text in "([0-9a-f]{1,8}|[ \t\n:.%]|nameserver |search |\\PC){0,80}") {
            let _ = (of_v4(&text), of_v6(&text), signals(&text), resolver(&text));
        }
    }
}
