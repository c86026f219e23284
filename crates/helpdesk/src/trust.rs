//! What this computer trusts beside its system's own store, and what it shows of itself: certificate authorities and a
//! client certificate that IT named by file.
//!
//! It is one for the process, as the system's store is: whatever connects from here, to whichever helpdesk, follows what
//! IT decided for this computer. Only IT's policy names the files ([`load`]), never a window or a user's settings: a file
//! of somebody's choice would let them decide whom this computer trusts.

use std::io::Read as _;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use deskside_protocol::connect::ConnectProblem;

/// Largest file with certificates, in bytes: the bundles of all public authorities have a quarter of it.
const FILE_BYTES: u64 = 1024 * 1024;

/// Certificate authorities and a client certificate. Nothing here can print the key.
#[derive(Clone, Default)]
pub struct Trust {
    authorities: Vec<reqwest::Certificate>,
    identity: Option<reqwest::Identity>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("authorities", &self.authorities.len())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// A file that cannot be used. What it was to say is left out: less is trusted then, never more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unusable {
    /// Which of both it is.
    pub problem: ConnectProblem,
    /// The file and why, English.
    pub detail: String,
}

static IN_FORCE: RwLock<(Trust, Vec<Unusable>)> =
    RwLock::new((Trust { authorities: Vec::new(), identity: None }, Vec::new()));

/// Reads both files. PEM (RFC 7468): certificates in the one; certificates and one key, without a password, in the other.
#[must_use]
pub fn load(authorities: Option<&Path>, identity: Option<&Path>) -> (Trust, Vec<Unusable>) {
    let mut trust = Trust::default();
    let mut unusable = Vec::new();
    if let Some(file) = authorities {
        match read_authorities(file) {
            Ok(authorities) => trust.authorities = authorities,
            Err(why) => unusable.push(Unusable {
                problem: ConnectProblem::CaFileUnreadable,
                detail: format!("{}: {why}", file.display()),
            }),
        }
    }
    if let Some(file) = identity {
        match read_identity(file) {
            Ok(identity) => trust.identity = Some(identity),
            Err(why) => unusable.push(Unusable {
                problem: ConnectProblem::ClientCertificateRefused,
                detail: format!("{}: {why}", file.display()),
            }),
        }
    }
    (trust, unusable)
}

fn read_authorities(file: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let bytes = read(file)?;
    let authorities = reqwest::Certificate::from_pem_bundle(&bytes).map_err(|_| "not PEM".to_owned())?;
    if authorities.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    usable(&Trust { authorities: authorities.clone(), identity: None })?;
    Ok(authorities)
}

fn read_identity(file: &Path) -> Result<reqwest::Identity, String> {
    // The error would hold nothing of the key, and is not needed either.
    let identity = reqwest::Identity::from_pem(&read(file)?)
        .map_err(|_| "it must hold a certificate and its key in PEM, the key without a password".to_owned())?;
    usable(&Trust { authorities: Vec::new(), identity: Some(identity.clone()) })?;
    Ok(identity)
}

/// Only a client that is made with them tells whether they are what they seem.
fn usable(trust: &Trust) -> Result<(), String> {
    crate::http::install_tls();
    trust.apply(reqwest::Client::builder()).build().map(drop).map_err(|_| "it cannot be used for TLS".to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let open = std::fs::File::open(file).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    open.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(format!("it is larger than {FILE_BYTES} bytes"));
    }
    Ok(bytes)
}

impl Trust {
    /// Puts it in force for every connection that is made from here on.
    pub fn install(self, unusable: Vec<Unusable>) {
        *IN_FORCE.write().unwrap_or_else(PoisonError::into_inner) = (self, unusable);
    }

    /// Whether this computer has a certificate of its own to show.
    #[must_use]
    pub fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    pub(crate) fn apply(&self, mut builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        if !self.authorities.is_empty() {
            // Beside the system's own: its verifier stays.
            builder = builder.tls_certs_merge(self.authorities.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        builder
    }
}

/// What is in force.
#[must_use]
pub fn in_force() -> Trust {
    IN_FORCE.read().unwrap_or_else(PoisonError::into_inner).0.clone()
}

/// What of it could not be used.
#[must_use]
pub fn unusable() -> Vec<Unusable> {
    IN_FORCE.read().unwrap_or_else(PoisonError::into_inner).1.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_trusts_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let empty = file("empty.pem", "no certificate here\n");
        let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        for authorities in [empty, broken, folder.path().join("missing.pem")] {
            let (trust, unusable) = load(Some(&authorities), None);
            assert!(trust.authorities.is_empty());
            assert_eq!(unusable[0].problem, ConnectProblem::CaFileUnreadable);
            assert!(unusable[0].detail.contains(".pem"), "{unusable:?}");
        }
        let key = file("key.pem", "-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n");
        let (trust, unusable) = load(None, Some(&key));
        assert!(!trust.has_identity());
        assert_eq!(unusable[0].problem, ConnectProblem::ClientCertificateRefused);
        assert!(!unusable[0].detail.contains("U0VDUkVU"));
    }
}
