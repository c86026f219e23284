//! Who uses the captured servers, and what they remember.

use serde_json::{Value, json};

/// Which of the captured servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 10.0.19
    V10,
    /// 11.0.6
    V11,
}

/// The API client's token, as captured.
pub const APP_TOKEN: &str = "LabAppToken0123456789LabAppToken01234567";
/// "post-only", with the profile Self-Service.
pub const REQUESTER: &str = "LabUserTokenpostonly00000000000000000000";
/// "tech", with the profile Technician.
pub const TECHNICIAN: &str = "LabUserTokentech000000000000000000000000";
/// "glpi", with the profile Super-Admin.
pub const SERVICE: &str = "LabUserTokenglpi000000000000000000000000";

/// Largest document that the captured servers took (`document_max_size`), in bytes.
pub const DOCUMENT_MAX_SIZE: usize = 2 * 1024 * 1024;
/// PHP's `upload_max_filesize` there.
pub const UPLOAD_MAX_FILESIZE: usize = 4 * 1024 * 1024;
/// PHP's `post_max_size` there.
pub const POST_MAX_SIZE: usize = 8 * 1024 * 1024;
/// nginx's `client_max_body_size` there.
pub const CLIENT_MAX_BODY_SIZE: usize = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) name: &'static str,
}

impl Person {
    pub(super) const TECHNICIAN: Self = Self { id: 4, name: "tech" };

    pub(super) fn by_token(token: &str) -> Option<Self> {
        let (id, name) = match token {
            REQUESTER => (3, "post-only"),
            TECHNICIAN => return Some(Self::TECHNICIAN),
            SERVICE => (2, "glpi"),
            _ => return None,
        };
        Some(Self { id, name })
    }

    /// Whether it has no other profile than Self-Service.
    pub(super) fn self_service(self) -> bool {
        self.id == 3
    }

    pub(super) fn super_admin(self) -> bool {
        self.id == 2
    }

    /// The profile, from the captured one of Self-Service. Those of the others were not captured; of their rights only
    /// what the captures show them to have is told.
    pub(super) fn profile(self, captured: &Value) -> Value {
        let mut profile = captured.clone();
        if !self.self_service() {
            let (id, name) = if self.super_admin() { (4, "Super-Admin") } else { (6, "Technician") };
            profile["id"] = json!(id);
            profile["name"] = json!(name);
            profile["interface"] = json!("central");
            profile["ticket"] = json!(1 | 4 | 1024 | 2048 | 4096);
            profile["followup"] = json!(1 | 4 | 4096 | 8192);
            profile["knowbase"] = json!(1 | 2048);
            if self.super_admin() {
                profile["itilcategory"] = json!(31);
            }
        }
        profile
    }
}

/// Where a document hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Ticket,
    FollowUp(u64),
}

/// A document that a ticket or one of its entries has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub(super) id: u64,
    /// The document's number.
    pub document: u64,
    pub(super) on: On,
    pub(super) at: String,
    pub(super) by: u64,
    /// Whether it shows in the text only (`Document_Item::NO_TIMELINE`).
    pub(super) inline: bool,
}

/// A document. Equal contents are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its number.
    pub id: u64,
    /// The name that it came with first.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    pub(super) sha1: String,
    pub(super) by: u64,
    pub(super) at: String,
}

/// A follow-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its number.
    pub id: u64,
    /// Its text, as sent.
    pub content: String,
    /// Whether requesters do not see it.
    pub private: bool,
    /// The number of who wrote it.
    pub by: u64,
    pub(super) at: String,
}

/// A solution. 2 waits for the requester's word, 3 was accepted, 4 refused (`CommonITILValidation`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    pub(super) id: u64,
    pub(super) content: String,
    /// Its status.
    pub status: u64,
    pub(super) by: u64,
    pub(super) at: String,
}

/// A satisfaction survey (`glpi_ticketsatisfactions`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// 1 is GLPI's own, 2 is somewhere else.
    pub kind: u64,
    pub(super) begun: String,
    pub(super) answered: Option<String>,
    /// What was answered.
    pub satisfaction: Option<u64>,
    /// With which words.
    pub comment: Option<String>,
    /// The best that can be answered.
    pub best: u64,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// Its title, as sent.
    pub name: String,
    /// Its text, as sent.
    pub content: String,
    /// 1 new, 2 assigned, 4 waiting, 5 solved, 6 closed.
    pub status: u64,
    /// Who asked.
    pub requesters: Vec<u64>,
    /// Who wrote it.
    pub recipient: u64,
    /// Where it was filed.
    pub entity: u64,
    /// `itilcategories_id`
    pub category: u64,
    /// What was said to it.
    pub follow_ups: Vec<FollowUp>,
    /// What technicians did: text, and whether requesters do not see it.
    pub tasks: Vec<FollowUp>,
    /// How it was solved.
    pub solutions: Vec<Solution>,
    /// Its documents and those of its entries.
    pub links: Vec<Link>,
    /// The survey, once there is one.
    pub survey: Option<Survey>,
    pub(super) urgency: u64,
    pub(super) impact: u64,
    pub(super) assigned: bool,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// What of two changes in one second was later.
    pub(super) turn: u64,
}

impl Ticket {
    pub(super) fn seen_by(&self, person: Person, active: &[u64]) -> bool {
        let theirs = self.requesters.contains(&person.id) || self.recipient == person.id;
        active.contains(&self.entity) && (theirs || !person.self_service())
    }
}

/// A session that is open.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) person: Person,
    /// The entities that it looks into.
    pub(super) active: Vec<u64>,
    /// The profile that was put on, if it is another than the usual one.
    pub(super) profile: Option<u64>,
}

/// The captured servers tell their times in UTC.
pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `Last-Modified` of something that changed then.
pub(super) fn last_modified(told: &str) -> Option<String> {
    let at: jiff::civil::DateTime = told.replace(' ', "T").parse().ok()?;
    Some(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// As PHP's finfo says it.
pub(super) fn media_type(content: &[u8]) -> &'static str {
    if content.starts_with(b"\x89PNG") {
        "image/png"
    } else if std::str::from_utf8(content).is_ok() {
        "text/plain"
    } else {
        "application/octet-stream"
    }
}

/// What GLPI takes as it is set up first (`install/empty_data.php` of 10.0 and 11.0, as far as this program sends such
/// files). `.json` and `.log` are not among it.
pub(super) const ENDINGS: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "bmp", "pdf", "txt", "csv", "xml", "html", "zip", "gz", "doc", "docx", "xls", "xlsx",
    "ppt", "pptx", "odt", "ods", "odp", "rtf", "svg",
];
