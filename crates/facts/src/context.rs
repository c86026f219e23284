//! What the collectors are told about where they run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Variables of the session's environment that collectors look at; nothing else of it is read.
const VARIABLES: &[&str] = &[
    "ALL_PROXY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DISPLAY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "LC_TIME",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
];

/// Where the collectors look.
#[derive(Debug, Clone)]
pub struct Context {
    /// The servers that Deskside is set up for; whether they can be reached is part of the network section.
    pub servers: Vec<url::Url>,
    /// The user's home folder.
    pub home: PathBuf,
    /// What stands for `/` on Unix. `/` itself but in tests, where a tree of captured files stands in.
    pub root: PathBuf,
    /// The variables of the session that collectors look at (display, buses, language, proxy).
    pub environment: BTreeMap<String, String>,
}

impl Context {
    /// This machine, this session.
    #[must_use]
    pub fn new(servers: Vec<url::Url>, home: PathBuf) -> Self {
        let environment = VARIABLES
            .iter()
            .filter_map(|name| std::env::var(name).ok().map(|value| ((*name).to_owned(), value)))
            .collect();
        Self { servers, home, root: PathBuf::from("/"), environment }
    }

    /// A path below [`Self::root`].
    #[must_use]
    pub fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.root.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// A variable of the session, if it is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
