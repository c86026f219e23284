//! IT's policy: what the company decided for this computer. On top of the user's settings, and shown with a lock.
//!
//! A file on Linux (`/etc/deskside/policy.toml`), the registry on Windows (`HKLM\SOFTWARE\Policies\Deskside`), managed
//! preferences on macOS (`/Library/Managed Preferences/org.deskside.agent.plist`): all three hold the same names, and
//! all three come here as one [`toml::Table`]. One field that does not fit is left out and said so; the others hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deskside_protocol::connect::SignInWay;
use deskside_protocol::facts::SectionId;
use deskside_protocol::settings::{Autostart, HelpdeskKind, Language, Notifications, SettingKey, Theme};
use deskside_protocol::shortcut::Shortcut;
use serde::de::DeserializeOwned;
use url::Url;

use crate::secrets::Secret;

/// Largest policy file, in bytes.
pub const POLICY_BYTES: u64 = 64 * 1024;
/// Longest mail address, in bytes (RFC 5321, section 4.5.3.1.3).
const MAIL_BYTES: usize = 254;
/// Longest name of a helpdesk, in characters.
const NAME_CHARS: usize = 80;
/// Longest enrolment token, in bytes.
const TOKEN_BYTES: usize = 512;
/// Longest value of a field of the helpdesk, in bytes.
const FIELD_BYTES: usize = 4096;
/// Most fields of the helpdesk.
const FIELDS: usize = 64;
/// Requests can be kept for this many days at most.
const RETENTION_DAYS: u32 = 3650;

/// The names that a policy may hold, in the registry and in managed preferences. The file has the same, and may hold the
/// last two as `allowed` and `always` of a table `sections`. The templates in `installer/` offer these and no others.
pub const KEYS: [&str; 18] = [
    "hub_url",
    "helpdesk_url",
    "helpdesk_kind",
    "helpdesk_sign_in",
    "helpdesk_fields",
    "ca_file",
    "client_certificate_file",
    "enrolment_token",
    "helpdesk_name",
    "helpdesk_email",
    "language",
    "theme",
    "notifications",
    "autostart",
    "shortcut",
    "retention_days",
    "sections_allowed",
    "sections_always",
];

/// What IT decided. What it left open is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The hub's address; `http` or `https`.
    pub hub_url: Option<Url>,
    /// The helpdesk's address, where it is not a hub's; `http` or `https`. Counts before [`Self::hub_url`].
    pub helpdesk_url: Option<Url>,
    /// What it is.
    pub helpdesk_kind: Option<HelpdeskKind>,
    /// How to sign in there.
    pub helpdesk_sign_in: Option<SignInWay>,
    /// What its kind wants to know besides, by name. Values may be secrets.
    pub helpdesk_fields: Fields,
    /// Certificate authorities to trust beside the system's own.
    pub ca_file: Option<PathBuf>,
    /// A certificate of this computer, with its key.
    pub client_certificate_file: Option<PathBuf>,
    /// With this the agent enrols by itself at start.
    pub enrolment_token: Option<Secret>,
    /// What the company calls its helpdesk.
    pub helpdesk_name: Option<String>,
    /// Where the helpdesk takes mail.
    pub helpdesk_email: Option<String>,
    /// Language of the interface.
    pub language: Option<Language>,
    /// Light or dark.
    pub theme: Option<Theme>,
    /// Whether a new answer shows a notification.
    pub notifications: Option<Notifications>,
    /// Whether Deskside starts with the session.
    pub autostart: Option<Autostart>,
    /// The keys that report a problem with a picture, or that there are none.
    pub shortcut: Option<Shortcut>,
    /// Days that requests which are over stay on this computer.
    pub retention_days: Option<u32>,
    /// The sections of facts that may leave; `None` leaves every one to the user.
    pub sections_allowed: Option<BTreeSet<SectionId>>,
    /// The sections that always leave: the user sees them, and sees who decided.
    pub sections_always: BTreeSet<SectionId>,
}

impl Policy {
    /// What is in force on this computer, and what of it could not be read, in English, one line each.
    ///
    /// `file` is where a policy file would be. An unreadable policy never stops the agent.
    #[must_use]
    pub fn load(file: &Path) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut table = match from_file(file) {
            Ok(table) => table,
            Err(problem) => {
                problems.push(problem);
                toml::Table::new()
            }
        };
        match from_system() {
            // What the system's own management says wins over the file, name by name.
            Ok(managed) => table.extend(managed),
            Err(problem) => problems.push(problem),
        }
        let (policy, fields) = Self::from_table(table);
        problems.extend(fields);
        (policy, problems)
    }

    /// Reads each field for itself. Names it does not know are left alone: they may be a newer agent's.
    #[must_use]
    pub fn from_table(mut table: toml::Table) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut policy = Self::default();
        let is_address = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let hub_url: Option<Url> = field(&mut table, "hub_url", &mut problems);
        policy.hub_url = checked("hub_url", hub_url, &mut problems, is_address);
        let helpdesk_url: Option<Url> = field(&mut table, "helpdesk_url", &mut problems);
        policy.helpdesk_url = checked("helpdesk_url", helpdesk_url, &mut problems, is_address);
        policy.helpdesk_kind = field(&mut table, "helpdesk_kind", &mut problems);
        policy.helpdesk_sign_in = field(&mut table, "helpdesk_sign_in", &mut problems);
        policy.helpdesk_fields = fields(&mut table, &mut problems);
        // Absolute: what a relative one means depends on where the agent was started.
        let file = |name, table: &mut toml::Table, problems: &mut Vec<String>| {
            let file: Option<PathBuf> = field(table, name, problems);
            checked(name, file, problems, |file| file.is_absolute())
        };
        policy.ca_file = file("ca_file", &mut table, &mut problems);
        policy.client_certificate_file = file("client_certificate_file", &mut table, &mut problems);
        let token: Option<String> = field(&mut table, "enrolment_token", &mut problems);
        policy.enrolment_token =
            checked("enrolment_token", token, &mut problems, |token| (1..=TOKEN_BYTES).contains(&token.len()))
                .map(Secret::from);
        let name: Option<String> = field(&mut table, "helpdesk_name", &mut problems);
        policy.helpdesk_name = checked("helpdesk_name", name, &mut problems, |name| {
            (1..=NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control)
        });
        let email: Option<String> = field(&mut table, "helpdesk_email", &mut problems);
        policy.helpdesk_email = checked("helpdesk_email", email, &mut problems, |email| is_mail_address(email));
        policy.language = field(&mut table, "language", &mut problems);
        policy.theme = field(&mut table, "theme", &mut problems);
        policy.notifications = field(&mut table, "notifications", &mut problems);
        policy.autostart = field(&mut table, "autostart", &mut problems);
        policy.shortcut = field(&mut table, "shortcut", &mut problems);
        let days: Option<u32> = field(&mut table, "retention_days", &mut problems);
        policy.retention_days =
            checked("retention_days", days, &mut problems, |days| (1..=RETENTION_DAYS).contains(days));
        sections(&mut table, &mut policy, &mut problems);
        (policy, problems)
    }

    /// The settings that IT decided.
    #[must_use]
    pub fn decided(&self) -> Vec<SettingKey> {
        [
            (self.language.is_some(), SettingKey::Language),
            (self.theme.is_some(), SettingKey::Theme),
            (self.notifications.is_some(), SettingKey::Notifications),
            (self.autostart.is_some(), SettingKey::Autostart),
            (self.shortcut.is_some(), SettingKey::Shortcut),
        ]
        .into_iter()
        .filter_map(|(decided, key)| decided.then_some(key))
        .collect()
    }

    /// The hub that this computer enrols in by itself.
    #[must_use]
    pub fn hub(&self) -> Option<&Url> {
        match (&self.helpdesk_url, self.helpdesk_kind) {
            (Some(url), Some(HelpdeskKind::Hub)) => Some(url),
            (Some(_), _) => None,
            (None, _) => self.hub_url.as_ref(),
        }
    }

    /// Which helpdesk it is, if IT decided.
    #[must_use]
    pub fn helpdesk(&self) -> Option<&Url> {
        self.helpdesk_url.as_ref().or(self.hub_url.as_ref())
    }

    /// What it is, if IT decided.
    #[must_use]
    pub fn kind(&self) -> Option<HelpdeskKind> {
        if self.helpdesk_url.is_none() && self.hub_url.is_some() { Some(HelpdeskKind::Hub) } else { self.helpdesk_kind }
    }

    /// What was decided about a section: always sent, never sent, or `None`, the user's choice. Never wins.
    #[must_use]
    pub fn section(&self, section: SectionId) -> Option<bool> {
        if self.sections_allowed.as_ref().is_some_and(|allowed| !allowed.contains(&section)) {
            Some(false)
        } else {
            self.sections_always.contains(&section).then_some(true)
        }
    }
}

/// One mailbox in the plain form of everyday (RFC 5322, section 3.4.1, without quotes and comments). What is let through
/// can stand in a `mailto:` address without changing it.
fn is_mail_address(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    text.len() <= MAIL_BYTES && text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host))
}

/// What a helpdesk wants to know besides. Shown by name alone: a value can be an application's token.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(pub BTreeMap<String, String>);

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// `[helpdesk_fields] queue = "General"` in the file; in the registry and in managed preferences, which have no tables
/// within tables, a list of `queue=General`.
fn fields(table: &mut toml::Table, problems: &mut Vec<String>) -> Fields {
    let mut fields = BTreeMap::new();
    let mut wrong = |what: &str| problems.push(format!("helpdesk_fields: {what}"));
    let given: Vec<(String, Option<String>)> = match table.remove("helpdesk_fields") {
        None => Vec::new(),
        Some(toml::Value::Table(given)) => given
            .into_iter()
            .map(|(name, value)| {
                let number = value.as_integer().map(|number| number.to_string());
                (name, value.as_str().map(str::to_owned).or(number))
            })
            .collect(),
        Some(toml::Value::Array(given)) => given
            .iter()
            .map(|one| match one.as_str().and_then(|text| text.split_once('=')) {
                Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
                None => (String::new(), None),
            })
            .collect(),
        Some(_) => {
            wrong("a table is needed, or a list of NAME=VALUE");
            Vec::new()
        }
    };
    for (name, value) in given {
        let named =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        match value.filter(|value| named && value.len() <= FIELD_BYTES && fields.len() < FIELDS) {
            Some(value) => _ = fields.insert(name, value),
            None => wrong("one of them has no name, or a value that is none"),
        }
    }
    Fields(fields)
}

/// Takes a field out of the table; a value of the wrong kind is a problem, and absent. The value itself is not repeated:
/// it may be a token in the wrong place.
fn field<T: DeserializeOwned>(table: &mut toml::Table, name: &str, problems: &mut Vec<String>) -> Option<T> {
    debug_assert!(KEYS.contains(&name), "{name} is read and not in KEYS, so no template offers it");
    let value = table.remove(name)?;
    let kind = value.type_str();
    value
        .try_into()
        .inspect_err(|_: &toml::de::Error| problems.push(format!("{name}: this {kind} is not one that can stand here")))
        .ok()
}

/// Keeps a value that holds the rule.
fn checked<T>(name: &str, value: Option<T>, problems: &mut Vec<String>, rule: impl Fn(&T) -> bool) -> Option<T> {
    let value = value?;
    if rule(&value) {
        return Some(value);
    }
    problems.push(format!("{name}: the value is outside of what is allowed"));
    None
}

/// `[sections] allowed = ["device", "system"…]`, `always = […]`; in the registry and in managed preferences, which have no
/// tables within tables, `sections_allowed` and `sections_always`. A list of what is allowed that cannot be read allows
/// **nothing** but what is named rightly in it: IT meant to hold something back.
fn sections(table: &mut toml::Table, policy: &mut Policy, problems: &mut Vec<String>) {
    let (mut allowed, mut always) = (table.remove("sections_allowed"), table.remove("sections_always"));
    match table.remove("sections") {
        Some(toml::Value::Table(mut sections)) => {
            allowed = sections.remove("allowed").or(allowed);
            always = sections.remove("always").or(always);
        }
        Some(_) => {
            problems.push("sections: a table is needed; nothing is allowed until then".to_owned());
            policy.sections_allowed = Some(BTreeSet::new());
        }
        None => {}
    }
    if let Some(list) = allowed {
        policy.sections_allowed = Some(section_list("sections.allowed", list, problems));
    }
    if let Some(list) = always {
        policy.sections_always = section_list("sections.always", list, problems);
    }
}

fn section_list(name: &str, list: toml::Value, problems: &mut Vec<String>) -> BTreeSet<SectionId> {
    let toml::Value::Array(names) = list else {
        problems.push(format!("{name}: a list of section names is needed; it counts as empty"));
        return BTreeSet::new();
    };
    let mut found = BTreeSet::new();
    for one in names {
        match one.clone().try_into::<SectionId>() {
            Ok(section) => {
                found.insert(section);
            }
            Err(_) => problems.push(format!("{name}: no section is called {one}")),
        }
    }
    found
}

fn from_file(file: &Path) -> Result<toml::Table, String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    match crate::paths::read_small(file, POLICY_BYTES) {
        Ok(None) => Ok(toml::Table::new()),
        // Only where it fails, never the line itself: a token may stand in it.
        Ok(Some(text)) => text.parse::<toml::Table>().map_err(|error| match error.span() {
            Some(span) => {
                let line = text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1;
                said(&format!("line {line} is not TOML: {}", error.message()))
            }
            None => said(&error.message()),
        }),
        Err(error) => Err(said(&error)),
    }
}

/// Linux has no policy store of its own: the file is all.
#[cfg(not(any(windows, target_os = "macos")))]
fn from_system() -> Result<toml::Table, String> {
    Ok(toml::Table::new())
}

/// `HKLM\SOFTWARE\Policies\Deskside`: texts, numbers and lists of texts, by the names of the file. Group Policy writes
/// there; users cannot.
#[cfg(windows)]
fn from_system() -> Result<toml::Table, String> {
    use winreg::enums::{HKEY_LOCAL_MACHINE, KEY_READ, RegType};
    use winreg::types::FromRegValue as _;

    let key = match winreg::RegKey::predef(HKEY_LOCAL_MACHINE)
        .open_subkey_with_flags(r"SOFTWARE\Policies\Deskside", KEY_READ)
    {
        Ok(key) => key,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(toml::Table::new()),
        Err(error) => return Err(format!("registry policy: {error}")),
    };
    let mut table = toml::Table::new();
    for entry in key.enum_values() {
        let (name, value) = entry.map_err(|error| format!("registry policy: {error}"))?;
        let read = if value.vtype == RegType::REG_DWORD {
            u32::from_reg_value(&value).map(|number| toml::Value::Integer(number.into()))
        } else if value.vtype == RegType::REG_QWORD {
            u64::from_reg_value(&value).map(|number| toml::Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
        } else if value.vtype == RegType::REG_MULTI_SZ {
            Vec::<String>::from_reg_value(&value)
                .map(|texts| toml::Value::Array(texts.into_iter().map(toml::Value::String).collect()))
        } else {
            String::from_reg_value(&value).map(toml::Value::String)
        };
        table.insert(name, read.map_err(|error| format!("registry policy: {error}"))?);
    }
    Ok(table)
}

/// Managed preferences, as the system's management service lays them down; users cannot write there.
#[cfg(target_os = "macos")]
fn from_system() -> Result<toml::Table, String> {
    const FILE: &str = "/Library/Managed Preferences/org.deskside.agent.plist";
    if !Path::new(FILE).exists() {
        return Ok(toml::Table::new());
    }
    let value = plist::Value::from_file(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let Some(dictionary) = value.into_dictionary() else { return Err(format!("{FILE}: not a dictionary")) };
    Ok(dictionary.into_iter().filter_map(|(name, value)| Some((name, from_plist(value)?))).collect())
}

#[cfg(target_os = "macos")]
fn from_plist(value: plist::Value) -> Option<toml::Value> {
    if let Some(number) = value.as_signed_integer() {
        return Some(toml::Value::Integer(number));
    }
    if let Some(truth) = value.as_boolean() {
        return Some(toml::Value::Boolean(truth));
    }
    if let Some(text) = value.as_string() {
        return Some(toml::Value::String(text.to_owned()));
    }
    let list = value.into_array()?;
    Some(toml::Value::Array(list.into_iter().filter_map(from_plist).collect()))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
