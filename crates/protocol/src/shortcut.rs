//! The keys that report a problem from wherever one is, as people write them: `Ctrl+Alt+Shift+H`.
//!
//! The keys that come with the app are chosen so that they collide with nothing we know of:
//! - Super (the Windows key) alone or with one more belongs to the desktops (GNOME, KDE, Windows).
//! - Ctrl+Alt+letter is AltGr on Windows, where people type letters with it, and holds Windows' Magnifier, NVDA's start
//!   and the desktops' own. Ctrl+Alt+F1 to F12 are the consoles of Linux.
//! - Ctrl+Shift+letter and Alt+Shift+letter are commands and access keys of browsers and editors.
//! - Ctrl+Alt+Shift: GNOME has R and the arrows there, KDE Delete and the Page keys. With H, no layout that comes with
//!   Windows types a letter in the languages that we speak; Orca, NVDA and JAWS have modifiers of their own.
//! - On macOS, VoiceOver owns whatever holds Control and Option together: there it is Control, Shift and Command.

use serde::{Deserialize, Serialize};

/// Longest text that is read as a combination, in bytes.
pub const COMBINATION_BYTES: usize = 64;
/// The highest function key that keyboards have.
const FUNCTION_KEYS: u8 = 24;

/// The shortcut that takes a picture of the screen and opens a report with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub enum Shortcut {
    /// No keys: "off".
    Off,
    /// These.
    Keys(Combination),
}

impl Default for Shortcut {
    fn default() -> Self {
        Self::Keys(Combination {
            ctrl: true,
            alt: !cfg!(target_os = "macos"),
            shift: true,
            meta: cfg!(target_os = "macos"),
            key: Key::Letter('H'),
        })
    }
}

/// A key with the modifiers that are held with it. One of these exists only if it can be a shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Combination {
    ctrl: bool,
    alt: bool,
    shift: bool,
    meta: bool,
    key: Key,
}

/// The key of a combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// `A` to `Z`, by what the key types, not by where it is.
    Letter(char),
    /// `0` to `9`.
    Digit(char),
    /// F1 to F24.
    Function(u8),
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Pause.
    Pause,
}

/// Why a text is no combination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CombinationError {
    /// It is empty or far too long.
    #[error("no keys are named")]
    Empty,
    /// This is no key that can be part of one.
    #[error("no key is called {0:?}")]
    Unknown(String),
    /// Modifiers alone.
    #[error("modifiers need a key to go with")]
    NoKey,
    /// More than one key, or a modifier twice.
    #[error("one key, and each modifier once")]
    TooMany,
    /// With so few modifiers the keys are needed for something else.
    #[error("a letter or digit needs two modifiers, and every key needs Ctrl, Alt or Super")]
    TooCommon,
    /// The system keeps these for itself.
    #[error("the system keeps these keys for itself")]
    Reserved,
}

impl Key {
    const NAMED: [(&'static str, Self); 6] = [
        ("Insert", Self::Insert),
        ("Home", Self::Home),
        ("End", Self::End),
        ("PageUp", Self::PageUp),
        ("PageDown", Self::PageDown),
        ("Pause", Self::Pause),
    ];

    fn parse(name: &str) -> Option<Self> {
        let mut letters = name.chars();
        if let (Some(one), None) = (letters.next(), letters.next()) {
            return match one {
                'a'..='z' | 'A'..='Z' => Some(Self::Letter(one.to_ascii_uppercase())),
                '0'..='9' => Some(Self::Digit(one)),
                _ => None,
            };
        }
        if let Some(number) = name.strip_prefix(['f', 'F']).filter(|rest| !rest.starts_with(['0', '+']))
            && let Ok(number @ 1..=FUNCTION_KEYS) = number.parse()
        {
            return Some(Self::Function(number));
        }
        Self::NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, key)| *key)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Letter(one) | Self::Digit(one) => write!(f, "{one}"),
            Self::Function(number) => write!(f, "F{number}"),
            Self::Insert => f.write_str("Insert"),
            Self::Home => f.write_str("Home"),
            Self::End => f.write_str("End"),
            Self::PageUp => f.write_str("PageUp"),
            Self::PageDown => f.write_str("PageDown"),
            Self::Pause => f.write_str("Pause"),
        }
    }
}

impl Combination {
    /// Whether Ctrl is held.
    #[must_use]
    pub fn ctrl(&self) -> bool {
        self.ctrl
    }

    /// Whether Alt is held (Option on macOS).
    #[must_use]
    pub fn alt(&self) -> bool {
        self.alt
    }

    /// Whether Shift is held.
    #[must_use]
    pub fn shift(&self) -> bool {
        self.shift
    }

    /// Whether Super is held (the Windows key, Command on macOS).
    #[must_use]
    pub fn meta(&self) -> bool {
        self.meta
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key
    }

    fn checked(self) -> Result<Self, CombinationError> {
        let held = [self.ctrl, self.alt, self.shift, self.meta].into_iter().filter(|held| *held).count();
        let types_something = matches!(self.key, Key::Letter(_) | Key::Digit(_));
        if !(self.ctrl || self.alt || self.meta) || (types_something && held < 2) {
            return Err(CombinationError::TooCommon);
        }
        // Alt+F4 closes windows; Ctrl+Alt+F1 to F12 are the consoles of Linux, with or without Shift.
        let closes = self.key == Key::Function(4) && self.alt && !self.ctrl && !self.meta;
        let console = matches!(self.key, Key::Function(1..=12)) && self.ctrl && self.alt && !self.meta;
        if closes || console { Err(CombinationError::Reserved) } else { Ok(self) }
    }
}

impl std::str::FromStr for Combination {
    type Err = CombinationError;

    /// Names in any case and order, joined by `+`; `Control`, `Win`, `Meta`, `Cmd`, `Command` and `Option` are
    /// understood too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() || text.len() > COMBINATION_BYTES {
            return Err(CombinationError::Empty);
        }
        let (mut ctrl, mut alt, mut shift, mut meta, mut key) = (false, false, false, false, None);
        for name in text.split('+').map(str::trim) {
            let modifier = match name.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => &mut ctrl,
                "alt" | "option" => &mut alt,
                "shift" => &mut shift,
                "super" | "win" | "meta" | "cmd" | "command" => &mut meta,
                _ => {
                    let found = Key::parse(name).ok_or_else(|| CombinationError::Unknown(name.to_owned()))?;
                    if key.replace(found).is_some() {
                        return Err(CombinationError::TooMany);
                    }
                    continue;
                }
            };
            if std::mem::replace(modifier, true) {
                return Err(CombinationError::TooMany);
            }
        }
        Self { ctrl, alt, shift, meta, key: key.ok_or(CombinationError::NoKey)? }.checked()
    }
}

impl std::fmt::Display for Combination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = [(self.ctrl, "Ctrl"), (self.alt, "Alt"), (self.shift, "Shift"), (self.meta, "Super")];
        for (_, name) in held.into_iter().filter(|(held, _)| *held) {
            write!(f, "{name}+")?;
        }
        self.key.fmt(f)
    }
}

impl std::fmt::Display for Shortcut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Keys(keys) => keys.fmt(f),
        }
    }
}

impl TryFrom<String> for Shortcut {
    type Error = CombinationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().eq_ignore_ascii_case("off") { Ok(Self::Off) } else { text.parse().map(Self::Keys) }
    }
}

impl From<Shortcut> for String {
    fn from(shortcut: Shortcut) -> Self {
        shortcut.to_string()
    }
}

/// How it stands with the shortcut on this desktop now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ShortcutState {
    /// Nobody listens: it is switched off, or the agent has just started.
    #[default]
    Off,
    /// Pressing it works.
    Listening {
        /// What the desktop says the keys are, where it let the user choose others.
        keys: Option<String>,
    },
    /// Another program, or the desktop, has these keys.
    Taken,
    /// This keyboard has no such key.
    NoSuchKey,
    /// The desktop gives keys only after it has asked the user, which happens when they ask for it
    /// ([`crate::local::Request::SetUpShortcut`]).
    NeedsConsent,
    /// This session gives no keys to programs.
    Unavailable,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> impl Strategy<Value = Key> {
        prop_oneof![
            proptest::char::range('A', 'Z').prop_map(Key::Letter),
            proptest::char::range('0', '9').prop_map(Key::Digit),
            (1..=FUNCTION_KEYS).prop_map(Key::Function),
            (0..Key::NAMED.len()).prop_map(|at| Key::NAMED[at].1),
        ]
    }

    prop_compose! {
        fn combinations()(ctrl: bool, alt: bool, shift: bool, meta: bool, key in keys()) -> Combination {
            Combination { ctrl, alt, shift, meta, key }
        }
    }

    #[test]
    fn the_keys_that_come_with_the_app_can_be_used() {
        let Shortcut::Keys(keys) = Shortcut::default() else { panic!("they are on") };
        assert_eq!(keys.checked(), Ok(keys));
        if !cfg!(target_os = "macos") {
            assert_eq!(Shortcut::default().to_string(), "Ctrl+Alt+Shift+H");
        }
    }

    #[test]
    fn what_is_needed_elsewhere_cannot_be_a_shortcut() {
        use CombinationError::{Empty, NoKey, Reserved, TooCommon, TooMany};
        for (text, why) in [
            ("", Empty),
            ("Ctrl+Alt", NoKey),
            ("H", TooCommon),
            ("Ctrl+C", TooCommon),
            ("Shift+F5", TooCommon),
            ("F5", TooCommon),
            ("Alt+F4", Reserved),
            ("Ctrl+Alt+F2", Reserved),
            ("Ctrl+Alt+A+B", TooMany),
            ("Ctrl+Ctrl+A", TooMany),
            ("Ctrl+Alt+Delete", CombinationError::Unknown("Delete".to_owned())),
            ("Ctrl+Alt+é", CombinationError::Unknown("é".to_owned())),
            ("Ctrl+Alt+F0", CombinationError::Unknown("F0".to_owned())),
            ("Ctrl+Alt+F+1", TooMany),
            ("Ctrl++A", CombinationError::Unknown(String::new())),
        ] {
            assert_eq!(text.parse::<Combination>(), Err(why), "{text}");
        }
    }

    #[test]
    fn off_is_a_choice_and_nonsense_is_not() {
        assert_eq!(Shortcut::try_from(" Off ".to_owned()), Ok(Shortcut::Off));
        assert!(serde_json::from_str::<Shortcut>("\"on\"").is_err());
        assert_eq!(serde_json::to_string(&Shortcut::Off).unwrap(), "\"off\"");
        let read: Shortcut = serde_json::from_str("\"win + shift + pagedown\"").unwrap();
        assert_eq!(read.to_string(), "Shift+Super+PageDown");
    }

    proptest! {
        #[test]
        fn what_can_be_a_shortcut_is_read_as_it_is_written(keys in combinations()) {
            let written = keys.to_string();
            prop_assert!(written.len() <= COMBINATION_BYTES);
            prop_assert_eq!(written.parse::<Combination>(), keys.checked());
            prop_assert_eq!(written.to_lowercase().parse::<Combination>(), keys.checked());
            let mut backwards: Vec<_> = written.split('+').collect();
            backwards.reverse();
            prop_assert_eq!(backwards.join(" + ").parse::<Combination>(), keys.checked());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            if let Ok(keys) = text.parse::<Combination>() {
                prop_assert_eq!(keys.to_string().parse(), Ok(keys));
            }
        }

        #[test]
        fn a_shortcut_never_takes_what_a_person_types(keys in combinations()) {
            let types = matches!(keys.key, Key::Letter(_) | Key::Digit(_)) && !keys.ctrl && !keys.alt && !keys.meta;
            prop_assert!(!(types && keys.checked().is_ok()));
        }
    }
}
