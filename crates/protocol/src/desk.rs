//! What the agent and the console ask of the hub over HTTP. Paths are below `/api/v1`; the generated OpenAPI document
//! (`/api/v1/openapi.json`) is the reference. Errors are RFC 9457 problem documents ([`Problem`]).

use serde::{Deserialize, Serialize};

use crate::ticket::{AttachmentMeta, FollowUp, Level, TicketDocument, TicketState, Verdict};
use crate::{AttachmentId, ClientId, DeviceId, FollowUpId, Timestamp};

/// An error answer (RFC 9457, media type `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable address of the kind of problem, `urn:deskside:problem:` + code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words, English.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence, English, without secrets.
    pub detail: Option<String>,
    /// The code of the kind, what programs decide on.
    pub code: crate::ErrorCode,
    /// The request's identity in the hub's log.
    pub request_id: Option<String>,
}

/// Request of `POST /enrol`: no credential, a token from IT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrol {
    /// The token that IT made in the console.
    pub token: String,
    /// The machine's name, to find it in the console.
    pub device_name: String,
    /// "linux", "windows", "macos".
    pub platform: String,
}

/// Answer to `POST /enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// This device, from now on.
    pub device_id: DeviceId,
    /// Its secret, for `Authorization: Bearer`. Shown once; the hub keeps a digest.
    pub credential: String,
    /// What the company calls its helpdesk.
    pub helpdesk_name: Option<String>,
}

/// Answer to `POST /tickets` (201 created, 200 already there) and to `GET /tickets/{client_id}/receipt`.
///
/// The body of `POST /tickets` is the [`TicketDocument`], byte for byte as previewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The ticket's identity, as sent.
    pub client_id: ClientId,
    /// The number people use.
    pub number: u64,
    /// Announced files whose bytes have not arrived: `PUT /tickets/{client_id}/attachments/{id}`.
    pub missing: Vec<AttachmentId>,
    /// Files that the helpdesk behind the hub refuses for good, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedFile>,
}

/// A file that a helpdesk refuses for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedFile {
    /// Which.
    pub id: AttachmentId,
    /// Why.
    pub why: crate::ErrorReport,
}

/// Answer to `GET /desk`: what the helpdesk can do in which a hub files, its own desk or the one behind it; and whether
/// employees sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Desk {
    /// Largest file in bytes; `None` if it takes none.
    pub file_bytes: Option<u64>,
    /// Whether requesters can reply.
    pub reply: bool,
    /// Saying that it works again.
    pub confirm: DeskWay,
    /// Saying that it does not.
    pub reopen: DeskWay,
    /// Giving stars.
    pub rate: DeskWay,
    /// Whether technicians have notes that requesters never see.
    pub private_notes: bool,
    /// Whether the employee signs in, and how it stands with that; `None` if nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInStanding>,
}

/// How a helpdesk does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeskWay {
    /// By its own means.
    Own,
    /// By a reply that asks a technician for it.
    ByReply,
    /// Not at all.
    Not,
}

/// How it stands with the employee's sign-in on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInStanding {
    /// Whether the hub takes nothing new from a device on which nobody is signed in.
    pub required: bool,
    /// Who is signed in, if somebody is.
    pub person: Option<SignedInPerson>,
}

/// An employee who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedInPerson {
    /// Their name, as people say it; else their login.
    pub name: String,
    /// Until when this holds.
    pub until: Timestamp,
}

/// Request of `POST /sign-in`: an employee is about to sign in with OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeginSignIn {
    /// Where the browser comes back: `http://127.0.0.1:PORT/signed-in` (RFC 8252, section 7.3).
    pub redirect_uri: String,
}

/// Answer to `POST /sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInBegun {
    /// What the browser is to open.
    pub authorization_url: String,
    /// What comes back with the browser, or it is somebody else's.
    pub state: String,
}

/// Request of `POST /sign-in/finish`: what the browser brought back. The secrets that belong to it stay with the hub.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishSignIn {
    /// The authorization code.
    pub code: String,
    /// As it was begun.
    pub state: String,
}

/// Without the code.
impl std::fmt::Debug for FinishSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishSignIn").finish_non_exhaustive()
    }
}

/// Answer to `GET /tickets?since=CURSOR`: what changed in this device's tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// Tickets that changed after the cursor, each once, in its present state.
    pub tickets: Vec<TicketView>,
    /// What to ask with next time. Opaque.
    pub cursor: String,
    /// Whether there is more now.
    pub more: bool,
}

/// A ticket as its requester may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketView {
    /// The ticket's identity.
    pub client_id: ClientId,
    /// The number people use.
    pub number: u64,
    /// Title.
    pub title: String,
    /// What the requester wrote.
    pub description: String,
    /// Where it stands.
    pub state: TicketState,
    /// Who works on it, as people say it.
    pub assignee: Option<String>,
    /// When it arrived.
    pub created_at: Timestamp,
    /// When something visible changed last.
    pub updated_at: Timestamp,
    /// The visible thread, oldest first. Internal notes are never in it.
    pub thread: Vec<FollowUp>,
    /// Files of the ticket itself.
    pub attachments: Vec<AttachmentMeta>,
    /// Stars given, if any.
    pub rating: Option<u8>,
}

/// Request of `POST /tickets/{client_id}/follow-ups`: idempotent on `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFollowUp {
    /// Chosen by the agent before the first try.
    pub id: FollowUpId,
    /// Plain text.
    pub text: String,
    /// Files that follow, as for a ticket: `PUT /tickets/{client_id}/attachments/{id}`.
    pub attachments: Vec<AttachmentMeta>,
}

/// Answer to `POST /tickets/{client_id}/follow-ups`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FollowUpReceipt {
    /// As sent.
    pub id: FollowUpId,
    /// Announced files whose bytes have not arrived.
    pub missing: Vec<AttachmentId>,
}

/// Request of `POST /tickets/{client_id}/verdicts`: idempotent on `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewVerdict {
    /// Chosen by the agent before the first try; becomes the identity of the thread's entry.
    pub id: FollowUpId,
    /// What the requester says.
    pub verdict: Verdict,
}

/// One line of `GET /events` (server-sent events, event `nudge`): something after the cursor waits to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Nudge {
    /// The newest cursor there is.
    pub cursor: String,
}

// ---- the console ------------------------------------------------------------------------------------------------

/// What a person may do in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works on tickets.
    Technician,
    /// Also enrols devices and manages people.
    Administrator,
}

/// Somebody who signs in to the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Login name.
    pub login: String,
    /// Name as people say it; requesters see it.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they can sign in.
    pub active: bool,
}

/// Request of `POST /console/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Login name.
    pub login: String,
    /// Password.
    pub password: String,
}

/// Answer to `POST /console/session` and `GET /console/session`. The session itself is an HttpOnly cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who is signed in.
    pub person: Person,
    /// To be sent back as `X-CSRF-Token` with everything that changes something.
    pub csrf_token: String,
    /// Whether the password is the one made at first start and must be changed.
    pub must_change_password: bool,
}

/// Request of `POST /console/session/password`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The present one.
    pub current: String,
    /// The new one; at least 12 characters.
    pub new: String,
}

/// Request of `POST /console/people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPerson {
    /// Login name.
    pub login: String,
    /// Name as people say it.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// First password; at least 12 characters.
    pub password: String,
}

/// Request of `PATCH /console/people/{login}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonChange {
    /// Name as people say it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What they may do.
    #[serde(default)]
    pub role: Option<Role>,
    /// Whether they can sign in; `false` ends their sessions.
    #[serde(default)]
    pub active: Option<bool>,
    /// A new password, which they are asked to change; at least 12 characters.
    #[serde(default)]
    pub password: Option<String>,
}

/// Answer to `POST /console/people/{login}/reset-password`: the one time that it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadePassword {
    /// Good for one sign-in, at which another one must be chosen.
    pub password: String,
}

/// What somebody did in the administration of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Somebody may sign in from now on.
    PersonAdded,
    /// Somebody has another name.
    PersonRenamed,
    /// Somebody has another role.
    RoleChanged,
    /// Somebody may not sign in any more.
    PersonLocked,
    /// Somebody may sign in again.
    PersonUnlocked,
    /// Somebody got a one-time password.
    PasswordReset,
    /// Somebody chose a password of their own.
    PasswordChosen,
    /// Somebody's account is gone.
    PersonRemoved,
    /// A computer got its credential; who did it is the token's label.
    DeviceEnrolled,
    /// A computer's credential was withdrawn.
    DeviceRevoked,
    /// An enrolment token was made.
    TokenMade,
    /// An enrolment token was withdrawn.
    TokenRevoked,
    /// So many tickets that were over went, as the retention says.
    TicketsExpired,
    /// What the machine had said went from so many tickets.
    DiagnosticsExpired,
    /// So many files of tickets went.
    FilesExpired,
    /// What there is of a requester was handed out; the subject is the tickets' numbers.
    PersonalDataExported,
    /// What there was of a requester was erased; the subject is the tickets' numbers.
    PersonalDataErased,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JournalEntry {
    /// Its identity.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: uuid::Uuid,
    /// When it was done.
    pub at: Timestamp,
    /// Login of who did it; "command line" for whoever has the hub's own machine.
    pub actor: String,
    /// What was done.
    pub deed: Deed,
    /// To whom or what: a login, the name of a computer, the label of a token, a count, numbers of tickets.
    pub subject: String,
}

/// Answer to `GET /console/journal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JournalPage {
    /// Newest first, at most 100.
    pub entries: Vec<JournalEntry>,
    /// For the next page, if there is one.
    pub next: Option<String>,
}

/// Answer to `GET /console/retention`: for how many days the hub keeps what belongs to tickets that are over (solved or
/// closed, counted from the last change); `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retention {
    /// Tickets, whole.
    pub tickets_days: Option<u32>,
    /// What the machine said of itself.
    pub diagnostics_days: Option<u32>,
    /// Pictures of the screen and other files.
    pub files_days: Option<u32>,
}

/// Answer to `GET /console/requester?login=…`: what the hub has of somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequesterSummary {
    /// The name they sign in with on their computers, in lower case.
    pub login: String,
    /// How their computers call them, at most 64.
    pub names: Vec<String>,
    /// The computers that their tickets came from, at most 64.
    pub devices: Vec<String>,
    /// How many tickets.
    pub tickets: u64,
    /// How many of them are not over.
    pub open: u64,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// When the first of the tickets arrived.
    pub first: Timestamp,
    /// When something changed last in one of them.
    pub last: Timestamp,
}

/// Request of `POST /console/requester/erase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseRequester {
    /// Whose.
    pub login: String,
    /// How many tickets whoever asks has seen: with another number nothing is erased.
    pub tickets: u64,
}

/// Answer to `POST /console/requester/erase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedRequester {
    /// The numbers of the tickets that are gone.
    pub numbers: Vec<u64>,
}

/// Query of `GET /console/tickets`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketQuery {
    /// Only tickets in this state; `None` is all but closed.
    pub state: Option<TicketState>,
    /// Also closed ones, when `state` is not given.
    pub closed: Option<bool>,
    /// A login name, `me` or `nobody`.
    pub assignee: Option<String>,
    /// Words in number, title, description, requester, device or thread.
    pub q: Option<String>,
    /// Where the last page ended.
    pub after: Option<String>,
    /// How many, 1 to 100; 50 if not said.
    pub limit: Option<u32>,
}

/// Answer to `GET /console/tickets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketPage {
    /// Newest change first.
    pub tickets: Vec<TicketRow>,
    /// For the next page, if there is one.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

/// A ticket in the console's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketRow {
    /// The number people use.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub state: TicketState,
    /// Urgency.
    pub urgency: Level,
    /// Impact.
    pub impact: Level,
    /// Who asks, as people say it.
    pub requester: String,
    /// The device's name.
    pub device: String,
    /// Login of who works on it.
    pub assignee: Option<String>,
    /// When it arrived.
    pub created_at: Timestamp,
    /// When something changed last.
    pub updated_at: Timestamp,
    /// How many findings it came with.
    pub findings: u32,
    /// Whether it has a picture of the screen.
    pub screenshot: bool,
    /// Whether the last word is the requester's.
    pub awaits_answer: bool,
}

/// Answer to `GET /console/tickets/{number}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleTicket {
    /// As in the list.
    pub row: TicketRow,
    /// What the device sent, whole.
    pub document: TicketDocument,
    /// The whole thread, oldest first, internal notes included.
    pub thread: Vec<ConsoleFollowUp>,
    /// Announced files that have arrived.
    pub arrived: Vec<AttachmentId>,
    /// Stars and comment given, if any.
    pub rating: Option<Rating>,
    /// Other tickets of the same device, newest first, at most 10.
    pub of_same_device: Vec<TicketRow>,
    /// When the retention took out what the machine had said of itself, if it did.
    #[serde(default)]
    pub diagnostics_removed_at: Option<Timestamp>,
    /// When the retention took out pictures and other files, if it did.
    #[serde(default)]
    pub files_removed_at: Option<Timestamp>,
}

/// How the requester found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rating {
    /// 1 to 5.
    pub stars: u8,
    /// In words.
    pub comment: Option<String>,
}

/// An entry of the thread as technicians see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleFollowUp {
    /// The entry.
    #[serde(flatten)]
    pub follow_up: FollowUp,
    /// Whether the requester never sees it.
    pub internal: bool,
    /// Login of its author, if a technician.
    pub author_login: Option<String>,
}

/// Request of `POST /console/tickets/{number}/follow-ups`: idempotent on `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleReply {
    /// Chosen by the console.
    pub id: FollowUpId,
    /// Plain text.
    pub text: String,
    /// An internal note rather than an answer.
    pub internal: bool,
    /// The state it brings about, if any.
    pub new_state: Option<TicketState>,
    /// Files of this person that were brought before: `PUT /console/tickets/{number}/files/{id}`.
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
}

/// Request of `PATCH /console/tickets/{number}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketChange {
    /// New state.
    #[serde(default)]
    pub state: Option<TicketState>,
    /// Login of who works on it; an empty text is nobody.
    #[serde(default)]
    pub assignee: Option<String>,
}

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceRow {
    /// Its identity.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// "linux", "windows", "macos".
    pub platform: String,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
    /// When it was last heard of.
    pub seen_at: Option<Timestamp>,
    /// Whether its credential was withdrawn.
    pub revoked: bool,
    /// How many tickets it has sent.
    pub tickets: u64,
}

/// Request of `POST /console/enrolment-tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewEnrolmentToken {
    /// What it is for, in words.
    pub label: String,
    /// How many devices may use it, 1 to 1,000,000.
    pub uses: u32,
    /// Until when; at most a year ahead.
    pub expires_at: Timestamp,
}

/// A token, when it is made: the one time that it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedEnrolmentToken {
    /// The secret.
    pub token: String,
    /// What is known of it later.
    pub info: EnrolmentTokenInfo,
}

/// What is known of a token later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentTokenInfo {
    /// Its identity in the console.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: uuid::Uuid,
    /// What it is for.
    pub label: String,
    /// How many devices may use it.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Whether it was withdrawn.
    pub revoked: bool,
    /// Who made it.
    pub created_by: String,
}

/// One line of `GET /console/events` (server-sent events, event `change`): look again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleChange {
    /// The ticket concerned.
    pub number: u64,
    /// Whether it is new.
    pub created: bool,
}
