//! The Secret Service (freedesktop.org, Secret Service API draft 0.2) over D-Bus: GNOME Keyring, KWallet, KeePassXC.

use std::collections::HashMap;

use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use zeroize::Zeroizing;

use super::{KeyringError, SERVICE, Secret};

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        // The library's enum may grow; what is not known here is a failure.
        if matches!(error, Error::Locked | Error::Prompt) {
            Self::Locked
        } else if matches!(error, Error::Unavailable | Error::NoResult) {
            Self::Absent(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// What finds our entry again. The attributes are those of the `keyring` family of libraries.
fn attributes(account: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", account)])
}

/// The secret travels encrypted over the bus: every program of the session could listen there.
async fn connect() -> Result<SecretService<'static>, KeyringError> {
    // The library's own constructor gives no way to tell a missing bus from a missing service.
    let bus = zbus::Connection::session().await.map_err(|error| KeyringError::Absent(error.to_string()))?;
    SecretService::connect_with_existing(EncryptionType::Dh, bus)
        .await
        .map_err(|error| KeyringError::Absent(error.to_string()))
}

/// The default keyring, open. Neither makes one nor unlocks it: both would put a question on the screen.
async fn open<'a>(service: &'a SecretService<'_>) -> Result<Collection<'a>, KeyringError> {
    let collection = service.get_default_collection().await?;
    if collection.is_locked().await? { Err(KeyringError::Locked) } else { Ok(collection) }
}

async fn find<'a>(collection: &'a Collection<'_>, account: &str) -> Result<Option<Item<'a>>, KeyringError> {
    Ok(collection.search_items(attributes(account)).await?.into_iter().next())
}

pub(super) async fn check() -> Result<(), KeyringError> {
    let service = connect().await?;
    open(&service).await.map(drop)
}

pub(super) async fn get(account: &str) -> Result<Option<Secret>, KeyringError> {
    let service = connect().await?;
    let collection = open(&service).await?;
    let Some(item) = find(&collection, account).await? else { return Ok(None) };
    let bytes = Zeroizing::new(item.get_secret().await?);
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyringError::Failed("the entry is not a text".to_owned()))?;
    Ok(Some(Secret::from(text.to_owned())))
}

pub(super) async fn set(account: &str, secret: &Secret) -> Result<(), KeyringError> {
    let service = connect().await?;
    let collection = open(&service).await?;
    // Shown by the system's own keyring program, which is not ours to translate.
    let label = format!("Deskside: this computer at {account}");
    let replace = true;
    collection
        .create_item(&label, attributes(account), secret.reveal().as_bytes(), replace, "text/plain; charset=utf8")
        .await?;
    Ok(())
}

pub(super) async fn delete(account: &str) -> Result<(), KeyringError> {
    let service = connect().await?;
    let collection = open(&service).await?;
    for item in collection.search_items(attributes(account)).await? {
        item.delete().await?;
    }
    Ok(())
}
