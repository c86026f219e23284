//! What all requests share.

use std::sync::Arc;

use deskside_protocol::desk::{Person, Role};
use tokio_util::sync::CancellationToken;

use crate::auth::passwords::{HashError, Passwords, hash_now};
use crate::auth::secrets::{NoRandomness, make_password};
use crate::config::Config;
use crate::events::Events;
use crate::files::Files;
use crate::gateway::Gateway;
use crate::metrics::Metrics;
use crate::rate::Rates;
use crate::sign_in::SignIn;
use crate::store::{Change, Store, StoreError};

/// The parts of a running hub.
pub(crate) struct AppState {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) files: Files,
    pub(crate) events: Events,
    pub(crate) rates: Rates,
    pub(crate) passwords: Passwords,
    pub(crate) metrics: Metrics,
    /// The way to the helpdesk to which this hub is the gateway, if it is to one.
    pub(crate) gateway: Option<Arc<Gateway>>,
    /// Employees' sign-in, if there is one.
    pub(crate) sign_in: Option<SignIn>,
    /// Ends event streams when the hub stops.
    pub(crate) stopping: CancellationToken,
}

impl AppState {
    /// Says that something waits for the helpdesk to which this hub is the gateway.
    pub(crate) fn send_on(&self) {
        if let Some(gateway) = &self.gateway {
            gateway.work.notify_one();
        }
    }

    /// Tells those who are connected. With PostgreSQL the database tells every hub on it, this one too.
    pub(crate) fn tell(&self, change: Change) {
        if self.config.database.is_none() {
            self.events.tell(change);
        }
    }
}

/// The sign-in that was made because there was none. Shown once.
#[derive(Clone)]
pub struct FirstSignIn {
    /// Always "admin".
    pub login: String,
    /// The made password; whoever uses it is asked to change it.
    pub password: String,
}

/// A password does not belong into a log by way of a `{:?}`.
impl std::fmt::Debug for FirstSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstSignIn").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Why no person could be made.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system's random numbers.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// Makes an administrator if nobody can sign in yet.
pub(crate) async fn first_sign_in(store: &Store) -> Result<Option<FirstSignIn>, PersonError> {
    if store.has_people().await? {
        return Ok(None);
    }
    let password = make_password()?;
    let person = Person {
        login: "admin".to_owned(),
        display_name: "Administrator".to_owned(),
        role: Role::Administrator,
        active: true,
    };
    let hash = hash_now(&password)?;
    // Another hub on the same database may have been faster; then it has shown its password.
    let added = store.add_person(&person, &hash, "first start").await?;
    Ok(added.then_some(FirstSignIn { login: person.login, password }))
}
