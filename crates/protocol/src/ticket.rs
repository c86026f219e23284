//! Tickets: what is sent, what comes back.

use serde::{Deserialize, Serialize};

use crate::connect::CategoryChoice;
use crate::facts::{Facts, SectionId};
use crate::health::HealthSlice;
use crate::{AttachmentId, ClientId, FollowUpId, Sha256, Timestamp};

/// Answer to "Can you still work?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CanWork {
    /// Yes.
    Yes,
    /// With difficulty.
    WithDifficulty,
    /// No.
    No,
}

/// Answer to "Only you, or others?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Affected {
    /// Only the requester.
    OnlyMe,
    /// Others too.
    Others,
    /// The requester does not know.
    Unknown,
}

/// Three steps of urgency and impact, which every helpdesk can hold (ITIL: priority = impact × urgency).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
}

impl CanWork {
    /// How soon it must be mended: work goes on, is slowed, has stopped.
    #[must_use]
    pub fn urgency(self) -> Level {
        match self {
            Self::Yes => Level::Low,
            Self::WithDifficulty => Level::Medium,
            Self::No => Level::High,
        }
    }
}

impl Affected {
    /// How far it reaches. "Unknown" counts as one person: a technician raises it, nobody has to lower it.
    #[must_use]
    pub fn impact(self) -> Level {
        match self {
            Self::OnlyMe | Self::Unknown => Level::Low,
            Self::Others => Level::High,
        }
    }
}

/// What a problem is about, if the requester says; steers which sections are on by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The computer itself: slow, does not start, battery, screen.
    Computer,
    /// Network, Wi-Fi, VPN.
    Network,
    /// Printing and scanning.
    Printing,
    /// Mail and calendar.
    Mail,
    /// A program or a web site.
    Program,
    /// Sign-in, password, access.
    Access,
    /// Sound, microphone, camera, meetings.
    Meetings,
    /// Something else.
    Other,
}

/// Something about the machine that is unusual, with the values that show it. The text is in `locales/`
/// (`finding-` + code).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// What it is.
    pub code: FindingCode,
    /// The section that shows it; a finding leaves only together with its section.
    pub section: SectionId,
    /// How bad.
    pub severity: Severity,
    /// The thing concerned (a mount, a printer, a service), if there are several of its kind.
    pub subject: Option<String>,
    /// The value that passed the threshold, in the unit of the finding's text.
    pub value: Option<f64>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Likely to hinder.
    Warning,
    /// Hinders now.
    Critical,
}

/// The findings there are. Thresholds are in `deskside-facts`, `findings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// A volume is nearly full; value: free percent.
    DiskNearlyFull,
    /// A volume is full; value: free percent.
    DiskFull,
    /// A volume that should be writable is not.
    DiskReadOnly,
    /// A drive reports a fault.
    DriveFailing,
    /// Little memory is left; value: available percent.
    MemoryLow,
    /// Programs were ended for lack of memory; value: how many.
    MemoryKilled,
    /// The processor is busy; value: percent.
    ProcessorBusy,
    /// The processor is hot; value: degrees Celsius.
    ProcessorHot,
    /// No network link.
    NetworkDown,
    /// The gateway does not answer.
    GatewayUnreachable,
    /// A name server does not answer.
    NameServerUnreachable,
    /// A sign-in page stands before the network.
    CaptivePortal,
    /// The Wi-Fi signal is weak; value: percent.
    WifiWeak,
    /// A server that Deskside is set up for cannot be reached.
    ServerUnreachable,
    /// The battery is nearly empty and not charging; value: percent.
    BatteryLow,
    /// The battery has aged; value: percent of its capacity when new.
    BatteryWorn,
    /// A printer has stopped.
    PrinterStopped,
    /// Jobs wait for a printer; value: how many.
    PrinterQueue,
    /// A service failed.
    ServiceFailed,
    /// A program crashed within the last day.
    ProgramCrashed,
    /// An update waits for a restart.
    RestartPending,
    /// The computer has been on for long; value: days.
    LongUptime,
    /// Security updates wait; value: how many.
    SecurityUpdates,
    /// The system's disk is not encrypted.
    DiskNotEncrypted,
    /// The firewall is off.
    FirewallOff,
    /// Sound output is muted.
    SoundMuted,
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Requester {
    /// Login name on the device.
    pub login: String,
    /// Name as people say it.
    pub display_name: Option<String>,
    /// Language for answers, BCP 47.
    pub language: String,
}

/// A file of a ticket or follow-up, as announced before its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttachmentMeta {
    /// Its identity, chosen by whoever attaches it.
    pub id: AttachmentId,
    /// File name, without folders.
    pub name: String,
    /// One of [`crate::limits::MEDIA_TYPES`].
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Digest of the bytes; the receiver checks it.
    pub sha256: Sha256,
    /// Whether it is a picture of the screen made with Deskside.
    pub screenshot: bool,
}

/// The version of [`TicketDocument`] that this code writes.
pub const DOCUMENT_VERSION: u32 = 1;

/// Everything that leaves with a ticket, but the bytes of attachments. Serialised once, to JSON; the preview shows,
/// the outbox keeps and the helpdesk receives those same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketDocument {
    /// [`DOCUMENT_VERSION`].
    pub version: u32,
    /// The ticket's identity.
    pub client_id: ClientId,
    /// When the document was made.
    pub created_at: Timestamp,
    /// The first line of the description, shortened.
    pub title: String,
    /// What the requester wrote, unchanged.
    pub description: String,
    /// Who asks.
    pub requester: Requester,
    /// "Can you still work?".
    pub can_work: Option<CanWork>,
    /// "Only you, or others?".
    pub affected: Option<Affected>,
    /// From `can_work`; medium if not said.
    pub urgency: Level,
    /// From `affected`; low if not said.
    pub impact: Level,
    /// What it is about, if said.
    pub category: Option<Category>,
    /// What it is about in the helpdesk's own words, if it told them and somebody chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub helpdesk_category: Option<CategoryChoice>,
    /// What is unusual in the sections that leave.
    pub findings: Vec<Finding>,
    /// The sections that leave.
    pub facts: Facts,
    /// How the computer was when it happened, if the requester said when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub health: Option<HealthSlice>,
    /// The files that follow.
    pub attachments: Vec<AttachmentMeta>,
    /// Name and version of the program that made it ("Deskside 0.1.0").
    pub made_by: String,
}

/// The state of a ticket, in the steps a requester understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TicketState {
    /// Arrived; nobody has taken it on yet.
    New,
    /// A technician has taken it on.
    InProgress,
    /// The helpdesk waits for the requester's answer.
    WaitingForRequester,
    /// Passed on, or waiting for a supplier or a date.
    OnHold,
    /// Said to be solved; the requester can confirm or reopen.
    Solved,
    /// Over.
    Closed,
}

/// Who wrote a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// The requester.
    Requester,
    /// Somebody of the helpdesk.
    Technician,
    /// The helpdesk's program (a change of state).
    System,
}

/// One entry of a ticket's thread, as its requester may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FollowUp {
    /// Its identity.
    pub id: FollowUpId,
    /// Who wrote it.
    pub author: Author,
    /// Their name, as people say it.
    pub author_name: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// Plain text. From a server: data, shown as text.
    pub text: String,
    /// The state that this entry brought about, if it changed it.
    pub new_state: Option<TicketState>,
    /// Its files.
    pub attachments: Vec<AttachmentMeta>,
}

/// What the requester says about a ticket that is said to be solved, or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It works again: close it.
    Confirm,
    /// It does not: open it again.
    Reopen {
        /// What still fails.
        text: String,
    },
    /// How it went.
    Rate {
        /// 1 (bad) to 5 (very good).
        stars: u8,
        /// In words, if any.
        comment: Option<String>,
    },
}
