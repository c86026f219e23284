//! The agent's log: one file of its own, rotated and capped, readable by its user alone, without secrets. What an event
//! says goes through the same redaction as the facts before it is written; numbers and plain words need none.
//!
//! `DESKSIDE_LOG` chooses what is logged, as `tracing` targets: `debug`, `warn,deskside=trace`…
//!
//! The rotation is written here: the usual crates for it end the process when a folder cannot be made, and an agent
//! without a log is better than none.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use deskside_facts::redact::is_plain;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::paths::{make_private_folder, open_private};

/// A log file is set aside when it has grown to this size, in bytes.
pub const LOG_FILE_BYTES: u64 = 1024 * 1024;
/// Log files that are kept, the one being written included.
pub const LOG_FILES: u32 = 4;
/// Longest line, in bytes; the rest of a longer one is cut.
pub const LOG_LINE_BYTES: usize = 4096;
/// What is logged unless `DESKSIDE_LOG` says otherwise.
const USUAL: &str = "warn,deskside=info";

/// Starts logging, for the whole process. Where no log can be written, the process goes on without.
///
/// # Errors
/// Why there is no log, English, for the doctor.
pub fn start(file: &Path, chosen: Option<&str>) -> Result<(), String> {
    let log = Log::open(file, LOG_FILE_BYTES, LOG_FILES).map_err(|error| format!("{}: {error}", file.display()))?;
    let targets = chosen.and_then(|text| text.parse::<Targets>().ok()).or_else(|| USUAL.parse().ok());
    tracing_subscriber::registry()
        .with(targets.unwrap_or_default())
        .with(layer(log))
        .try_init()
        .map_err(|error| error.to_string())
}

/// Writes events into the log, redacted.
fn layer<S>(log: Log) -> impl tracing_subscriber::Layer<S>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer().with_ansi(false).event_format(Redacted).with_writer(log)
}

/// A file that is set aside when it is full.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    limit_bytes: u64,
    files: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
}

impl Log {
    fn open(path: &Path, limit_bytes: u64, files: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            make_private_folder(folder)?;
        }
        let file = append(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_path_buf(), limit_bytes, files, state: Mutex::new(State { file, bytes }) })
    }

    /// `log` → `log.1` → `log.2`…; the last one goes.
    fn rotate(&self, state: &mut State) -> io::Result<()> {
        let aside = |number: u32| PathBuf::from(format!("{}.{number}", self.path.display()));
        for number in (1..self.files.saturating_sub(1)).rev() {
            if aside(number).exists() {
                fs::rename(aside(number), aside(number + 1))?;
            }
        }
        fs::rename(&self.path, aside(1))?;
        state.file = append(&self.path)?;
        state.bytes = 0;
        Ok(())
    }

    fn write_line(&self, line: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.bytes > 0 && state.bytes + line.len() as u64 > self.limit_bytes {
            // A log that cannot be set aside is begun anew: its size is a promise, its age is not.
            if self.rotate(&mut state).is_err() {
                state.file.set_len(0)?;
                state.bytes = 0;
            }
        }
        state.file.write_all(line)?;
        state.bytes += line.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().append(true).create(true))
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line<'a>;
    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

/// One event on its way: `tracing-subscriber` writes each with one call.
struct Line<'a>(&'a Log);

impl Write for Line<'_> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_line(one_line(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One line, without control characters (a server's message cannot forge a line of ours), and cut.
fn one_line(event: &str) -> String {
    let mut end = event.len().min(LOG_LINE_BYTES);
    while !event.is_char_boundary(end) {
        end -= 1;
    }
    let mut line: String =
        event[..end].trim_end().chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    line.push('\n');
    line
}

/// Time, level and place of an event as they are, what it says redacted.
struct Redacted;

impl<S, N> FormatEvent<S, N> for Redacted
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut writer)?;
        let mut said = Said::default();
        event.record(&mut said);
        writeln!(writer, " {:>5} {}:{}", event.metadata().level(), event.metadata().target(), said.redacted())
    }
}

/// What an event says.
#[derive(Default)]
struct Said {
    text: String,
    /// Something in it is more than numbers and plain words.
    doubtful: bool,
}

impl Said {
    fn add(&mut self, field: &Field, value: &str, plain: bool) {
        self.doubtful |= !plain;
        if field.name() == "message" {
            // First, as everybody reads it.
            self.text.insert_str(0, value);
            self.text.insert(0, ' ');
            return;
        }
        // A field's name may be what makes its value a secret.
        self.doubtful |= !is_innocent(field.name());
        for part in [" ", field.name(), "=", value] {
            self.text.push_str(part);
        }
    }

    /// Redacted as a whole, for a secret may be known by what stands before it.
    fn redacted(&self) -> std::borrow::Cow<'_, str> {
        if self.doubtful { deskside_facts::redact(&self.text) } else { self.text.as_str().into() }
    }
}

/// Names of fields under which no secret is ever logged, whatever the value looks like.
fn is_innocent(name: &str) -> bool {
    ["version", "signal", "reason", "error", "ms", "after_ms", "took_ms", "bytes", "files", "section"].contains(&name)
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        self.add(field, &value, is_plain(&value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, &format!("{value:?}"), is_plain(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, u64)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
            .collect();
        found.sort();
        found
    }

    /// What these events leave in the file.
    fn written(events: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.log");
        let log = Log::open(&file, LOG_FILE_BYTES, 2).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(log)), events);
        fs::read_to_string(file).unwrap()
    }

    #[test]
    fn a_log_never_grows_past_its_files_and_keeps_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("agent.log"), 100, 3).unwrap();
        for number in 0..100 {
            log.make_writer().write_all(format!("line number {number:03}\n").as_bytes()).unwrap();
        }
        let found = files(folder.path());
        assert_eq!(
            found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["agent.log", "agent.log.1", "agent.log.2"]
        );
        assert!(found.iter().all(|(_, bytes)| *bytes <= 100), "{found:?}");
        assert!(fs::read_to_string(folder.path().join("agent.log")).unwrap().contains("line number 099"));
    }

    #[test]
    fn a_second_start_goes_on_where_the_first_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log/agent.log");
        for text in ["first", "second"] {
            write!(Log::open(&file, 100, 2).unwrap().make_writer(), "{text}").unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\nsecond\n");
    }

    #[test]
    #[cfg(unix)]
    fn only_its_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log/agent.log");
        Log::open(&file, 100, 2).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn secrets_and_forged_lines_do_not_get_through() {
        let text = written(|| {
            tracing::warn!("could not ask https://desk/?token=abcdefgh12345678: denied\n2026 INFO all is well");
            tracing::warn!(token = "hunter", error = %"password=hunter2", ms = 12, "as fields");
            tracing::warn!(who = "claire@example.org", "plain words");
            tracing::warn!(version = "0.1.0", ms = 12, "starting");
        });
        for secret in ["abcdefgh12345678", "hunter", "claire@"] {
            assert!(!text.contains(secret), "{text}");
        }
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].contains(" WARN deskside_agent::logs::tests: could not ask https://desk/"), "{text}");
        assert!(lines[1].ends_with("as fields token=\"[secret]\" error=password=[secret] ms=12"), "{text}");
        assert!(lines[2].ends_with("plain words who=\"[mail]\""), "{text}");
        assert!(lines[3].ends_with("starting version=\"0.1.0\" ms=12"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = one_line(&"é".repeat(LOG_LINE_BYTES));
        assert!(line.len() <= LOG_LINE_BYTES + 1);
    }
}
