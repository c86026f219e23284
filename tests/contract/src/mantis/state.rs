//! Who uses the captured server, and what it remembers.

use serde_json::{Value, json};

/// Tokens as captured; each is one person's.
pub const REPORTER: &str = "4b0667dc7749f3e79902ae6646d85aa5";
/// A developer: may resolve, sees private notes.
pub const DEVELOPER: &str = "4f33867e5083704f5f83c56454334ea4";
/// May do everything, and as anybody.
pub const ADMINISTRATOR: &str = "dbfc2bf05f1deeccdb1573fe5a90a175";
/// May look only.
pub const VIEWER: &str = "0ea008a5af323c46b78ab4d85d679568";

/// The largest file that the captured server took, in bytes.
pub const MAX_FILE_SIZE: usize = 2_097_152;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) level: u64,
}

impl Person {
    pub(super) fn by_token(token: &str) -> Option<Self> {
        let (id, name, level) = match token {
            REPORTER => (2, "reporter1", 25),
            DEVELOPER => (3, "dev1", 55),
            ADMINISTRATOR => (1, "administrator", 90),
            VIEWER => (4, "viewer1", 10),
            _ => return None,
        };
        Some(Self { id, name: name.to_owned(), level })
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        [REPORTER, DEVELOPER, ADMINISTRATOR, VIEWER].iter().filter_map(|t| Self::by_token(t)).find(|p| p.name == name)
    }

    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "name": self.name, "email": format!("{}@example.test", self.name)})
    }
}

/// A file that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The note that it came with.
    pub note: Option<u64>,
    pub(super) by: Person,
    pub(super) at: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// Its text.
    pub text: String,
    /// Whether requesters do not see it.
    pub private: bool,
    pub(super) by: Person,
    pub(super) at: String,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub id: u64,
    /// Its title.
    pub summary: String,
    /// Its text.
    pub description: String,
    /// Its notes.
    pub notes: Vec<Note>,
    /// Its files.
    pub files: Vec<File>,
    /// 10 new … 90 closed.
    pub status: u64,
    /// The name of its category.
    pub category: String,
    pub(super) priority: Value,
    pub(super) severity: Value,
    pub(super) resolution: u64,
    pub(super) reporter: Person,
    pub(super) handler: Option<Person>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// What of two changes in one second was later.
    pub(super) turn: u64,
}

pub(super) const STATUS: &[(u64, &str)] = &[
    (10, "new"),
    (20, "feedback"),
    (30, "acknowledged"),
    (40, "confirmed"),
    (50, "assigned"),
    (80, "resolved"),
    (90, "closed"),
];
pub(super) const CATEGORIES: &[(u64, &str)] = &[(1, "General"), (2, "Hardware"), (4, "Network"), (3, "Software")];

pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// As PHP's finfo says it.
pub(super) fn media_type(content: &[u8]) -> &'static str {
    if content.starts_with(b"\x89PNG") {
        "image/png; charset=binary"
    } else if content.is_ascii() {
        "text/plain; charset=us-ascii"
    } else {
        "application/octet-stream; charset=binary"
    }
}
