//! Crash reports: `.ips` files, two JSON values one after the other ("Interpreting the JSON format of a crash report", Apple
//! developer documentation). The first names the program and says what kind of report it is.

use deskside_protocol::{Timestamp, facts::Crash};
use serde::Deserialize;

/// `bug_type` of a crash; others are hangs, panics of the kernel, notes about memory.
const CRASH: &str = "309";

#[derive(Deserialize)]
struct Head {
    app_name: Option<String>,
    name: Option<String>,
    bug_type: String,
    timestamp: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    exception: Exception,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Exception {
    r#type: Option<String>,
    signal: Option<String>,
}

/// The crash that a report tells of; `None` if it is of another kind. The end of a long report may be missing.
pub(crate) fn crash(report: &str) -> Option<Crash> {
    let (head, body) = report.split_once('\n')?;
    let head: Head = serde_json::from_str(head).ok()?;
    let at = jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f %z", &head.timestamp).ok()?;
    let program = head.app_name.or(head.name).filter(|name| !name.is_empty() && head.bug_type == CRASH)?;
    let exception = serde_json::from_str::<Body>(body).unwrap_or_default().exception;
    Some(Crash {
        program,
        at: Timestamp::from_unix_ms(at.as_millisecond()),
        reason: exception.signal.or(exception.r#type),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: &str = concat!(
        r#"{"app_name":"Numbers","timestamp":"2026-03-02 09:31:56.00 +0100","app_version":"14.0","bug_type":"309","os_version":"macOS 15.3 (24D60)","name":"Numbers"}"#,
        "\n{\n  \"procName\" : \"Numbers\",\n  \"exception\" : {\"codes\":\"0x1\",\"type\":\"EXC_BAD_ACCESS\",\"signal\":\"SIGSEGV\"}\n}\n"
    );

    #[test]
    fn a_crash_is_told_with_program_time_and_signal() {
        let crash = crash(REPORT).unwrap();
        assert_eq!((crash.program.as_str(), crash.reason.as_deref()), ("Numbers", Some("SIGSEGV")));
        assert_eq!(crash.at.unix_ms(), 1_772_440_316_000);
    }

    #[test]
    fn reports_of_other_kinds_are_no_crashes() {
        assert_eq!(crash(&REPORT.replace("\"309\"", "\"288\"")), None);
        assert_eq!(crash("Process: Old [1]\nPath: /x\n"), None);
    }

    #[test]
    fn a_report_that_was_cut_still_names_the_program() {
        let crash = crash(&REPORT[..REPORT.find("exception").unwrap()]).unwrap();
        assert_eq!((crash.program.as_str(), crash.reason), ("Numbers", None));
    }

    proptest! {
        #[test]
        fn any_report_is_read_without_panic(text in "\\PC{0,80}", cut in 0_usize..300) {
            let _ = (crash(&text), crash(REPORT.get(..cut).unwrap_or(REPORT)));
        }
    }
}
