//! Who takes nothing of what is sent to them is let go. A connection costs memory, a file or a place in a stream, and
//! neither HTTP nor TCP ends one whose other end lives and does not read.
//!
//! Two watches, because answers wait in two places: [`Steady`] is the socket, where HTTP/1 waits; [`Watch`] looks at the
//! answers themselves, since HTTP/2 lets the other end stop a single stream of a connection that moves (RFC 9113, 5.2).
//! Who reads, but a byte at a time, meets the limit of an answer as a whole.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{Response, header};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::config::Patience;
use crate::limits;

/// A socket on which writing fails when nothing could be written for a while.
pub(crate) struct Steady<S> {
    socket: S,
    limit: Duration,
    /// Runs while the socket takes nothing.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Steady<S> {
    pub(crate) fn new(socket: S, limit: Duration) -> Self {
        Self { socket, limit, waiting: None }
    }

    /// What the socket said, or that it was silent for too long.
    fn within<T>(&mut self, context: &mut Context<'_>, said: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if said.is_ready() {
            self.waiting = None;
            return said;
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end does not read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.within(context, said)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let said = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.within(context, said)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let said = Pin::new(&mut self.socket).poll_flush(context);
        self.within(context, said)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let said = Pin::new(&mut self.socket).poll_shutdown(context);
        self.within(context, said)
    }
}

/// The requests of one connection that are under way.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Inner>);

struct Inner {
    patience: Patience,
    state: Mutex<State>,
    begun: Notify,
}

struct State {
    next: u64,
    under_way: HashMap<u64, Phase>,
    /// Since when nothing is.
    idle: Instant,
}

/// Where a request is.
#[derive(Clone, Copy)]
enum Phase {
    /// It is being worked on, which has limits of its own.
    Handled,
    /// It is being answered.
    Answered {
        /// When the answer must be out.
        until: Instant,
        /// Since when the other end has not come for more; `None` while the hub itself has no more to give.
        offered: Option<Instant>,
    },
}

impl Watch {
    pub(crate) fn new(patience: Patience) -> Self {
        let state = State { next: 0, under_way: HashMap::new(), idle: Instant::now() };
        Self(Arc::new(Inner { patience, state: Mutex::new(state), begun: Notify::new() }))
    }

    /// A request begins.
    pub(crate) fn begin(&self) -> UnderWay {
        let mut state = self.0.state();
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.under_way.insert(number, Phase::Handled);
        UnderWay { inner: Arc::clone(&self.0), number }
    }

    /// Waits until the connection has used up the hub's patience; says why.
    pub(crate) async fn over(&self) -> &'static str {
        loop {
            let begun = self.0.begun.notified();
            match self.0.due() {
                Ok(due) => tokio::select! {
                    () = sleep_until(due) => {}
                    () = begun => {}
                },
                Err(why) => return why,
            }
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When to look again, or why the connection is to be cut.
    fn due(&self) -> Result<Instant, &'static str> {
        let now = Instant::now();
        let state = self.state();
        let mut due = now + self.patience.answer;
        if state.under_way.is_empty() {
            due = state.idle + self.patience.idle;
            return if due <= now { Err("nothing was asked") } else { Ok(due) };
        }
        for phase in state.under_way.values() {
            let Phase::Answered { until, offered } = *phase else { continue };
            let stalled = offered.unwrap_or(now) + self.patience.answer_stalled;
            if stalled <= now {
                return Err("nothing was read");
            }
            if until <= now {
                return Err("an answer was read too slowly");
            }
            due = due.min(until).min(stalled);
        }
        Ok(due)
    }
}

/// A request that is under way; over when dropped.
pub(crate) struct UnderWay {
    inner: Arc<Inner>,
    number: u64,
}

impl UnderWay {
    /// It is answered with this.
    pub(crate) fn answer(self, answer: Response<Body>) -> Response<Body> {
        let is_stream =
            answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
        // Streams end by themselves; a little later they are ended.
        let patience = self.inner.patience;
        let time = if is_stream { limits::STREAM_LIFE + patience.answer_stalled } else { patience.answer };
        let now = Instant::now();
        let phase = Phase::Answered { until: now + time, offered: Some(now) };
        self.inner.state().under_way.insert(self.number, phase);
        self.inner.begun.notify_one();
        answer.map(|body| Body::new(Watched { body, under_way: self }))
    }

    fn offer(&self, since: Option<Instant>) {
        if let Some(Phase::Answered { offered, .. }) = self.inner.state().under_way.get_mut(&self.number) {
            *offered = since;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.inner.state();
        state.under_way.remove(&self.number);
        state.idle = Instant::now();
    }
}

/// The body of an answer, which tells when somebody comes for more of it.
struct Watched {
    body: Body,
    under_way: UnderWay,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.under_way.offer(polled.is_ready().then(Instant::now));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
