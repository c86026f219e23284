//! A user who talks to the agent as the window does, and goes on where they were when it comes back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use deskside_desktop::wait_until;
use deskside_e2e::SOON;
use deskside_ipc::{Client, ClientError, Endpoint};
use deskside_protocol::local::{
    Delivery, Draft, DraftChange, Home, PeerRole, Request, RequestRow, Response, Thread, UploadOwner,
};
use deskside_protocol::ticket::AttachmentMeta;
use deskside_protocol::{ClientId, DraftId, ErrorCode, ErrorReport, limits};
use rand::RngExt as _;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};

/// Longest wait for an answer where the agent is alive: longer than anything takes.
const LONG: Duration = Duration::from_secs(120);

/// Why there is no answer.
#[derive(Debug)]
pub enum Gone {
    /// The agent ended before it answered: whether it did it is not known.
    Unknown,
    /// It says no.
    Refused(ErrorReport),
}

/// A file that is to be attached.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// How long a window lives that is killed around Submit; `None` if it is not.
fn patience(dice: &mut StdRng) -> Option<Duration> {
    let is_killed = dice.random_range(0..8_u32) == 0;
    is_killed.then(|| Duration::from_micros(dice.random_range(100..40_000)))
}

/// Somebody with a connection to the agent, made anew whenever it breaks.
pub struct User {
    socket: PathBuf,
    client: Option<Client>,
    /// How often the agent was gone in the middle of a request.
    pub interrupted: u32,
}

impl User {
    /// Somebody who talks to the agent at this socket.
    #[must_use]
    pub fn at(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), client: None, interrupted: 0 }
    }

    /// Connects, once the agent is there; `None` if it stays away.
    async fn connect(&self) -> Option<Client> {
        let endpoint = Endpoint::at(&self.socket);
        let until = Instant::now() + 2 * SOON;
        while Instant::now() < until {
            if let Ok(client) = Client::connect(&endpoint, PeerRole::CommandLine).await {
                return Some(client);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    /// Asks, once the agent is there.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn ask(&mut self, request: Request) -> Result<Response, Gone> {
        let client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.connect().await.ok_or(Gone::Unknown)?,
        };
        match client.request(request).await {
            Ok(response) => {
                self.client = Some(client);
                Ok(response)
            }
            Err(ClientError::Refused(report)) => {
                self.client = Some(client);
                Err(Gone::Refused(report))
            }
            Err(ClientError::Closed | ClientError::TimedOut | ClientError::Unsendable(_)) => {
                self.interrupted += 1;
                Err(Gone::Unknown)
            }
        }
    }

    /// Asks until it is answered: for what can be asked twice.
    ///
    /// # Errors
    /// The agent says no, or is gone for long.
    pub async fn insist(&mut self, request: Request) -> anyhow::Result<Response> {
        for _ in 0..50 {
            match self.ask(request.clone()).await {
                Ok(response) => return Ok(response),
                Err(Gone::Refused(report)) => bail!("{request:?} is refused: {report}"),
                Err(Gone::Unknown) => {}
            }
        }
        bail!("the agent never answers {request:?}")
    }

    /// What Home shows.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn home(&mut self) -> anyhow::Result<Home> {
        let Response::Home(home) = self.insist(Request::Home).await? else { bail!("not Home") };
        Ok(home)
    }

    /// The requests there are.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn requests(&mut self) -> anyhow::Result<Vec<RequestRow>> {
        let Response::Requests { requests, .. } = self.insist(Request::Requests).await? else {
            bail!("no list of requests")
        };
        Ok(requests)
    }

    /// One request.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn thread(&mut self, client_id: ClientId) -> anyhow::Result<Thread> {
        let Response::Thread(thread) = self.insist(Request::Thread { client_id }).await? else { bail!("no thread") };
        Ok(thread)
    }

    /// An empty draft.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn new_draft(&mut self) -> anyhow::Result<DraftId> {
        let Response::Draft(draft) = self.insist(Request::NewDraft).await? else { bail!("no draft") };
        Ok(draft.id)
    }

    /// A draft as it is kept.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn draft(&mut self, draft: DraftId) -> anyhow::Result<Draft> {
        let Response::Draft(draft) = self.insist(Request::OpenDraft { draft: Some(draft) }).await? else {
            bail!("no draft")
        };
        Ok(draft)
    }

    /// Types a text in place of another that was kept before. When the agent dies, one of the two must be there after.
    ///
    /// # Errors
    /// What was kept is lost; as [`User::insist`].
    pub async fn type_over(&mut self, draft: DraftId, before: &str, text: &str) -> anyhow::Result<()> {
        let change = DraftChange { text: Some(text.to_owned()), ..DraftChange::default() };
        loop {
            match self.ask(Request::SaveDraft { draft, change: change.clone() }).await {
                Ok(_) => return Ok(()),
                Err(Gone::Refused(report)) => bail!("a text is refused: {report}"),
                Err(Gone::Unknown) => {
                    let kept = self.draft(draft).await.context("a draft is lost")?.text;
                    ensure!(kept == before || kept == text, "{before:?} or {text:?} were typed, {kept:?} is kept");
                }
            }
        }
    }

    /// What is attached to this already.
    async fn attached(&mut self, owner: UploadOwner) -> anyhow::Result<Vec<AttachmentMeta>> {
        match owner {
            UploadOwner::Draft { draft } => Ok(self.draft(draft).await.context("a draft is lost")?.attachments),
            UploadOwner::Reply { client_id } => Ok(self.thread(client_id).await?.reply_attachments),
        }
    }

    async fn upload(&mut self, owner: UploadOwner, file: &Upload) -> Result<(), Gone> {
        let begin = Request::BeginUpload {
            owner,
            name: file.name.clone(),
            media_type: "application/octet-stream".to_owned(),
            size_bytes: file.bytes.len() as u64,
            screenshot: false,
        };
        let Response::Upload { upload } = self.ask(begin).await? else { return Err(Gone::Unknown) };
        for (number, piece) in file.bytes.chunks(limits::CHUNK_BYTES).enumerate() {
            let data_base64 = base64::engine::general_purpose::STANDARD.encode(piece);
            let offset = (number * limits::CHUNK_BYTES) as u64;
            self.ask(Request::UploadPiece { upload, offset, data_base64 }).await?;
        }
        self.ask(Request::FinishUpload { upload }).await.map(drop)
    }

    /// Attaches a file, once, however often the agent dies meanwhile.
    ///
    /// # Errors
    /// The agent refuses it.
    pub async fn attach(&mut self, owner: UploadOwner, file: &Upload) -> anyhow::Result<()> {
        let wanted = digest(&file.bytes);
        for _ in 0..50 {
            match self.upload(owner, file).await {
                Ok(()) => return Ok(()),
                // The agent that began it is not the one that was asked to go on.
                Err(Gone::Refused(report)) if report.code == ErrorCode::NotFound => {}
                Err(Gone::Refused(report)) => bail!("{} is refused: {report}", file.name),
                Err(Gone::Unknown) => {}
            }
            if self.attached(owner).await?.iter().any(|meta| meta.sha256.as_str() == wanted) {
                return Ok(());
            }
        }
        bail!("{} is never taken", file.name)
    }

    async fn with_title(&mut self, title: &str) -> anyhow::Result<Option<ClientId>> {
        Ok(self.requests().await?.into_iter().find(|row| row.title == title).map(|row| row.client_id))
    }

    /// Looks at the preview and sends what it shows, once, however often the agent dies meanwhile. The title is the first
    /// line of the text, by which it is found again. With `impatience`, now and then the connection ends while it is under
    /// way, as when the window is killed.
    ///
    /// # Errors
    /// The agent refuses it, or request and draft are lost.
    pub async fn submit(
        &mut self,
        draft: DraftId,
        title: &str,
        mut impatience: Option<&mut StdRng>,
    ) -> anyhow::Result<ClientId> {
        for _ in 0..100 {
            let asked = self.ask(Request::Preview { draft }).await;
            let outcome = match asked {
                Ok(Response::Preview(preview)) => {
                    let patience = impatience.as_deref_mut().and_then(patience);
                    let submit = Request::Submit { draft, document_sha256: preview.document_sha256 };
                    match tokio::time::timeout(patience.unwrap_or(LONG), self.ask(submit)).await {
                        Ok(outcome) => outcome,
                        // The connection went with the question.
                        Err(_) => Err(Gone::Unknown),
                    }
                }
                other => other,
            };
            match outcome {
                Ok(Response::Submitted { client_id }) => {
                    return Ok(client_id);
                }
                Ok(other) => bail!("not an answer to Submit: {other:?}"),
                Err(Gone::Refused(report)) if report.code == ErrorCode::PreviewChanged => {}
                // It went with the agent that died before it could say so, or it is lost.
                Err(Gone::Refused(report)) if report.code == ErrorCode::NotFound => {
                    let kept = self.with_title(title).await?;
                    return kept.with_context(|| format!("{title:?} is neither a draft nor a request: {report}"));
                }
                Err(Gone::Refused(report)) => bail!("{title:?} is refused: {report}"),
                Err(Gone::Unknown) => {
                    if let Some(client_id) = self.with_title(title).await? {
                        return Ok(client_id);
                    }
                }
            }
        }
        bail!("{title:?} is never taken")
    }

    /// Writes and submits a report with these files.
    ///
    /// # Errors
    /// Something of it is refused or lost.
    pub async fn report(&mut self, text: &str, files: &[Upload]) -> anyhow::Result<ClientId> {
        let draft = self.new_draft().await?;
        self.type_over(draft, "", text).await?;
        for file in files {
            self.attach(UploadOwner::Draft { draft }, file).await?;
        }
        self.submit(draft, text.lines().next().unwrap_or_default(), None).await
    }

    /// Answers in a request, once.
    ///
    /// # Errors
    /// The agent refuses it.
    pub async fn reply(&mut self, client_id: ClientId, text: &str, file: Option<&Upload>) -> anyhow::Result<()> {
        if let Some(file) = file {
            self.attach(UploadOwner::Reply { client_id }, file).await?;
        }
        for _ in 0..50 {
            match self.ask(Request::Reply { client_id, text: text.to_owned() }).await {
                Ok(_) => return Ok(()),
                Err(Gone::Refused(report)) => bail!("{text:?} is refused: {report}"),
                Err(Gone::Unknown) => {
                    let thread = self.thread(client_id).await?;
                    if thread.entries.iter().any(|entry| entry.follow_up.text == text) {
                        return Ok(());
                    }
                }
            }
        }
        bail!("{text:?} is never taken")
    }

    /// What does not lie in the helpdesk yet, with the reason: empty when all has arrived.
    ///
    /// # Errors
    /// As [`User::insist`].
    pub async fn undelivered(&mut self) -> anyhow::Result<BTreeMap<String, Delivery>> {
        let rows = self.requests().await?.into_iter();
        let waits = rows.filter(|row| !matches!(row.delivery, Delivery::Delivered { .. }));
        Ok(waits.map(|row| (row.title, row.delivery)).collect())
    }

    /// Waits until everything has arrived, trying now and again as the user would by the button.
    ///
    /// # Errors
    /// It has not within `limit`; the error says what waits.
    pub async fn all_arrived(&mut self, limit: Duration) -> anyhow::Result<()> {
        let mut last = String::new();
        let arrived = wait_until("everything in the helpdesk", limit, async || {
            self.insist(Request::SendNow).await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            let home = self.home().await?;
            last = format!("{} requests wait, {} are parked", home.waiting, home.parked);
            if home.parked == 0 && home.waiting > 0 {
                return Ok(None);
            }
            let waits = self.undelivered().await?;
            last = format!("{last}: {waits:?}");
            ensure!(home.parked == 0, "something is parked");
            Ok(waits.is_empty().then_some(()))
        });
        arrived.await.with_context(|| last)
    }
}
