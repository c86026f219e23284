//! What the agent tells, as server-sent events (HTML standard, section 9.2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio_stream::{Stream, StreamExt as _};

use crate::Agent;

/// When a browser comes back after the stream has ended: at once, as the window does.
const RETRY: Duration = Duration::from_millis(200);

/// Begins when the agent is there: the browser's `open` means the same as the window's `agent-back`. (An error status
/// instead would make it give up for good.) Ends with the agent, or when events were missed.
pub(crate) async fn stream(State(agent): State<Arc<Agent>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = agent.client_at_last().await.events();
    let told = stream::unfold(events, |mut events| async move {
        loop {
            match events.recv().await {
                Ok(event) => match Event::default().json_data(event) {
                    Ok(event) => return Some((Ok(event), events)),
                    Err(error) => tracing::error!(%error, "an event without a JSON form"),
                },
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            }
        }
    });
    let hello = stream::iter([Ok(Event::default().retry(RETRY).comment("here"))]);
    Sse::new(hello.chain(told)).keep_alive(KeepAlive::default())
}
