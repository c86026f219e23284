//! On macOS: the reports that the system writes for the user and for the machine.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use deskside_protocol::{
    facts::{Crash, Crashes},
    limits::FACTS_LIST,
};

use crate::{Context, Failure, blocking, macos::reports};

/// Age of the oldest crash that is told.
const AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Entries of a folder that are looked at.
const ENTRIES: usize = 4096;
/// What is read of a report: its head, and most often its exception.
const REPORT_BYTES: u64 = 1024 * 1024;

pub(crate) async fn collect(ctx: &Context) -> Result<Crashes, Failure> {
    let folders = [ctx.home.join("Library/Logs/DiagnosticReports"), ctx.path("/Library/Logs/DiagnosticReports")];
    blocking(move || {
        let read: Vec<Result<Vec<Crash>, Failure>> = folders.iter().map(|folder| of_folder(folder)).collect();
        // Only administrators may read those of the machine; the user's own are enough.
        if let [Err(failure), Err(_)] = read.as_slice() {
            return Err(failure.clone());
        }
        let mut crashes: Vec<Crash> = read.into_iter().flatten().flatten().collect();
        crashes.sort_by_key(|crash| std::cmp::Reverse(crash.at));
        crashes.truncate(FACTS_LIST);
        Ok(Crashes { crashes })
    })
    .await
}

fn of_folder(folder: &Path) -> Result<Vec<Crash>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::io("crash reports", &error))?;
    let reports = entries.take(ENTRIES).filter_map(|entry| {
        let path = entry.ok()?.path();
        let changed = path.metadata().ok()?.modified().ok()?;
        let young = SystemTime::now().duration_since(changed).is_ok_and(|age| age <= AGE);
        (young && path.extension().is_some_and(|end| end == "ips")).then_some((changed, path))
    });
    let mut reports: Vec<(SystemTime, PathBuf)> = reports.collect();
    reports.sort();
    Ok(reports.iter().rev().take(FACTS_LIST).filter_map(|(_, path)| reports::crash(&start(path)?)).collect())
}

fn start(path: &Path) -> Option<String> {
    let mut content = Vec::new();
    File::open(path).ok()?.take(REPORT_BYTES).read_to_end(&mut content).ok()?;
    Some(String::from_utf8_lossy(&content).into_owned())
}
