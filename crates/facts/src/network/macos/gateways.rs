//! Asks the gateways: by an echo, which macOS lets every user send through a datagram socket, and by a connection where a
//! firewall swallows echoes.

use std::{io, net::SocketAddr, time::Instant};

use deskside_protocol::facts::Reachability;
use futures_util::future::join_all;
use rustix::net::{AddressFamily, SocketType, ipproto};
use tokio::{
    net::{UdpSocket, lookup_host},
    time::timeout,
};

use crate::{
    macos::echo::{answers, request_v4, request_v6},
    network::reach::{ANSWER, ASKED, TRIES, answered, by_connection, silent},
};

/// Asks the first gateways, side by side. Those of a link are named with their interface ("fe80::1%en0").
pub(super) async fn ask(gateways: &[String]) -> Vec<Reachability> {
    join_all(gateways.iter().take(ASKED).map(|gateway| one(gateway))).await
}

async fn one(gateway: &str) -> Reachability {
    let target = gateway.to_owned();
    // The resolver knows the numbers of interfaces; nothing is asked of the network for an address.
    let address = timeout(ANSWER, lookup_host((gateway, 0))).await;
    let Ok(Ok(Some(address))) = address.map(|found| found.map(|mut found| found.next())) else {
        return silent(target, "not an address");
    };
    for _ in 0..TRIES {
        let since = Instant::now();
        match timeout(ANSWER, echo(address)).await {
            Ok(Ok(())) => return answered(target, since),
            // Not allowed here: another way.
            Ok(Err(_)) => break,
            Err(_) => {}
        }
    }
    let at = |port| {
        let mut at = address;
        at.set_port(port);
        at
    };
    match by_connection(at).await {
        Some(since) => answered(target, since),
        None => silent(target, "no answer to an echo or a connection"),
    }
}

async fn echo(gateway: SocketAddr) -> io::Result<()> {
    // The clock's nanoseconds tell two programs' echoes apart.
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let id = u16::try_from(clock.subsec_nanos() % 0x1_0000).unwrap_or(0x5aa5).to_be_bytes();
    let (family, protocol, request) = match gateway {
        SocketAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP, request_v4(id)),
        SocketAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6, request_v6(id)),
    };
    let socket = rustix::net::socket(family, SocketType::DGRAM, Some(protocol))?;
    rustix::io::ioctl_fioclex(&socket)?;
    let socket = std::net::UdpSocket::from(socket);
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    socket.connect(gateway).await?;
    socket.send(&request).await?;
    let mut answer = [0; 128];
    loop {
        let length = socket.recv(&mut answer).await?;
        if answer.get(..length).is_some_and(|answer| answers(answer, id)) {
            return Ok(());
        }
    }
}
