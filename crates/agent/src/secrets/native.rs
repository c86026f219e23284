//! The Windows Credential Manager and the macOS Keychain, both called on a thread of their own: they block.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::{KeyringError, SERVICE, Secret};

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        // The library's enum may grow; what is not known here is a failure.
        if matches!(error, Error::NoStorageAccess(_)) { Self::Locked } else { Self::Failed(error.to_string()) }
    }
}

#[cfg(windows)]
fn store() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn store() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

async fn with_entry<T: Send + 'static>(
    account: &str,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    let account = account.to_owned();
    tokio::task::spawn_blocking(move || Ok(work(&store()?.build(SERVICE, &account, None)?)?))
        .await
        .unwrap_or_else(|error| Err(KeyringError::Failed(error.to_string())))
}

pub(super) async fn check() -> Result<(), KeyringError> {
    with_entry("doctor", |entry| match entry.get_secret() {
        Err(Error::NoEntry) => Ok(()),
        other => other.map(|secret| drop(Zeroizing::new(secret))),
    })
    .await
}

pub(super) async fn get(account: &str) -> Result<Option<Secret>, KeyringError> {
    with_entry(account, |entry| match entry.get_password() {
        Ok(text) => Ok(Some(Secret::from(text))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
    .await
}

pub(super) async fn set(account: &str, secret: &Secret) -> Result<(), KeyringError> {
    let secret = secret.clone();
    with_entry(account, move |entry| entry.set_password(secret.reveal())).await
}

pub(super) async fn delete(account: &str) -> Result<(), KeyringError> {
    with_entry(account, |entry| match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error),
    })
    .await
}
