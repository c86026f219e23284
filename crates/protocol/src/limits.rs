//! Every size, count and time that somebody outside can push on, named in one place.

use std::time::Duration;

/// Longest description of a problem, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 20_000;
/// Longest title of a ticket, in characters; made from the first line of the description.
pub const TITLE_CHARS: usize = 120;
/// Largest single attachment, in bytes.
pub const ATTACHMENT_BYTES: u64 = 25 * 1024 * 1024;
/// Most attachments of one ticket or follow-up.
pub const ATTACHMENTS: usize = 10;
/// Most bytes of all attachments of one ticket or follow-up together.
pub const ATTACHMENTS_TOTAL_BYTES: u64 = 60 * 1024 * 1024;
/// Longest file name, in bytes of UTF-8 (the limit of common file systems).
pub const FILE_NAME_BYTES: usize = 255;
/// Largest ticket document, in bytes: text and facts, without attachments.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;
/// Media types that can be attached; what a helpdesk can show and a technician needs.
pub const MEDIA_TYPES: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/zip",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "message/rfc822",
    "application/octet-stream",
];

/// Largest frame on the socket between window and agent, in bytes.
pub const FRAME_BYTES: usize = 4 * 1024 * 1024;
/// Largest piece of a file in one frame, in bytes before base64.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// Longest wait for the other end's greeting on the local socket.
pub const HANDSHAKE: Duration = Duration::from_secs(5);
/// Most windows and command lines connected to one agent at a time.
pub const CLIENTS: usize = 16;
/// Requests of one client that the agent works on at a time; more wait.
pub const REQUESTS_IN_FLIGHT: usize = 32;
/// Largest greeting on the local socket, in bytes: all that an end may send before it is known.
pub const HELLO_BYTES: usize = 4 * 1024;
/// Longest time that one frame may take to leave; a client that does not read for so long is let go.
pub const FRAME_SEND: Duration = Duration::from_secs(30);
/// Events that wait for one slow client; with more it is let go, and asks anew when it comes back.
pub const EVENTS_QUEUED: usize = 256;
/// Longest wait of a window for the agent's answer: longer than [`UPLOAD`], which an answer may have to wait for.
pub const LOCAL_ANSWER: Duration = Duration::from_secs(660);
/// Largest picture of the screen, in pixels (two 8K displays).
pub const CAPTURE_PIXELS: u64 = 2 * 7680 * 4320;
/// Pictures of the screen the agent holds at a time; the oldest goes.
pub const CAPTURES: usize = 2;

/// Longest wait for a connection to a helpdesk.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for an answer to a request without a file.
pub const ANSWER: Duration = Duration::from_secs(30);
/// Longest time one attachment may take.
pub const UPLOAD: Duration = Duration::from_secs(600);
/// Largest JSON answer taken from a helpdesk, in bytes.
pub const ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Longest wait that a `Retry-After` header can impose.
pub const RETRY_AFTER: Duration = Duration::from_secs(3600);
/// Longest silence on the stream of nudges before it is taken for dead; the server says something every 25 seconds.
pub const NUDGE_SILENCE: Duration = Duration::from_secs(90);
/// Longest line of a stream of server-sent events, in bytes.
pub const EVENT_LINE_BYTES: usize = 16 * 1024;
/// Entries of one thread that are kept; the newest win.
pub const THREAD_ENTRIES: usize = 1000;
/// Bytes of text in the entries of a thread that are shown at a time; the newest win. Fits a frame with what is around.
pub const THREAD_BYTES: usize = 1024 * 1024;
/// Requests of one device that are kept.
pub const REQUESTS_KEPT: usize = 10_000;
/// Requests that are listed at a time; the newest win.
pub const REQUESTS_LISTED: usize = 2_000;
/// Entries of the ledger that are listed at a time; the newest win. All of them are verified.
pub const LEDGER_LISTED: usize = 2_000;
/// Longest name or title from a server, in characters.
pub const NAME_CHARS: usize = 200;
/// Longest cursor from a server, in bytes.
pub const CURSOR_BYTES: usize = 512;
/// Longest beginning of an answer in a notification, in characters.
pub const NOTIFICATION_CHARS: usize = 160;
/// Files on their way from windows to the agent at a time.
pub const UPLOADS: usize = 16;
/// Drafts that are kept; with more, the oldest of those with nothing in them goes. One with a text or a file never does.
pub const DRAFTS: usize = 20;

/// How long the bytes of a file stay here after its request arrived and nothing happened to it any more; the helpdesk
/// has them.
pub const DELIVERED_FILES_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Log lines taken from the system's log, at most.
pub const LOG_LINES: usize = 200;
/// Longest log line kept, in characters.
pub const LOG_LINE_CHARS: usize = 500;
/// Age of the oldest log line taken.
pub const LOG_AGE: Duration = Duration::from_secs(30 * 60);
/// Entries of any list in the facts (processes, mounts, printers…), at most.
pub const FACTS_LIST: usize = 64;
