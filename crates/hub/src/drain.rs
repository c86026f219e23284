//! Reading on after a refusal. A connection that is closed with unread bytes is reset (RFC 9112, 9.6), and the reset can
//! overtake the answer: the other end would see a broken network where it was told "no", and try again for ever.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::{Buf as _, Bytes};
use hyper::body::{Frame, SizeHint};

use crate::limits;

/// A body that a handler reads and that can be read on when the handler is gone.
struct Shared(Arc<Mutex<Body>>);

/// What a handler has left of a body.
pub(crate) struct Rest(Arc<Mutex<Body>>);

/// Splits a request's body into what the handler gets and what it leaves.
pub(crate) fn share(request: Request) -> (Request, Rest) {
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    (Request::from_parts(parts, Body::new(Shared(Arc::clone(&body)))), Rest(body))
}

impl Rest {
    /// Reads what is left, within [`limits::DRAIN_BYTES`] and [`limits::DRAIN_TIME`].
    pub(crate) async fn drain(self) {
        let mut body = Shared(self.0);
        let read = async {
            let mut left = limits::DRAIN_BYTES;
            while let Some(Ok(frame)) = std::future::poll_fn(|context| pin!(&mut body).poll_frame(context)).await {
                let length = frame.data_ref().map_or(0, |data| u64::try_from(data.remaining()).unwrap_or(u64::MAX));
                let Some(rest) = left.checked_sub(length) else { break };
                left = rest;
            }
        };
        let _in_time = tokio::time::timeout(limits::DRAIN_TIME, read).await;
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt as _, stream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn what_the_handler_left_is_read_to_its_end() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let chunks = stream::iter(0..10).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(b"chunk"))
        });
        let (request, rest) = share(Request::new(Body::from_stream(chunks)));
        let mut body = request.into_body().into_data_stream();
        body.next().await.unwrap().unwrap();
        drop(body);
        assert_eq!(read.load(Ordering::Relaxed), 1);
        rest.drain().await;
        assert_eq!(read.load(Ordering::Relaxed), 10);
    }

    #[tokio::test]
    async fn an_endless_body_is_not() {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0_u8; 1024 * 1024])));
        let (_request, rest) = share(Request::new(Body::from_stream(chunks)));
        rest.drain().await;
    }
}
