//! The connection to the agent, made when it is needed and made again when the agent was restarted.

use std::time::Duration;

use deskside_ipc::{Client, Endpoint, IpcError};
use deskside_protocol::ErrorReport;
use deskside_protocol::local::{PeerRole, Request, Response};
use tokio::sync::Mutex;

/// Pause between two tries to reach the agent.
const AGAIN: Duration = Duration::from_millis(100);

/// The agent, as far as it is there.
#[derive(Debug)]
pub struct Agent {
    endpoint: Endpoint,
    client: Mutex<Option<Client>>,
}

impl Agent {
    /// The agent that listens there, now or later.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, client: Mutex::const_new(None) }
    }

    /// The one connection, made anew if it is gone.
    pub(crate) async fn client(&self) -> Result<Client, IpcError> {
        let mut client = self.client.lock().await;
        match client.as_ref() {
            Some(client) if !client.is_closed() => Ok(client.clone()),
            Some(_) | None => Ok(client.insert(Client::connect(&self.endpoint, PeerRole::DevHost).await?).clone()),
        }
    }

    /// The connection, however long that takes.
    pub(crate) async fn client_at_last(&self) -> Client {
        loop {
            match self.client().await {
                Ok(client) => return client,
                Err(error) => tracing::debug!(%error, "no agent yet"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Asks the agent.
    pub(crate) async fn request(&self, request: Request) -> Result<Response, ErrorReport> {
        let client = self.client().await.map_err(|error| ErrorReport::from(&error))?;
        client.request(request).await.map_err(ErrorReport::from)
    }
}
