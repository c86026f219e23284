//! Checks of the desktop's parts: each really uses the part it speaks of, within a time limit, and changes nothing. The
//! controller adds the store, the outbox and the helpdesk; what to do about each is in `locales/`, `advice-` + name.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deskside_protocol::ErrorCode;
use deskside_protocol::facts::{Section, SectionId};
use deskside_protocol::local::{DoctorCheck, Health};
use deskside_protocol::settings::Autostart;
use deskside_protocol::shortcut::{Shortcut, ShortcutState};

use crate::credential::Credential;
use crate::identity;
use crate::keeper::open_kept;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::ports::{DoctorPort, FactsPort as _, SecretPort as _, SettingsPort as _};
use crate::screen::Screen;
use crate::secrets::{KeyringError, Secrets};
use crate::settings::SharedSettings;
use crate::{autostart, programs, shortcut};

/// Longest wait for one part of the desktop.
const PART: Duration = Duration::from_secs(5);
/// With less free space than this, in bytes, a large request may not fit.
#[cfg(unix)]
const FREE_BYTES: u64 = 100 * 1000 * 1000;

/// The real [`DoctorPort`].
pub struct Doctor {
    paths: Paths,
    settings: Arc<SharedSettings>,
    screen: Screen,
    log_problem: Option<String>,
}

/// How a check went, before it has a name.
type Outcome = Result<String, (Health, Option<ErrorCode>, String)>;

impl Doctor {
    /// Checks these; `log_problem` is why there is no log, if there is none.
    #[must_use]
    pub fn new(paths: Paths, settings: Arc<SharedSettings>, screen: Screen, log_problem: Option<String>) -> Self {
        Self { paths, settings, screen, log_problem }
    }

    /// What the controller would check, for when there is no agent: whether a request could be kept and sent.
    pub async fn without_agent(&self) -> Vec<DoctorCheck> {
        vec![named("store", self.store()), named("helpdesk", self.helpdesk().await)]
    }

    fn store(&self) -> Outcome {
        // A file of our own, beside the store: the store itself belongs to an agent.
        let probe = self.paths.data.join("doctor.probe");
        let written = self
            .paths
            .make_data_folder()
            .and_then(|()| crate::paths::replace_file(&probe, b"deskside doctor\n"))
            .and_then(|()| std::fs::remove_file(&probe));
        let folder = self.paths.data.display();
        written
            .map(|()| format!("{folder} can be written"))
            .map_err(|error| (Health::Broken, Some(ErrorCode::StoreUnwritable), format!("{folder}: {error}")))
    }

    /// Asks the helpdesk for news, with this device's credential.
    async fn helpdesk(&self) -> Outcome {
        let not_enrolled = |detail: &str| (Health::Degraded, Some(ErrorCode::NotEnrolled), detail.to_owned());
        let address = self.settings.helpdesk().ok_or_else(|| not_enrolled("no helpdesk is set up"))?;
        let secrets = Arc::new(Secrets::new());
        let credential = secrets.get(&address.url).await;
        let credential = credential.map_err(|report| (Health::Degraded, Some(report.code), report.detail))?;
        let credential = credential.map(|kept| Credential::read(&kept));
        let credential = credential.filter(|kept| kept.is_for(&identity::place_of(&address), None));
        let credential = credential.ok_or_else(|| not_enrolled("this device has no credential"))?;
        // What asking makes of the credential is this device's from then on.
        let desk = open_kept(&address, credential, secrets)
            .map_err(|error| (Health::Broken, Some(error.code), error.detail))?;
        let asked = tokio::time::timeout(PART, desk.changes(None)).await;
        match asked {
            Ok(Ok(_)) => Ok(format!("{} answers and accepts this device", address.url)),
            Ok(Err(error)) => Err((Health::Broken, Some(error.code), format!("{}: {}", address.url, error.detail))),
            Err(_) => Err((Health::Broken, Some(ErrorCode::TimedOut), format!("{} does not answer", address.url))),
        }
    }

    async fn keyring(&self) -> Outcome {
        match Secrets::check().await {
            Ok(()) => Ok("open".to_owned()),
            Err(
                error @ (KeyringError::Absent(_)
                | KeyringError::Locked
                | KeyringError::Failed(_)
                | KeyringError::TimedOut),
            ) => Err((Health::Degraded, Some(ErrorCode::KeyringUnavailable), error.to_string())),
        }
    }

    async fn screen(&self) -> Outcome {
        let checked = self.screen.check().await;
        checked.map_err(|error| (Health::Degraded, Some(ErrorCode::ScreenUnavailable), error.to_string()))
    }

    fn window(&self) -> Outcome {
        let broken = |detail: String| (Health::Broken, None, detail);
        let program =
            programs::window_program(self.paths.window.as_deref()).map_err(|error| broken(error.to_string()))?;
        let shown = program.display();
        let there = std::fs::metadata(&program).map_err(|error| broken(format!("{shown}: {error}")))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if !there.is_file() || there.permissions().mode() & 0o111 == 0 {
                return Err(broken(format!("{shown} is not a program")));
            }
        }
        #[cfg(not(unix))]
        if !there.is_file() {
            return Err(broken(format!("{shown} is not a program")));
        }
        Ok(shown.to_string())
    }

    /// What the settings' files could not say, of one kind.
    fn files(&self, code: ErrorCode, good: String) -> Outcome {
        let store = self.settings.store();
        let problems: Vec<&str> =
            store.notices().iter().filter(|notice| notice.code == code).map(|notice| notice.detail.as_str()).collect();
        if problems.is_empty() { Ok(good) } else { Err((Health::Degraded, Some(code), problems.join("; "))) }
    }

    fn autostart(&self) -> Outcome {
        let wanted = self.settings.view().settings.autostart;
        let installed = std::env::current_exe().is_ok_and(|executable| autostart::is_installed(&executable));
        match (autostart::is_on(), wanted) {
            (Ok(true), Autostart::On) => Ok("on".to_owned()),
            (Ok(false), Autostart::Off) => Ok("off, as chosen".to_owned()),
            // Tried out from a build folder: nothing was asked of the session.
            (Ok(false), Autostart::On) if !installed => Ok("off: this copy is not installed".to_owned()),
            (Ok(on), _) => Err((Health::Degraded, None, format!("chosen: {wanted:?}, in force: {on}"))),
            (Err(error), _) => Err((Health::Degraded, None, error.to_string())),
        }
    }

    /// Whether pressing the shortcut works.
    async fn shortcut(&self) -> Outcome {
        let Shortcut::Keys(keys) = self.settings.view().settings.shortcut else {
            return Ok("off, as chosen".to_owned());
        };
        let state = match self.settings.shortcut_state() {
            // No agent listens: they are tried here.
            ShortcutState::Off => shortcut::probe(keys).await,
            state @ (ShortcutState::Listening { .. }
            | ShortcutState::Taken
            | ShortcutState::NoSuchKey
            | ShortcutState::NeedsConsent
            | ShortcutState::Unavailable) => Some(state),
        };
        let degraded = |detail: String| Err((Health::Degraded, None, detail));
        match state {
            Some(ShortcutState::Listening { keys: given }) => Ok(given.unwrap_or_else(|| keys.to_string())),
            Some(ShortcutState::NeedsConsent) => Ok(format!("{keys}, once it is set up in Settings")),
            None | Some(ShortcutState::Off) => Ok(format!("{keys}, while Deskside runs")),
            Some(ShortcutState::Taken) => degraded(format!("{keys} belongs to another program")),
            Some(ShortcutState::NoSuchKey) => degraded(format!("{keys}: this keyboard has no such key")),
            Some(ShortcutState::Unavailable) => degraded("this session gives no keys to programs".to_owned()),
        }
    }

    fn logs(&self) -> Outcome {
        match &self.log_problem {
            None => Ok(self.paths.log_file().display().to_string()),
            Some(problem) => Err((Health::Degraded, None, problem.clone())),
        }
    }

    #[cfg(unix)]
    fn disk(&self) -> Outcome {
        // The folder may not be there yet; its nearest ancestor is on the same disk.
        let there = self.paths.data.ancestors().find(|folder| folder.exists());
        let space = there.map(rustix::fs::statvfs);
        match space {
            Some(Ok(space)) => {
                let free = space.f_bavail.saturating_mul(space.f_frsize);
                let detail = format!("{} MB free", free / 1_000_000);
                if free >= FREE_BYTES {
                    Ok(detail)
                } else {
                    Err((Health::Degraded, Some(ErrorCode::StoreUnwritable), detail))
                }
            }
            Some(Err(error)) => Err((Health::Degraded, None, error.to_string())),
            None => Err((Health::Broken, Some(ErrorCode::StoreUnwritable), "no such folder".to_owned())),
        }
    }

    async fn facts(&self) -> Outcome {
        let machine = Machine::new(self.paths.home.clone(), Arc::clone(&self.settings) as _);
        let facts = machine.collect(SectionId::ALL).await;
        // Through the document, for there is one type for each section.
        let document = serde_json::to_value(&facts).unwrap_or_default();
        let failed: Vec<&str> = SectionId::ALL
            .iter()
            .map(|section| section.name())
            .filter(|name| {
                let found = document.get(name).cloned().unwrap_or_default();
                matches!(
                    serde_json::from_value::<Section<serde_json::Value>>(found),
                    Ok(Section::Failed { .. }) | Err(_)
                )
            })
            .collect();
        if failed.is_empty() {
            Ok(format!("{} sections", SectionId::ALL.len()))
        } else {
            Err((Health::Degraded, None, format!("could not be looked at: {}", failed.join(", "))))
        }
    }
}

#[async_trait]
impl DoctorPort for Doctor {
    async fn checks(&self) -> Vec<DoctorCheck> {
        // Side by side: a hanging bus costs its own limit, not the sum of all.
        let (keyring, tray, notifications, screen, shortcut, facts) = tokio::join!(
            self.keyring(),
            in_time(platform::tray()),
            in_time(platform::notifications()),
            self.screen(),
            in_time(self.shortcut()),
            self.facts(),
        );
        let policy = self.files(ErrorCode::PolicyUnreadable, policy_detail(&self.paths));
        let settings = self.files(ErrorCode::SettingsUnreadable, self.paths.settings_file().display().to_string());
        vec![
            named("keyring", keyring),
            named("tray", tray),
            named("notifications", notifications),
            named("screen", screen),
            named("shortcut", shortcut),
            named("window", self.window()),
            named("facts", facts),
            named("policy", policy),
            named("settings", settings),
            #[cfg(unix)]
            named("disk", self.disk()),
            named("autostart", self.autostart()),
            named("logs", self.logs()),
        ]
    }
}

fn policy_detail(paths: &Paths) -> String {
    let file = paths.policy.display();
    if paths.policy.exists() { format!("{file} is in force") } else { format!("none ({file} is not there)") }
}

fn named(name: &str, outcome: Outcome) -> DoctorCheck {
    let (health, code, detail) = match outcome {
        Ok(detail) => (Health::Good, None, detail),
        Err(bad) => bad,
    };
    DoctorCheck { name: name.to_owned(), health, detail, code }
}

async fn in_time(check: impl Future<Output = Outcome>) -> Outcome {
    let late = || Err((Health::Degraded, None, format!("no answer within {} s", PART.as_secs())));
    tokio::time::timeout(PART, check).await.unwrap_or_else(|_| late())
}

#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    use deskside_protocol::local::Health;

    use super::Outcome;

    fn degraded(error: impl std::fmt::Display) -> (Health, Option<deskside_protocol::ErrorCode>, String) {
        (Health::Degraded, None, error.to_string())
    }

    /// Whether a tray is there, and says that it shows items.
    pub(super) async fn tray() -> Outcome {
        const WATCHER: &str = "org.kde.StatusNotifierWatcher";
        let bus = zbus::Connection::session().await.map_err(degraded)?;
        let proxy = zbus::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await.map_err(degraded)?;
        let host: bool = proxy.get_property("IsStatusNotifierHostRegistered").await.map_err(degraded)?;
        let items: Vec<String> = proxy.get_property("RegisteredStatusNotifierItems").await.map_err(degraded)?;
        if host { Ok(format!("{} icons in the tray", items.len())) } else { Err(degraded("no tray shows icons")) }
    }

    /// Whether a notification daemon answers.
    pub(super) async fn notifications() -> Outcome {
        const DAEMON: &str = "org.freedesktop.Notifications";
        let bus = zbus::Connection::session().await.map_err(degraded)?;
        let proxy = zbus::Proxy::new(&bus, DAEMON, "/org/freedesktop/Notifications", DAEMON).await.map_err(degraded)?;
        let (name, _vendor, version, _specification): (String, String, String, String) =
            proxy.call("GetServerInformation", &()).await.map_err(degraded)?;
        let capabilities: Vec<String> = proxy.call("GetCapabilities", &()).await.map_err(degraded)?;
        let buttons = if capabilities.iter().any(|one| one == "actions") { "with" } else { "without" };
        Ok(format!("{name} {version}, {buttons} buttons"))
    }
}

/// Windows and macOS always have both; whether the user switched them off is theirs to know.
#[cfg(any(windows, target_os = "macos"))]
mod platform {
    use super::Outcome;

    pub(super) async fn tray() -> Outcome {
        Ok("part of the system".to_owned())
    }

    pub(super) async fn notifications() -> Outcome {
        Ok("part of the system".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SettingsStore;

    fn doctor(folder: &std::path::Path) -> Doctor {
        let paths = Paths::below(folder);
        let settings = SettingsStore::open(&paths.settings_file(), &paths.policy);
        Doctor::new(paths, Arc::new(SharedSettings::new(settings)), Screen::of_session(), None)
    }

    #[tokio::test]
    async fn without_an_agent_it_still_says_whether_a_request_could_be_kept_and_sent() {
        let folder = tempfile::tempdir().unwrap();
        let checks = doctor(folder.path()).without_agent().await;
        assert_eq!(checks[0].health, Health::Good, "{checks:?}");
        assert_eq!(checks[1].code, Some(ErrorCode::NotEnrolled), "{checks:?}");
        assert_eq!(std::fs::read_dir(folder.path().join("data")).unwrap().count(), 0, "nothing is left behind");
    }

    #[tokio::test]
    async fn a_missing_window_and_a_damaged_policy_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("policy.toml"), "language = 'klingon'\n").unwrap();
        let mut doctor = doctor(folder.path());
        doctor.paths.window = Some(folder.path().join("nowhere"));
        let checks = doctor.checks().await;
        let of = |name: &str| checks.iter().find(|check| check.name == name).unwrap();
        assert_eq!(of("window").health, Health::Broken);
        assert_eq!(of("policy").health, Health::Degraded);
        assert!(of("policy").detail.contains("language"));
        assert_eq!(of("settings").health, Health::Good);
    }

    #[test]
    fn every_check_has_a_name_and_something_to_do_in_both_languages() {
        let names = [
            "store",
            "outbox",
            "helpdesk",
            "keyring",
            "tray",
            "notifications",
            "screen",
            "shortcut",
            "window",
            "facts",
            "policy",
            "settings",
            "disk",
            "autostart",
            "logs",
            "socket",
        ];
        for language in ["en", "fr"] {
            let texts = deskside_texts::Texts::for_language(language);
            for name in names {
                for id in [format!("doctor-{name}"), format!("advice-{name}")] {
                    assert!(texts.by_id(&id, &[]).is_some(), "{id} is missing in {language}");
                }
            }
        }
    }
}
