//! The way to a server: its name, the company's proxy, the machine, the encryption, and that a web server answers.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use deskside_protocol::connect::{ConnectProblem, StepName};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderMap;
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::asking::{Answer, ask};
use super::{Prober, Step};
use crate::{http, trust};

/// Longest wait for a name.
const NAME: Duration = Duration::from_secs(10);
/// Longest wait for one machine.
const MACHINE: Duration = Duration::from_secs(10);
/// Machines of one name that are tried.
const MACHINES: usize = 3;

/// The server, reached.
pub(super) struct Reached {
    pub(super) client: reqwest::Client,
    /// What it says at the address as it was typed.
    pub(super) front: Answer,
}

impl Prober<'_> {
    pub(super) async fn reach(&mut self, url: &Url) -> Step<Reached> {
        for unusable in trust::unusable() {
            self.degraded(StepName::Secure, unusable.problem, unusable.detail);
        }
        let proxy = proxy_for(url);
        match &proxy {
            Some(proxy) => {
                self.at = StepName::Proxy;
                let name = shown(proxy);
                if let Err((problem, detail)) = machine(proxy).await {
                    let named = matches!(problem, ConnectProblem::DnsUnknown | ConnectProblem::DnsFailed);
                    let problem = if named { problem } else { ConnectProblem::ProxyUnreachable };
                    return self.broken(StepName::Proxy, problem, format!("{name}: {detail}"));
                }
            }
            None => {
                self.at = StepName::Name;
                let addresses = match addresses(url).await {
                    Ok(addresses) => addresses,
                    Err((problem, detail)) => return self.broken(StepName::Name, problem, detail),
                };
                let told: Vec<String> = addresses.iter().take(MACHINES).map(|a| a.ip().to_string()).collect();
                self.good(StepName::Name, told.join(", "));
                self.at = StepName::Reach;
                match connect(&addresses).await {
                    Ok(address) => self.good(StepName::Reach, address.to_string()),
                    Err((problem, detail)) => return self.broken(StepName::Reach, problem, detail),
                }
            }
        }
        self.at = StepName::Secure;
        let client = match http::client(url, HeaderMap::new()) {
            Ok(client) => client,
            Err(error) => return self.broken(StepName::Secure, ConnectProblem::TlsFailed, error.detail),
        };
        let asked = ask(&client, url.clone(), &[]).await;
        let failed = match &asked {
            Ok(_) => None,
            Err(error) => Some(classify(error, trust::in_force().has_identity())),
        };
        if let Some(proxy) = &proxy {
            let through = shown(proxy);
            match &failed {
                Some((StepName::Proxy, problem, detail)) => {
                    return self.broken(StepName::Proxy, *problem, format!("{through}: {detail}"));
                }
                _ => self.good(StepName::Proxy, through),
            }
        }
        match (asked, failed) {
            (Ok(front), _) => {
                let how = if url.scheme() == "https" { "TLS" } else { "not encrypted: this very machine" };
                self.good(StepName::Secure, how);
                self.at = StepName::Answer;
                self.certificate_wanted(&front)?;
                Ok(Reached { client, front })
            }
            (Err(_), Some((step, problem, detail))) => {
                if step > StepName::Secure {
                    self.good(StepName::Secure, "TLS");
                }
                self.broken(step, problem, detail)
            }
            (Err(error), None) => self.broken(StepName::Answer, ConnectProblem::BrokenOff, http::chain(&error)),
        }
    }

    /// nginx lets everybody in and says on a page what it wanted (`ssl_verify_client`, codes 495 and 496 within 400).
    fn certificate_wanted(&mut self, front: &Answer) -> Step<()> {
        if front.status != 400 || front.is_json() {
            return Ok(());
        }
        let page = front.text();
        let problem = if page.contains("No required SSL certificate was sent") {
            ConnectProblem::ClientCertificateNeeded
        } else if page.contains("The SSL certificate error") {
            ConnectProblem::ClientCertificateRefused
        } else {
            return Ok(());
        };
        self.broken(StepName::Secure, problem, "the web server says so on a page, with HTTP 400")
    }
}

/// The proxy that the connectors would take: of the environment, on Windows and macOS of the system.
fn proxy_for(url: &Url) -> Option<Url> {
    // As `http::client` has it.
    if url.scheme() == "http" {
        return None;
    }
    let destination = url.as_str().parse().ok()?;
    let proxy = Matcher::from_system().intercept(&destination)?;
    Url::parse(&proxy.uri().to_string()).ok()
}

/// A proxy without the name and password that may stand in it.
fn shown(proxy: &Url) -> String {
    format!("{}:{}", proxy.host_str().unwrap_or_default(), proxy.port_or_known_default().unwrap_or(0))
}

async fn machine(url: &Url) -> Result<SocketAddr, (ConnectProblem, String)> {
    connect(&addresses(url).await?).await
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, (ConnectProblem, String)> {
    let port = url.port_or_known_default().unwrap_or(443);
    let name = match url.host() {
        Some(Host::Ipv4(address)) => return Ok(vec![(address, port).into()]),
        Some(Host::Ipv6(address)) => return Ok(vec![(address, port).into()]),
        Some(Host::Domain(name)) => name,
        None => return Err((ConnectProblem::AddressWrong, "the address names no server".to_owned())),
    };
    match tokio::time::timeout(NAME, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                return Err((ConnectProblem::DnsUnknown, format!("{name}: no address")));
            }
            Ok(found)
        }
        Ok(Err(error)) => {
            let words = error.to_string();
            // getaddrinfo(3): EAI_AGAIN is "nobody could say", everything else "there is none".
            let nobody = ["Temporary failure", "try again", "WSATRY_AGAIN", "11002"];
            let failed = nobody.iter().any(|word| words.to_lowercase().contains(&word.to_lowercase()));
            let problem = if failed { ConnectProblem::DnsFailed } else { ConnectProblem::DnsUnknown };
            Err((problem, format!("{name}: {words}")))
        }
        Err(_) => Err((ConnectProblem::DnsFailed, format!("{name}: no name server answered in {} s", NAME.as_secs()))),
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<SocketAddr, (ConnectProblem, String)> {
    let mut failed = (ConnectProblem::NoRoute, "no address".to_owned());
    for address in addresses.iter().take(MACHINES) {
        failed = match tokio::time::timeout(MACHINE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => (of_io(error.kind()), format!("{address}: {error}")),
            Err(_) => (ConnectProblem::TimedOut, format!("{address}: nothing in {} s", MACHINE.as_secs())),
        };
    }
    Err(failed)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of others, which grows")]
fn of_io(kind: io::ErrorKind) -> ConnectProblem {
    match kind {
        io::ErrorKind::ConnectionRefused => ConnectProblem::Refused,
        io::ErrorKind::TimedOut => ConnectProblem::TimedOut,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => ConnectProblem::NoRoute,
        _ => ConnectProblem::BrokenOff,
    }
}

/// What a failed exchange means: the step that is broken, and how. `shown` is whether a certificate of this computer was.
pub(super) fn classify(error: &reqwest::Error, shown: bool) -> (StepName, ConnectProblem, String) {
    let detail = http::chain(error);
    if let Some(tls) = tls_error(error) {
        return (StepName::Secure, of_tls(tls, shown), tls.to_string());
    }
    // The proxy's own word has no type that can be seen from here (hyper-util, `client::legacy::connect::proxy`).
    if detail.contains("proxy authorization required") {
        return (StepName::Proxy, ConnectProblem::ProxyNeedsSignIn, "HTTP 407 to CONNECT".to_owned());
    }
    if detail.contains("tunnel error") {
        return (StepName::Proxy, ConnectProblem::ProxyRefused, detail);
    }
    if error.is_timeout() {
        let step = if error.is_connect() { StepName::Secure } else { StepName::Answer };
        return (step, ConnectProblem::TimedOut, detail);
    }
    let kind = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let problem = kind.map_or(ConnectProblem::BrokenOff, of_io);
    // A server that hangs up in the middle of a handshake speaks something else.
    if error.is_connect() && problem == ConnectProblem::BrokenOff {
        return (StepName::Secure, ConnectProblem::TlsFailed, detail);
    }
    (StepName::Answer, problem, detail)
}

fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>() {
        // Its `source` is that of what it holds.
        Some(io) => io.get_ref().map(|held| held as &(dyn StdError + 'static)),
        None => error.source(),
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    causes(error).find_map(|cause| cause.downcast_ref::<TlsError>())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "enumerations of others, which grow")]
fn of_tls(error: &TlsError, shown: bool) -> ConnectProblem {
    match error {
        TlsError::InvalidCertificate(why) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => ConnectProblem::TlsExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectProblem::TlsWrongName
            }
            CertificateError::Revoked => ConnectProblem::TlsRevoked,
            _ => ConnectProblem::TlsUntrusted,
        },
        TlsError::NoCertificatesPresented => ConnectProblem::TlsUntrusted,
        // RFC 8446, section 6.2: what a server says of the certificate that it got, or did not get.
        TlsError::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired => ConnectProblem::ClientCertificateNeeded,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => {
                if shown {
                    ConnectProblem::ClientCertificateRefused
                } else {
                    ConnectProblem::ClientCertificateNeeded
                }
            }
            _ => ConnectProblem::TlsFailed,
        },
        _ => ConnectProblem::TlsFailed,
    }
}
