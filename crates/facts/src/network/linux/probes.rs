//! Asks the gateways: by an echo, where the kernel lets users send one.

use std::{
    io,
    net::{IpAddr, SocketAddr, SocketAddrV6},
    time::{Duration, Instant},
};

use deskside_protocol::facts::Reachability;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};
use tokio::{net::UdpSocket, time::timeout};

use super::{
    neighbours::{Neighbour, neighbour},
    tables::Gateway,
};
use crate::{
    Context,
    linux::files,
    network::reach::{ANSWER, TRIES, answered, by_connection, silent},
};

/// How long a gateway that is known on the link may take to say something, before that it is there counts as its answer.
const ON_THE_LINK: Duration = Duration::from_millis(200);

/// A gateway: by an echo, where the kernel lets users send one; by a connection, which it may refuse; by its hardware
/// address, which the kernel has learnt meanwhile.
///
/// Many gateways drop what is sent to themselves. One that the kernel knows on the link and that stays silent is
/// there: waiting longer would tell nothing more. The kernel asks for the hardware address again within eight seconds of
/// the first packet (arp(7)), and one leaves every ten seconds ([`one_echo`]), so a gateway that is gone is not known long.
/// One that the kernel had asked in vain before, and that does not answer it now, is not there.
pub(super) async fn gateway(ctx: &Context, gateway: Gateway) -> Reachability {
    let target = gateway.address.to_string();
    let interface = interface_number(ctx, &gateway);
    judged(&target, ask(ctx, &gateway), || neighbour(gateway.address, interface)).await
}

/// What an answer, or none, and what the kernel knows on the link say together.
async fn judged<Known: Future<Output = Neighbour>>(
    target: &str,
    answer: impl Future<Output = Option<Instant>>,
    known: impl Fn() -> Known,
) -> Reachability {
    let before = known().await;
    let mut answer = std::pin::pin!(answer);
    let (said, after) = match timeout(ON_THE_LINK, answer.as_mut()).await {
        Ok(said) => (said, None),
        Err(_) => match (before, known().await) {
            (_, Neighbour::There) => (None, Some(Neighbour::There)),
            (Neighbour::Missing, Neighbour::Missing | Neighbour::Unknown) => (None, Some(Neighbour::Missing)),
            (Neighbour::There | Neighbour::Unknown, Neighbour::Missing | Neighbour::Unknown) => (answer.await, None),
        },
    };
    let target = target.to_owned();
    if let Some(since) = said {
        return answered(target, since);
    }
    let after = match after {
        Some(after) => after,
        None => known().await,
    };
    match after {
        Neighbour::There => {
            let detail = Some("answers on the link, neither to an echo nor to a connection".to_owned());
            Reachability { target, reachable: true, answer_ms: None, detail }
        }
        Neighbour::Missing => silent(target, "no device on the link has this address"),
        Neighbour::Unknown => silent(target, "no answer to an echo or a connection"),
    }
}

/// When the question that was answered was sent; `None` if nothing was answered.
async fn ask(ctx: &Context, gateway: &Gateway) -> Option<Instant> {
    for _ in 0..TRIES {
        let since = Instant::now();
        match timeout(ANSWER, echo(ctx, gateway)).await {
            Ok(Ok(())) => return Some(since),
            // Not allowed here: another way.
            Ok(Err(_)) => break,
            Err(_) => {}
        }
    }
    by_connection(|port| address(ctx, gateway, port)).await
}

/// One echo to a gateway; `None` where users may not send one.
pub(super) async fn one_echo(ctx: &Context, gateway: Gateway) -> Option<Reachability> {
    let target = gateway.address.to_string();
    let since = Instant::now();
    match timeout(ANSWER, echo(ctx, &gateway)).await {
        Ok(Ok(())) => Some(answered(target, since)),
        Ok(Err(_)) => None,
        Err(_) => Some(silent(target, "no answer to an echo")),
    }
}

/// Addresses of a link need the number of their interface.
fn address(ctx: &Context, gateway: &Gateway, port: u16) -> SocketAddr {
    match gateway.address {
        IpAddr::V4(address) => (address, port).into(),
        IpAddr::V6(address) => SocketAddrV6::new(address, port, 0, interface_number(ctx, gateway)).into(),
    }
}

/// The kernel's number of its interface; 0, which none has, where it does not say.
fn interface_number(ctx: &Context, gateway: &Gateway) -> u32 {
    let file = ctx.path("/sys/class/net").join(&gateway.interface).join("ifindex");
    files::number(&file).unwrap_or(0)
}

/// One echo, through the datagram sockets that Linux gives to users (icmp(7), `ping_group_range`). The kernel fills in the
/// identifier and the checksum, and passes only answers to this socket.
async fn echo(ctx: &Context, gateway: &Gateway) -> io::Result<()> {
    let (family, protocol, request) = match gateway.address {
        // RFC 792 and RFC 4443, sections "Echo": type 8 or 128, code 0, checksum, identifier, sequence 1.
        IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP, [8, 0, 0, 0, 0, 0, 0, 1]),
        IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6, [128, 0, 0, 0, 0, 0, 0, 1]),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, flags, Some(protocol))?;
    let socket = UdpSocket::from_std(std::net::UdpSocket::from(socket))?;
    socket.connect(address(ctx, gateway, 0)).await?;
    socket.send(&request).await?;
    let mut answer = [0; 64];
    loop {
        let length = socket.recv(&mut answer).await?;
        // Echo reply: 0 or 129.
        if length >= 8 && matches!(answer.first(), Some(0 | 129)) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn this_machine_reaches_itself() {
        let ctx = crate::linux::fixture::here();
        let said = gateway(&ctx, Gateway { address: Ipv4Addr::LOCALHOST.into(), interface: "lo".into() }).await;
        assert!(said.reachable, "{said:?}");
    }

    /// What the kernel says: first, then whenever it is asked again.
    fn kernel(first: Neighbour, then: Neighbour) -> impl Fn() -> std::future::Ready<Neighbour> {
        let asked = std::cell::Cell::new(false);
        move || std::future::ready(if asked.replace(true) { then } else { first })
    }

    async fn late(answer: Option<()>) -> Option<Instant> {
        tokio::time::sleep(2 * ON_THE_LINK).await;
        answer.map(|()| Instant::now())
    }

    #[tokio::test]
    async fn a_gateway_on_the_link_that_stays_silent_is_not_waited_for() {
        for first in [Neighbour::There, Neighbour::Unknown, Neighbour::Missing] {
            let said = judged("192.0.2.1", std::future::pending(), kernel(first, Neighbour::There)).await;
            assert!(said.reachable && said.answer_ms.is_none() && said.detail.is_some(), "{said:?}");
        }
    }

    #[tokio::test]
    async fn one_that_is_not_on_the_link_is_not_waited_for() {
        for then in [Neighbour::Unknown, Neighbour::Missing] {
            let said = judged("192.0.2.1", std::future::pending(), kernel(Neighbour::Missing, then)).await;
            assert!(!said.reachable && said.detail.is_some_and(|detail| detail.contains("no device")), "{then:?}");
        }
    }

    #[tokio::test]
    async fn one_that_nobody_knows_gets_all_its_time() {
        for first in [Neighbour::There, Neighbour::Unknown] {
            let said = judged("192.0.2.1", late(Some(())), kernel(first, Neighbour::Unknown)).await;
            assert!(said.reachable && said.answer_ms.is_some(), "{said:?}");
            assert!(!judged("192.0.2.1", late(None), kernel(first, Neighbour::Unknown)).await.reachable);
        }
    }
}
