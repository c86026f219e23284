//! What the kernel knows of the devices on the link, of both families: rtnetlink(7), `RTM_GETNEIGH`. `/proc/net/arp` has
//! only those of IPv4.

use std::{io, net::IpAddr, time::Duration};

use futures_util::TryStreamExt;
use rtnetlink::packet_route::{
    AddressFamily,
    neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState},
};
use tokio::time::timeout;

/// Longest wait for the kernel, which answers at once.
const KERNEL: Duration = Duration::from_millis(100);
/// How long the kernel has asked in vain for a hardware address before that counts. One that is there answers within
/// milliseconds, on Wi-Fi that saves power within the time of a few beacons.
const IN_VAIN: Duration = Duration::from_millis(200);
/// `USER_HZ`: the kernel counts time for programs in hundredths of a second, whatever its own clock is (time(7)).
const TICK: Duration = Duration::from_millis(10);

/// What is known of an address on the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Neighbour {
    /// Its hardware address is known: it is there, or was some seconds ago.
    There,
    /// The kernel has asked for its hardware address, and nobody answered.
    Missing,
    /// Nobody has asked, or only just now, or the kernel does not say.
    Unknown,
}

/// What the kernel knows of `address` on the interface of this number.
pub(super) async fn neighbour(address: IpAddr, interface: u32) -> Neighbour {
    match timeout(KERNEL, ask(address, interface)).await {
        Ok(Ok(neighbour)) => neighbour,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the kernel does not tell its neighbours");
            Neighbour::Unknown
        }
        Err(_) => Neighbour::Unknown,
    }
}

async fn ask(address: IpAddr, interface: u32) -> io::Result<Neighbour> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    // It ends with its last handle.
    tokio::spawn(connection);
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let mut entries = handle.neighbours().get().set_address_family(family).execute();
    while let Some(entry) = entries.try_next().await.map_err(io::Error::other)? {
        if is_of(&entry, address, interface) {
            return Ok(judged(&entry));
        }
    }
    Ok(Neighbour::Unknown)
}

fn is_of(entry: &NeighbourMessage, address: IpAddr, interface: u32) -> bool {
    let destination = NeighbourAttribute::Destination(match address {
        IpAddr::V4(address) => NeighbourAddress::Inet(address),
        IpAddr::V6(address) => NeighbourAddress::Inet6(address),
    });
    entry.header.ifindex == interface && entry.attributes.contains(&destination)
}

/// States as the kernel's `net/core/neighbour.c` has them. After a failure the next packet makes it ask again: the entry
/// is incomplete then, and says for how long.
fn judged(entry: &NeighbourMessage) -> Neighbour {
    match entry.header.state {
        NeighbourState::Reachable
        | NeighbourState::Stale
        | NeighbourState::Delay
        | NeighbourState::Probe
        | NeighbourState::Permanent
        | NeighbourState::Noarp => Neighbour::There,
        NeighbourState::Failed => Neighbour::Missing,
        NeighbourState::Incomplete => {
            let since = entry.attributes.iter().find_map(|attribute| {
                let NeighbourAttribute::CacheInfo(times) = attribute else { return None };
                Some(TICK * times.updated)
            });
            if since.is_some_and(|since| since >= IN_VAIN) { Neighbour::Missing } else { Neighbour::Unknown }
        }
        NeighbourState::None | NeighbourState::Other(_) | _ => Neighbour::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtnetlink::packet_core::Parseable as _;

    fn entry(state: u16, hundredths: u32) -> NeighbourMessage {
        // struct ndmsg, then NDA_DST and NDA_CACHEINFO (linux/neighbour.h), as the kernel sends them.
        let mut bytes = vec![2, 0, 0, 0];
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend(state.to_ne_bytes());
        bytes.extend([0, 0]);
        bytes.extend([8_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat());
        bytes.extend([192, 0, 2, 1]);
        bytes.extend([20_u16.to_ne_bytes(), 3_u16.to_ne_bytes()].concat());
        bytes.extend([100, 100, hundredths, 0].map(u32::to_ne_bytes).concat());
        NeighbourMessage::parse(&bytes).unwrap()
    }

    #[test]
    fn a_neighbour_is_its_address_on_its_interface() {
        let entry = entry(2, 0);
        assert!(is_of(&entry, "192.0.2.1".parse().unwrap(), 7));
        assert!(!is_of(&entry, "192.0.2.1".parse().unwrap(), 8));
        assert!(!is_of(&entry, "192.0.2.2".parse().unwrap(), 7));
    }

    #[test]
    fn one_is_missing_only_when_it_was_asked_long_enough() {
        for (state, hundredths, expected) in [
            (0x02, 0, Neighbour::There),
            (0x04, 9_000, Neighbour::There),
            (0x80, 0, Neighbour::There),
            (0x20, 0, Neighbour::Missing),
            (0x01, 3, Neighbour::Unknown),
            (0x01, 20, Neighbour::Missing),
            (0x01, u32::MAX, Neighbour::Missing),
            (0x00, 0, Neighbour::Unknown),
            (0x03, 0, Neighbour::Unknown),
        ] {
            assert_eq!(judged(&entry(state, hundredths)), expected, "{state:#x} {hundredths}");
        }
    }

    #[tokio::test]
    async fn nobody_has_asked_for_an_address_of_no_network() {
        assert_eq!(neighbour("192.0.2.250".parse().unwrap(), u32::MAX).await, Neighbour::Unknown);
    }
}
