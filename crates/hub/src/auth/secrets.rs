//! Secrets that the hub makes. It shows each once and keeps a digest: they are random, so a fast digest is enough
//! (a password is not, see [`super::passwords`]).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system's random numbers cannot be had")]
pub struct NoRandomness;

/// A new secret of 256 random bits, with a prefix that tells what it is to whoever finds it where it should not be.
pub(crate) fn make(prefix: &str) -> Result<String, NoRandomness> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random()?)))
}

/// 256 random bits.
pub(crate) fn random() -> Result<[u8; 32], NoRandomness> {
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A new password for people to type once: 100 random bits, in letters that cannot be confused.
pub(crate) fn make_password() -> Result<String, NoRandomness> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 20];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
    let mut password = String::with_capacity(23);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            password.push('-');
        }
        let letter = LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'a');
        password.push(char::from(letter));
    }
    Ok(password)
}

/// What the hub keeps of a secret.
pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The CSRF token of a session: known to whoever holds the session's secret, and useless for finding it.
pub(crate) fn csrf_token(session: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"deskside csrf token\0");
    hash.update(session.as_bytes());
    hex::encode(hash.finalize())
}

/// Whether two texts are equal, in a time that depends on their lengths only.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_twice_the_same() {
        let (one, other) = (make("x_").unwrap(), make("x_").unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 2 + 43);
        let password = make_password().unwrap();
        assert_eq!(password.len(), 23);
        assert_ne!(password, make_password().unwrap());
    }

    #[test]
    fn a_csrf_token_belongs_to_one_session_and_is_not_its_digest() {
        assert_ne!(csrf_token("a"), csrf_token("b"));
        assert_ne!(csrf_token("a"), digest("a"));
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }
}
