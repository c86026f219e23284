//! Tests that cannot run here say so, and are counted.

use std::io::Write as _;

/// Says that the present test cannot run on this machine, and why; the test then returns. `cargo xtask test` gathers
/// these through the file named in `DESKSIDE_SKIP_LOG`; alone, the line is only printed.
#[expect(clippy::print_stderr, reason = "without xtask the reason has nowhere else to go")]
pub fn skip(test: &str, reason: &str) {
    let line = format!("SKIPPED {test}: {}\n", reason.replace('\n', " "));
    eprint!("{line}");
    if let Some(path) = std::env::var_os("DESKSIDE_SKIP_LOG") {
        // One short write in append mode is not torn by other tests' writes.
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path);
        if let Err(error) = log.and_then(|mut log| log.write_all(line.as_bytes())) {
            eprintln!("the skip log could not be written: {error}");
        }
    }
}
