//! A real Request Tracker of Debian's packages, with people, rights and tokens as `xtask/servers/rt/seed.pl` makes them.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use deskside_desktop::{Process, Spawn, wait_until};
use serde_json::Value;

/// Longest time until it answers for the first time: it makes its database first.
const START: Duration = Duration::from_secs(240);
/// Longest time for one answer: it needs half a second when nothing else runs.
const ANSWER: Duration = Duration::from_secs(60);

/// A Request Tracker on a database of its own, which ends and goes with this.
pub struct RequestTracker {
    server: Process,
    address: SocketAddr,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

/// A ticket as it has it.
#[derive(Debug, Clone)]
pub struct Filed {
    /// Its number.
    pub number: u64,
    /// Its subject.
    pub subject: String,
    /// What was said in it, oldest first.
    pub entries: Vec<Said>,
}

/// One transaction of a ticket that holds something.
#[derive(Debug, Clone)]
pub struct Said {
    /// Who.
    pub by: String,
    /// "Create", "Correspond", "Comment".
    pub kind: String,
    /// Its parts, in order: name, empty for a text, and content.
    pub parts: Vec<(String, Vec<u8>)>,
}

impl RequestTracker {
    /// Starts it, or says why there is none here.
    ///
    /// # Errors
    /// It is installed, and does not start.
    pub async fn start() -> anyhow::Result<Result<Self, String>> {
        if !Path::new("/usr/share/request-tracker5/libexec/rt-server").exists() {
            return Ok(Err("Request Tracker is not installed".to_owned()));
        }
        if !rustix::process::geteuid().is_root() {
            return Ok(Err("Request Tracker runs as www-data, which takes root".to_owned()));
        }
        let folder = tempfile::Builder::new().prefix("deskside-rt-").tempdir()?;
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let servers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../xtask/servers/rt");
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let server = Spawn::new("bash", folder.path().join("rt.log"))
            .args([servers.join("serve.sh"), folder.path().join("rt")])
            .args([address.port().to_string().as_str(), "a password for tests"])
            .args([servers.join("seed.pl")])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .asked_when_orphaned()
            .start()?;
        // Without a provider no client can be made, though everything here is plain HTTP to this machine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Without a provider no client can be made, though everything here is plain HTTP to this machine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWER).build()?;
        let mut this = Self { server, address, http, folder };
        let answers = wait_until("Request Tracker answers", START, async || {
            if !this.server.runs() {
                bail!("Request Tracker ended");
            }
            let asked = this.http.get(format!("{}REST/2.0/rt", this.url())).send().await;
            // Without a token it says so: it is there.
            Ok(asked.is_ok_and(|answer| answer.status() == 401).then_some(()))
        });
        answers.await.with_context(|| {
            std::fs::read_to_string(this.folder.path().join("rt.log")).unwrap_or_else(|error| error.to_string())
        })?;
        Ok(Ok(this))
    }

    /// Its address, as people open it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authentication token of `alice` or `bob`, who ask for help, of `technician`, or of `deskside`, a service account.
    ///
    /// # Errors
    /// There is no such person.
    pub fn token(&self, person: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("rt").join(format!("token.{person}")))?)
    }

    /// Asks REST 2.0 for `path`, as the technician.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub async fn ask(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let request = self.http.request(method, format!("{}REST/2.0/{path}", self.url()));
        let request = request.header("authorization", format!("token {}", self.token("technician")?));
        let request = if let Some(body) = body { request.json(&body) } else { request };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// Gets `path` of REST 2.0, as the technician.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(reqwest::Method::GET, path, None).await
    }

    /// The tickets that this query of RT's finds (`id>0`: all), with everything that was said in them.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn filed(&self, query: &str) -> anyhow::Result<Vec<Filed>> {
        let tickets = self.get(&format!("tickets?query={query}&per_page=100&fields=Subject")).await?;
        let mut filed = Vec::new();
        for ticket in list(&tickets)? {
            let id = text(ticket, "id");
            let history = self.get(&format!("ticket/{id}/history?per_page=100&fields=Type,Creator")).await?;
            let fields = "Filename,ContentType,ContentLength,TransactionId";
            let parts = self.get(&format!("ticket/{id}/attachments?per_page=100&fields={fields}")).await?;
            let mut entries = Vec::new();
            for entry in list(&history)? {
                let mut said = Said { by: text(&entry["Creator"], "id"), kind: text(entry, "Type"), parts: Vec::new() };
                let of_it = |part: &&Value| text(part, "TransactionId") == text(entry, "id");
                for part in list(&parts)?.iter().filter(of_it).filter(|part| text(part, "ContentLength") != "0") {
                    let content = self.get(&format!("attachment/{}", text(part, "id"))).await?;
                    let encoded: String = text(&content, "Content").split_whitespace().collect();
                    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded)?;
                    said.parts.push((text(part, "Filename"), bytes));
                }
                if !said.parts.is_empty() {
                    entries.push(said);
                }
            }
            filed.push(Filed { number: id.parse()?, subject: text(ticket, "Subject"), entries });
        }
        Ok(filed)
    }
}

fn list(value: &Value) -> anyhow::Result<&Vec<Value>> {
    value["items"].as_array().with_context(|| format!("not a list of RT's: {value}"))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
