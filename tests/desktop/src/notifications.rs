//! A notification server that remembers what it was shown and can be clicked on (Desktop Notifications Specification
//! 1.2, section 9).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, interface};

use crate::programs::wait_until;

const PATH: &str = "/org/freedesktop/Notifications";

/// What nobody is quicker than. Programs listen for the click only once they know the notification's number.
const READS_IT: Duration = Duration::from_millis(500);

/// A notification as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The server's number for it; a notification that replaces another has the same.
    pub id: u32,
    /// The program's name.
    pub program: String,
    /// The headline.
    pub summary: String,
    /// The text.
    pub body: String,
    /// Its actions: key and label, in order.
    pub actions: Vec<(String, String)>,
    /// 0 low, 1 normal, 2 critical; `None` if not said.
    pub urgency: Option<u8>,
    /// Whether the program has taken it back.
    pub closed: bool,
}

type Log = Arc<Mutex<Vec<Shown>>>;

struct Server {
    log: Log,
    last: u32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &mut self,
        program: String,
        replaces: u32,
        _icon: &str,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires_ms: i32,
    ) -> u32 {
        let id = if replaces == 0 {
            self.last += 1;
            self.last
        } else {
            replaces
        };
        let actions =
            actions.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect();
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        let shown = Shown { id, program, summary, body, actions, urgency, closed: false };
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
        id
    }

    async fn close_notification(&self, id: u32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        for shown in self.log.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().filter(|shown| shown.id == id) {
            shown.closed = true;
        }
        // Reason 3: closed by a call to CloseNotification.
        let _ = Self::notification_closed(&emitter, id, 3).await;
    }

    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["actions", "body", "persistence"]
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("Deskside test desktop", "Deskside", env!("CARGO_PKG_VERSION"), "1.2")
    }

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action_key: &str) -> zbus::Result<()>;
}

/// The notification server.
pub struct Notifications {
    connection: Connection,
    log: Log,
}

impl Notifications {
    /// Starts it on a session bus.
    ///
    /// # Errors
    /// The bus cannot be reached or has a notification server already.
    pub async fn start(address: &str) -> anyhow::Result<Self> {
        let log = Log::default();
        let connection = connection::Builder::address(address)?
            .serve_at(PATH, Server { log: Arc::clone(&log), last: 0 })?
            .name("org.freedesktop.Notifications")?
            .build()
            .await
            .context("could not become the notification server")?;
        Ok(Self { connection, log })
    }

    /// Everything shown so far, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Shown> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until at least `count` were shown, and returns all.
    ///
    /// # Errors
    /// There were fewer within `limit`.
    pub async fn at_least(&self, count: usize, limit: Duration) -> anyhow::Result<Vec<Shown>> {
        wait_until(&format!("{count} notifications"), limit, async || {
            let all = self.all();
            Ok((all.len() >= count).then_some(all))
        })
        .await
        .with_context(|| format!("shown were {:?}", self.all()))
    }

    /// Clicks on an action of a notification, by its key; `default` is the notification itself. It closes thereby.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn click(&self, id: u32, action: &str) -> anyhow::Result<()> {
        tokio::time::sleep(READS_IT).await;
        let server = self.connection.object_server().interface::<_, Server>(PATH).await?;
        Server::action_invoked(server.signal_emitter(), id, action).await?;
        // Reason 2: dismissed by the user.
        Server::notification_closed(server.signal_emitter(), id, 2).await?;
        Ok(())
    }
}
