//! A hub in this process, and those who speak with it over HTTP.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

pub mod between;
pub mod programs;
pub mod provider;

use std::path::PathBuf;
use std::time::Duration;

use deskside_hub::{Config, RunningHub, commands, serve};
use deskside_protocol::desk::{Changes, ConsoleTicket, Enrolled, Problem, Session, TicketPage};
use deskside_protocol::facts::Facts;
use deskside_protocol::ticket::{AttachmentMeta, Level, Requester, TicketDocument};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, Sha256, Timestamp};
use futures_util::StreamExt as _;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sha2::Digest as _;
use sqlx::AnyPool;

/// What the tests choose as the administrator's password.
pub const PASSWORD: &str = "a password for tests";

/// A running hub with a folder (and database) of its own.
pub struct Desk {
    pub hub: Option<RunningHub>,
    pub config: Config,
    pub url: String,
    pub http: reqwest::Client,
    made_password: Option<String>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// With SQLite, or the given PostgreSQL database.
    pub async fn start(database: Option<String>) -> Self {
        Self::start_with(|config| config.database = database).await
    }

    pub async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let _set_before = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), folder.path().join("hub"));
        adjust(&mut config);
        let hub = serve(config.clone()).await.unwrap();
        let made_password = hub.first_sign_in.as_ref().map(|first| first.password.clone());
        let http = client();
        Self { url: hub.url(), hub: Some(hub), config, http, made_password, _folder: folder }
    }

    /// Another hub on the same PostgreSQL and folder.
    pub async fn beside(&self) -> Self {
        Self::start_with(|config| *config = self.config.clone()).await
    }

    /// Stops and starts again on the same data.
    pub async fn restart(&mut self) {
        self.restart_after(async || ()).await;
    }

    /// Stops, lets something happen while no hub looks, and starts again on the same data.
    pub async fn restart_after(&mut self, meanwhile: impl AsyncFnOnce()) {
        self.hub.take().unwrap().shutdown().await;
        meanwhile().await;
        let hub = serve(self.config.clone()).await.unwrap();
        assert!(hub.first_sign_in.is_none(), "the first sign-in is made once");
        self.url = hub.url();
        self.hub = Some(hub);
    }

    pub async fn stop(mut self) {
        self.hub.take().unwrap().shutdown().await;
    }

    pub async fn token(&self, uses: u32) -> String {
        commands::create_token(&self.config.data, self.config.database.as_deref(), "test", uses, 1).await.unwrap()
    }

    pub async fn device(&self) -> Device {
        let token = self.token(1).await;
        let answer = self.enrol(&token).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "a device enrols");
        let enrolled: Enrolled = answer.json().await.unwrap();
        Device {
            url: self.url.clone(),
            http: self.http.clone(),
            id: enrolled.device_id.to_string(),
            credential: enrolled.credential,
        }
    }

    pub async fn enrol(&self, token: &str) -> Response {
        let body = json!({ "token": token, "device_name": "pc-7", "platform": "linux" });
        self.http.post(format!("{}/api/v1/enrol", self.url)).json(&body).send().await.unwrap()
    }

    pub async fn try_sign_in(&self, login: &str, password: &str) -> Response {
        let body = json!({ "login": login, "password": password });
        self.http.post(format!("{}/api/v1/console/session", self.url)).json(&body).send().await.unwrap()
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Console {
        let answer = self.try_sign_in(login, password).await;
        assert_eq!(answer.status(), StatusCode::OK, "{login} signs in");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Session = answer.json().await.unwrap();
        Console { url: self.url.clone(), http: self.http.clone(), cookie, csrf: session.csrf_token.clone(), session }
    }

    /// The administrator, with a chosen password.
    pub async fn administrator(&mut self) -> Console {
        if let Some(made) = self.made_password.take() {
            let console = self.sign_in("admin", &made).await;
            assert!(console.session.must_change_password);
            let answer = console.post("/console/session/password", &json!({ "current": made, "new": PASSWORD })).await;
            assert_eq!(answer.status(), StatusCode::OK, "the administrator chooses a password");
        }
        self.sign_in("admin", PASSWORD).await
    }

    /// A technician of this login, with [`PASSWORD`] as the chosen password.
    pub async fn person(&self, admin: &Console, login: &str) -> Console {
        let mut name = login.to_owned();
        name[..1].make_ascii_uppercase();
        let first = "a first password";
        let new = json!({ "login": login, "display_name": name, "role": "technician", "password": first });
        assert_eq!(admin.post("/console/people", &new).await.status(), StatusCode::CREATED);
        self.chosen(login, first).await
    }

    /// Signs in with a one-time password and chooses [`PASSWORD`].
    pub async fn chosen(&self, login: &str, first: &str) -> Console {
        let console = self.sign_in(login, first).await;
        let better = json!({ "current": first, "new": PASSWORD });
        assert_eq!(console.post("/console/session/password", &better).await.status(), StatusCode::OK);
        console
    }

    pub fn made_password(&self) -> String {
        self.made_password.clone().unwrap()
    }

    /// The database itself.
    pub async fn database(&self) -> AnyPool {
        let address = self
            .config
            .database
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.config.data.join("hub.sqlite3").display()));
        AnyPool::connect(&address).await.unwrap()
    }

    pub fn attachment_file(&self, digest: &Sha256) -> PathBuf {
        self.config.data.join("attachments").join(&digest.as_str()[..2]).join(digest.as_str())
    }
}

/// Waits until it is so, however slow the machine.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(90);
    while !so().await {
        assert!(tokio::time::Instant::now() < end, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A new database on a server; gives its address.
pub async fn fresh_database(server: &programs::Postgres, name: &str) -> String {
    sqlx::any::install_default_drivers();
    let admin = sqlx::postgres::PgPool::connect(&server.database("postgres")).await.unwrap();
    // Names of PostgreSQL end after 63 bytes.
    let name: String = format!("t{}_{name}", std::process::id()).chars().take(60).collect();
    let mut create = sqlx::QueryBuilder::<sqlx::Postgres>::new("CREATE DATABASE ");
    create.push(&name).build().execute(&admin).await.unwrap();
    admin.close().await;
    server.database(&name)
}

/// Runs a story with a PostgreSQL of its own; where there is none, the test says that it is skipped.
pub fn with_postgres(story: impl AsyncFnOnce(&programs::Postgres)) {
    // It lives as long as the thread that started it, which must not be one of the runtime's.
    let server = match programs::Postgres::start() {
        Ok(server) => server,
        Err(reason) => {
            eprintln!("SKIPPED: {reason}");
            return;
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story(&server));
}

pub fn client() -> reqwest::Client {
    let _set_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// An enrolled device.
#[derive(Clone)]
pub struct Device {
    pub url: String,
    pub http: reqwest::Client,
    pub id: String,
    pub credential: String,
}

impl Device {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.credential)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: Vec<u8>) -> Response {
        self.request(Method::PUT, path).body(body).send().await.unwrap()
    }

    pub async fn send(&self, document: &TicketDocument) -> Response {
        self.send_bytes(serde_json::to_vec(document).unwrap()).await
    }

    pub async fn send_bytes(&self, bytes: Vec<u8>) -> Response {
        let request = self.request(Method::POST, "/tickets").header("content-type", "application/json");
        request.body(bytes).send().await.unwrap()
    }

    /// Sends a ticket that says this; gives its identity and number.
    pub async fn report(&self, description: &str) -> (ClientId, u64) {
        let document = document(description);
        let answer = self.send(&document).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "a ticket arrives");
        let receipt: Value = answer.json().await.unwrap();
        (document.client_id, receipt["number"].as_u64().unwrap())
    }

    pub async fn changes(&self, since: Option<&str>) -> Changes {
        let path = since.map_or("/tickets".to_owned(), |cursor| format!("/tickets?since={cursor}"));
        let answer = self.get(&path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    pub async fn verdict(&self, ticket: ClientId, verdict: Value) -> Response {
        let body = json!({ "id": FollowUpId::new(), "verdict": verdict });
        self.post(&format!("/tickets/{ticket}/verdicts"), &body).await
    }

    pub async fn reply(&self, ticket: ClientId, text: &str) -> Response {
        let body = json!({ "id": FollowUpId::new(), "text": text, "attachments": [] });
        self.post(&format!("/tickets/{ticket}/follow-ups"), &body).await
    }
}

/// Somebody signed in to the console.
#[derive(Clone)]
pub struct Console {
    pub url: String,
    pub http: reqwest::Client,
    pub cookie: String,
    pub csrf: String,
    pub session: Session,
}

impl Console {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.url));
        request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Response {
        self.request(Method::PATCH, path).json(body).send().await.unwrap()
    }

    pub async fn ticket(&self, number: u64) -> ConsoleTicket {
        let answer = self.get(&format!("/console/tickets/{number}")).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "ticket {number}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn list(&self, query: &str) -> TicketPage {
        let answer = self.get(&format!("/console/tickets?{query}")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{query}");
        answer.json().await.unwrap()
    }

    pub async fn say(&self, number: u64, text: &str, internal: bool, new_state: Option<&str>) -> Response {
        let body = json!({ "id": FollowUpId::new(), "text": text, "internal": internal, "new_state": new_state });
        self.post(&format!("/console/tickets/{number}/follow-ups"), &body).await
    }
}

pub fn document(description: &str) -> TicketDocument {
    TicketDocument {
        version: 1,
        client_id: ClientId::new(),
        created_at: Timestamp::now(),
        title: description.lines().next().unwrap_or_default().chars().take(120).collect(),
        description: description.to_owned(),
        requester: Requester {
            login: "anna".to_owned(),
            display_name: Some("Anna Ström".to_owned()),
            language: "fr".to_owned(),
        },
        can_work: None,
        affected: None,
        urgency: Level::Medium,
        impact: Level::Low,
        category: None,
        helpdesk_category: None,
        findings: Vec::new(),
        facts: Facts::default(),
        health: None,
        attachments: Vec::new(),
        made_by: "tests".to_owned(),
    }
}

pub fn announced(name: &str, media_type: &str, bytes: &[u8]) -> AttachmentMeta {
    let digest: [u8; 32] = sha2::Sha256::digest(bytes).into();
    AttachmentMeta {
        id: AttachmentId::new(),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::from(digest),
        screenshot: media_type == "image/png",
    }
}

/// The answer is a problem document of this status and code.
pub async fn assert_problem(answer: Response, status: u16, code: ErrorCode) -> Problem {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!((problem.status, problem.code), (status, code), "{problem:?}");
    assert_eq!(problem.request_id, Some(id));
    problem
}

/// An open event stream.
pub struct Stream {
    chunks: futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Stream {
    pub async fn open(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { chunks: answer.bytes_stream().boxed(), text: String::new() }
    }

    /// The next event's name and data; `None` at the end of the stream. Waits at most 10 s.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        self.within(Duration::from_secs(10)).await.expect("no event within 10 s")
    }

    /// The same, but `Err` if nothing comes in this time.
    pub async fn within(&mut self, time: Duration) -> Result<Option<(String, Value)>, ()> {
        let deadline = tokio::time::Instant::now() + time;
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).map(str::to_owned)
                };
                let (name, data) = (field("event:"), field("data:"));
                let rest = rest.to_owned();
                self.text = rest;
                if let (Some(name), Some(data)) = (name, data) {
                    return Ok(Some((name, serde_json::from_str(&data).unwrap())));
                }
                continue;
            }
            match tokio::time::timeout_at(deadline, self.chunks.next()).await {
                Err(_) => return Err(()),
                Ok(None) => return Ok(None),
                Ok(Some(chunk)) => self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap()),
            }
        }
    }
}
