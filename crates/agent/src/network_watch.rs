//! Tells when the network may be back, so that what waits is tried at once rather than at its next turn.
//!
//! Linux: the kernel tells of new addresses and routes over a netlink socket (rtnetlink(7)): nothing is polled, and it
//! holds with NetworkManager, systemd-networkd and by hand alike. Elsewhere the way to the outside is looked at now and
//! then, only while something waits. A false alarm costs one try; a missed change costs the rest of a back-off.

use std::time::Duration;

/// A network that comes up does so in many steps (link, address, route, name servers): one signal for all of them.
const SETTLE: Duration = Duration::from_secs(1);
/// How often to look where the system has nothing to tell.
#[cfg_attr(target_os = "linux", expect(dead_code, reason = "Linux tells by itself"))]
const LOOK: Duration = Duration::from_secs(10);

/// Calls `changed` whenever the network may be back, for ever. `waits` says whether anybody would care.
///
/// Returns only if the system cannot tell (no netlink in a sandbox); back-off alone goes on then.
pub async fn watch(waits: impl Fn() -> bool, changed: impl Fn()) {
    #[cfg(target_os = "linux")]
    {
        drop(waits);
        if let Err(error) = linux::watch(&changed).await {
            tracing::warn!(%error, "the system does not tell of network changes");
        }
    }
    #[cfg(not(target_os = "linux"))]
    elsewhere(waits, changed).await;
}

/// Compares the address that a packet to the outside would leave from; connecting a datagram socket sends nothing.
#[cfg(not(target_os = "linux"))]
async fn elsewhere(waits: impl Fn() -> bool, changed: impl Fn()) {
    /// An address for documentation (RFC 5737): never reached, but routed like any other.
    const OUTSIDE: (std::net::Ipv4Addr, u16) = (std::net::Ipv4Addr::new(192, 0, 2, 1), 9);
    let way_out = || -> Option<std::net::IpAddr> {
        let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        socket.connect(OUTSIDE).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    let mut before = way_out();
    loop {
        tokio::time::sleep(LOOK).await;
        if !waits() {
            continue;
        }
        let now = way_out();
        if now.is_some() && now != before {
            tokio::time::sleep(SETTLE).await;
            changed();
        }
        before = now;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::net::netlink::SocketAddrNetlink;
    use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
    use tokio::io::unix::AsyncFd;

    use super::SETTLE;

    /// `RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE` (linux/rtnetlink.h). IPv6 addresses are left out:
    /// they are renewed every few minutes, and a network that brings one brings a route.
    const GROUPS: u32 = 0x10 | 0x40 | 0x400;
    /// `RTM_NEWADDR` (linux/rtnetlink.h).
    const NEW_ADDRESS: u16 = 20;
    /// `RTM_NEWROUTE` (linux/rtnetlink.h).
    const NEW_ROUTE: u16 = 24;
    /// Size of `struct nlmsghdr` (linux/netlink.h): length u32, type u16, flags u16, sequence u32, port u32.
    const HEADER: usize = 16;

    pub(super) async fn watch(changed: &impl Fn()) -> io::Result<()> {
        let socket = open()?;
        let mut buffer = [0; 8192];
        loop {
            let mut news = false;
            let mut ready = socket.readable().await?;
            while let Ok(received) = ready.try_io(|socket| receive(socket.get_ref(), &mut buffer)) {
                // An error here is ENOBUFS: messages were lost, so something changed.
                news |= received.is_err() || received.is_ok_and(|length| brings_something(&buffer[..length]));
            }
            drop(ready);
            if news {
                tokio::time::sleep(SETTLE).await;
                while receive(socket.get_ref(), &mut buffer).is_ok() {}
                tracing::debug!("the network changed");
                changed();
            }
        }
    }

    fn open() -> io::Result<AsyncFd<OwnedFd>> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is `NETLINK_ROUTE`, whose number is zero.
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        #[expect(deprecated, reason = "unsound for types that lie about their descriptor; OwnedFd does not")]
        AsyncFd::new(socket)
    }

    fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
        let (length, _) = rustix::net::recv(socket, buffer, RecvFlags::empty())?;
        Ok(length)
    }

    /// Whether a datagram holds a new address or route: what goes away lets nothing through that waited.
    fn brings_something(datagram: &[u8]) -> bool {
        let mut rest = datagram;
        while let Some((header, _)) = rest.split_at_checked(HEADER) {
            let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
            if matches!(u16::from_ne_bytes([header[4], header[5]]), NEW_ADDRESS | NEW_ROUTE) {
                return true;
            }
            // Messages are aligned to four bytes; one that claims less than its header would never end.
            let step = length.max(HEADER).next_multiple_of(4);
            rest = rest.get(step..).unwrap_or_default();
        }
        false
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use proptest::prelude::*;

        fn message(length: u32, kind: u16) -> Vec<u8> {
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.resize(length.max(16) as usize, 0);
            bytes
        }

        #[test]
        fn a_new_route_is_news_and_a_lost_one_is_not() {
            assert!(brings_something(&message(16, NEW_ROUTE)));
            assert!(brings_something(&[message(20, 25), message(28, NEW_ADDRESS)].concat()));
            assert!(!brings_something(&message(32, 25)));
            assert!(!brings_something(&[]));
        }

        #[tokio::test]
        async fn the_kernel_lets_us_listen() {
            if let Err(error) = open() {
                eprintln!("SKIPPED: no netlink here: {error}");
            }
        }

        proptest! {
            #[test]
            fn any_datagram_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
                let _ = brings_something(&bytes);
            }
        }
    }
}
