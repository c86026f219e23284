//! TLS by itself: certificate and key from files, taken anew when the files are. Certificates live for weeks these days, and
//! a hub for months: whatever renews the files (certbot, a company's own agent) need not know of the hub.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::Digest as _;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;
use crate::server::StartError;

/// The certificate that is shown to who connects, and the files that it comes from.
#[derive(Clone)]
pub(crate) struct Certificate {
    files: TlsFiles,
    current: Arc<RwLock<Current>>,
}

struct Current {
    acceptor: TlsAcceptor,
    /// Of both files' bytes.
    digest: [u8; 32],
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// They cannot be read, or do not fit.
    pub(crate) fn open(files: TlsFiles) -> Result<Self, StartError> {
        let current = load(&files)?;
        Ok(Self { files, current: Arc::new(RwLock::new(current)) })
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).acceptor.clone()
    }

    /// Reads the files again; gives whether they were other ones. If they cannot be used (half of them is written yet), what
    /// there was goes on.
    ///
    /// # Errors
    /// They cannot be used.
    pub(crate) fn reload(&self) -> Result<bool, StartError> {
        let found = load(&self.files)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = found.digest != current.digest;
        if is_other {
            *current = found;
            tracing::info!(certificate = %self.files.certificates.display(), "the certificate was renewed");
        }
        Ok(is_other)
    }

    /// Looks at the files now and then, for as long as the hub runs.
    pub(crate) async fn watch(self, every: Duration) {
        let mut told = String::new();
        loop {
            tokio::time::sleep(every).await;
            let certificate = self.clone();
            let looked = tokio::task::spawn_blocking(move || certificate.reload().map_err(|error| error.to_string()));
            let trouble = looked.await.unwrap_or_else(|error| Err(error.to_string())).err().unwrap_or_default();
            // Once for each trouble, and not every minute.
            if !trouble.is_empty() && trouble != told {
                tracing::error!(
                    trouble,
                    "the certificate's files have changed and cannot be used; the old one goes on"
                );
            }
            told = trouble;
        }
    }
}

fn load(files: &TlsFiles) -> Result<Current, StartError> {
    let unreadable =
        |what: &Path, error: &dyn std::fmt::Display| StartError::Tls(format!("{}: {error}", what.display()));
    let read = |path: &Path| std::fs::read(path).map_err(|error| unreadable(path, &error));
    let (certificates, key) = (read(&files.certificates)?, read(&files.key)?);
    let mut digest = sha2::Sha256::new();
    digest.update(sha2::Sha256::digest(&certificates));
    digest.update(sha2::Sha256::digest(&key));
    let chain = CertificateDer::pem_slice_iter(&certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(&files.certificates, &error))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| unreadable(&files.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| StartError::Tls(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| StartError::Tls(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Current { acceptor: TlsAcceptor::from(Arc::new(config)), digest: digest.finalize().into() })
}
