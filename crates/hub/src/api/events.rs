//! Event streams (server-sent events, WHATWG HTML 9.2): "look again".

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{ConsoleChange, Nudge, Problem};
use futures_util::stream::{self, Stream};
use tokio::time::Instant;

use crate::auth::device::Device;
use crate::auth::person::SignedIn;
use crate::limits;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;

fn keep_alive() -> KeepAlive {
    KeepAlive::new().interval(limits::KEEP_ALIVE)
}

/// Tells a device that something changed in its tickets: events `nudge`, the first at once with the newest cursor.
/// The stream ends within minutes; the device comes back and proves itself again.
#[utoipa::path(get, path = "/events", tag = "tickets", security(("device" = [])), responses(
    (status = 200, description = "Events `nudge`.", content_type = "text/event-stream", body = Nudge),
    (status = 429, description = "Too many streams of this device.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn device_events(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let listening = state.events.listen(device).ok_or_else(too_many)?;
    // After listening began, so that nothing falls between.
    let newest = state.store.newest_visible(device).await?;
    let end = Instant::now() + limits::STREAM_LIFE;
    let reader = device.to_string();
    let events = stream::unfold((listening, None), move |(mut listening, told)| {
        let (state, reader) = (Arc::clone(&state), reader.clone());
        async move {
            let place = match told {
                None => newest,
                Some(told) => loop {
                    tokio::select! {
                        () = state.stopping.cancelled() => return None,
                        () = tokio::time::sleep_until(end) => return None,
                        changed = listening.newest.changed() => changed.ok()?,
                    }
                    let place = *listening.newest.borrow_and_update();
                    // What the first nudge told already is no news.
                    if place > told {
                        break place;
                    }
                },
            };
            let nudge = Nudge { cursor: state.store.cursors().write(&reader, place) };
            let event = Event::default().event("nudge").json_data(nudge).ok()?;
            Some((Ok(event), (listening, Some(place))))
        }
    });
    Ok(Sse::new(events).keep_alive(keep_alive()))
}

/// Tells a console which ticket changed: events `change`. The stream ends within minutes, and when the console is too
/// slow; it comes back and looks at everything again.
#[utoipa::path(get, path = "/console/events", tag = "console", security(("person" = [])), responses(
    (status = 200, description = "Events `change`.", content_type = "text/event-stream", body = ConsoleChange),
    (status = 429, description = "Too many streams.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn console_events(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let listening = state.events.listen_as_console().ok_or_else(too_many)?;
    let end = Instant::now() + limits::STREAM_LIFE;
    let stopping = state.stopping.clone();
    let events = stream::unfold((listening, signed_in.session), move |(mut listening, session)| {
        let (state, stopping) = (Arc::clone(&state), stopping.clone());
        async move {
            let change = tokio::select! {
                () = stopping.cancelled() => return None,
                () = tokio::time::sleep_until(end) => return None,
                change = listening.changes.recv() => change.ok()?,
            };
            // Who signed out or was dismissed meanwhile hears no more.
            state.store.session(&session).await.ok()??;
            let event = Event::default().event("change").json_data(change).ok()?;
            Some((Ok(event), (listening, session)))
        }
    });
    Ok(Sse::new(events).keep_alive(keep_alive()))
}

fn too_many() -> ApiError {
    ApiError::new(ErrorCode::Busy, "too many event streams are open").retry_after(limits::KEEP_ALIVE)
}
