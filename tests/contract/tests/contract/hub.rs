//! The hub's own desk: a real one, in this process.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_contract::story::{self, Backend, Bytesful, Held};
use deskside_helpdesk::Helpdesk;
use deskside_helpdesk::hub::{HubDesk, enrol};
use deskside_hub::{Config, RunningHub, commands, serve};
use deskside_protocol::desk::{ChangePassword, ConsoleReply, ConsoleTicket, Enrol, Session, SignIn, TicketPage};
use deskside_protocol::ticket::{Author, TicketState};
use deskside_protocol::{AttachmentId, FollowUpId};
use url::Url;

struct Hub {
    running: RunningHub,
    desk: Arc<dyn Helpdesk>,
    http: reqwest::Client,
    cookie: String,
    csrf: String,
    device: String,
    _folder: tempfile::TempDir,
}

impl Hub {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data: PathBuf = folder.path().join("hub");
        let running = serve(Config::new("127.0.0.1:0".parse().unwrap(), data.clone())).await.unwrap();
        let url = Url::parse(&running.url()).unwrap();
        let token = commands::create_token(&data, None, "test", 1, 1).await.unwrap();
        let request = Enrol { token, device_name: "pc".into(), platform: "linux".into() };
        let enrolled = enrol(&url, &request).await.unwrap();
        let desk = Arc::new(HubDesk::new(&url, &enrolled.credential).unwrap());

        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let first = running.first_sign_in.as_ref().unwrap();
        let body = SignIn { login: first.login.clone(), password: first.password.clone() };
        let answer = http.post(format!("{}/api/v1/console/session", running.url())).json(&body).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Session = answer.json().await.unwrap();
        let change = ChangePassword { current: first.password.clone(), new: "correct horse battery".into() };
        let url = format!("{}/api/v1/console/session/password", running.url());
        let request = http.post(url).json(&change).header("cookie", &cookie);
        let answer = request.header("x-csrf-token", &session.csrf_token).send().await.unwrap();
        let session: Session = answer.error_for_status().unwrap().json().await.unwrap();
        let device = enrolled.device_id.to_string();
        Self { running, desk, http, cookie, csrf: session.csrf_token, device, _folder: folder }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1/console{path}", self.running.url());
        self.http.request(method, url).header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }

    async fn say(&self, number: u64, reply: &ConsoleReply) -> anyhow::Result<()> {
        let path = format!("/tickets/{number}/follow-ups");
        self.request(reqwest::Method::POST, &path).json(reply).send().await?.error_for_status()?;
        Ok(())
    }
}

fn reply(text: &str) -> ConsoleReply {
    ConsoleReply { id: FollowUpId::new(), text: text.into(), internal: false, new_state: None, attachments: Vec::new() }
}

#[async_trait]
impl Backend for Hub {
    fn name(&self) -> &'static str {
        "Deskside hub"
    }
    fn desk(&self) -> Arc<dyn Helpdesk> {
        Arc::clone(&self.desk)
    }
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()> {
        let mut answer = reply(text);
        if let Some((name, bytes)) = file {
            let id = AttachmentId::new();
            let path = format!("/tickets/{number}/files/{id}");
            let request = self.request(reqwest::Method::PUT, &path);
            let request = request.query(&[("name", name.as_str()), ("media_type", "text/plain")]).body(bytes);
            request.send().await?.error_for_status()?;
            answer.attachments = vec![id];
        }
        self.say(number, &answer).await
    }
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()> {
        self.say(number, &ConsoleReply { internal: true, ..reply(text) }).await
    }
    async fn solve(&mut self, number: u64) -> anyhow::Result<()> {
        self.say(number, &ConsoleReply { new_state: Some(TicketState::Solved), ..reply("Done.") }).await
    }
    async fn held(&mut self, text: &str) -> anyhow::Result<Vec<Held>> {
        let answer = self.request(reqwest::Method::GET, "/tickets").send().await?;
        let page: TicketPage = answer.error_for_status()?.json().await?;
        let mut held = Vec::new();
        for row in page.tickets {
            let answer = self.request(reqwest::Method::GET, &format!("/tickets/{}", row.number)).send().await?;
            let ticket: ConsoleTicket = answer.error_for_status()?.json().await?;
            if !ticket.document.description.contains(text) {
                continue;
            }
            let mine = ticket.thread.iter().filter(|entry| entry.follow_up.author == Author::Requester);
            let metas = ticket.document.attachments.iter().chain(mine.clone().flat_map(|e| &e.follow_up.attachments));
            let mut files = Vec::new();
            for meta in metas.filter(|meta| ticket.arrived.contains(&meta.id)) {
                let answer = self.request(reqwest::Method::GET, &format!("/attachments/{}", meta.id)).send().await?;
                files.push((meta.name.clone(), answer.error_for_status()?.bytes().await?.to_vec()));
            }
            held.push(Held {
                text: ticket.document.description.clone(),
                files,
                replies: mine.map(|entry| entry.follow_up.text.clone()).collect(),
            });
        }
        Ok(held)
    }
    fn refuses(&self) -> Option<Bytesful> {
        None
    }
    async fn revoke(&mut self, _: bool) -> anyhow::Result<bool> {
        // A withdrawn device enrols anew: another credential, another connection. That story is the agent's own.
        let _of_this_device = &self.device;
        Ok(false)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hub_tells_the_story() {
    let mut backend = Hub::start().await;
    let column = story::tell(&mut backend).await.unwrap();
    println!("{}", column.markdown(backend.name()));
    column.is_documented(backend.name()).unwrap();
    backend.running.shutdown().await;
}
