//! The way to a server, over real TLS on this machine: certificates of every bad sort, a private authority, a server that
//! wants a certificate of ours. What is trusted is one for the process, so this is one story.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test says so"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use deskside_helpdesk::probe::{Probed, probe};
use deskside_helpdesk::{Target, open, trust};
use deskside_protocol::ErrorCode;
use deskside_protocol::connect::{ConnectOutcome, ConnectProblem, HelpdeskChoice, StepName};
use deskside_protocol::settings::HelpdeskKind;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

struct Made {
    certificate: String,
    key: String,
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn make(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Made {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().pem();
        Made { certificate, key: key.serialize_pem() }
    }
}

/// Answers as Request Tracker does to somebody without a token; a page to everything else.
async fn serve(made: &Made, clients: Option<&Authority>) -> String {
    let certificates = vec![CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
    let config = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.0.der().clone()).unwrap();
            ServerConfig::builder()
                .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
        }
        None => ServerConfig::builder().with_no_client_auth(),
    };
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(certificates, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut asked = vec![0; 4096];
                let read = stream.read(&mut asked).await.unwrap_or(0);
                let rt = String::from_utf8_lossy(&asked[..read]).contains("/REST/2.0/");
                let (head, body) = if rt {
                    ("401 Unauthorized\r\nContent-Type: application/json", r#"{"message":"Unauthorized"}"#)
                } else {
                    ("200 OK\r\nContent-Type: text/html", "<title>RT</title>")
                };
                let size = body.len();
                let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{body}");
                let _gone = stream.write_all(answer.as_bytes()).await;
                let _gone = stream.shutdown().await;
            });
        }
    });
    format!("https://localhost:{port}/")
}

async fn look(url: &str) -> Probed {
    let choice = HelpdeskChoice {
        url: url.to_owned(),
        kind: Some(HelpdeskKind::RequestTracker),
        way: None,
        fields: BTreeMap::new(),
        credential: None,
    };
    probe(&choice, &mut |_| {}).await
}

fn problem(probed: &Probed) -> Option<(StepName, ConnectProblem)> {
    probed.report.steps.last().and_then(|step| Some((step.step, step.problem?)))
}

/// A file for this test alone, as IT would lay it down.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn what_a_certificate_says_is_told_and_what_it_trusts_is_trusted_by_every_connector() {
    if std::env::var_os("DESKSIDE_UNDER_WINE").is_some() {
        println!("SKIPPED: Wine 8 refuses an authority of one's own for TLS");
        return;
    }
    // Err means that another one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let good = serve(&ours.make("localhost", |_| {}), None).await;
    let secure = |problem| Some((StepName::Secure, problem));
    assert_eq!(problem(&look(&good).await), secure(ConnectProblem::TlsUntrusted));

    // With the authority from a file: good is good, and what else is wrong with a certificate is told as that.
    let authorities = file(&folder, "ca.pem", &ours.0.pem());
    let (trusted, unusable) = trust::load(Some(&authorities), None);
    assert_eq!(unusable, []);
    trusted.install(unusable);
    let probed = look(&good).await;
    assert_eq!(probed.report.outcome, ConnectOutcome::CredentialWanted, "{:?}", probed.report);
    let expired = ours.make("localhost", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    assert_eq!(problem(&look(&serve(&expired, None).await).await), secure(ConnectProblem::TlsExpired));
    let other = ours.make("helpdesk.example", |_| {});
    assert_eq!(problem(&look(&serve(&other, None).await).await), secure(ConnectProblem::TlsWrongName));
    let foreign = theirs.make("localhost", |_| {});
    assert_eq!(problem(&look(&serve(&foreign, None).await).await), secure(ConnectProblem::TlsUntrusted));

    // Every connector is made with the same.
    let connector = |url: &str| {
        let target = Target { kind: HelpdeskKind::RequestTracker, url: url.parse().unwrap(), fields: BTreeMap::new() };
        open(&target, "1-27-abc").unwrap()
    };
    let error = connector(&good).changes(None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unauthorized, "it answered: {error}");
    let strange = serve(&foreign, None).await;
    let error = connector(&strange).changes(None).await.unwrap_err();
    assert_eq!((error.code, error.may_have_arrived), (ErrorCode::Unreachable, false), "{error}");

    // A server that wants a certificate of this computer.
    let wants = serve(&ours.make("localhost", |_| {}), Some(&theirs)).await;
    assert_eq!(problem(&look(&wants).await), secure(ConnectProblem::ClientCertificateNeeded));
    let show = |made: &Made| {
        let pem = file(&folder, "client.pem", &format!("{}{}", made.certificate, made.key));
        let (trusted, unusable) = trust::load(Some(&authorities), Some(&pem));
        assert_eq!(unusable, []);
        trusted.install(unusable);
    };
    show(&theirs.make("pc-17", |_| {}));
    let probed = look(&wants).await;
    assert_eq!(probed.report.outcome, ConnectOutcome::CredentialWanted, "{:?}", probed.report);
    let error = connector(&wants).changes(None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unauthorized, "it answered: {error}");
    show(&theirs.make("pc-17", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1)));
    assert_eq!(problem(&look(&wants).await), secure(ConnectProblem::ClientCertificateRefused));

    // A file that is gone is said; nothing more is trusted for it.
    let (trusted, unusable) = trust::load(Some(&folder.path().join("gone.pem")), None);
    trusted.install(unusable);
    let probed = look(&good).await;
    assert_eq!(problem(&probed), secure(ConnectProblem::TlsUntrusted));
    assert!(probed.report.steps.iter().any(|step| step.problem == Some(ConnectProblem::CaFileUnreadable)));
}

#[tokio::test]
async fn what_is_wrong_before_any_server_speaks_is_told() {
    let of = async |url: &str| problem(&look(url).await);
    assert_eq!(of("not an address").await, Some((StepName::Address, ConnectProblem::AddressWrong)));
    assert_eq!(of("https://me:secret@x.example").await, Some((StepName::Address, ConnectProblem::AddressWrong)));
    assert_eq!(of("http://192.0.2.1:8080").await, Some((StepName::Address, ConnectProblem::AddressInsecure)));
    // RFC 6761, section 6.4: no such name can be.
    let (step, unknown) = of("https://helpdesk.invalid").await.unwrap();
    assert_eq!(step, StepName::Name);
    assert!(matches!(unknown, ConnectProblem::DnsUnknown | ConnectProblem::DnsFailed), "{unknown:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(of(&format!("https://localhost:{port}")).await, Some((StepName::Reach, ConnectProblem::Refused)));

    // Something that speaks no TLS.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _gone = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        }
    });
    assert_eq!(of(&format!("https://localhost:{port}")).await, Some((StepName::Secure, ConnectProblem::TlsFailed)));
}
