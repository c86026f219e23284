//! Passwords: argon2id with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use deskside_protocol::ErrorCode;
use tokio::sync::Semaphore;

use crate::limits;
use crate::problem::{ApiError, ApiResult};

/// Hashes and checks passwords, a few at a time and away from the threads that serve.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// A hash of a password that nobody has, so that an unknown login takes as long as a known one.
    nobody: Arc<str>,
}

/// The hash could not be made.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(String);

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| HashError(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password with a salt of its own, as a PHC string.
pub(crate) fn hash_now(password: &str) -> Result<String, HashError> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|e| HashError(e.to_string()))?;
    Ok(hash.to_string())
}

fn matches_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|parsed| argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &parsed).is_ok()))
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, HashError> {
        Ok(Self { turns: Arc::new(Semaphore::new(limits::HASHES)), nobody: hash_now("nobody's password")?.into() })
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
        let busy = || ApiError::new(ErrorCode::Busy, "too many people sign in at once").retry_after(limits::HASH_WAIT);
        let turn = tokio::time::timeout(limits::HASH_WAIT, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_too_long| busy())?
            .map_err(|_closed| busy())?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|error| ApiError::internal(&error))
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: String) -> ApiResult<String> {
        self.in_turn(move || hash_now(&password)).await?.map_err(|error| ApiError::internal(&error))
    }

    /// Whether the password is the one that was hashed. Without a hash (an unknown login) it takes as long and is not.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> ApiResult<bool> {
        if password.len() > limits::PASSWORD_MAX_BYTES {
            return Ok(false);
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        Ok(self.in_turn(move || matches_now(&password, &hash)).await? && known)
    }
}

/// Whether a password may be chosen.
pub(crate) fn check(password: &str) -> ApiResult<()> {
    if password.chars().count() < limits::PASSWORD_MIN_CHARS {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            format!("a password has at least {} characters", limits::PASSWORD_MIN_CHARS),
        ));
    }
    if password.len() > limits::PASSWORD_MAX_BYTES {
        return Err(ApiError::new(ErrorCode::TextTooLong, "the password is too long"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_fits_and_nothing_else_does() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.matches("correct horse battery".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches("correct horse batterz".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.matches("nobody's password".to_owned(), None).await.unwrap(), "nobody cannot sign in");
        assert!(!passwords.matches("x".to_owned(), Some("not a hash".to_owned())).await.unwrap());
    }
}
