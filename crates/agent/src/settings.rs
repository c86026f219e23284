//! Settings in force: defaults < the user's file < IT's policy. The file holds only what differs from the defaults, so
//! that a better default reaches everybody who never chose.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use deskside_helpdesk::probe::is_secret;
use deskside_helpdesk::trust;
use deskside_protocol::connect::HelpdeskChoice;
use deskside_protocol::facts::SectionId;
use deskside_protocol::local::Notice;
use deskside_protocol::settings::{HelpdeskKind, Language, SettingKey, Settings, SettingsView};
use deskside_protocol::shortcut::ShortcutState;
use deskside_protocol::{ErrorCode, ErrorReport};
use serde::{Deserialize, Serialize};

use crate::paths::{read_small, replace_file};
use crate::policy::Policy;
use crate::ports::{HelpdeskAddress, SettingsPort};

mod decided;

use decided::{is_same_server, is_within};

/// Largest settings file, in bytes.
pub const SETTINGS_BYTES: u64 = 64 * 1024;

/// What the user's file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct User {
    settings: Settings,
    /// The helpdesk that this device enrolled in by hand.
    helpdesk: Option<Helpdesk>,
}

/// The helpdesk as the file writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Helpdesk {
    #[serde(default)]
    kind: HelpdeskKind,
    url: url::Url,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Who this computer is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// What IT named when this was found there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided_as: Option<url::Url>,
}

/// The settings in force and where they come from.
#[derive(Debug)]
pub struct SettingsStore {
    file: PathBuf,
    policy_file: PathBuf,
    user: User,
    policy: Policy,
    /// What of the policy could not be read.
    policy_problems: Vec<String>,
    /// Another policy, as it was read last: it comes into force when it is read once more.
    policy_to_come: Option<(Policy, Vec<String>)>,
    notices: Vec<Notice>,
    /// The file has content that could not be used; it is set aside before it is written over.
    damaged: bool,
}

impl SettingsStore {
    /// Reads both files. What cannot be read is left at its default, with a notice: nothing here refuses the start.
    #[must_use]
    pub fn open(file: &Path, policy_file: &Path) -> Self {
        let (policy, policy_problems) = Policy::load(policy_file);
        let (user, user_problems) = read_user(file);
        let notice = |code| move |detail: String| Notice { code, detail };
        let damaged = !user_problems.is_empty();
        let notices = policy_problems
            .iter()
            .cloned()
            .map(notice(ErrorCode::PolicyUnreadable))
            .chain(user_problems.into_iter().map(notice(ErrorCode::SettingsUnreadable)))
            .inspect(|notice| tracing::warn!(code = ?notice.code, "{}", notice.detail))
            .collect();
        Self {
            file: file.to_path_buf(),
            policy_file: policy_file.to_path_buf(),
            user,
            policy,
            policy_problems,
            policy_to_come: None,
            notices,
            damaged,
        }
    }

    /// Reads IT's policy again; whether another one came into force. Not the first time that it is read: it may be half
    /// written.
    pub fn look_at_policy(&mut self) -> bool {
        let read = Policy::load(&self.policy_file);
        if read.0 == self.policy && read.1 == self.policy_problems {
            self.policy_to_come = None;
            return false;
        }
        if self.policy_to_come.as_ref() != Some(&read) {
            self.policy_to_come = Some(read);
            return false;
        }
        self.policy_to_come = None;
        (self.policy, self.policy_problems) = read;
        self.notices.retain(|notice| notice.code != ErrorCode::PolicyUnreadable);
        for detail in &self.policy_problems {
            tracing::warn!(detail, "of the policy that changed something cannot be read");
            self.notices.push(Notice { code: ErrorCode::PolicyUnreadable, detail: detail.clone() });
        }
        tracing::info!("the policy has changed");
        true
    }

    /// Puts in force what IT says of certificates, for every connection of this process. A file that cannot be used is
    /// left out, and said.
    pub fn install_trust(&mut self) {
        let policy = &self.policy;
        let (trust, unusable) = trust::load(policy.ca_file.as_deref(), policy.client_certificate_file.as_deref());
        for one in &unusable {
            tracing::warn!(problem = ?one.problem, detail = one.detail, "a file that the policy names cannot be used");
            self.notices.push(Notice { code: ErrorCode::PolicyUnreadable, detail: one.detail.clone() });
        }
        trust.install(unusable);
    }

    /// What is in force.
    #[must_use]
    pub fn in_force(&self) -> Settings {
        Settings {
            language: self.policy.language.unwrap_or(self.user.settings.language),
            theme: self.policy.theme.unwrap_or(self.user.settings.theme),
            notifications: self.policy.notifications.unwrap_or(self.user.settings.notifications),
            autostart: self.policy.autostart.unwrap_or(self.user.settings.autostart),
            shortcut: self.policy.shortcut.unwrap_or(self.user.settings.shortcut),
        }
    }

    /// IT's policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What of the files could not be read.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The settings that IT decided.
    #[must_use]
    pub fn decided(&self) -> Vec<SettingKey> {
        self.policy.decided()
    }

    /// The language in force, after asking the system.
    #[must_use]
    pub fn language(&self) -> deskside_texts::Language {
        language_in_force(self.in_force().language)
    }

    /// Keeps the user's choice. What IT decided stays as it is; changing it is an error.
    ///
    /// # Errors
    /// [`ErrorCode::DecidedByPolicy`] if the choice differs from IT's, [`ErrorCode::StoreUnwritable`] if it cannot be
    /// kept; nothing has changed then.
    pub fn change(&mut self, wanted: &Settings) -> Result<(), ErrorReport> {
        let in_force = self.in_force();
        for key in self.decided() {
            let same = match key {
                SettingKey::Language => wanted.language == in_force.language,
                SettingKey::Theme => wanted.theme == in_force.theme,
                SettingKey::Notifications => wanted.notifications == in_force.notifications,
                SettingKey::Autostart => wanted.autostart == in_force.autostart,
                SettingKey::Shortcut => wanted.shortcut == in_force.shortcut,
            };
            if !same {
                return Err(ErrorReport::new(ErrorCode::DecidedByPolicy, format!("{key:?} is set by policy")));
            }
        }
        let mut settings = wanted.clone();
        // What IT decides today is not the user's choice for the day when IT no longer does.
        for key in self.decided() {
            let before = &self.user.settings;
            match key {
                SettingKey::Language => settings.language = before.language,
                SettingKey::Theme => settings.theme = before.theme,
                SettingKey::Notifications => settings.notifications = before.notifications,
                SettingKey::Autostart => settings.autostart = before.autostart,
                SettingKey::Shortcut => settings.shortcut = before.shortcut,
            }
        }
        self.keep(User { settings, helpdesk: self.user.helpdesk.clone() })
    }

    /// The helpdesk in force: IT's, else the one that was connected here. What IT says of its kind and fields counts.
    #[must_use]
    pub fn helpdesk(&self) -> Option<HelpdeskAddress> {
        self.in_force_of(self.user.helpdesk.as_ref())
    }

    /// The helpdesk in force if this one is connected here.
    fn in_force_of(&self, own: Option<&Helpdesk>) -> Option<HelpdeskAddress> {
        let policy = &self.policy;
        let (decided, kind) = (policy.helpdesk(), policy.kind());
        // What belongs to another address or kind than IT's is not in force.
        let own = own
            .filter(|own| decided.is_none_or(|url| own.decided_as.as_ref() == Some(url) || is_within(&own.url, url)));
        let own = own.filter(|own| kind.is_none_or(|kind| own.kind == kind));
        let name = policy.helpdesk_name.clone().or_else(|| own?.name.clone());
        let mut address = match (own, decided, kind) {
            (Some(own), _, _) => {
                let Helpdesk { kind, url, fields, account, .. } = own.clone();
                HelpdeskAddress { kind, url, fields, name, account }
            }
            (None, Some(url), Some(kind)) => {
                HelpdeskAddress { kind, url: url.clone(), fields: BTreeMap::new(), name, account: None }
            }
            // What it is shows when somebody connects it.
            (None, _, _) => return None,
        };
        address.fields.extend(policy.helpdesk_fields.0.clone());
        Some(address)
    }

    /// Keeps the helpdesk that was connected here. What IT decided of its fields, and secrets, are not kept with it.
    ///
    /// # Errors
    /// [`ErrorCode::DecidedByPolicy`] if IT decided another, so that this one would not be in force;
    /// [`ErrorCode::StoreUnwritable`] if it cannot be kept. Nothing has changed then.
    pub fn set_helpdesk(&mut self, helpdesk: HelpdeskAddress) -> Result<(), ErrorReport> {
        let HelpdeskAddress { kind, url, mut fields, name, account } = helpdesk;
        let decided = &self.policy.helpdesk_fields.0;
        fields.retain(|name, _| !decided.contains_key(name) && !is_secret(name));
        let decided_as = self.policy.helpdesk().filter(|decided| is_same_server(&url, decided)).cloned();
        let helpdesk = Some(Helpdesk { kind, url, fields, name, account, decided_as });
        let (wanted, now) = (helpdesk.as_ref(), self.in_force_of(helpdesk.as_ref()));
        if now.map(|now| (now.kind, now.url)) != wanted.map(|wanted| (wanted.kind, wanted.url.clone())) {
            return Err(ErrorReport::new(ErrorCode::DecidedByPolicy, "the helpdesk is set by policy"));
        }
        self.keep(User { settings: self.user.settings.clone(), helpdesk })
    }

    /// Forgets the helpdesk that was connected here.
    ///
    /// # Errors
    /// As [`Self::set_helpdesk`].
    pub fn forget_helpdesk(&mut self) -> Result<(), ErrorReport> {
        if self.policy.helpdesk().is_some() {
            return Err(ErrorReport::new(ErrorCode::DecidedByPolicy, "the helpdesk is set by policy"));
        }
        self.keep(User { settings: self.user.settings.clone(), helpdesk: None })
    }

    fn keep(&mut self, user: User) -> Result<(), ErrorReport> {
        self.write(&user).map_err(|error| {
            ErrorReport::new(ErrorCode::StoreUnwritable, format!("{}: {error}", self.file.display()))
        })?;
        self.user = user;
        Ok(())
    }

    fn write(&mut self, user: &User) -> std::io::Result<()> {
        if self.damaged {
            std::fs::rename(&self.file, self.file.with_extension("toml.damaged"))?;
            self.damaged = false;
            self.notices.retain(|notice| notice.code != ErrorCode::SettingsUnreadable);
        }
        let mut table = differences(&user.settings);
        if let Some(helpdesk) = &user.helpdesk {
            table.insert(HELPDESK.to_owned(), toml::Value::try_from(helpdesk).map_err(std::io::Error::other)?);
        }
        let text = toml::to_string(&table).map_err(std::io::Error::other)?;
        replace_file(&self.file, text.as_bytes())
    }
}

/// The real [`SettingsPort`].
#[derive(Debug)]
pub struct SharedSettings {
    store: Mutex<SettingsStore>,
    /// How it stands with the shortcut: whoever listens to it says so.
    shortcut: Mutex<ShortcutState>,
    /// The user wants the desktop to be asked for the shortcut's keys.
    set_up: tokio::sync::Notify,
}

impl SharedSettings {
    /// Shares what was opened.
    #[must_use]
    pub fn new(store: SettingsStore) -> Self {
        Self { store: Mutex::new(store), shortcut: Mutex::default(), set_up: tokio::sync::Notify::new() }
    }

    /// How it stands with the shortcut now.
    #[must_use]
    pub fn shortcut_state(&self) -> ShortcutState {
        self.shortcut.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says how it stands with the shortcut; whether that is news.
    pub fn set_shortcut_state(&self, state: &ShortcutState) -> bool {
        let mut held = self.shortcut.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *held != *state;
        held.clone_from(state);
        news
    }

    /// Resolves when the user wants the desktop to be asked for the shortcut's keys.
    pub async fn set_up_asked(&self) {
        self.set_up.notified().await;
    }

    /// Looks at the settings.
    pub fn store(&self) -> MutexGuard<'_, SettingsStore> {
        // A panic while holding it cannot leave it half changed: memory follows the file, in one assignment.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SettingsPort for SharedSettings {
    fn view(&self) -> SettingsView {
        let store = self.store();
        let helpdesk = store.helpdesk();
        SettingsView {
            settings: store.in_force(),
            decided_by_policy: store.decided(),
            shortcut_state: self.shortcut_state(),
            language: store.language().tag().to_owned(),
            // What it is shows when somebody connects it; where it is, IT may have said.
            helpdesk_url: helpdesk.as_ref().map(|own| &own.url).or(store.policy().helpdesk()).map(url::Url::to_string),
            helpdesk_kind: helpdesk.as_ref().map(|helpdesk| helpdesk.kind),
            helpdesk_fields: helpdesk.as_ref().map(|helpdesk| shown(&helpdesk.fields)).unwrap_or_default(),
            helpdesk_decided_by_policy: store.helpdesk_decided(),
            helpdesk_name: helpdesk.and_then(|helpdesk| helpdesk.name),
            helpdesk_email: store.policy().helpdesk_email.clone(),
            enrolled: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..SettingsView::default()
        }
    }

    async fn change(&self, settings: Settings) -> Result<(), ErrorReport> {
        self.store().change(&settings)
    }

    fn set_up_shortcut(&self) {
        self.set_up.notify_one();
    }

    fn helpdesk(&self) -> Option<HelpdeskAddress> {
        self.store().helpdesk()
    }

    fn may_enrol(&self, helpdesk: &url::Url) -> Result<(), ErrorReport> {
        let mut store = self.store();
        store.may_enrol(helpdesk)?;
        // A token that is used up for nothing is worse than one that waits for the disk.
        let user = store.user.clone();
        store.keep(user)
    }

    async fn set_helpdesk(&self, helpdesk: HelpdeskAddress) -> Result<(), ErrorReport> {
        self.store().set_helpdesk(helpdesk)
    }

    fn choose(&self, choice: HelpdeskChoice) -> Result<HelpdeskChoice, ErrorReport> {
        self.store().choose(choice)
    }

    async fn forget_helpdesk(&self) -> Result<(), ErrorReport> {
        self.store().forget_helpdesk()
    }

    fn notices(&self) -> Vec<Notice> {
        self.store().notices().to_vec()
    }

    fn retention_days(&self) -> Option<u32> {
        self.store().policy().retention_days
    }

    fn section_policy(&self, section: SectionId) -> Option<bool> {
        self.store().policy().section(section)
    }
}

/// The table of the file that holds [`Helpdesk`].
const HELPDESK: &str = "helpdesk";

/// Fields as everybody may see them.
fn shown(fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields.iter().filter(|(name, _)| !is_secret(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The fields of `settings` that are not the default.
fn differences(settings: &Settings) -> toml::Table {
    let as_table = |settings: &Settings| toml::Table::try_from(settings).unwrap_or_default();
    let default = as_table(&Settings::default());
    let mut table = as_table(settings);
    table.retain(|name, value| default.get(name) != Some(value));
    table
}

/// Reads each field for itself, so that one wrong word does not throw the other choices away.
fn read_user(file: &Path) -> (User, Vec<String>) {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = match read_small(file, SETTINGS_BYTES) {
        Ok(None) => return (User::default(), vec![]),
        Ok(Some(text)) => text,
        Err(error) => return (User::default(), vec![said(&error)]),
    };
    let mut table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return (User::default(), vec![said(&error.message())]),
    };
    let mut problems = Vec::new();
    let wrong = |name: &str| said(&format!("{name} has a value that it cannot have"));
    let helpdesk = table
        .remove(HELPDESK)
        .and_then(|value| value.try_into::<Helpdesk>().inspect_err(|_| problems.push(wrong(HELPDESK))).ok());
    let mut good = toml::Table::new();
    for (name, value) in table {
        let one = toml::Table::from_iter([(name.clone(), value.clone())]);
        match one.try_into::<Settings>() {
            Ok(_) => {
                good.insert(name, value);
            }
            Err(_) => problems.push(wrong(&name)),
        }
    }
    (User { settings: good.try_into().unwrap_or_default(), helpdesk }, problems)
}

/// The language of a setting, after asking the system where it says so.
#[must_use]
pub fn language_in_force(setting: Language) -> deskside_texts::Language {
    match setting {
        Language::Fr => deskside_texts::Language::French,
        Language::En => deskside_texts::Language::English,
        Language::System => deskside_texts::Language::system(),
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
