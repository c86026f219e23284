//! `deskside report "text"`: the same way as in the window, with the same bytes shown before they leave.

use std::io::{self, BufRead as _, Write as _};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use deskside_ipc::Client;
use deskside_protocol::facts::{SectionId, Sensitivity};
use deskside_protocol::local::{
    Blob, Capture, Connection, Delivery, Draft, DraftChange, Event, Preview, Request, Response, UploadOwner,
};
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ClientId, DraftId, ErrorCode, ErrorReport, limits};
use tokio::sync::broadcast;

use super::{CliError, Exit, Session, complain, say, word};

/// Longest wait for the facts; a section that takes longer has failed by then.
const COLLECT: Duration = Duration::from_secs(12);
/// Longest wait for the number; after that the request is kept, and that is said.
const DELIVER: Duration = Duration::from_secs(12);

impl Session {
    pub(super) async fn report(&self, text: &str, screenshot: bool, yes: bool) -> Result<Exit, CliError> {
        let client = self.agent().await?;
        // Asked for first, for it shows the screen as it is now.
        let capture = if screenshot { self.capture(&client).await? } else { None };
        let Response::Draft(Draft { id: draft, .. }) = client.request(Request::NewDraft).await? else {
            return Err(CliError::Unexpected("draft"));
        };
        let change = DraftChange { text: Some(text.to_owned()), ..DraftChange::default() };
        client.request(Request::SaveDraft { draft, change }).await?;
        if let Some(capture) = &capture {
            attach(&client, draft, capture).await?;
        }
        let preview = self.collected(&client, draft).await?;
        let document: TicketDocument =
            serde_json::from_str(&preview.document).map_err(|_| CliError::Unexpected("document"))?;
        if document.description.trim().is_empty() {
            return Err(refused(ErrorCode::TextMissing, "the text is empty"));
        }
        self.show(&preview, &document, capture.as_ref())?;
        if !yes && !self.agrees()? {
            say(&self.texts.cli_not_sent())?;
            return Ok(Exit::SaidNo);
        }
        let mut events = client.events();
        let submit = Request::Submit { draft, document_sha256: preview.document_sha256 };
        let Response::Submitted { client_id } = client.request(submit).await? else {
            return Err(CliError::Unexpected("submitted"));
        };
        match number(self, &client, client_id, &mut events).await? {
            Some(number) => say(&self.texts.cli_sent(&number.to_string()))?,
            None => say(&self.texts.cli_kept())?,
        }
        Ok(Exit::Done)
    }

    /// A picture that cannot be taken does not keep the words from being sent.
    async fn capture(&self, client: &Client) -> Result<Option<Capture>, CliError> {
        match client.request(Request::TakeCapture).await.map_err(ErrorReport::from) {
            Ok(Response::Capture(capture)) => Ok(Some(capture)),
            Ok(_) => Err(CliError::Unexpected("capture")),
            Err(report) => {
                complain(&self.error_text(report.code).unwrap_or_default());
                complain(&report.detail);
                Ok(None)
            }
        }
    }

    /// The preview, when every section is there or has failed.
    async fn collected(&self, client: &Client, draft: DraftId) -> Result<Preview, CliError> {
        let mut events = client.events();
        let until = Instant::now() + COLLECT;
        let mut said = false;
        loop {
            let Response::Preview(preview) = client.request(Request::Preview { draft }).await? else {
                return Err(CliError::Unexpected("preview"));
            };
            if !preview.collecting || Instant::now() >= until {
                return Ok(preview);
            }
            if !said {
                complain(&self.texts.cli_collecting());
                said = true;
            }
            wait(&mut events, until, |event| matches!(event, Event::FactsChanged)).await;
        }
    }

    /// What leaves, and what does not.
    fn show(&self, preview: &Preview, document: &TicketDocument, capture: Option<&Capture>) -> io::Result<()> {
        let out = &mut io::stdout().lock();
        let nowhere_yet = self.texts.cli_the_helpdesk();
        let destination = if preview.destination.is_empty() { &nowhere_yet } else { &preview.destination };
        writeln!(out, "{}", self.texts.cli_this_is_sent(destination))?;
        writeln!(out, "\n  {}", self.texts.cli_your_text())?;
        for line in document.description.lines() {
            writeln!(out, "    {line}")?;
        }
        if let Some(capture) = capture {
            let (width, height) = (capture.width_px.to_string(), capture.height_px.to_string());
            writeln!(out, "  {}", self.texts.cli_picture(&height, &width))?;
        }
        for section in document.facts.present() {
            writeln!(out, "  {}", self.section_name(section))?;
            writeln!(out, "    {}", self.purpose(section))?;
        }
        for finding in &document.findings {
            writeln!(out, "    • {}", self.finding_text(finding))?;
        }
        let held: Vec<String> = preview
            .sections
            .iter()
            .filter(|choice| !choice.on)
            .map(|choice| self.section_name(choice.section))
            .collect();
        let held = if held.is_empty() { self.texts.cli_nothing() } else { held.join(", ") };
        writeln!(out, "\n{}", self.texts.cli_held_back(&held))
    }

    /// What a section is for, and how much it tells about a person.
    fn purpose(&self, section: SectionId) -> String {
        let id = section.name().replace('_', "-");
        let purpose = self.texts.by_id(&format!("section-{id}-purpose"), &[]).unwrap_or_default();
        match section.sensitivity() {
            Sensitivity::Machine => purpose,
            personal @ (Sensitivity::Surroundings | Sensitivity::Person) => {
                let sensitivity = self.texts.by_id(&format!("sensitivity-{}", word(&personal)), &[]);
                format!("{purpose} ({})", sensitivity.unwrap_or_default())
            }
        }
    }

    /// Only a clear yes is one; the end of the input is not.
    fn agrees(&self) -> io::Result<bool> {
        let mut out = io::stdout().lock();
        write!(out, "{} ", self.texts.cli_send_question())?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        let answer = answer.trim().to_lowercase();
        let yes = self.texts.by_id("yes", &[]).unwrap_or_default().to_lowercase();
        Ok(!answer.is_empty() && (answer == self.texts.cli_yes_letter() || answer == yes || answer == "y"))
    }
}

fn refused(code: ErrorCode, detail: &str) -> CliError {
    CliError::Agent(deskside_ipc::ClientError::Refused(ErrorReport::new(code, detail)))
}

/// Brings the picture to the draft, whole: it was asked for whole.
async fn attach(client: &Client, draft: DraftId, capture: &Capture) -> Result<(), CliError> {
    let blob = Blob::Capture { capture: capture.id };
    let mut png = Vec::new();
    loop {
        let offset = png.len() as u64;
        let Response::Piece { data_base64, total_bytes } = client.request(Request::ReadBlob { blob, offset }).await?
        else {
            return Err(CliError::Unexpected("piece"));
        };
        let piece = BASE64.decode(data_base64).map_err(|_| CliError::Unexpected("piece"))?;
        let ended = piece.is_empty();
        png.extend(piece);
        if ended || png.len() as u64 >= total_bytes {
            break;
        }
    }
    let begin = Request::BeginUpload {
        owner: UploadOwner::Draft { draft },
        name: "screen.png".to_owned(),
        media_type: "image/png".to_owned(),
        size_bytes: png.len() as u64,
        screenshot: true,
    };
    let Response::Upload { upload } = client.request(begin).await? else {
        return Err(CliError::Unexpected("upload"));
    };
    let mut offset = 0;
    for piece in png.chunks(limits::CHUNK_BYTES) {
        client.request(Request::UploadPiece { upload, offset, data_base64: BASE64.encode(piece) }).await?;
        offset += piece.len() as u64;
    }
    client.request(Request::FinishUpload { upload }).await?;
    client.request(Request::DropCapture { capture: capture.id }).await?;
    Ok(())
}

/// The number, if the request arrives soon.
async fn number(
    session: &Session,
    client: &Client,
    client_id: ClientId,
    events: &mut broadcast::Receiver<Event>,
) -> Result<Option<u64>, CliError> {
    let Response::Home(home) = client.request(Request::Home).await? else {
        return Err(CliError::Unexpected("home"));
    };
    let until = match home.connection {
        Connection::Online | Connection::Offline => Instant::now() + DELIVER,
        // Nobody is there to give a number.
        Connection::NotEnrolled | Connection::Refused => Instant::now(),
    };
    loop {
        let Response::Requests { requests, .. } = client.request(Request::Requests).await? else {
            return Err(CliError::Unexpected("requests"));
        };
        let delivery = requests.into_iter().find(|row| row.client_id == client_id).map(|row| row.delivery);
        match delivery {
            Some(Delivery::Delivered { number }) => return Ok(Some(number)),
            Some(Delivery::Parked { error, number: Some(number), .. }) => {
                // It has arrived, but for a file.
                complain(&session.error_text(error.code).unwrap_or_default());
                return Ok(Some(number));
            }
            Some(Delivery::Parked { error, .. }) => {
                return Err(CliError::Agent(deskside_ipc::ClientError::Refused(error)));
            }
            // A try has failed: the next one may be a while.
            Some(Delivery::Waiting { last_error: Some(_), .. }) => return Ok(None),
            Some(Delivery::Waiting { .. } | Delivery::Sending) | None => {}
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        wait(events, until, |event| matches!(event, Event::RequestChanged { .. })).await;
    }
}

/// Waits for such an event, or a second, or the end.
async fn wait(events: &mut broadcast::Receiver<Event>, until: Instant, wanted: impl Fn(&Event) -> bool) {
    let end = until.min(Instant::now() + Duration::from_secs(1));
    let heard = async {
        loop {
            match events.recv().await {
                Ok(event) if !wanted(&event) => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    // Past the end, the caller looks anew.
    let _ = tokio::time::timeout_at(end.into(), heard).await;
}
