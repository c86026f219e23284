//! The device's credential in the system's keyring. Where there is none, or it is locked, the credential lives in this
//! process's memory until it ends, and the interface says so; it is never written to a file of ours.
//!
//! The keyring is opened for each use and let go: a credential is read once a session, and an idle agent holds nothing.
//! A locked keyring is never made to ask the user for its password, for nothing of ours takes the screen by itself; it is
//! tried again at the next use, and what the session holds moves in when it is open.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use deskside_protocol::{ErrorCode, ErrorReport};
use sha2::Digest as _;
use url::Url;
use zeroize::Zeroizing;

use crate::ports::{SecretKind, SecretPort};

#[cfg(target_os = "linux")]
#[path = "secrets/linux.rs"]
mod keyring;
#[cfg(any(windows, target_os = "macos"))]
#[path = "secrets/native.rs"]
mod keyring;

/// The name under which the keyring shows our entries to whoever opens it.
pub const SERVICE: &str = "deskside";
/// Longest wait for the keyring; a service that hangs must not hold the agent.
pub const KEYRING: Duration = Duration::from_secs(10);

/// A secret in memory: overwritten when let go, and never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself, for the one place that sends or keeps it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The keyring cannot be used now.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is none in this session.
    #[error("no keyring service answers: {0}")]
    Absent(String),
    /// It is there, and locked.
    #[error("the keyring is locked")]
    Locked,
    /// It did not do what it was asked.
    #[error("the keyring failed: {0}")]
    Failed(String),
    /// It did not answer within [`KEYRING`].
    #[error("the keyring did not answer in time")]
    TimedOut,
}

impl From<KeyringError> for ErrorReport {
    fn from(error: KeyringError) -> Self {
        Self::new(ErrorCode::KeyringUnavailable, error.to_string())
    }
}

/// The real [`SecretPort`].
#[derive(Debug, Default)]
pub struct Secrets {
    /// What could not be put into the keyring, by helpdesk.
    session: Mutex<HashMap<String, Secret>>,
    /// What the keyring was last known to hold, by helpdesk: a digest each, since the secret itself is held by nobody.
    known: Mutex<HashMap<String, [u8; 32]>>,
    /// Whether the keyring failed last time.
    away: std::sync::atomic::AtomicBool,
}

impl Secrets {
    /// Nothing is asked of the keyring yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the keyring can be used now, for the doctor. Asks nothing of the user.
    ///
    /// # Errors
    /// Why not.
    pub async fn check() -> Result<(), KeyringError> {
        in_time(keyring::check()).await
    }

    fn held(&self, account: &str) -> Option<Secret> {
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(account).cloned()
    }

    fn hold(&self, account: String, secret: Secret) {
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(account, secret);
    }

    fn let_go(&self, account: &str) {
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(account);
    }

    /// The keyring holds this now.
    fn saw(&self, account: &str, there: Option<&Secret>) {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match there {
            Some(secret) => known.insert(account.to_owned(), digest(secret)),
            None => known.remove(account),
        };
    }

    /// Whether what the session holds may go into the keyring, where `there` is. Over what was last seen there it may: it
    /// is what became of that (a sign-in that was renewed, whose former token is good for nothing any more). Not over
    /// another one: that is who this device was before the keyring was locked, and the helpdesk knows its requests by it.
    /// The next session has it again.
    fn may_move_in(&self, account: &str, held: &Secret, there: Option<&Secret>) -> bool {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        there.is_none_or(|there| there == held || known.get(account) == Some(&digest(there)))
    }

    /// Remembers how the keyring did, and says it once when that changed.
    fn noted<T>(&self, outcome: Result<T, KeyringError>) -> Result<T, KeyringError> {
        let away = outcome.is_err();
        if self.away.swap(away, std::sync::atomic::Ordering::Relaxed) != away {
            match &outcome {
                Ok(_) => tracing::info!("the keyring is back"),
                Err(error) => tracing::warn!("{error}: secrets are kept for this session only"),
            }
        }
        outcome
    }
}

/// One entry for each helpdesk: its address without path, so that `https://desk/` and `https://desk` are one.
fn account(helpdesk: &Url) -> String {
    helpdesk.origin().ascii_serialization()
}

fn digest(secret: &Secret) -> [u8; 32] {
    sha2::Sha256::digest(secret.reveal().as_bytes()).into()
}

async fn in_time<T>(work: impl Future<Output = Result<T, KeyringError>>) -> Result<T, KeyringError> {
    tokio::time::timeout(KEYRING, work).await.unwrap_or(Err(KeyringError::TimedOut))
}

#[async_trait]
impl SecretPort for Secrets {
    async fn get(&self, helpdesk: &Url) -> Result<Option<String>, ErrorReport> {
        let account = account(helpdesk);
        if let Some(secret) = self.held(&account) {
            // The keyring may have been opened since.
            if let Ok(there) = self.noted(in_time(keyring::get(&account)).await)
                && self.may_move_in(&account, &secret, there.as_ref())
                && self.noted(in_time(keyring::set(&account, &secret)).await).is_ok()
            {
                self.saw(&account, Some(&secret));
                self.let_go(&account);
            }
            return Ok(Some(secret.reveal().to_owned()));
        }
        let found = self.noted(in_time(keyring::get(&account)).await)?;
        self.saw(&account, found.as_ref());
        Ok(found.map(|secret| secret.reveal().to_owned()))
    }

    async fn set(&self, helpdesk: &Url, credential: &str) -> Result<(), ErrorReport> {
        let account = account(helpdesk);
        let secret = Secret::from(credential.to_owned());
        match self.noted(in_time(keyring::set(&account, &secret)).await) {
            Ok(()) => {
                self.saw(&account, Some(&secret));
                self.let_go(&account);
            }
            Err(_) => self.hold(account, secret),
        }
        Ok(())
    }

    async fn delete(&self, helpdesk: &Url) -> Result<(), ErrorReport> {
        let account = account(helpdesk);
        self.let_go(&account);
        self.noted(in_time(keyring::delete(&account)).await)?;
        self.saw(&account, None);
        Ok(())
    }

    fn kind(&self) -> SecretKind {
        let away = self.away.load(std::sync::atomic::Ordering::Relaxed);
        let holds = !self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_empty();
        if away || holds { SecretKind::SessionOnly } else { SecretKind::Keyring }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::from("s3cret".to_owned())), "Secret(…)");
        let secrets = Secrets::new();
        secrets.hold("https://desk".to_owned(), Secret::from("s3cret".to_owned()));
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }

    #[test]
    fn what_the_session_holds_never_replaces_what_the_keyring_has() {
        let (old, new) = (Secret::from("of before".to_owned()), Secret::from("of this session".to_owned()));
        let secrets = Secrets::new();
        let may = |there| secrets.may_move_in("https://desk", &new, there);
        assert!(may(None) && may(Some(&new)) && !may(Some(&old)));
        assert_eq!(secrets.kind(), SecretKind::Keyring);
        secrets.hold("https://desk".to_owned(), new);
        assert_eq!(secrets.kind(), SecretKind::SessionOnly, "it is said while it lasts");
    }

    #[test]
    fn what_became_of_a_credential_takes_its_place_once_the_keyring_is_open() {
        let [read, renewed, other] = ["read", "renewed", "another's"].map(|text| Secret::from(text.to_owned()));
        let secrets = Secrets::new();
        secrets.saw("https://desk", Some(&read));
        secrets.hold("https://desk".to_owned(), renewed.clone());
        assert!(secrets.may_move_in("https://desk", &renewed, Some(&read)));
        assert!(!secrets.may_move_in("https://desk", &renewed, Some(&other)));
        assert!(!secrets.may_move_in("https://elsewhere", &renewed, Some(&read)));
        assert!(!format!("{secrets:?}").contains("renewed"));
    }

    #[test]
    fn an_address_is_one_account_whatever_its_path() {
        let of = |text: &str| account(&Url::parse(text).unwrap());
        assert_eq!(of("https://desk.example.org"), of("https://desk.example.org:443/anything?x#y"));
        assert_ne!(of("https://desk.example.org"), of("http://desk.example.org"));
        assert_ne!(of("http://127.0.0.1:1"), of("http://127.0.0.1:2"));
    }
}
