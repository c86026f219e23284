//! Asks whether something answers, and how fast. None needs rights, each ends in time.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    time::{Duration, Instant},
};

use deskside_protocol::facts::Reachability;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};
use tokio::{
    net::{TcpStream, UdpSocket, lookup_host},
    time::timeout,
};

use super::tables::{self, Gateway};
use crate::{Context, linux::files};

/// Longest wait for one answer of a gateway or a name server; there are two tries.
const ANSWER: Duration = Duration::from_millis(900);
const TRIES: usize = 2;
/// Longest wait for a server, its name included.
const SERVER: Duration = Duration::from_millis(3000);
/// Ports at which gateways answer, if only with a refusal.
const GATEWAY_PORTS: &[u16] = &[53, 80, 443];
/// RFC 1035, section 4.1.1: bit 15 of the flags says that it is an answer, the low four how it went.
const IS_ANSWER: u8 = 0x80;
const CODE: u8 = 0x0f;
/// RFC 1035, section 4.1.1, RCODE.
const SERVER_FAILURE: u8 = 2;
const REFUSED: u8 = 5;

fn milliseconds(since: Instant) -> Option<f32> {
    Some((since.elapsed().as_secs_f32() * 10_000.0).round() / 10.0)
}

fn answered(target: String, since: Instant) -> Reachability {
    Reachability { target, reachable: true, answer_ms: milliseconds(since), detail: None }
}

fn silent(target: String, detail: impl Into<String>) -> Reachability {
    Reachability { target, reachable: false, answer_ms: None, detail: Some(detail.into()) }
}

/// A gateway: by an echo, where the kernel lets users send one; by a connection, which it may refuse; by its hardware
/// address, which the kernel has learnt meanwhile.
pub(super) async fn gateway(ctx: &Context, gateway: Gateway) -> Reachability {
    let target = gateway.address.to_string();
    for _ in 0..TRIES {
        let since = Instant::now();
        match timeout(ANSWER, echo(ctx, &gateway)).await {
            Ok(Ok(())) => return answered(target, since),
            // Not allowed here: another way.
            Ok(Err(_)) => break,
            Err(_) => {}
        }
    }
    let mut ports = tokio::task::JoinSet::new();
    for port in GATEWAY_PORTS {
        let address = address(ctx, &gateway, *port);
        ports.spawn(async move {
            let since = Instant::now();
            match timeout(ANSWER, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Some(since),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Some(since),
                Ok(Err(_)) | Err(_) => None,
            }
        });
    }
    while let Some(done) = ports.join_next().await {
        if let Ok(Some(since)) = done {
            return answered(target, since);
        }
    }
    let table = files::text(&ctx.path("/proc/net/arp")).unwrap_or_default();
    if tables::is_neighbour(&table, &target) {
        let detail = Some("answers on the link, neither to an echo nor to a connection".to_owned());
        return Reachability { target, reachable: true, answer_ms: None, detail };
    }
    silent(target, "no answer to an echo or a connection")
}

/// Addresses of a link need the number of their interface.
fn address(ctx: &Context, gateway: &Gateway, port: u16) -> SocketAddr {
    match gateway.address {
        IpAddr::V4(address) => (address, port).into(),
        IpAddr::V6(address) => {
            let file = ctx.path("/sys/class/net").join(&gateway.interface).join("ifindex");
            SocketAddrV6::new(address, port, 0, files::number(&file).unwrap_or(0)).into()
        }
    }
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

/// A name server: by a question for `name`, or for the servers of the root, which every one can answer.
pub(super) async fn name_server(server: IpAddr, name: Option<&str>) -> Reachability {
    name_server_at((server, 53).into(), name).await
}

async fn name_server_at(server: SocketAddr, name: Option<&str>) -> Reachability {
    let target = server.ip().to_string();
    let mut why = "no answer".to_owned();
    for _ in 0..TRIES {
        let since = Instant::now();
        match timeout(ANSWER, ask(server, name)).await {
            Ok(Ok(code)) => {
                let detail = match code {
                    SERVER_FAILURE => Some("answers with a failure of its own".to_owned()),
                    REFUSED => Some("refuses to answer this computer".to_owned()),
                    _ => None,
                };
                return Reachability { detail, ..answered(target, since) };
            }
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => {}
        }
    }
    silent(target, why)
}

/// Asks and gives the code of the answer.
async fn ask(server: SocketAddr, name: Option<&str>) -> io::Result<u8> {
    let local: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(server).await?;
    // The clock's nanoseconds tell two questions apart; a liar could only make a dead server look alive.
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let id = u16::try_from(clock.subsec_nanos() % 0x1_0000).unwrap_or(0x5aa5).to_be_bytes();
    socket.send(&question(id, name)).await?;
    let mut answer = [0; 512];
    loop {
        let length = socket.recv(&mut answer).await?;
        if let Some(code) = answer.get(..length).and_then(|answer| code(answer, id)) {
            return Ok(code);
        }
    }
}

/// RFC 1035, section 4.1: header and one question, recursion desired.
fn question(id: [u8; 2], name: Option<&str>) -> Vec<u8> {
    const NS: u8 = 2;
    const A: u8 = 1;
    let mut message = vec![id[0], id[1], 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    // Section 2.3.4: labels of at most 63 bytes, names of at most 255.
    let labels: Vec<&str> = name.unwrap_or_default().split('.').filter(|label| !label.is_empty()).collect();
    let fits =
        labels.iter().all(|label| label.len() <= 63 && label.is_ascii()) && name.unwrap_or_default().len() <= 253;
    let known = fits && !labels.is_empty();
    for label in labels.iter().filter(|_| known) {
        message.push(u8::try_from(label.len()).unwrap_or(0));
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, if known { A } else { NS }, 0, 1]);
    message
}

fn code(answer: &[u8], id: [u8; 2]) -> Option<u8> {
    let [first, second, flags, code, ..] = answer else { return None };
    ([*first, *second] == id && flags & IS_ANSWER != 0).then_some(code & CODE)
}

/// A server that Deskside is set up for: by a connection to its port. The time is that of the connection alone.
pub(super) async fn server(url: &url::Url) -> Reachability {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return silent(url.scheme().to_owned(), "the address has no host");
    };
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let target = format!("{host}:{port}");
    match timeout(SERVER, connect(plain, port)).await {
        Ok(Ok(since)) => Reachability { answer_ms: since, ..answered(target, Instant::now()) },
        Ok(Err(error)) => silent(target, error),
        Err(_) => silent(target, format!("no answer within {} s", SERVER.as_secs())),
    }
}

/// Tries each address of the name, and gives the time of the first that answers, in milliseconds.
async fn connect(host: &str, port: u16) -> Result<Option<f32>, String> {
    let addresses = lookup_host((host, port)).await.map_err(|error| format!("the name is not found: {error}"))?;
    let mut why = "the name has no address".to_owned();
    for address in addresses.take(4) {
        let since = Instant::now();
        match TcpStream::connect(address).await {
            Ok(_) => return Ok(milliseconds(since)),
            Err(error) => why = format!("{}: {error}", address.ip()),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_server_that_listens_is_reachable_in_both_families() {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(local).await.unwrap();
            let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
            let said = server(&url).await;
            assert!(said.reachable && said.answer_ms.is_some(), "{said:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_listen_says_why() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let said = server(&url).await;
        assert!(!said.reachable && said.detail.unwrap().contains("refused"));
    }

    #[tokio::test]
    async fn a_name_server_answers_a_real_question() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        let served = tokio::spawn(async move {
            let mut message = [0; 512];
            let (length, client) = socket.recv_from(&mut message).await.unwrap();
            // Something else first: it is not for this question.
            socket.send_to(&[0, 0, 0x80, 0], client).await.unwrap();
            let mut answer = message[..length].to_vec();
            answer[2] |= IS_ANSWER;
            answer[3] = REFUSED;
            socket.send_to(&answer, client).await.unwrap();
            message[12..length].to_vec()
        });
        let said = name_server_at(at, Some("hub.example")).await;
        assert!(said.reachable && said.answer_ms.is_some());
        assert!(said.detail.unwrap().contains("refuses"));
        assert_eq!(served.await.unwrap(), b"\x03hub\x07example\0\0\x01\0\x01");
    }

    #[tokio::test]
    async fn a_name_server_that_is_silent_is_given_up() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let said = name_server_at(socket.local_addr().unwrap(), None).await;
        assert!(!said.reachable);
    }

    #[tokio::test]
    async fn this_machine_reaches_itself() {
        let ctx = crate::linux::fixture::here();
        let said = gateway(&ctx, Gateway { address: Ipv4Addr::LOCALHOST.into(), interface: "lo".into() }).await;
        assert!(said.reachable, "{said:?}");
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(answer in prop::collection::vec(any::<u8>(), 0..20), name in "\\PC{0,300}") {
            let _ = code(&answer, [1, 2]);
            prop_assert!(question([1, 2], Some(&name)).len() <= 300);
        }
    }
}
