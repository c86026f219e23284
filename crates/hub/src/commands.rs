//! What the command line does beside serving. Each opens the store itself, so it works beside a running hub.

use std::path::Path;

use deskside_protocol::Timestamp;
use deskside_protocol::desk::{Person, Role};

use crate::api::usable_login;
use crate::auth::device::TOKEN;
use crate::auth::passwords::hash_now;
use crate::auth::secrets;
use crate::limits;
use crate::state::PersonError;
use crate::store::{NewPassword, NewToken, Store, StoreError};
use crate::text::{directory_name, one_line};

/// Who did it, in the journal: whoever has the hub's own machine.
const ACTOR: &str = "command line";

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// What was asked makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Database, randomness or hash.
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// Makes an enrolment token for `uses` devices and `days` days; gives its secret.
///
/// # Errors
/// Bounds that make no sense, or a database that cannot be written.
pub async fn create_token(
    data: &Path,
    database: Option<&str>,
    label: &str,
    uses: u32,
    days: u32,
) -> Result<String, CommandError> {
    create_token_for(data, database, label, uses, days, None).await
}

/// The same for the computers of one person, by their name in the company's directory: what these computers send is
/// theirs.
///
/// # Errors
/// A name that cannot be one; as [`create_token`].
pub async fn create_token_for(
    data: &Path,
    database: Option<&str>,
    label: &str,
    uses: u32,
    days: u32,
    person: Option<&str>,
) -> Result<String, CommandError> {
    let person = person
        .map(|name| {
            directory_name(name).ok_or_else(|| CommandError::Usage("this is no name of a directory".to_owned()))
        })
        .transpose()?;
    let longest = u32::try_from(limits::TOKEN_LIFE.as_secs() / 86_400).unwrap_or(u32::MAX);
    if !(1..=1_000_000).contains(&uses) || !(1..=longest).contains(&days) {
        return Err(CommandError::Usage(format!("a token has 1 to 1,000,000 uses and lasts 1 to {longest} days")));
    }
    let store = Store::open(data, database).await?;
    let token = secrets::make(TOKEN).map_err(PersonError::from)?;
    let expires_at = Timestamp::from_unix_ms(Timestamp::now().unix_ms() + i64::from(days) * 86_400_000);
    let label = one_line(label, limits::NAME_CHARS);
    let digest = secrets::digest(&token);
    store
        .make_token(&NewToken {
            digest: &digest,
            label: &label,
            uses,
            expires_at,
            created_by: ACTOR,
            person: person.as_deref(),
        })
        .await?;
    store.close().await;
    Ok(token)
}

/// Adds a person with a made password; gives the password.
///
/// # Errors
/// A login that is not usable or taken, or a database that cannot be written.
pub async fn add_person(
    data: &Path,
    database: Option<&str>,
    login: &str,
    name: &str,
    role: Role,
) -> Result<String, CommandError> {
    let login =
        usable_login(login).ok_or_else(|| CommandError::Usage("a login has 2 to 64 of: a-z 0-9 . - _ @".to_owned()))?;
    let display_name =
        Some(one_line(name, limits::NAME_CHARS)).filter(|n| !n.is_empty()).unwrap_or_else(|| login.clone());
    let store = Store::open(data, database).await?;
    let password = secrets::make_password().map_err(PersonError::from)?;
    let hash = hash_now(&password).map_err(PersonError::from)?;
    let person = Person { login, display_name, role, active: true };
    let added = store.add_person(&person, &hash, ACTOR).await?;
    store.close().await;
    if added { Ok(password) } else { Err(CommandError::Usage(format!("the login {} is taken", person.login))) }
}

/// Gives a person a new made password and ends their sessions: the way back in for whoever lost theirs.
///
/// # Errors
/// Nobody of this login, or a database that cannot be written.
pub async fn reset_password(data: &Path, database: Option<&str>, login: &str) -> Result<String, CommandError> {
    let store = Store::open(data, database).await?;
    let password = secrets::make_password().map_err(PersonError::from)?;
    let hash = hash_now(&password).map_err(PersonError::from)?;
    let new = NewPassword { hash: &hash, must_change: true, but_session: "", actor: ACTOR };
    let done = store.set_password(&login.trim().to_lowercase(), &new).await?;
    store.close().await;
    if done { Ok(password) } else { Err(CommandError::Usage(format!("there is nobody of the login {login}"))) }
}
