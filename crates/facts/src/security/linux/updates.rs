//! Updates that apt would install: what dpkg has installed beside what the lists of the last refresh offer. Lists that are
//! kept compressed (containers do, desktops do not) are not counted, and then nothing is said.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
    time::{Duration, Instant, UNIX_EPOCH},
};

use deskside_protocol::Timestamp;

use super::versions;
use crate::{Context, linux::files};

/// Largest list that is read; Debian's main has 50 MB.
const LIST_BYTES: u64 = 256 * 1024 * 1024;
/// Longest line that is looked at; descriptions of packages are longer.
const LINE_BYTES: usize = 512;
/// Time for reading, below the section's limit.
const READING: Duration = Duration::from_millis(3000);

#[derive(Debug, Default, PartialEq)]
pub(super) struct Updates {
    pub(super) pending: Option<u32>,
    pub(super) of_security: Option<u32>,
    pub(super) checked_at: Option<Timestamp>,
}

pub(super) fn read(ctx: &Context) -> Updates {
    let lists = ctx.path("/var/lib/apt/lists");
    let until = Instant::now() + READING;
    let mut updates = Updates { checked_at: checked_at(ctx), ..Updates::default() };
    let packages: Vec<_> = files::entries(&lists).into_iter().filter(|list| is_offered(&lists, list)).collect();
    let Ok(status) = File::open(ctx.path("/var/lib/dpkg/status")) else { return updates };
    let Some(installed) = installed(BufReader::new(status.take(LIST_BYTES)), until) else { return updates };
    if packages.is_empty() {
        return updates;
    }
    let (mut pending, mut of_security) = (BTreeSet::new(), BTreeSet::new());
    for list in packages {
        let Ok(file) = File::open(&list) else { continue };
        let Some(newer) = newer(BufReader::new(file.take(LIST_BYTES)), &installed, until) else { return updates };
        if files::name(&list).contains("security") {
            of_security.extend(newer.iter().cloned());
        }
        pending.extend(newer);
    }
    updates.pending = u32::try_from(pending.len()).ok();
    updates.of_security = u32::try_from(of_security.len()).ok();
    updates
}

/// When apt last refreshed its lists, by the stamp that its timer leaves or by the newest list.
fn checked_at(ctx: &Context) -> Option<Timestamp> {
    let stamp = ctx.path("/var/lib/apt/periodic/update-success-stamp");
    let lists = files::entries(&ctx.path("/var/lib/apt/lists")).into_iter().filter(|list| list.is_file());
    let changed = |file: &Path| {
        let since = std::fs::metadata(file).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Timestamp::from_unix_ms(i64::try_from(since.as_millis()).ok()?))
    };
    lists.filter_map(|list| changed(&list)).chain(changed(&stamp)).max()
}

/// Lists of packages but of suites from which apt takes nothing by itself, as backports (`NotAutomatic: yes`).
fn is_offered(lists: &Path, list: &Path) -> bool {
    let name = files::name(list);
    let Some(suite) = name.strip_suffix("_Packages").and_then(|name| {
        let (host, rest) = name.split_once("_dists_")?;
        Some(format!("{host}_dists_{}", rest.split('_').next()?))
    }) else {
        return false;
    };
    !["InRelease", "Release"].iter().any(|release| {
        let release = files::text_up_to(&lists.join(format!("{suite}_{release}")), 16 * 1024).unwrap_or_default();
        release.lines().any(|line| line == "NotAutomatic: yes")
    })
}

/// Name and architecture, "libc6:amd64".
type Package = String;

/// Versions of what is installed and not held; `None` if there was no time.
fn installed(status: impl BufRead, until: Instant) -> Option<HashMap<Package, String>> {
    let mut installed = HashMap::new();
    paragraphs(status, until, |said| {
        // "install ok installed"; "hold ok installed" is not updated.
        if said.status == "install ok installed" {
            installed.insert(said.package(), said.version.clone());
        }
    })?;
    Some(installed)
}

/// Packages of a list that are newer than the installed ones.
fn newer(list: impl BufRead, installed: &HashMap<Package, String>, until: Instant) -> Option<BTreeSet<Package>> {
    let mut newer = BTreeSet::new();
    paragraphs(list, until, |said| {
        let package = said.package();
        if installed.get(&package).is_some_and(|here| versions::compare(&said.version, here) == Ordering::Greater) {
            newer.insert(package);
        }
    })?;
    Some(newer)
}

/// The fields of a paragraph that are looked at (deb-control(5)).
#[derive(Default)]
struct Said {
    name: String,
    version: String,
    architecture: String,
    status: String,
}

impl Said {
    fn package(&self) -> Package {
        format!("{}:{}", self.name, self.architecture)
    }
}

/// Visits each paragraph of a control file; `None` if there was no time for all.
fn paragraphs(mut file: impl BufRead, until: Instant, mut visit: impl FnMut(&Said)) -> Option<()> {
    let mut said = Said::default();
    let mut line = Vec::with_capacity(LINE_BYTES);
    loop {
        line.clear();
        let read = file.read_until(b'\n', &mut line).ok()?;
        let blank = line.iter().all(u8::is_ascii_whitespace);
        if blank && !said.name.is_empty() {
            visit(&said);
            said = Said::default();
            if Instant::now() > until {
                return None;
            }
        }
        if read == 0 {
            return Some(());
        }
        if line.len() > LINE_BYTES || line.first() == Some(&b' ') {
            continue;
        }
        for (field, place) in [
            (&b"Package: "[..], &mut said.name),
            (b"Version: ", &mut said.version),
            (b"Architecture: ", &mut said.architecture),
            (b"Status: ", &mut said.status),
        ] {
            if let Some(value) = line.strip_prefix(field) {
                *place = String::from_utf8_lossy(value).trim().to_owned();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::fixture;
    use proptest::prelude::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn only_newer_versions_of_what_is_installed_and_not_held_count() {
        let updates = read(&fixture::laptop());
        assert_eq!((updates.pending, updates.of_security), (Some(2), Some(1)));
        assert!(updates.checked_at.is_some());
    }

    #[test]
    fn without_time_nothing_is_said() {
        let late = Instant::now();
        assert_eq!(installed("Package: a\nStatus: install ok installed\n\n".as_bytes(), late), None);
    }

    #[test]
    fn without_lists_nothing_is_said() {
        assert_eq!(read(&fixture::silent()), Updates::default());
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "(Package: |Version: |Status: install ok installed|\n| |\\PC){0,60}") {
            let here = installed(text.as_bytes(), soon()).unwrap();
            let _ = newer(text.as_bytes(), &here, soon());
        }
    }
}
