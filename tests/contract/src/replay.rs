//! The server: it accepts, reads, asks its backend what a real server would say, and does what the faults want.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::capture::{Captures, Exchange};
use crate::coverage::Coverage;
use crate::fault::Fault;
use crate::http::{self, Incoming, Request};

/// What a server of one kind remembers, and how it answers from captures.
pub trait Backend: Send + 'static {
    /// The captures that it speaks from.
    fn captures(&self) -> &Captures;
    /// Forms of requests that are known from elsewhere than a capture (see [`Coverage::of`]). To be named in the docs.
    fn beyond(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// The path under which the captures have what is asked for by this one: some servers know one by two names.
    fn path(&self, path: &str) -> String {
        path.to_owned()
    }
    /// What the real server would say; `None` if no capture tells.
    fn answer(&mut self, request: &Request) -> Option<Answer>;
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Headers, without those that tell where the body ends.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long the real server took.
    pub delay: Duration,
}

impl Answer {
    /// As captured, byte for byte.
    #[must_use]
    pub fn as_captured(exchange: &Exchange) -> Self {
        const HOP: &[&str] = &["content-length", "transfer-encoding", "connection", "date", "keep-alive"];
        Self {
            status: exchange.status,
            reason: exchange.reason.clone(),
            headers: exchange
                .headers
                .iter()
                .filter(|(name, _)| !HOP.contains(&name.to_ascii_lowercase().as_str()))
                .cloned()
                .collect(),
            body: exchange.body.clone(),
            delay: exchange.delay.unwrap_or_default(),
        }
    }

    /// The same with another JSON body.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with another reason phrase.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same with a header set.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // RFC 9110, sections 8.6 and 15.4.5: none of these has a body.
        if !matches!(self.status, 204 | 304) {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Whether the server takes the time that the real one took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It does.
    AsCaptured,
    /// It answers at once.
    AtOnce,
}

/// A request that was answered, or was to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `POST`.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Bytes of its body.
    pub sent: usize,
    /// Status of the answer; 0 if none was made.
    pub status: u16,
    /// Bytes of the answer's body.
    pub got: usize,
}

struct Shared<B> {
    backend: Mutex<B>,
    coverage: Coverage,
    faults: Mutex<VecDeque<Fault>>,
    seen: Mutex<Vec<Seen>>,
    uncovered: Mutex<Vec<String>>,
    pace: Pace,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running server. Fails the test when it goes if it was asked something that no capture covers.
pub struct Replay<B: Backend> {
    shared: Arc<Shared<B>>,
    url: Url,
    accepting: JoinHandle<()>,
    /// Ends open connections.
    over: watch::Sender<bool>,
}

impl<B: Backend> Replay<B> {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start(backend: B, pace: Pace) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
        let coverage = Coverage::of(backend.captures(), backend.beyond());
        let shared = Arc::new(Shared {
            backend: Mutex::new(backend),
            coverage,
            faults: Mutex::default(),
            seen: Mutex::default(),
            uncovered: Mutex::default(),
            pace,
        });
        let (over, _) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), over.subscribe()));
        Ok(Self { shared, url, accepting, over })
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What happens to the next requests, in this order; those after them are answered.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        held(&self.shared.faults).extend(faults);
    }

    /// No more faults.
    pub fn heal(&self) {
        held(&self.shared.faults).clear();
    }

    /// Looks into what the server remembers, or does there what a technician would.
    pub fn with<T>(&self, look: impl FnOnce(&mut B) -> T) -> T {
        look(&mut held(&self.shared.backend))
    }

    /// All requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        held(&self.shared.seen).clone()
    }

    /// Requests that no capture covers, so far.
    #[must_use]
    pub fn uncovered(&self) -> Vec<String> {
        held(&self.shared.uncovered).clone()
    }

    /// Takes note of what was not covered: for tests of that itself.
    #[must_use]
    pub fn take_uncovered(&self) -> Vec<String> {
        std::mem::take(&mut *held(&self.shared.uncovered))
    }
}

impl<B: Backend> Drop for Replay<B> {
    fn drop(&mut self) {
        self.accepting.abort();
        self.over.send_replace(true);
        let uncovered = std::mem::take(&mut *held(&self.shared.uncovered));
        if std::thread::panicking() && !uncovered.is_empty() {
            // The test fails already, and this may be why.
            let _nobody_reads = writeln!(io::stderr(), "no capture covers:\n{}", uncovered.join("\n"));
        }
        assert!(
            std::thread::panicking() || uncovered.is_empty(),
            "asked for what no capture covers:\n{}",
            uncovered.join("\n")
        );
    }
}

async fn accept<B: Backend>(listener: TcpListener, shared: Arc<Shared<B>>, over: watch::Receiver<bool>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (shared, mut over) = (Arc::clone(&shared), over.clone());
        tokio::spawn(async move {
            tokio::select! {
                // A connection that breaks is the caller's to notice.
                _ = serve(stream, &shared) => {}
                _ = over.wait_for(|over| *over) => {}
            }
        });
    }
}

async fn serve<B: Backend>(mut stream: TcpStream, shared: &Shared<B>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        // The fault is drawn when a request begins to arrive, not while a connection lies idle.
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(());
        }
        let fault = held(&shared.faults).pop_front().unwrap_or(Fault::None);
        let at_most = match fault {
            Fault::BeforeRead => return Ok(()),
            Fault::MidRequest(bytes) => Some(bytes),
            Fault::None
            | Fault::AfterActing
            | Fault::MidAnswer(_)
            | Fault::Garbage
            | Fault::Page(_)
            | Fault::PageInstead(_)
            | Fault::Redirect
            | Fault::Slow(_) => None,
        };
        let Incoming::Whole(request) = http::read(&mut stream, at_most).await? else { return Ok(()) };
        if let Fault::PageInstead(status) = fault {
            note(shared, &request, None);
            stream.write_all(&page(status).bytes()).await?;
            return Ok(());
        }
        let answer = act(shared, &request);
        match fault {
            Fault::AfterActing => return Ok(()),
            Fault::MidAnswer(bytes) => {
                let all = answer.bytes();
                let some = bytes.min(all.len().saturating_sub(1));
                stream.write_all(&all[..some]).await?;
                stream.flush().await?;
                return Ok(());
            }
            Fault::Garbage => {
                stream.write_all(b"\x16\x03\x01 this is not what you asked for\r\n\r\n").await?;
                return Ok(());
            }
            Fault::Page(status) => {
                stream.write_all(&page(status).bytes()).await?;
                return Ok(());
            }
            Fault::Redirect => {
                let page = page(302).header("Location", "https://portal.example/login?next=%2F");
                stream.write_all(&page.bytes()).await?;
                return Ok(());
            }
            Fault::Slow(wait) => tokio::time::sleep(wait).await,
            Fault::None | Fault::BeforeRead | Fault::MidRequest(_) | Fault::PageInstead(_) => {}
        }
        if shared.pace == Pace::AsCaptured {
            tokio::time::sleep(answer.delay).await;
        }
        stream.write_all(&answer.bytes()).await?;
    }
}

/// What a proxy or a sign-in portal says in the server's place.
fn page(status: u16) -> Answer {
    Answer {
        status,
        reason: "Something".to_owned(),
        // The connection ends with it: whoever used it again would meet its end, not the next answer.
        headers: [("Content-Type", "text/html; charset=utf-8"), ("Connection", "close")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: b"<!DOCTYPE html><html><body><h1>Please sign in to the network</h1></body></html>".to_vec(),
        delay: Duration::ZERO,
    }
}

fn act<B: Backend>(shared: &Shared<B>, request: &Request) -> Answer {
    let request = &Request { path: held(&shared.backend).path(&request.path), ..request.clone() };
    let lacks = shared.coverage.lacks(request);
    let answer = if lacks.is_none() { held(&shared.backend).answer(request) } else { None };
    let answer = answer.unwrap_or_else(|| {
        let what = lacks.unwrap_or_else(|| {
            let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let body = String::from_utf8_lossy(&request.body).chars().take(300).collect::<String>();
            format!("{} {} ?{} {body}", request.method, request.path, query.join("&"))
        });
        held(&shared.uncovered).push(what);
        Answer {
            status: 599,
            reason: "No capture covers this".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            delay: Duration::ZERO,
        }
    });
    note(shared, request, Some(&answer));
    answer
}

fn note<B>(shared: &Shared<B>, request: &Request, answer: Option<&Answer>) {
    held(&shared.seen).push(Seen {
        method: request.method.clone(),
        path: request.path.clone(),
        sent: request.body.len(),
        status: answer.map_or(0, |answer| answer.status),
        got: answer.map_or(0, |answer| answer.body.len()),
    });
}
