//! What windows and command lines ask of the agent over the local socket, and what it tells them.
//!
//! A frame is a length (u32, little endian) and that many bytes of JSON, at most [`crate::limits::FRAME_BYTES`]. The
//! first frame each way is [`Hello`]; then the client sends [`Call`]s and the agent sends [`Message`]s. A command asks;
//! an event tells: what changed because of a request comes as an [`Event`] to every window.

use serde::{Deserialize, Serialize};

use crate::connect::{Article, CategoryChoice, ConnectStep, HelpdeskChoice, HelpdeskReport};
use crate::facts::{Facts, SectionId, Sensitivity};
use crate::health::{HealthSample, HealthSlice};
use crate::settings::{Settings, SettingsView};
use crate::ticket::{Affected, AttachmentMeta, CanWork, Category, Finding, FollowUp, TicketState, Verdict};
use crate::{
    AttachmentId, CaptureId, ClientId, DraftId, ErrorCode, ErrorReport, FollowUpId, Sha256, Timestamp, UploadId,
};

/// The version of this protocol that this code speaks. Both ends take the lower of the two, if they still speak it.
pub const PROTOCOL: u32 = 1;
/// The oldest version that this code still speaks.
pub const PROTOCOL_OLDEST: u32 = 1;

/// The first frame each way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hello {
    /// Newest version the sender speaks.
    pub protocol: u32,
    /// Oldest version the sender speaks.
    pub oldest: u32,
    /// Version of the sending program.
    pub program: String,
    /// What the sender is.
    pub role: PeerRole,
}

/// What an end of the local socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PeerRole {
    /// The agent.
    Agent,
    /// A window; it gets [`Event::Navigate`] when the tray is clicked.
    Window,
    /// A command line.
    CommandLine,
    /// The development host of tests.
    DevHost,
}

/// A request with its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// Chosen by the client; comes back in [`Message::Reply`].
    pub id: u32,
    /// What is asked.
    pub request: Request,
}

/// What the agent sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "message", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "moved once per request; a box would help nobody")]
pub enum Message {
    /// The answer to a call.
    Reply {
        /// The call's number.
        id: u32,
        /// What came of it.
        outcome: Outcome,
    },
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "moved once per request; a box would help nobody")]
pub enum Outcome {
    /// It was done.
    Ok(Response),
    /// It was not.
    Err(ErrorReport),
}

/// A place in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "screen", rename_all = "kebab-case")]
pub enum Route {
    /// Home.
    Home,
    /// Report a problem, on this draft, or on the newest, or on a new one.
    Report {
        /// The draft.
        draft: Option<DraftId>,
        /// A picture that the tray took before the window came.
        capture: Option<CaptureId>,
    },
    /// A text that a link suggests (`deskside://report?text=…`): shown, with the question whether to use it.
    Suggested {
        /// The text; from anybody.
        text: String,
        /// What it is about, if the link says.
        category: Option<Category>,
    },
    /// My requests.
    Requests,
    /// One request.
    Request {
        /// Which.
        client_id: ClientId,
    },
    /// Privacy.
    Privacy,
    /// Settings.
    Settings,
    /// Connect a helpdesk.
    Connect,
    /// This computer, in words.
    Computer,
}

/// What can be asked of the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// What Home shows. → [`Response::Home`]
    Home,
    /// A draft to write in. → [`Response::Draft`]
    OpenDraft {
        /// This one; `None` is the newest unsent one, or a new one.
        draft: Option<DraftId>,
    },
    /// A new, empty draft beside those that were begun. → [`Response::Draft`]
    NewDraft,
    /// Keeps what was typed and chosen; durable when answered. → [`Response::Draft`]
    SaveDraft {
        /// Which.
        draft: DraftId,
        /// What changed.
        change: DraftChange,
    },
    /// Throws a draft and its files away. → [`Response::Done`]
    DiscardDraft {
        /// Which.
        draft: DraftId,
    },
    /// Takes a picture of the whole screen. The window hides itself first. → [`Response::Capture`]
    TakeCapture,
    /// A picture that is held already. → [`Response::Capture`]
    OpenCapture {
        /// Which.
        capture: CaptureId,
    },
    /// The window has left the screen, as [`Event::HideForCapture`] asked. → [`Response::Done`]
    WindowHidden,
    /// Forgets a picture. → [`Response::Done`]
    DropCapture {
        /// Which.
        capture: CaptureId,
    },
    /// Begins to bring a file. Type and size are judged here. → [`Response::Upload`]
    BeginUpload {
        /// What it will belong to.
        owner: UploadOwner,
        /// File name, without folders.
        name: String,
        /// Its media type; empty if not known.
        media_type: String,
        /// Size in bytes.
        size_bytes: u64,
        /// Whether it is a picture of the screen, flattened: the agent encodes it anew, without metadata.
        screenshot: bool,
    },
    /// The next piece of it. → [`Response::Done`]
    UploadPiece {
        /// Which upload.
        upload: UploadId,
        /// Where the piece begins; must be where the last one ended.
        offset: u64,
        /// At most [`crate::limits::CHUNK_BYTES`], in base64 (RFC 4648, section 4).
        data_base64: String,
    },
    /// It is whole: keep it. → [`Response::Attached`]
    FinishUpload {
        /// Which upload.
        upload: UploadId,
    },
    /// Takes a file away again. → [`Response::Done`]
    RemoveAttachment {
        /// What it belongs to.
        owner: UploadOwner,
        /// Which.
        attachment: AttachmentId,
    },
    /// A piece of a picture or file. → [`Response::Piece`]
    ReadBlob {
        /// Of what.
        blob: Blob,
        /// From where, in bytes.
        offset: u64,
    },
    /// All that would leave, as it would leave. → [`Response::Preview`]
    Preview {
        /// Of which draft.
        draft: DraftId,
    },
    /// Switches a section on or off for this draft. → [`Response::Preview`]
    SetSection {
        /// Of which draft.
        draft: DraftId,
        /// Which section.
        section: SectionId,
        /// On or off.
        on: bool,
    },
    /// How this computer was during the last half hour. → [`Response::Health`]
    Health,
    /// Says when it happened: how the computer was around that moment leaves with the ticket. → [`Response::Draft`]
    SetMoment {
        /// In which draft.
        draft: DraftId,
        /// The moment; `None` takes it away again.
        moment: Option<Timestamp>,
    },
    /// Sends the draft as it was previewed. Durable when answered. → [`Response::Submitted`]
    Submit {
        /// Which draft.
        draft: DraftId,
        /// Digest of the document that the user saw ([`Preview::document_sha256`]).
        document_sha256: Sha256,
    },
    /// My requests, newest change first. → [`Response::Requests`]
    Requests,
    /// One request with its thread; marks its answers as read. → [`Response::Thread`]
    Thread {
        /// Which.
        client_id: ClientId,
    },
    /// Keeps an answer that is being written; durable when answered. → [`Response::Done`]
    SaveReply {
        /// In which request.
        client_id: ClientId,
        /// Plain text, all of it.
        text: String,
    },
    /// Answers in a thread. Durable when answered. → [`Response::Done`]
    Reply {
        /// In which request.
        client_id: ClientId,
        /// Plain text.
        text: String,
    },
    /// Confirms, reopens or rates. Durable when answered. → [`Response::Done`]
    GiveVerdict {
        /// On which request.
        client_id: ClientId,
        /// What.
        verdict: Verdict,
    },
    /// Tries everything that waits now. → [`Response::Done`]
    SendNow,
    /// Puts a parked message back in the queue. → [`Response::Done`]
    RetryParked {
        /// Of which request.
        client_id: ClientId,
    },
    /// Takes back what is parked, to change it or to let it go. A request that never arrived becomes a draft again, with
    /// everything that was written after it; a reply goes back to [`Thread::reply_text`], below what stands there; a
    /// verdict was not given; files that were refused are let go. Nothing typed is lost. → [`Response::TakenBack`]
    TakeBack {
        /// Of which request.
        client_id: ClientId,
        /// This reply or verdict alone; `None` is everything of the request that is parked.
        #[serde(default)]
        entry: Option<FollowUpId>,
    },
    /// This computer, freshly looked at. → [`Response::Facts`]
    Facts,
    /// What was done and sent here. → [`Response::Privacy`]
    Privacy,
    /// The document that was sent, byte for byte. → [`Response::Document`]
    SentDocument {
        /// Of which request.
        client_id: ClientId,
    },
    /// Everything kept here about the user, as one JSON document. → [`Response::Document`]
    ExportData,
    /// Erases everything kept here but what still waits to be sent. → [`Response::Done`]
    EraseData,
    /// Settings in force. → [`Response::Settings`]
    Settings,
    /// Changes settings. → [`Response::Settings`]
    ChangeSettings {
        /// All of them as they shall be.
        settings: Settings,
    },
    /// Asks the desktop for the shortcut's keys, where it asks the user in turn: on their own wish only, for its question
    /// takes the focus. → [`Response::Done`]
    SetUpShortcut,
    /// Enrols this device. → [`Response::Settings`]
    Enrol {
        /// The hub's address.
        url: String,
        /// The token from IT.
        token: String,
    },
    /// Signs the employee in at the company's provider, if the hub asks for that: opens the system's browser, and goes on
    /// when it comes back. → [`Response::Done`] once the browser is open
    SignIn,
    /// Looks at a helpdesk, step by step, and changes nothing. Each step is told as [`Event::HelpdeskStep`] as it is
    /// done. → [`Response::HelpdeskReport`]
    ProbeHelpdesk {
        /// Which, and how.
        choice: HelpdeskChoice,
    },
    /// The same; and if all is well, this is the helpdesk from now on, and its credential is in the keyring. What waits is
    /// sent there. → [`Response::HelpdeskReport`]
    ConnectHelpdesk {
        /// Which, and how.
        choice: HelpdeskChoice,
    },
    /// Forgets the helpdesk that was connected here, and its credential. What waits goes on waiting. → [`Response::Settings`]
    DisconnectHelpdesk,
    /// Articles of the helpdesk that may answer this, before a request is sent. → [`Response::Articles`]
    SearchArticles {
        /// What was written.
        words: String,
    },
    /// The helpdesk's categories. → [`Response::Categories`]
    Categories,
    /// Checks every part. → [`Response::Doctor`]
    Doctor,
    /// Opens the window there (the command line and second starts ask this). → [`Response::Done`]
    ShowWindow {
        /// Where.
        route: Route,
    },
    /// Ends the agent, after what is being written is written. → [`Response::Done`]
    Quit,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "response", content = "body", rename_all = "kebab-case")]
pub enum Response {
    /// It is done.
    Done,
    /// Home.
    Home(Home),
    /// A draft.
    Draft(Draft),
    /// A picture of the screen.
    Capture(Capture),
    /// An upload began.
    Upload {
        /// Its identity.
        upload: UploadId,
    },
    /// A file was kept.
    Attached {
        /// As it will be sent.
        attachment: AttachmentMeta,
    },
    /// A piece of a blob.
    Piece {
        /// The bytes, in base64.
        data_base64: String,
        /// Size of the whole, in bytes.
        total_bytes: u64,
    },
    /// All that would leave.
    Preview(Preview),
    /// How this computer was.
    Health {
        /// Oldest first, at most [`crate::health::HELD`].
        samples: Vec<HealthSample>,
    },
    /// It is kept and will be sent.
    Submitted {
        /// The ticket's identity.
        client_id: ClientId,
    },
    /// My requests.
    Requests {
        /// Newest change first, at most [`crate::limits::REQUESTS_LISTED`].
        requests: Vec<RequestRow>,
        /// How many more there are.
        #[serde(default)]
        more: u32,
    },
    /// What was parked is its writer's again.
    TakenBack {
        /// The draft that the request has become; `None` if it has arrived, and only a reply or files were taken back.
        draft: Option<DraftId>,
    },
    /// One request.
    Thread(Thread),
    /// This computer.
    Facts(ComputerView),
    /// What was done and sent.
    Privacy(Privacy),
    /// A document, as text.
    Document {
        /// The bytes, which are UTF-8.
        text: String,
    },
    /// Settings.
    Settings(SettingsView),
    /// What a look at a helpdesk has shown.
    HelpdeskReport(HelpdeskReport),
    /// Articles, best first; none where the helpdesk has none or cannot be asked.
    Articles {
        /// At most ten.
        articles: Vec<Article>,
    },
    /// Categories; none where the helpdesk does not tell.
    Categories {
        /// As the helpdesk orders them.
        categories: Vec<CategoryChoice>,
    },
    /// What the doctor found.
    Doctor {
        /// Each check.
        checks: Vec<DoctorCheck>,
    },
}

/// What happened, told to every window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Go there and come to the front (a click in the tray, a second start, a notification).
    Navigate {
        /// Where.
        route: Route,
    },
    /// A request changed: sent, answered, solved, parked.
    RequestChanged {
        /// Which.
        client_id: ClientId,
    },
    /// A draft's facts are further along: ask for the preview again.
    FactsChanged,
    /// The connection to the helpdesk changed.
    ConnectionChanged {
        /// To what.
        connection: Connection,
    },
    /// Settings changed.
    SettingsChanged {
        /// What is in force now.
        view: SettingsView,
    },
    /// A step of the look at a helpdesk that is under way is done.
    HelpdeskStep {
        /// Which, and how it went.
        step: ConnectStep,
    },
    /// What came of a sign-in in the browser ([`Request::ConnectHelpdesk`]).
    HelpdeskReported {
        /// All of it.
        report: HelpdeskReport,
    },
    /// Something to say on every screen changed ([`Home::notices`]).
    NoticesChanged,
    /// A picture of the screen is about to be taken: leave it, say so ([`Request::WindowHidden`]), and come back with the
    /// next [`Event::Navigate`].
    HideForCapture,
}

/// The connection to the helpdesk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// It answered last time.
    Online,
    /// It did not.
    Offline,
    /// No helpdesk is set up.
    NotEnrolled,
    /// It does not accept this device any more.
    Refused,
}

/// Something that is true for every screen, with a text `notice-` + code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// What.
    pub code: ErrorCode,
    /// For technicians.
    pub detail: String,
}

/// What Home shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Home {
    /// First name or login, for the greeting; empty if unknown.
    pub name: String,
    /// The connection to the helpdesk.
    pub connection: Connection,
    /// Requests that are not over.
    pub open_requests: u32,
    /// Requests with an answer that was not read.
    pub unread_requests: u32,
    /// Requests that wait to be sent.
    pub waiting: u32,
    /// Requests that could not be sent and need a look.
    pub parked: u32,
    /// A draft that was begun, with the beginning of its text.
    pub draft: Option<DraftTeaser>,
    /// What is unusual about this computer, worst first.
    pub findings: Vec<Finding>,
    /// What is true for every screen.
    pub notices: Vec<Notice>,
}

/// A draft that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftTeaser {
    /// Which.
    pub id: DraftId,
    /// The beginning of its text.
    pub text: String,
    /// When it was last written in.
    pub saved_at: Timestamp,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft {
    /// Its identity.
    pub id: DraftId,
    /// What was typed.
    pub text: String,
    /// "Can you still work?".
    pub can_work: Option<CanWork>,
    /// "Only you, or others?".
    pub affected: Option<Affected>,
    /// What it is about.
    pub category: Option<Category>,
    /// What it is about in the helpdesk's own words.
    pub helpdesk_category: Option<CategoryChoice>,
    /// How the computer was when it happened, if the user said when.
    pub health: Option<HealthSlice>,
    /// Its files, in the order they were added.
    pub attachments: Vec<AttachmentMeta>,
    /// When it was last kept.
    pub saved_at: Timestamp,
}

/// What changed in a draft: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftChange {
    /// What was typed.
    #[serde(default)]
    pub text: Option<String>,
    /// "Can you still work?".
    #[serde(default)]
    pub can_work: Option<CanWork>,
    /// "Only you, or others?".
    #[serde(default)]
    pub affected: Option<Affected>,
    /// What it is about; the inner `None` takes it away.
    #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Category>"))]
    pub category: Option<Option<Category>>,
    /// What it is about in the helpdesk's own words; the inner `None` takes it away.
    #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<CategoryChoice>"))]
    pub helpdesk_category: Option<Option<CategoryChoice>>,
}

/// JSON `null` and an absent field, told apart.
mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, s: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(s)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(d).map(Some)
    }
}

/// A picture of the screen that the agent holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capture {
    /// Its identity; read it as [`Blob::Capture`], a PNG.
    pub id: CaptureId,
    /// When it was taken.
    pub at: Timestamp,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// The windows that were visible, topmost first, to choose one of.
    pub windows: Vec<WindowRect>,
}

/// A window in a picture of the screen. A title can tell much: it stays on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowRect {
    /// Its title.
    pub title: String,
    /// Left edge in the picture, in pixels.
    pub x: u32,
    /// Top edge in the picture, in pixels.
    pub y: u32,
    /// Visible width, in pixels.
    pub width_px: u32,
    /// Visible height, in pixels.
    pub height_px: u32,
}

/// What a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "owner", rename_all = "kebab-case")]
pub enum UploadOwner {
    /// A draft.
    Draft {
        /// Which.
        draft: DraftId,
    },
    /// The reply that is being written in a request.
    Reply {
        /// Which request.
        client_id: ClientId,
    },
}

/// Bytes that the agent holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "blob", rename_all = "kebab-case")]
pub enum Blob {
    /// A picture of the screen.
    Capture {
        /// Which.
        capture: CaptureId,
    },
    /// A file of a draft, a request or a reply; fetched from the helpdesk if it is not here.
    Attachment {
        /// Which.
        attachment: AttachmentId,
    },
}

/// All that would leave, as it would leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Of which draft.
    pub draft: DraftId,
    /// The bytes that [`Request::Submit`] sends: a [`crate::ticket::TicketDocument`] as JSON. The preview is rendered
    /// from this text and nothing else.
    pub document: String,
    /// Digest of those bytes.
    pub document_sha256: Sha256,
    /// Every section there is, sent or not, in order.
    pub sections: Vec<SectionChoice>,
    /// Values of the sections that are **not** sent, so that the user can see what the switch would add.
    pub held_back: Facts,
    /// Whether some sections are still being collected; [`Event::FactsChanged`] tells when to ask again.
    pub collecting: bool,
    /// Where it goes, in words.
    pub destination: String,
}

/// A section and its switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SectionChoice {
    /// Which.
    pub section: SectionId,
    /// How much it tells about a person.
    pub sensitivity: Sensitivity,
    /// Whether it leaves.
    pub on: bool,
    /// Whether IT's policy decided it.
    pub decided_by_policy: bool,
    /// Whether it is still being collected.
    pub collecting: bool,
}

/// Where a request is between this computer and the helpdesk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "delivery", rename_all = "kebab-case")]
pub enum Delivery {
    /// Kept here; it waits.
    Waiting {
        /// Tries so far.
        tries: u32,
        /// When the next try is due; `None` is as soon as the network is back.
        next_try_at: Option<Timestamp>,
        /// What stopped the last try.
        last_error: Option<ErrorCode>,
    },
    /// On its way now.
    Sending,
    /// In the helpdesk.
    Delivered {
        /// The number people use.
        number: u64,
    },
    /// The helpdesk refuses it, or files of it; it stays here until somebody looks ([`Request::RetryParked`],
    /// [`Request::TakeBack`]).
    Parked {
        /// Why.
        error: ErrorReport,
        /// The number people use, if the helpdesk has it all the same and only files were refused.
        #[serde(default)]
        number: Option<u64>,
        /// The files that were refused; the others have arrived.
        #[serde(default)]
        refused: Vec<AttachmentId>,
    },
}

/// A request in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestRow {
    /// Its identity.
    pub client_id: ClientId,
    /// Title.
    pub title: String,
    /// Where it is between here and the helpdesk.
    pub delivery: Delivery,
    /// Where it stands there.
    pub state: Option<TicketState>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When something changed last.
    pub updated_at: Timestamp,
    /// Whether there is an answer that was not read.
    pub unread: bool,
    /// Whether the last word in its thread is a technician's.
    #[serde(default)]
    pub answered: bool,
    /// Whether it is at a helpdesk that was connected before this one: nothing more comes from there, or goes there.
    #[serde(default)]
    pub former: bool,
}

/// One request with its thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thread {
    /// As in the list.
    pub row: RequestRow,
    /// What the requester wrote.
    pub description: String,
    /// Files of the request itself.
    pub attachments: Vec<AttachmentMeta>,
    /// The thread, oldest first; of a long one the newest, at most [`crate::limits::THREAD_BYTES`].
    pub entries: Vec<ThreadEntry>,
    /// How many entries there are before these.
    #[serde(default)]
    pub earlier: u32,
    /// The reply that is being written, as it was last kept.
    pub reply_text: String,
    /// Files added to the reply that is being written.
    pub reply_attachments: Vec<AttachmentMeta>,
    /// Stars given, if any.
    pub rating: Option<u8>,
}

/// An entry of the thread, arrived or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadEntry {
    /// The entry.
    #[serde(flatten)]
    pub follow_up: FollowUp,
    /// For what was written here: whether it has arrived.
    pub delivery: Option<Delivery>,
}

/// This computer, in facts and findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComputerView {
    /// The facts.
    pub facts: Facts,
    /// What is unusual, worst first.
    pub findings: Vec<Finding>,
}

/// What was done and sent here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Privacy {
    /// Newest first, at most [`crate::limits::LEDGER_LISTED`].
    pub entries: Vec<LedgerEntry>,
    /// How many more there are.
    #[serde(default)]
    pub more_entries: u32,
    /// Whether the chain of entries is whole.
    pub intact: bool,
    /// Days after which requests that are over, their files and the entries about them are removed here, if the policy
    /// says so.
    #[serde(default)]
    pub retention_days: Option<u32>,
    /// Bytes kept on this computer.
    pub kept_bytes: u64,
    /// Where they are.
    pub folder: String,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerEntry {
    /// Its place, from 1.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub action: LedgerAction,
    /// The request concerned, if one is.
    pub client_id: Option<ClientId>,
    /// In words for technicians: number, address, size.
    pub detail: String,
    /// Digest over this entry and the digest before: SHA-256 of the previous digest and the entry's canonical JSON.
    pub digest: Sha256,
}

/// What the ledger records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LedgerAction {
    /// The user submitted a request; it is kept here.
    Submitted,
    /// The helpdesk has it.
    Delivered,
    /// A reply or verdict was sent.
    Replied,
    /// A picture of the screen was taken.
    ScreenCaptured,
    /// The device was enrolled, or a helpdesk connected.
    Enrolled,
    /// The helpdesk was disconnected.
    Disconnected,
    /// The user changed a setting.
    SettingsChanged,
    /// The user exported what is kept here.
    Exported,
    /// The user erased what was kept here.
    Erased,
    /// The store was damaged and set aside.
    StoreSetAside,
    /// Something that the helpdesk refused was taken back.
    TakenBack,
    /// What was over for longer than the policy lets it stay was removed.
    Expired,
}

/// One check of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DoctorCheck {
    /// What was checked ("store", "keyring", "tray", "helpdesk"…): a text `doctor-` + name.
    pub name: String,
    /// How it went.
    pub health: Health,
    /// What was seen, English.
    pub detail: String,
    /// The code of what is wrong, for what to do about it.
    pub code: Option<ErrorCode>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// All well.
    Good,
    /// It works, with less.
    Degraded,
    /// It does not work.
    Broken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_the_same_after_another_hop() {
        let chosen = CategoryChoice { id: 7, name: "Software".to_owned() };
        for change in [
            DraftChange { text: Some("a".to_owned()), ..DraftChange::default() },
            DraftChange { category: Some(None), helpdesk_category: Some(None), ..DraftChange::default() },
            DraftChange {
                category: Some(Some(Category::Mail)),
                helpdesk_category: Some(Some(chosen)),
                ..DraftChange::default()
            },
        ] {
            // The window's process reads what the page says, and says it to the agent.
            let said = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<DraftChange>(&said).unwrap(), change, "{said}");
        }
    }
}
