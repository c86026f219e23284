//! Whether Deskside starts with the session.
//!
//! Linux: XDG Autostart Specification 0.5. A package lays an entry in `/etc/xdg/autostart`, which holds for everybody;
//! the user's folder can hide it, or hold an entry where no package did. Windows: the `Run` keys, of the machine by the
//! installer and of the user, and a value of ours that says no to the machine's. macOS: a launch agent.
//!
//! Only an installed agent, or a user's own choice in Settings, touches any of it: a build that is tried out leaves
//! nothing behind.

use std::io;
use std::path::Path;

use deskside_protocol::settings::Autostart;

/// Whether the executable is where packages put programs, and not in somebody's build folder.
#[must_use]
pub fn is_installed(executable: &Path) -> bool {
    ["/usr", "/opt", "/Applications", r"C:\Program Files"].iter().any(|place| executable.starts_with(place))
}

/// Makes it so. Changes nothing that is right already.
///
/// # Errors
/// The system's.
pub fn apply(wanted: Autostart) -> io::Result<()> {
    let executable = crate::programs::agent_program()?;
    platform::apply(wanted, &executable)
}

/// Whether Deskside will start with the next session.
///
/// # Errors
/// The system's.
pub fn is_on() -> io::Result<bool> {
    platform::is_on()
}

#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    use super::{Autostart, Path, io};
    use std::path::PathBuf;

    pub(super) fn apply(wanted: Autostart, executable: &Path) -> io::Result<()> {
        Folders::of_session()?.apply(wanted, executable)
    }

    pub(super) fn is_on() -> io::Result<bool> {
        Folders::of_session()?.is_on()
    }

    /// The file, by the name that the package uses too: a user's file of that name stands in for the package's.
    const ENTRY: &str = "deskside.desktop";
    /// Only a file with this line is ours to remove.
    const OURS: &str = "X-Deskside=true";

    pub(super) struct Folders {
        pub(super) user: PathBuf,
        pub(super) system: Vec<PathBuf>,
    }

    impl Folders {
        fn of_session() -> io::Result<Self> {
            let base = directories::BaseDirs::new().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            let system = std::env::var("XDG_CONFIG_DIRS").unwrap_or_default();
            let system = if system.is_empty() { "/etc/xdg" } else { &system };
            Ok(Self {
                user: base.config_dir().join("autostart"),
                system: system.split(':').map(|folder| Path::new(folder).join("autostart")).collect(),
            })
        }

        fn of_system(&self) -> bool {
            self.system.iter().any(|folder| folder.join(ENTRY).exists())
        }

        fn of_user(&self) -> io::Result<Option<String>> {
            crate::paths::read_small(&self.user.join(ENTRY), 64 * 1024)
        }

        pub(super) fn is_on(&self) -> io::Result<bool> {
            Ok(match self.of_user()? {
                Some(entry) => !is_hidden(&entry),
                None => self.of_system(),
            })
        }

        pub(super) fn apply(&self, wanted: Autostart, executable: &Path) -> io::Result<()> {
            let file = self.user.join(ENTRY);
            let there = self.of_user()?;
            if there.as_deref().is_some_and(|entry| !entry.contains(OURS)) {
                // Somebody wrote one by hand: it is theirs.
                return Ok(());
            }
            let needed = match (wanted, self.of_system()) {
                (Autostart::On, true) | (Autostart::Off, false) => None,
                (Autostart::On, false) => Some(entry(executable, false)),
                (Autostart::Off, true) => Some(entry(executable, true)),
            };
            match needed {
                Some(text) if there.as_deref() != Some(&text) => crate::paths::replace_file(&file, text.as_bytes()),
                Some(_) => Ok(()),
                None if there.is_some() => std::fs::remove_file(&file),
                None => Ok(()),
            }
        }
    }

    fn is_hidden(entry: &str) -> bool {
        entry.lines().any(|line| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false"))
    }

    fn entry(executable: &Path, hidden: bool) -> String {
        format!(
            "[Desktop Entry]\nType=Application\nName=Deskside\nComment=Report a problem to the helpdesk\n\
             Comment[fr]=Signaler un problème à l’assistance\nExec={} run\nIcon=deskside\nTerminal=false\n\
             Hidden={hidden}\n{OURS}\n",
            quoted(executable)
        )
    }

    /// As the Desktop Entry Specification 1.5, "The Exec key", asks: in double quotes, with `"`, `` ` ``, `$` and `\`
    /// escaped, and the whole escaped once more as a string value; `%` doubled.
    fn quoted(executable: &Path) -> String {
        let mut text = String::from("\"");
        for one in executable.to_string_lossy().chars() {
            match one {
                '"' | '`' | '$' => text.extend(["\\\\", one.encode_utf8(&mut [0; 4])]),
                '\\' => text.push_str(r"\\\\"),
                '%' => text.push_str("%%"),
                _ => text.push(one),
            }
        }
        text.push('"');
        text
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn folders(root: &Path) -> Folders {
            Folders { user: root.join("user"), system: vec![root.join("a"), root.join("b")] }
        }

        #[test]
        fn without_a_package_the_users_entry_comes_and_goes() {
            let root = tempfile::tempdir().unwrap();
            let folders = folders(root.path());
            folders.apply(Autostart::On, Path::new("/opt/a b/deskside")).unwrap();
            assert!(folders.is_on().unwrap());
            let text = std::fs::read_to_string(root.path().join("user/deskside.desktop")).unwrap();
            assert!(text.contains("\nExec=\"/opt/a b/deskside\" run\n"), "{text}");
            folders.apply(Autostart::Off, Path::new("/opt/a b/deskside")).unwrap();
            assert!(!folders.is_on().unwrap());
            assert!(!root.path().join("user/deskside.desktop").exists());
        }

        #[test]
        fn a_packages_entry_is_hidden_and_shown_again() {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir(root.path().join("b")).unwrap();
            std::fs::write(root.path().join("b/deskside.desktop"), "[Desktop Entry]\n").unwrap();
            let folders = folders(root.path());
            assert!(folders.is_on().unwrap());
            folders.apply(Autostart::Off, Path::new("/usr/bin/deskside")).unwrap();
            assert!(!folders.is_on().unwrap());
            folders.apply(Autostart::On, Path::new("/usr/bin/deskside")).unwrap();
            assert!(folders.is_on().unwrap());
            assert!(!root.path().join("user/deskside.desktop").exists(), "the package's own entry is enough");
        }

        #[test]
        fn an_entry_written_by_hand_stays() {
            let root = tempfile::tempdir().unwrap();
            let folders = folders(root.path());
            std::fs::create_dir(root.path().join("user")).unwrap();
            std::fs::write(root.path().join("user/deskside.desktop"), "Exec=mine\n").unwrap();
            folders.apply(Autostart::Off, Path::new("/usr/bin/deskside")).unwrap();
            assert_eq!(std::fs::read_to_string(root.path().join("user/deskside.desktop")).unwrap(), "Exec=mine\n");
        }

        #[test]
        fn a_strange_path_is_quoted() {
            assert_eq!(quoted(Path::new(r#"/a"b$c%d\e"#)), r#""/a\\"b\\$c%%d\\\\e""#);
        }
    }
}

/// The installer writes a value into `HKLM\…\Run`, which holds for everybody and which users cannot change: where it is
/// there, a user's no is a value of ours, and the agent that Windows starts at sign-in looks at it and ends
/// ([`is_on`]). Where no installer was, the user's own `HKCU\…\Run` holds the entry.
#[cfg(windows)]
mod platform {
    use super::{Autostart, Path, io};
    use winreg::RegKey;
    use winreg::enums::{HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_READ, KEY_SET_VALUE};

    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const NAME: &str = "Deskside";
    /// Ours, below the user's and the machine's software; the user's says `off` or is not there.
    const OURS: &str = r"Software\Deskside";
    const CHOICE: &str = "Autostart";
    const NO: &str = "off";

    pub(super) fn apply(wanted: Autostart, executable: &Path) -> io::Result<()> {
        Keys::of_session().apply(wanted, executable)
    }

    pub(super) fn is_on() -> io::Result<bool> {
        Keys::of_session().is_on()
    }

    /// The two roots, elsewhere in tests.
    pub(super) struct Keys {
        pub(super) user: RegKey,
        pub(super) machine: RegKey,
    }

    impl Keys {
        fn of_session() -> Self {
            Self { user: RegKey::predef(HKEY_CURRENT_USER), machine: RegKey::predef(HKEY_LOCAL_MACHINE) }
        }

        fn of_machine(&self) -> io::Result<bool> {
            is_there(&self.machine, RUN, NAME)
        }

        pub(super) fn is_on(&self) -> io::Result<bool> {
            Ok(is_there(&self.user, RUN, NAME)? || self.of_machine()? && !is_there(&self.user, OURS, CHOICE)?)
        }

        pub(super) fn apply(&self, wanted: Autostart, executable: &Path) -> io::Result<()> {
            match (wanted, self.of_machine()?) {
                (Autostart::On, true) => {
                    remove(&self.user, RUN, NAME)?;
                    remove(&self.user, OURS, CHOICE)
                }
                (Autostart::On, false) => {
                    let (run, _) = self.user.create_subkey(RUN)?;
                    run.set_value(NAME, &format!("\"{}\" run", executable.display()))
                }
                (Autostart::Off, true) => {
                    remove(&self.user, RUN, NAME)?;
                    let (ours, _) = self.user.create_subkey(OURS)?;
                    ours.set_value(CHOICE, &NO)
                }
                (Autostart::Off, false) => remove(&self.user, RUN, NAME),
            }
        }
    }

    fn is_there(root: &RegKey, key: &str, name: &str) -> io::Result<bool> {
        let found = root.open_subkey_with_flags(key, KEY_READ).and_then(|key| key.get_raw_value(name));
        match found {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn remove(root: &RegKey, key: &str, name: &str) -> io::Result<()> {
        match root.open_subkey_with_flags(key, KEY_SET_VALUE).and_then(|key| key.delete_value(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Two keys of this test's own, gone with it.
        struct Registry {
            keys: Keys,
            name: String,
        }

        impl Registry {
            fn new(test: &str) -> Self {
                let name = format!(r"Software\Deskside-test-{}-{test}", std::process::id());
                let (root, _) = RegKey::predef(HKEY_CURRENT_USER).create_subkey(&name).unwrap();
                let key = |part: &str| root.create_subkey(part).unwrap().0;
                Self { keys: Keys { user: key("user"), machine: key("machine") }, name }
            }
        }

        impl Drop for Registry {
            fn drop(&mut self) {
                let _ = RegKey::predef(HKEY_CURRENT_USER).delete_subkey_all(&self.name);
            }
        }

        const AGENT: &str = r"C:\Program Files\Deskside\deskside-agent.exe";

        #[test]
        fn without_an_installer_the_users_entry_comes_and_goes() {
            let registry = Registry::new("alone");
            assert!(!registry.keys.is_on().unwrap());
            registry.keys.apply(Autostart::On, Path::new(AGENT)).unwrap();
            assert!(registry.keys.is_on().unwrap());
            let entry: String = registry.keys.user.open_subkey(RUN).unwrap().get_value(NAME).unwrap();
            assert_eq!(entry, format!("\"{AGENT}\" run"));
            registry.keys.apply(Autostart::Off, Path::new(AGENT)).unwrap();
            registry.keys.apply(Autostart::Off, Path::new(AGENT)).unwrap();
            assert!(!registry.keys.is_on().unwrap());
        }

        #[test]
        fn a_user_can_say_no_to_the_installers_entry_and_yes_again() {
            let registry = Registry::new("installed");
            registry.keys.machine.create_subkey(RUN).unwrap().0.set_value(NAME, &AGENT).unwrap();
            assert!(registry.keys.is_on().unwrap());
            registry.keys.apply(Autostart::Off, Path::new(AGENT)).unwrap();
            assert!(!registry.keys.is_on().unwrap());
            assert!(registry.keys.of_machine().unwrap(), "the machine's entry is not the user's to remove");
            registry.keys.apply(Autostart::On, Path::new(AGENT)).unwrap();
            assert!(registry.keys.is_on().unwrap());
            assert!(!is_there(&registry.keys.user, RUN, NAME).unwrap(), "the installer's entry is enough");
        }
    }
}

/// A launch agent in the user's library (launchd.plist(5)).
#[cfg(target_os = "macos")]
mod platform {
    use super::{Autostart, Path, io};
    use std::path::PathBuf;

    fn file() -> io::Result<PathBuf> {
        let base = directories::BaseDirs::new().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(base.home_dir().join("Library/LaunchAgents/org.deskside.agent.plist"))
    }

    pub(super) fn apply(wanted: Autostart, executable: &Path) -> io::Result<()> {
        let file = file()?;
        match wanted {
            Autostart::On => {
                let mut entry = plist::Dictionary::new();
                entry.insert("Label".to_owned(), "org.deskside.agent".into());
                let arguments = vec![executable.to_string_lossy().into_owned().into(), "run".into()];
                entry.insert("ProgramArguments".to_owned(), plist::Value::Array(arguments));
                entry.insert("RunAtLoad".to_owned(), true.into());
                let mut bytes = Vec::new();
                plist::Value::Dictionary(entry).to_writer_xml(&mut bytes).map_err(io::Error::other)?;
                crate::paths::replace_file(&file, &bytes)
            }
            Autostart::Off => match std::fs::remove_file(&file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            },
        }
    }

    pub(super) fn is_on() -> io::Result<bool> {
        Ok(file()?.exists())
    }
}
