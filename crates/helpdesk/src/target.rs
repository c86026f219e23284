//! Which helpdesk, where, and what it needs to be told: what settings or policy say, apart from the secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use deskside_protocol::settings::HelpdeskKind;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::glpi::GlpiDesk;
use crate::hub::HubDesk;
use crate::mantis::MantisDesk;
use crate::rt::RtDesk;
use crate::{Helpdesk, Result};

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

/// Sets a connection up; nothing is sent yet.
///
/// # Errors
/// `BadRequest` if the address, a field or the credential cannot be one.
pub fn open(target: &Target, credential: &str) -> Result<Arc<dyn Helpdesk>> {
    match target.kind {
        HelpdeskKind::Hub => Ok(Arc::new(HubDesk::new(&target.url, credential)?)),
        HelpdeskKind::Mantis => Ok(Arc::new(MantisDesk::new(target, credential)?)),
        HelpdeskKind::RequestTracker => Ok(Arc::new(RtDesk::new(target, credential)?)),
        HelpdeskKind::Glpi => Ok(Arc::new(GlpiDesk::new(target, credential)?)),
    }
}
