//! Asks whether something answers, and how fast, with what every system gives to users: connections and datagrams. Each
//! ends in time. Gateways are asked by each system in its own way, and here by a connection where that fails.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use deskside_protocol::{
    facts::{Connectivity, Reachability},
    limits,
};
use futures_util::future::join_all;
use tokio::{
    net::{TcpStream, UdpSocket, lookup_host},
    task::JoinSet,
    time::timeout,
};

/// Longest wait for one answer of a gateway or a name server; there are two tries.
pub(super) const ANSWER: Duration = Duration::from_millis(900);
/// How often a gateway or a name server is asked.
pub(super) const TRIES: usize = 2;
/// Gateways and name servers that are asked, at most.
pub(super) const ASKED: usize = 6;
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

/// It answered, to what was sent at `since`.
pub(super) fn answered(target: String, since: Instant) -> Reachability {
    Reachability { target, reachable: true, answer_ms: milliseconds(since), detail: None }
}

/// It did not answer.
pub(super) fn silent(target: String, detail: impl Into<String>) -> Reachability {
    Reachability { target, reachable: false, answer_ms: None, detail: Some(detail.into()) }
}

/// Asks a gateway for a connection at the usual ports; a refusal is an answer too. `at` gives the address for a port, with
/// the number of the interface where the address needs it. When the question that was answered first was sent; `None`
/// if none was.
pub(super) async fn by_connection(at: impl Fn(u16) -> SocketAddr) -> Option<Instant> {
    let mut ports = JoinSet::new();
    for address in GATEWAY_PORTS.iter().map(|port| at(*port)) {
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
            return Some(since);
        }
    }
    None
}

/// The first [`ASKED`] name servers, asked side by side for the name of one of ours, if there is one.
pub(super) async fn name_servers(name_servers: &[IpAddr], ours: &[url::Url]) -> Vec<Reachability> {
    let name = ours.iter().find_map(url::Url::domain);
    join_all(name_servers.iter().take(ASKED).map(|server| name_server(*server, name))).await
}

/// The servers that Deskside is set up for, asked side by side.
pub(super) async fn servers(servers: &[url::Url]) -> Vec<Reachability> {
    join_all(servers.iter().take(limits::FACTS_LIST).map(server)).await
}

/// A name server: by a question for `name`, or for the servers of the root, which every one can answer.
async fn name_server(server: IpAddr, name: Option<&str>) -> Reachability {
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
async fn server(url: &url::Url) -> Reachability {
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

/// Where nobody watches the connection, a server that answers says enough.
pub(super) fn judged(said: Connectivity, servers: &[Reachability]) -> Connectivity {
    if said == Connectivity::Unknown && servers.iter().any(|server| server.reachable) {
        Connectivity::Full
    } else {
        said
    }
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
    async fn a_connection_that_is_refused_is_an_answer() {
        assert!(by_connection(|port| (Ipv4Addr::LOCALHOST, port).into()).await.is_some());
    }

    #[tokio::test]
    async fn at_most_a_few_name_servers_are_asked() {
        let many = vec![IpAddr::from(Ipv4Addr::LOCALHOST); 20];
        assert_eq!(name_servers(&many, &[]).await.len(), ASKED);
    }

    #[test]
    fn a_server_that_answers_says_enough_where_nobody_watches() {
        let server = |reachable| Reachability { target: "x".into(), reachable, answer_ms: None, detail: None };
        assert_eq!(judged(Connectivity::Unknown, &[server(false), server(true)]), Connectivity::Full);
        assert_eq!(judged(Connectivity::Unknown, &[server(false)]), Connectivity::Unknown);
        assert_eq!(judged(Connectivity::Portal, &[server(true)]), Connectivity::Portal);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(answer in prop::collection::vec(any::<u8>(), 0..20), name in "\\PC{0,300}") {
            let _ = code(&answer, [1, 2]);
            prop_assert!(question([1, 2], Some(&name)).len() <= 300);
        }
    }
}
