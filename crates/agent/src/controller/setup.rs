//! Settings and enrolment.

use std::collections::BTreeMap;

use deskside_helpdesk::hub;
use deskside_protocol::desk::Enrol;
use deskside_protocol::facts::Cost;
use deskside_protocol::local::{Event, LedgerAction, Response};
use deskside_protocol::settings::{HelpdeskKind, Settings, SettingsView};
use deskside_protocol::{ErrorCode, ErrorReport, limits};
use url::Url;

use super::Controller;
use super::computer::{HEAVY_AGE, LIGHT_AGE};
use crate::credential::Credential;
use crate::identity;
use crate::ledger;
use crate::ports::HelpdeskAddress;
use crate::store::StoreError;
use crate::store::columns::word;

/// Longest token that is sent to a hub, in bytes.
const TOKEN_BYTES: usize = 512;

impl Controller {
    pub(super) fn settings_view(&self) -> SettingsView {
        SettingsView {
            enrolled: self.inner.link.is_enrolled(),
            helpdesk_can: self.inner.link.abilities(),
            helpdesk_way: self.inner.link.way(),
            ..self.inner.ports.settings.view()
        }
    }

    pub(super) async fn change_settings(&self, settings: Settings) -> Result<Response, ErrorReport> {
        let before = self.inner.ports.settings.view().settings;
        if before != settings {
            let changes = changes(&before, &settings);
            self.inner.ports.settings.change(settings).await?;
            self.record(LedgerAction::SettingsChanged, &changes).await;
        }
        let view = self.settings_view();
        self.tell(Event::SettingsChanged { view: view.clone() });
        Ok(Response::Settings(view))
    }

    /// The settings changed under us: another helpdesk, perhaps.
    pub(super) async fn settings_are_new(&self) {
        match self.relink().await {
            Ok(()) => self.unnotice(ErrorCode::KeyringUnavailable),
            Err(error) => self.notice(error.code, &error.detail),
        }
        self.inner.previews.clear();
        self.inner.look.notify_one();
        self.tell(Event::SettingsChanged { view: self.settings_view() });
        self.refresh_tray().await;
    }

    pub(super) async fn enrol(&self, url: &str, token: &str) -> Result<Response, ErrorReport> {
        let bad = |detail: String| ErrorReport::new(ErrorCode::BadRequest, detail);
        let url = Url::parse(url.trim()).map_err(|error| bad(format!("not an address: {error}")))?;
        let _one_at_a_time = self.inner.connecting.lock().await;
        self.stop_browsing();
        self.enrol_at(&url, token).await?;
        Ok(Response::Settings(self.settings_view()))
    }

    pub(super) async fn enrol_at(&self, url: &Url, token: &str) -> Result<(), ErrorReport> {
        let bad = |detail: String| ErrorReport::new(ErrorCode::BadRequest, detail);
        let token = token.trim();
        if token.is_empty() || token.len() > TOKEN_BYTES {
            return Err(bad("the token is empty or too long".to_owned()));
        }
        // Before the token leaves: whoever gets it can enrol with it.
        self.inner.ports.settings.may_enrol(url)?;
        self.inner.computer.refresh(LIGHT_AGE, HEAVY_AGE);
        self.inner.computer.settled(&[Cost::Light], SHORTLY).await;
        let facts = self.inner.computer.snapshot().facts;
        let host = facts.device.as_ref().and_then(|section| section.data()).and_then(|device| device.host_name.clone());
        let device_name: String =
            host.unwrap_or_else(|| self.inner.options.login.clone()).chars().take(limits::NAME_CHARS).collect();
        let request = Enrol { token: token.to_owned(), device_name, platform: std::env::consts::OS.to_owned() };
        let enrolled = hub::enrol(url, &request).await?;

        let name = enrolled
            .helpdesk_name
            .map(|name| name.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS).collect::<String>())
            .filter(|name| !name.is_empty());
        let account = Some(enrolled.device_id.to_string());
        let address = HelpdeskAddress { account, ..HelpdeskAddress::hub(url.clone(), name) };
        let of = Some(identity::place_of(&address));
        let credential = Credential { secret: enrolled.credential, fields: BTreeMap::new(), of };
        let before = self.inner.ports.secrets.get(url).await.ok().flatten();
        self.inner.ports.secrets.set(url, &credential.written()).await?;
        if let Err(error) = self.inner.ports.settings.set_helpdesk(address).await {
            // Without its address the credential is of no use to anybody, and the one before is.
            let _ = match before {
                Some(before) => self.inner.ports.secrets.set(url, &before).await,
                None => self.inner.ports.secrets.delete(url).await,
            };
            return Err(error);
        }
        self.moved_in(&format!("{}, device {}", host_of(url), enrolled.device_id)).await;
        Ok(())
    }

    /// Whether the keyring holds this device's credential for the hub at this address, or for where it was found there.
    ///
    /// # Errors
    /// `KeyringUnavailable` if the keyring cannot be asked.
    pub async fn is_enrolled_at(&self, hub: &Url) -> Result<bool, ErrorReport> {
        let own = self.inner.ports.settings.helpdesk().filter(|own| own.kind == HelpdeskKind::Hub);
        let address = own.unwrap_or_else(|| HelpdeskAddress::hub(hub.clone(), None));
        Ok(self.inner.link.kept(&address).await?.is_some())
    }

    /// Writes an entry of the ledger by itself. What it tells about has happened already: a full disk cannot undo it.
    pub(super) async fn record(&self, action: LedgerAction, detail: &str) {
        let recorded = async {
            let mut tx = self.store().begin().await?;
            ledger::record(&mut tx, action, None, detail).await?;
            tx.commit().await?;
            Ok::<(), StoreError>(())
        };
        if let Err(error) = recorded.await {
            tracing::error!(%error, ?action, "the ledger could not be written");
        }
    }
}

const SHORTLY: std::time::Duration = std::time::Duration::from_secs(1);

/// What is different, as "theme: light to dark".
fn changes(before: &Settings, after: &Settings) -> String {
    let Settings { language, theme, notifications, autostart, shortcut } = after;
    [
        ("language", word(&before.language), word(language)),
        ("theme", word(&before.theme), word(theme)),
        ("notifications", word(&before.notifications), word(notifications)),
        ("autostart", word(&before.autostart), word(autostart)),
        ("shortcut", word(&before.shortcut), word(shortcut)),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| format!("{name}: {before} to {after}"))
    .collect::<Vec<_>>()
    .join(", ")
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}
