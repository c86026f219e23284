//! A hub with its data, and a technician who works in its console.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use deskside_desktop::{Process, Spawn, wait_until};
use deskside_protocol::desk::{ChangePassword, ConsoleReply, ConsoleTicket, Session, SignIn, TicketPage, TicketRow};
use deskside_protocol::ticket::TicketState;
use deskside_protocol::{AttachmentId, FollowUpId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Programs, SOON};

/// A hub that runs, or may be killed and started again on the same data and port.
pub struct Hub {
    program: PathBuf,
    folder: tempfile::TempDir,
    listen: String,
    starts: u32,
    process: Option<Process>,
    /// The password of `admin`.
    password: String,
}

impl Hub {
    /// Starts a new hub with empty data on a free port of this machine; on `listen` if that is free.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(programs: &Programs, listen: Option<&str>) -> anyhow::Result<Self> {
        let mut hub = Self {
            program: programs.path("deskside-hub"),
            folder: tempfile::Builder::new().prefix("deskside-hub-").tempdir()?,
            listen: listen.unwrap_or("127.0.0.1:0").to_owned(),
            starts: 0,
            process: None,
            password: String::new(),
        };
        let output = hub.resume().await?;
        let sign_in = output.lines().find_map(|line| line.split_once("first sign-in: admin "));
        hub.password = sign_in.context("the hub does not say the first sign-in")?.1.trim().to_owned();
        Ok(hub)
    }

    /// Starts it again after [`Hub::kill`] or [`Hub::stop`]: same data, same port. Returns what it said.
    ///
    /// # Errors
    /// It does not start.
    pub async fn resume(&mut self) -> anyhow::Result<String> {
        self.starts += 1;
        let log = self.folder.path().join(format!("hub-{}.log", self.starts));
        let mut process = Spawn::new(&self.program, log)
            .args(["serve", "--listen", &self.listen, "--data"])
            .args([self.data()])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("RUST_BACKTRACE", "1")
            .start()?;
        let line = process.line_with("listening on http://", SOON).await?;
        let address = line.split("http://").nth(1).unwrap_or_default();
        self.listen = address.split(['/', ' ']).next().unwrap_or_default().to_owned();
        let output = process.output();
        self.process = Some(process);
        Ok(output)
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Stops it as a service manager would.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.stop(SOON).await?;
        }
        Ok(())
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data().join("hub.sqlite3")
    }

    /// The password of `admin`, made at first start.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// What it wrote since it was last started.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    /// A token to enrol devices with, made on the command line beside the running hub.
    ///
    /// # Errors
    /// The hub's program fails.
    pub async fn token(&self) -> anyhow::Result<String> {
        let mut create = Spawn::new(&self.program, self.folder.path().join("token.log"))
            .args(["token", "create", "--label", "this computer", "--uses", "100", "--days", "1", "--data"])
            .args([self.data()])
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .start()?;
        let status = create.ended(SOON).await?;
        let output = create.output();
        if !status.success() {
            bail!("deskside-hub token create: {status}: {output}");
        }
        let token = output.lines().map(str::trim).rfind(|line| !line.is_empty());
        Ok(token.context("deskside-hub token create printed nothing")?.to_owned())
    }

    /// Signs in to the console.
    ///
    /// # Errors
    /// The hub does not let us.
    pub async fn sign_in(&mut self) -> anyhow::Result<Technician> {
        let mut technician = Technician::sign_in(&self.url(), "admin", &self.password).await?;
        if technician.must_change_password {
            let new = format!("{}-changed", self.password);
            let change = ChangePassword { current: self.password.clone(), new: new.clone() };
            technician.send(reqwest::Method::POST, "/console/session/password", &change).await?;
            self.password = new;
            technician = Technician::sign_in(&self.url(), "admin", &self.password).await?;
        }
        Ok(technician)
    }
}

/// Somebody who is signed in to the console; what their browser would send, sent.
pub struct Technician {
    client: reqwest::Client,
    base: String,
    cookie: String,
    csrf: String,
    must_change_password: bool,
}

impl Technician {
    async fn sign_in(url: &str, login: &str, password: &str) -> anyhow::Result<Self> {
        // Without a provider no client can be made, though everything here is plain HTTP to this machine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build()?;
        let base = format!("{url}/api/v1");
        let sign_in = SignIn { login: login.to_owned(), password: password.to_owned() };
        let answer = client.post(format!("{base}/console/session")).json(&sign_in).send().await?;
        let answer = good(answer).await?;
        let cookies: Vec<String> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned))
            .collect();
        let session: Session = answer.json().await?;
        Ok(Self {
            client,
            base,
            cookie: cookies.join("; "),
            csrf: session.csrf_token,
            must_change_password: session.must_change_password,
        })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie).send().await?;
        Ok(good(answer).await?.json().await?)
    }

    /// Changes something, below `/api/v1`.
    ///
    /// # Errors
    /// The hub refuses or is gone.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: &impl Serialize) -> anyhow::Result<()> {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let answer =
            request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf).json(body).send().await?;
        good(answer).await?;
        Ok(())
    }

    /// All tickets there are, newest change first, closed ones too.
    ///
    /// # Errors
    /// The hub refuses or is gone.
    pub async fn tickets(&self) -> anyhow::Result<Vec<TicketRow>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: TicketPage = self.get(&format!("/console/tickets?closed=true&limit=100{after}")).await?;
            all.extend(page.tickets);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// One ticket, whole.
    ///
    /// # Errors
    /// There is none, or the hub is gone.
    pub async fn ticket(&self, number: u64) -> anyhow::Result<ConsoleTicket> {
        self.get(&format!("/console/tickets/{number}")).await
    }

    /// Waits for a ticket with this text in its title whose files have all arrived.
    ///
    /// # Errors
    /// It does not come within `limit`.
    pub async fn ticket_titled(&self, title: &str, limit: Duration) -> anyhow::Result<ConsoleTicket> {
        wait_until(&format!("a ticket titled {title:?} with its files"), limit, async || {
            let Some(row) = self.tickets().await?.into_iter().find(|row| row.title.contains(title)) else {
                return Ok(None);
            };
            let ticket = self.ticket(row.number).await?;
            Ok((ticket.arrived.len() == ticket.document.attachments.len()).then_some(ticket))
        })
        .await
    }

    /// Answers, and sets a state if one is given.
    ///
    /// # Errors
    /// The hub refuses or is gone.
    pub async fn reply(&self, number: u64, text: &str, new_state: Option<TicketState>) -> anyhow::Result<()> {
        let reply = ConsoleReply {
            id: FollowUpId::new(),
            text: text.to_owned(),
            internal: false,
            new_state,
            attachments: Vec::new(),
        };
        self.send(reqwest::Method::POST, &format!("/console/tickets/{number}/follow-ups"), &reply).await
    }

    /// Answers with a file, of a name as it comes from anybody.
    ///
    /// # Errors
    /// The hub refuses or is gone.
    pub async fn reply_with_file(&self, number: u64, text: &str, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let id = AttachmentId::new();
        let staged = self
            .client
            .put(format!("{}/console/tickets/{number}/files/{id}", self.base))
            .query(&[("name", name), ("media_type", "text/plain")])
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .body(bytes.to_vec());
        good(staged.send().await?).await?;
        let reply = ConsoleReply {
            id: FollowUpId::new(),
            text: text.to_owned(),
            internal: false,
            new_state: None,
            attachments: vec![id],
        };
        self.send(reqwest::Method::POST, &format!("/console/tickets/{number}/follow-ups"), &reply).await
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// There is none, or the hub is gone.
    pub async fn attachment(&self, id: AttachmentId) -> anyhow::Result<Vec<u8>> {
        let path = format!("{}/console/attachments/{id}", self.base);
        let answer = self.client.get(path).header("cookie", &self.cookie).send().await?;
        Ok(good(answer).await?.bytes().await?.to_vec())
    }
}

/// The answer, if it is one of success; the problem it tells otherwise.
async fn good(answer: reqwest::Response) -> anyhow::Result<reqwest::Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, url) = (answer.status(), answer.url().path().to_owned());
    bail!("{url}: {status}: {}", answer.text().await?)
}
