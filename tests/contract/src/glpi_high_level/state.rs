//! Who uses the captured server, and what it remembers.

use serde_json::{Value, json};

/// The OAuth client's identifier and secret, as the captures have them.
pub const CLIENT: (&str, &str) = ("HEX64-13", "HEX64-14");

/// A user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The number.
    pub id: u64,
    /// The login.
    pub name: &'static str,
    /// Sees and changes every ticket.
    pub technician: bool,
}

/// The requester (profile Self-Service).
pub const POST_ONLY: Person = Person { id: 3, name: "post-only", technician: false };
/// Somebody of IT.
pub const TECH: Person = Person { id: 4, name: "tech", technician: true };

impl Person {
    pub(super) fn json(self) -> Value {
        json!({"id": self.id, "name": self.name})
    }
}

/// A reply, a note or a solution.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub id: u64,
    /// Its text, as HTML.
    pub content: String,
    /// Whether requesters do not see it.
    pub private: bool,
    /// Who wrote it.
    pub by: Person,
    /// It says that the ticket is solved.
    pub solution: bool,
    pub(super) at: String,
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// Its title.
    pub name: String,
    /// Its text, as HTML.
    pub content: String,
    /// 1 new … 6 closed.
    pub status: u64,
    /// The numbers of its requesters.
    pub requesters: Vec<u64>,
    /// Replies, notes and solutions, in their order.
    pub entries: Vec<Entry>,
    /// Its category's number.
    pub category: Option<u64>,
    pub(super) urgency: u64,
    pub(super) impact: u64,
    pub(super) kind: u64,
    pub(super) recipient: Person,
    pub(super) assigned: bool,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// What of two changes in one second was later.
    pub(super) turn: u64,
}

impl Ticket {
    pub(super) fn shows_to(&self, person: Person) -> bool {
        person.technician || self.recipient == person || self.requesters.contains(&person.id)
    }
}

/// A document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

pub(super) fn status_name(status: u64) -> &'static str {
    match status {
        1 => "New",
        2 => "Processing (assigned)",
        3 => "Processing (planned)",
        4 => "Pending",
        5 => "Solved",
        _ => "Closed",
    }
}

pub(super) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
