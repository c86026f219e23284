//! Which helpdesk, where, and what it needs to be told: what settings or policy say, apart from the secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ErrorCode, ErrorReport};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::connection::refusal;
use crate::hub::HubDesk;
use crate::mantis::MantisDesk;
use crate::rt::RtDesk;
use crate::{Helpdesk, Result, glpi};

/// A helpdesk that somebody chose. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is.
    pub kind: HelpdeskKind,
    /// Its address, as people open it in a browser ("https://glpi.example/").
    pub url: Url,
    /// What this kind wants to know besides, by name: see the module of each kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// Where a credential goes that changed by being used ([`glpi::oauth`]): the keyring. What was kept before is worth
/// nothing from then on, so it is replaced at once. A connection keeps one for as long as it lives.
#[async_trait]
pub trait KeepsCredential: Send + Sync {
    /// Keeps it in the place of the one that the connection was opened with.
    ///
    /// # Errors
    /// If it could not be kept; it is brought again at the next use.
    async fn keep(&self, credential: &str) -> std::result::Result<(), ErrorReport>;
}

/// Sets a connection up; nothing is sent yet.
///
/// # Errors
/// `BadRequest` if the address, a field or the credential cannot be one; also for a credential that changes by being
/// used, which only [`open_keeping`] takes: it would be lost.
pub fn open(target: &Target, credential: &str) -> Result<Arc<dyn Helpdesk>> {
    open_any(target, credential, None)
}

/// [`open`] for any credential. One that changes by being used goes to `keeper` each time.
///
/// # Errors
/// As [`open`].
pub fn open_keeping(target: &Target, credential: &str, keeper: Arc<dyn KeepsCredential>) -> Result<Arc<dyn Helpdesk>> {
    open_any(target, credential, Some(keeper))
}

fn open_any(target: &Target, credential: &str, keeper: Option<Arc<dyn KeepsCredential>>) -> Result<Arc<dyn Helpdesk>> {
    match target.kind {
        HelpdeskKind::Hub => Ok(Arc::new(HubDesk::new(&target.url, credential)?)),
        HelpdeskKind::Mantis => Ok(Arc::new(MantisDesk::new(target, credential)?)),
        HelpdeskKind::RequestTracker => Ok(Arc::new(RtDesk::new(target, credential)?)),
        HelpdeskKind::Glpi => match glpi::Interface::of(target, credential)? {
            glpi::Interface::Legacy => Ok(Arc::new(glpi::GlpiDesk::new(target, credential)?)),
            glpi::Interface::HighLevel => {
                let keeper = keeper.ok_or_else(|| {
                    refusal(ErrorCode::BadRequest, "this credential changes by being used, and nothing here keeps it")
                })?;
                Ok(Arc::new(glpi::high_level::HighLevelDesk::new(target, credential, keeper)?))
            }
        },
    }
}
