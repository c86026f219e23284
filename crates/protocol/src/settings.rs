//! Settings: defaults < user < IT policy. The window shows what IT decided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::connect::{HelpdeskAbilities, HelpdeskDecided, SignInWay};
use crate::shortcut::{Shortcut, ShortcutState};

/// What a user can choose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Settings {
    /// Language of the interface.
    pub language: Language,
    /// Light or dark.
    pub theme: Theme,
    /// Whether a new answer shows a notification.
    pub notifications: Notifications,
    /// Whether Deskside starts with the session.
    pub autostart: Autostart,
    /// The keys that take a picture of the screen and report a problem with it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub shortcut: Shortcut,
}

/// Language of the interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// As the system.
    #[default]
    System,
    /// English.
    En,
    /// French.
    Fr,
}

/// Colours of the interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Notifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Notifications {
    /// Show them.
    #[default]
    On,
    /// The tray icon alone tells.
    Off,
}

/// Start with the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Autostart {
    /// Yes.
    #[default]
    On,
    /// No.
    Off,
}

/// What a helpdesk is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HelpdeskKind {
    /// A hub of ours: its own desk, or what it is the gateway to.
    #[default]
    Hub,
    /// GLPI 10 or 11.
    Glpi,
    /// MantisBT 2.
    Mantis,
    /// Request Tracker 5.
    RequestTracker,
}

/// The name of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SettingKey {
    /// [`Settings::language`].
    Language,
    /// [`Settings::theme`].
    Theme,
    /// [`Settings::notifications`].
    Notifications,
    /// [`Settings::autostart`].
    Autostart,
    /// [`Settings::shortcut`].
    Shortcut,
}

/// What is in force, and who decided it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsView {
    /// What is in force.
    pub settings: Settings,
    /// Those that IT decided: shown with a lock.
    pub decided_by_policy: Vec<SettingKey>,
    /// How it stands with [`Settings::shortcut`] on this desktop.
    #[serde(default)]
    pub shortcut_state: ShortcutState,
    /// The language in force, after asking the system: "en" or "fr".
    pub language: String,
    /// Address of the helpdesk, if there is one.
    pub helpdesk_url: Option<String>,
    /// What it is.
    #[serde(default)]
    pub helpdesk_kind: Option<HelpdeskKind>,
    /// How one signs in there.
    #[serde(default)]
    pub helpdesk_way: Option<SignInWay>,
    /// What it is told besides, without secrets.
    #[serde(default)]
    pub helpdesk_fields: BTreeMap<String, String>,
    /// What of all this IT decided: shown with a lock.
    #[serde(default)]
    pub helpdesk_decided_by_policy: HelpdeskDecided,
    /// What it can do: nothing else is offered.
    #[serde(default)]
    pub helpdesk_can: HelpdeskAbilities,
    /// What the company calls its helpdesk.
    pub helpdesk_name: Option<String>,
    /// Where the helpdesk takes mail, if IT says: for a report from a phone while this computer has no network.
    pub helpdesk_email: Option<String>,
    /// Whether this device has a credential.
    pub enrolled: bool,
    /// Version of the agent.
    pub version: String,
}
