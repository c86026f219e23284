//! An upgrade puts another program in the place of this one while it runs. On Linux, where a running program's file can be
//! replaced, the agent makes way for its successor at a moment when nobody notices: no window is open, and no secret would
//! be lost with this process. (Windows' installer ends the agent first, for it could not replace its file.)

use std::path::PathBuf;

/// The program that this process runs, as it was on the disk when it began.
#[derive(Debug)]
pub struct Program {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux replaces what runs"))]
    path: PathBuf,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux replaces what runs"))]
    file: Option<File>,
}

/// Which file it is: device, number, and when its content changed last.
type File = (u64, u64, i64);

impl Program {
    /// Asked for as early as possible: later, its place may hold another.
    ///
    /// # Errors
    /// If the system does not say which program this is.
    pub fn of_this_process() -> std::io::Result<Self> {
        let path = std::env::current_exe()?;
        #[cfg(target_os = "linux")]
        let file = linux::file(&path).map(|(file, _)| file);
        #[cfg(not(target_os = "linux"))]
        let file = None;
        Ok(Self { path, file })
    }

    /// Whether another program is in its place, and has been for a while: the package is laid down whole by then.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            linux::file(&self.path).is_some_and(|(file, settled)| settled && self.file.is_some_and(|own| own != file))
        }
        #[cfg(not(target_os = "linux"))]
        {
            false
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::File;

    /// What is replaced together is replaced within this time.
    const SETTLED: Duration = Duration::from_secs(10);

    /// Which file it is, and whether it has been there for a while.
    pub(super) fn file(path: &Path) -> Option<(File, bool)> {
        let there = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        // Of a file that was put in place, the change of its name counts (stat(2), `st_ctime`).
        let changed = UNIX_EPOCH + Duration::from_secs(u64::try_from(there.ctime()).unwrap_or(0));
        // In the future: the clock was set back since.
        let settled = SystemTime::now().duration_since(changed).map_or(true, |age| age >= SETTLED);
        Some(((there.dev(), there.ino(), there.mtime()), settled))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_replaced_by_another_and_by_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deskside");
        let old = || std::fs::File::open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        std::fs::write(&path, "one").unwrap();
        let program = Program { path: path.clone(), file: linux::file(&path).map(|(file, _)| file) };
        assert!(!program.is_replaced());
        std::fs::remove_file(&path).unwrap();
        assert!(!program.is_replaced(), "removed is not replaced: there is nothing to make way for");
        std::fs::write(&path, "two").unwrap();
        old();
        assert!(!program.is_replaced(), "the package may not be whole yet");
    }
}
