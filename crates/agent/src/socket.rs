//! Serves the local socket: what a window or a command line asks goes to the controller, what happens goes to all.

use deskside_ipc::{Peer, Server};
use deskside_protocol::local::{Event, PeerRole};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::controller::Controller;
use crate::window::Window;

/// Serves until `ending`, then until every answer has left.
pub async fn serve(mut server: Server, controller: Controller, window: Window, ending: CancellationToken) {
    let peers = TaskTracker::new();
    loop {
        tokio::select! {
            () = ending.cancelled() => break,
            peer = server.accept() => match peer {
                Ok(peer) => drop(peers.spawn(one(peer, controller.clone(), window.clone(), ending.clone()))),
                Err(error) => {
                    tracing::error!(%error, "the socket is closed");
                    break;
                }
            },
        }
    }
    peers.close();
    peers.wait().await;
}

async fn one(peer: Peer, controller: Controller, window: Window, ending: CancellationToken) {
    let role = peer.hello.role;
    let (mut calls, sender) = peer.split();
    let mut events = controller.events();
    let is_window = role == PeerRole::Window;
    if is_window && let Some(route) = window.connected() {
        sender.event(Event::Navigate { route });
    }
    let answers = TaskTracker::new();
    loop {
        tokio::select! {
            () = ending.cancelled() => break,
            call = calls.next() => {
                let Some(call) = call else { break };
                let (controller, sender) = (controller.clone(), sender.clone());
                // Each on its own: a long upload does not hold up a keystroke. One whose asker is gone still ends.
                answers.spawn(async move { sender.reply(call.id, controller.handle(call.request, role).await) });
            }
            event = events.recv() => match event {
                Ok(event) => {
                    if is_for(&event, role) {
                        sender.event(event);
                    }
                }
                // Events only say that something changed; a client that comes back asks anew.
                Err(RecvError::Lagged(_) | RecvError::Closed) => break,
            },
        }
    }
    if is_window {
        window.disconnected();
    }
    answers.close();
    answers.wait().await;
    sender.flush().await;
}

/// Whether an event concerns this kind of client: only what has a window can go somewhere.
fn is_for(event: &Event, role: PeerRole) -> bool {
    match event {
        Event::Navigate { .. } | Event::HideForCapture => matches!(role, PeerRole::Window | PeerRole::DevHost),
        Event::RequestChanged { .. }
        | Event::FactsChanged
        | Event::ConnectionChanged { .. }
        | Event::SettingsChanged { .. }
        | Event::HelpdeskStep { .. }
        | Event::HelpdeskReported { .. }
        | Event::NoticesChanged => true,
    }
}
