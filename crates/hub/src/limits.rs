//! What outsiders can push on, on the server's side; the limits shared with the agent are in `deskside_protocol::limits`.

use std::time::Duration;

/// Largest JSON body other than a ticket document, in bytes: a text of full length with every byte escaped, and files.
pub(crate) const JSON_BYTES: usize = 256 * 1024;
/// Connections at a time; more wait in the system's queue.
pub(crate) const CONNECTIONS: usize = 20_000;
/// Longest time for a TLS handshake.
pub(crate) const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Longest time for the head of a request.
pub(crate) const REQUEST_HEAD: Duration = Duration::from_secs(15);
/// Longest silence within the body of a request.
pub(crate) const BODY_SILENCE: Duration = Duration::from_secs(30);
/// What is read of a refused request's body so that the refusal can be heard: bytes, and time.
pub(crate) const DRAIN_BYTES: u64 = deskside_protocol::limits::ATTACHMENT_BYTES + 64 * 1024;
/// See [`DRAIN_BYTES`].
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(10);
/// Requests of one HTTP/2 connection at a time.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 100;
/// Longest time for requests to end once the hub is told to stop.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(10);
/// What the hub asks others to wait when its disk is full: somebody must make room first.
pub(crate) const FULL_DISK_WAIT: Duration = Duration::from_secs(60);
/// Longest time in which the other end takes nothing of what is sent to it.
pub(crate) const ANSWER_STALLED: Duration = Duration::from_secs(30);
/// Longest time for an answer as a whole, however slowly the other end reads; a stream of events has [`STREAM_LIFE`].
pub(crate) const ANSWER_WHOLE: Duration = deskside_protocol::limits::UPLOAD;
/// A connection on which nothing is asked ends after this time (HTTP/2; with HTTP/1 it is [`REQUEST_HEAD`]).
pub(crate) const CONNECTION_IDLE: Duration = Duration::from_secs(120);

/// Event streams of one device at a time.
pub(crate) const STREAMS_PER_DEVICE: usize = 4;
/// Event streams of consoles at a time.
pub(crate) const CONSOLE_STREAMS: usize = 500;
/// Longest life of an event stream; then the other end comes back and proves itself again.
pub(crate) const STREAM_LIFE: Duration = Duration::from_secs(15 * 60);
/// Time between signs of life on a quiet event stream.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tickets in one answer to a device.
pub(crate) const CHANGES: i64 = 50;
/// Bytes of tickets in one answer to a device: half of what it takes, so that there is room for the rest of the answer.
pub(crate) const CHANGES_BYTES: usize = deskside_protocol::limits::ANSWER_BYTES / 2;
/// Entries of one ticket's thread. A technician's change of state alone is taken beyond it: a ticket can always be closed.
pub(crate) const FOLLOW_UPS: i64 = 1000;
/// Files of one person that wait for answers which are still being written; with more, the oldest go.
pub(crate) const STAGED_PER_PERSON: i64 = 40;
/// How long they wait.
pub(crate) const STAGED_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Lines of the journal in one answer.
pub(crate) const JOURNAL_LINES: i64 = 100;
/// Words of a search that count.
pub(crate) const SEARCH_WORDS: usize = 6;
/// Longest search, in characters; the rest is ignored.
pub(crate) const SEARCH_CHARS: usize = 200;
/// Longest text of one field that is not meant for prose (names, labels), in characters.
pub(crate) const NAME_CHARS: usize = 200;

/// Shortest password, in characters.
pub(crate) const PASSWORD_MIN_CHARS: usize = 12;
/// Longest password, in bytes: hashing takes time in proportion.
pub(crate) const PASSWORD_MAX_BYTES: usize = 1024;
/// Password hashes computed at a time: each takes 19 MiB and most of a processor.
pub(crate) const HASHES: usize = 2;
/// Longest wait for a turn to hash.
pub(crate) const HASH_WAIT: Duration = Duration::from_secs(5);
/// A session ends after this time without a request.
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
/// A session ends after this time in any case.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How stale "last seen" may be: not every request is worth a write.
pub(crate) const SEEN_STALE: Duration = Duration::from_secs(5 * 60);
/// How long somebody may take at the page of the sign-in's provider.
pub(crate) const SIGN_IN_BEGUN: Duration = Duration::from_secs(10 * 60);
/// Sign-ins of employees that are begun at a time; with more, the oldest are forgotten.
pub(crate) const SIGN_INS_BEGUN: i64 = 10_000;
/// Enrolment tokens end after this time at the latest.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(366 * 24 * 3600);

/// Longest wait for a connection to the database.
pub(crate) const DATABASE_CONNECT: Duration = Duration::from_secs(8);
/// Between two looks for changes whose notice was lost, while hubs share a database.
pub(crate) const MISSED_LOOK: Duration = Duration::from_secs(30);
/// Missed changes that are told one by one; whoever missed more looks at everything when their stream ends.
pub(crate) const MISSED_TOLD: i64 = 5000;
/// How long the copy of a database stays that was made before a migration.
pub(crate) const COPY_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Between two looks at a certificate's files.
pub(crate) const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);
/// Between two looks for what the retention says must go.
pub(crate) const RETENTION_LOOK: Duration = Duration::from_secs(3600);
/// How long the clock must have gone on evenly before anything goes because of it.
pub(crate) const RETENTION_CALM: Duration = Duration::from_secs(24 * 3600);
/// A clock that moves more than this between two looks has leapt, or the hub was off.
pub(crate) const CLOCK_LEAP: Duration = Duration::from_secs(24 * 3600);
/// A clock that goes back by more than this has leapt; hubs that share a database differ by less.
pub(crate) const CLOCK_BACK: Duration = Duration::from_secs(3600);
/// Tickets that are removed or emptied in one transaction.
pub(crate) const RETENTION_BATCH: i64 = 50;
/// Numbers of tickets that one line of the journal names.
pub(crate) const JOURNAL_NUMBERS: usize = 50;
