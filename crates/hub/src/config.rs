//! What the hub is told at its start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::gateway::GatewayConfig;
use crate::limits;
use crate::retention::Keeping;

/// Where the hub listens, keeps its data and is reached.
#[derive(Clone)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder for files of tickets and, without [`Config::database`], the SQLite database. Made if absent.
    pub data: PathBuf,
    /// `postgres://…`; `None` is SQLite inside the data folder.
    pub database: Option<String>,
    /// Where browsers and devices reach the hub, if a proxy stands before it.
    pub public_url: Option<Url>,
    /// Certificate and key, to speak TLS without a proxy.
    pub tls: Option<TlsFiles>,
    /// What the company calls its helpdesk; told to devices at enrolment.
    pub helpdesk_name: Option<String>,
    /// Whether a proxy of ours sets `X-Forwarded-For`; otherwise the header is not believed.
    pub behind_proxy: bool,
    /// Where figures are served to whoever watches over the hub; `None` is nowhere.
    pub metrics: Option<SocketAddr>,
    /// How long tickets that are over are kept, and what came with them.
    pub keeping: Keeping,
    /// The helpdesk to which this hub is the gateway; `None` is its own desk.
    pub gateway: Option<GatewayConfig>,
    /// How employees prove who they are; `None` is not at all.
    pub sign_in: Option<SignInConfig>,
    /// How long connections may take their time.
    pub patience: Patience,
}

/// How long a connection may take its time. The defaults are what a hub lives with; tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the head of a request and, with HTTP/1, between requests.
    pub head: Duration,
    /// Silence within the body of a request.
    pub body_silence: Duration,
    /// In which nothing of an answer is taken.
    pub answer_stalled: Duration,
    /// For an answer as a whole, streams of events apart.
    pub answer: Duration,
    /// Without a request on a connection of HTTP/2.
    pub idle: Duration,
    /// Between two looks at the certificate's files.
    pub certificate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: limits::REQUEST_HEAD,
            body_silence: limits::BODY_SILENCE,
            answer_stalled: limits::ANSWER_STALLED,
            answer: limits::ANSWER_WHOLE,
            idle: limits::CONNECTION_IDLE,
            certificate: limits::CERTIFICATE_LOOK,
        }
    }
}

impl Config {
    /// SQLite inside `data`, no TLS, no proxy.
    #[must_use]
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        Self {
            listen,
            data,
            database: None,
            public_url: None,
            tls: None,
            helpdesk_name: None,
            behind_proxy: false,
            metrics: None,
            keeping: Keeping::default(),
            gateway: None,
            sign_in: None,
            patience: Patience::default(),
        }
    }

    /// Whether browsers reach the hub over TLS, ours or the proxy's.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.tls.is_some() || self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

/// Without the database's address, which holds a password.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("data", &self.data)
            .field("database", &self.database.as_ref().map(|_| "postgres"))
            .field("public_url", &self.public_url)
            .field("tls", &self.tls)
            .field("helpdesk_name", &self.helpdesk_name)
            .field("behind_proxy", &self.behind_proxy)
            .field("keeping", &self.keeping)
            .field("gateway", &self.gateway)
            .field("sign_in", &self.sign_in)
            .finish_non_exhaustive()
    }
}

/// An OpenID Connect provider, and what this hub is to it.
#[derive(Clone)]
pub struct SignInConfig {
    /// The provider's issuer, exactly as it calls itself.
    pub issuer: Url,
    /// What it calls this hub.
    pub client_id: String,
    /// The client's secret, if it has one. Only in this process's memory.
    pub client_secret: Option<String>,
    /// The claim that is an employee's name in the directory: `preferred_username`, `email` or `sub`.
    pub login_claim: String,
    /// Whether nothing new is taken from a device on which nobody is signed in.
    pub required: bool,
    /// For how long a sign-in holds.
    pub lasts: Duration,
}

/// Without the secret.
impl std::fmt::Debug for SignInConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInConfig")
            .field("issuer", &self.issuer.as_str())
            .field("client_id", &self.client_id)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

/// PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those between it and the root, in that order.
    pub certificates: PathBuf,
    /// The private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}
