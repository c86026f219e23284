//! Stands between agent and hub, and lies.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Dice;
use crate::faults::{Fault, draw, garble, name, part};
use crate::http::{Head, Length, body, page};

/// Longest time for a request that is repeated later.
const REPEAT: Duration = Duration::from_secs(20);
/// An answer in drops comes in at most so many of them.
const DROPS: usize = 12;

/// What the proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everything passes.
    Clear,
    /// Requests meet faults.
    Faulty,
    /// Requests meet faults, but none is passed on twice: for servers to which every request is a new one.
    FaultyOnce,
    /// Every connection, old and new, is reset.
    Cut,
    /// Everything passes but files: nobody reads their bytes, and nobody is told.
    FilesHang,
    /// Nothing passes any more and nobody is told, as when a cable is pulled. Connections of that time stay so, whatever
    /// comes after, until they are cut.
    Silent,
}

/// What passes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTTP/1.1 in the open: it knows requests and answers.
    Http,
    /// Bytes that it does not understand, such as TLS: it changes, cuts and holds back any of them.
    Bytes,
}

/// What went through it over HTTP, heads included. What it says itself does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were passed on whole.
    pub requests: u64,
    /// Their bytes.
    pub sent: u64,
    /// Bytes of the answers to them; of a stream, those of its head.
    pub got: u64,
}

struct Shared {
    upstream: SocketAddr,
    kind: Kind,
    way: watch::Sender<Way>,
    dice: Dice,
    drawn: AtomicU64,
    tally: Mutex<BTreeMap<&'static str, u64>>,
    traffic: Mutex<Traffic>,
    /// Requests that are to be repeated yet.
    later: watch::Sender<usize>,
}

/// A proxy. It ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// How a connection ends.
enum Ending {
    /// In order.
    Closed,
    /// With a reset.
    Reset,
}

impl Proxy {
    /// Starts one before a server, with a clear way.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(upstream: SocketAddr, kind: Kind, dice: Dice) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            kind,
            way: watch::Sender::new(Way::Clear),
            dice,
            drawn: AtomicU64::new(0),
            tally: Mutex::default(),
            traffic: Mutex::default(),
            later: watch::Sender::new(0),
        });
        let serving = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&serving)));
            }
        });
        Ok(Self { address, shared, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does, from this moment on.
    pub fn set(&self, way: Way) {
        self.shared.way.send_replace(way);
    }

    /// Waits until everything that was to be repeated later has been.
    pub async fn settled(&self) {
        // The sender lives as long as this proxy.
        let _ = self.shared.later.subscribe().wait_for(|later| *later == 0).await;
    }

    /// How often what was done.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<&'static str, u64> {
        self.shared.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What went through it so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        *self.shared.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many faults there were.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.tally().iter().filter(|(name, _)| **name != "nothing").map(|(_, count)| count).sum()
    }
}

impl Shared {
    fn count(&self, what: &'static str) {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    fn passed(&self, request: usize, answer: usize) {
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.requests += u64::from(request > 0);
        traffic.sent += request as u64;
        traffic.got += answer as u64;
    }

    fn number(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }

    fn is_faulty(&self) -> bool {
        matches!(*self.way.borrow(), Way::Faulty | Way::FaultyOnce)
    }

    fn draw(&self) -> Fault {
        if !self.is_faulty() {
            return Fault::None;
        }
        let mut fault = draw(&mut self.dice.of_player("proxy", self.number()));
        if *self.way.borrow() == Way::FaultyOnce && matches!(fault, Fault::Repeat | Fault::RepeatLater(_)) {
            fault = Fault::None;
        }
        self.count(name(fault));
        fault
    }

    /// Keeps a connection as it is until it is cut.
    async fn until_cut(&self) -> io::Result<Ending> {
        // The sender lives as long as this does.
        let _ = self.way.subscribe().wait_for(|way| *way == Way::Cut).await;
        Ok(Ending::Reset)
    }

    async fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let _ = client.set_nodelay(true);
    let mut client = BufReader::new(client);
    let mut way = shared.way.subscribe();
    let relayed = async {
        match shared.kind {
            Kind::Http => requests(&mut client, &shared).await,
            Kind::Bytes => bytes(&mut client, &shared).await,
        }
    };
    // An error here is the proxy's own end.
    let turned = async { way.wait_for(|way| matches!(way, Way::Cut | Way::Silent)).await.map_or(Way::Cut, |way| *way) };
    let ending = tokio::select! {
        // What the network does comes before what either end says.
        biased;
        way = turned => {
            if way == Way::Silent { shared.until_cut().await.unwrap_or(Ending::Reset) } else { Ending::Reset }
        }
        // An end that fails is an end that the other shall see as a failure, too.
        ending = relayed => ending.unwrap_or(Ending::Reset),
    };
    match ending {
        Ending::Closed => {
            let _ = client.shutdown().await;
        }
        Ending::Reset => {
            let _ = client.get_ref().set_zero_linger();
        }
    }
}

/// Passes requests and answers on, one after the other, as long as nothing ends it.
async fn requests(client: &mut BufReader<TcpStream>, shared: &Arc<Shared>) -> io::Result<Ending> {
    let mut hub: Option<BufReader<TcpStream>> = None;
    loop {
        let Some(head) = Head::read(client).await? else { return Ok(Ending::Closed) };
        let Length::Known(length) = head.length_of_request() else { return Ok(Ending::Reset) };
        if *shared.way.borrow() == Way::FilesHang && head.first_words().starts_with("PUT ") {
            return shared.until_cut().await;
        }
        let fault = shared.draw();
        if fault == Fault::ResetBefore {
            return Ok(Ending::Reset);
        }
        if let Fault::Silence(time) = fault {
            tokio::time::sleep(time).await;
            return Ok(Ending::Reset);
        }
        if let Fault::ResetWithin(share) | Fault::TruncateRequest(share) = fault {
            let partly = body(client, part(share, length)).await?;
            return within_request(shared, &head, &partly, matches!(fault, Fault::TruncateRequest(_))).await;
        }
        if let Fault::Delay(time) = fault {
            tokio::time::sleep(time).await;
        }
        let mut request = head.bytes().to_vec();
        request.extend(body(client, length).await?);
        if let Fault::Page(status) = fault {
            client.write_all(&page(status)).await?;
            return Ok(Ending::Closed);
        }
        // A stream of events has no end that could be waited for.
        let is_stream = head.first_words().ends_with("/events");
        if fault == Fault::Repeat && !is_stream {
            let mut first = shared.connect().await?;
            first.write_all(&request).await?;
            answer(&mut first).await?;
        }
        if let Fault::RepeatLater(time) = fault
            && !is_stream
        {
            repeat_later(shared, request.clone(), time);
        }
        let mut link = match hub.take() {
            Some(link) => link,
            None => shared.connect().await?,
        };
        shared.passed(request.len(), 0);
        link.write_all(&request).await?;
        match pass_answer(&mut link, client, fault, shared).await? {
            Some(ending) => return Ok(ending),
            None => hub = Some(link),
        }
    }
}

/// Passes only a part of a request on.
async fn within_request(shared: &Shared, head: &Head, partly: &[u8], in_order: bool) -> io::Result<Ending> {
    let mut hub = shared.connect().await?;
    hub.write_all(head.bytes()).await?;
    hub.write_all(partly).await?;
    if in_order {
        hub.shutdown().await?;
        // Whatever the server makes of it is not passed on.
        let _ = tokio::time::timeout(REPEAT, hub.read_to_end(&mut Vec::new())).await;
        return Ok(Ending::Closed);
    }
    hub.flush().await?;
    let _ = hub.get_ref().set_zero_linger();
    Ok(Ending::Reset)
}

fn repeat_later(shared: &Arc<Shared>, request: Vec<u8>, time: Duration) {
    shared.later.send_modify(|later| *later += 1);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        let again = async {
            let mut hub = shared.connect().await?;
            hub.write_all(&request).await?;
            answer(&mut hub).await
        };
        // The hub may be down by now, and whatever it says is heard by nobody.
        let _ = tokio::time::timeout(REPEAT, again).await;
        shared.later.send_modify(|later| *later -= 1);
    });
}

/// An answer of known length; `None` if it is a stream, of which nothing but the head was read.
async fn answer(hub: &mut BufReader<TcpStream>) -> io::Result<(Head, Option<Vec<u8>>)> {
    let head = Head::read(hub).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    match head.length_of_answer() {
        Length::Known(length) => {
            let body = body(hub, length).await?;
            Ok((head, Some(body)))
        }
        Length::Streamed => Ok((head, None)),
    }
}

/// Passes an answer on, or what becomes of it; how the connection ends, if it does.
async fn pass_answer(
    hub: &mut BufReader<TcpStream>,
    client: &mut BufReader<TcpStream>,
    fault: Fault,
    shared: &Shared,
) -> io::Result<Option<Ending>> {
    let (head, body) = answer(hub).await?;
    shared.passed(0, head.bytes().len() + body.as_ref().map_or(0, Vec::len));
    let Some(body) = body else { return stream(hub, client, &head, fault).await.map(Some) };
    let head_length = head.bytes().len();
    let mut answer = head.bytes().to_vec();
    answer.extend(body);
    if fault == Fault::ResetAfter {
        return Ok(Some(Ending::Reset));
    }
    if let Fault::PageAfter(status) = fault {
        client.write_all(&page(status)).await?;
        return Ok(Some(Ending::Closed));
    }
    if let Fault::ResetWithinAnswer(share) | Fault::TruncateAnswer(share) = fault {
        let within = part(share, answer.len()).min(answer.len() - 1);
        client.write_all(&answer[..within]).await?;
        client.flush().await?;
        let reset = matches!(fault, Fault::ResetWithinAnswer(_));
        return Ok(Some(if reset { Ending::Reset } else { Ending::Closed }));
    }
    if let Fault::Garble(share) = fault {
        garble(&mut answer, head_length, share);
        client.write_all(&answer).await?;
        // Whoever cannot read the head does not know where the answer ends.
        return Ok(Some(Ending::Closed));
    }
    let (drop, pause) = if let Fault::Drip(time) = fault {
        (answer.len().div_ceil(DROPS), time / 4)
    } else {
        (answer.len(), Duration::ZERO)
    };
    for piece in answer.chunks(drop.max(1)) {
        client.write_all(piece).await?;
        client.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(None)
}

/// Passes on what comes, as it comes, until either end has enough or a fault ends it.
async fn stream(
    hub: &mut BufReader<TcpStream>,
    client: &mut BufReader<TcpStream>,
    head: &Head,
    fault: Fault,
) -> io::Result<Ending> {
    if let Fault::PageAfter(status) = fault {
        client.write_all(&page(status)).await?;
        return Ok(Ending::Closed);
    }
    client.write_all(head.bytes()).await?;
    let mut pieces = if fault == Fault::ResetAfter {
        0
    } else if let Fault::ResetWithinAnswer(share) | Fault::TruncateAnswer(share) | Fault::Garble(share) = fault {
        part(share, 4)
    } else {
        usize::MAX
    };
    let (mut piece, mut said) = (vec![0; 16 * 1024], [0; 1]);
    loop {
        let read = tokio::select! {
            read = hub.read(&mut piece) => read?,
            // Nothing more is asked on this connection: its asker has gone.
            _ = client.read(&mut said) => return Ok(Ending::Closed),
        };
        if read == 0 {
            return Ok(Ending::Closed);
        }
        if pieces == 0 {
            if let Fault::Garble(share) = fault {
                garble(&mut piece[..read], 0, share);
            } else {
                let in_order = matches!(fault, Fault::TruncateAnswer(_));
                return Ok(if in_order { Ending::Closed } else { Ending::Reset });
            }
        }
        pieces = pieces.saturating_sub(1);
        client.write_all(&piece[..read]).await?;
        client.flush().await?;
    }
}

/// Passes bytes on in both directions, and now and then others.
async fn bytes(client: &mut BufReader<TcpStream>, shared: &Arc<Shared>) -> io::Result<Ending> {
    /// Of a thousand pieces, so many become others, end early, or are the last.
    const PIECES_PER_MILLE: u32 = 60;
    let mut dice = shared.dice.of_player("bytes", shared.number());
    let mut hub = shared.connect().await?;
    let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    loop {
        let (read, is_up) = tokio::select! {
            read = client.read(&mut up) => (read?, true),
            read = hub.read(&mut down) => (read?, false),
        };
        if read == 0 {
            return Ok(Ending::Closed);
        }
        let piece = if is_up { &mut up[..read] } else { &mut down[..read] };
        let mut length = read;
        let mut ending = None;
        if shared.is_faulty() && dice.random_range(0..1000) < PIECES_PER_MILLE {
            let (at, bit) = (dice.random_range(0..read), dice.random_range(0..8_u32));
            match dice.random_range(0..5_u32) {
                0..=1 => {
                    shared.count("a bit turned");
                    piece[at] ^= 1 << bit;
                }
                2 => {
                    shared.count("held back");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                3 => {
                    shared.count("truncated");
                    (length, ending) = (at, Some(Ending::Closed));
                }
                _ => {
                    shared.count("reset");
                    (length, ending) = (at, Some(Ending::Reset));
                }
            }
        }
        let to = if is_up { &mut hub } else { &mut *client };
        to.write_all(&piece[..length]).await?;
        to.flush().await?;
        if let Some(ending) = ending {
            return Ok(ending);
        }
    }
}
