//! What this process holds of the memory without needing it, given back.
//!
//! Most of a program's code runs once, at its start, and the kernel maps 64 KiB around each page that is touched: an agent
//! with nothing to do has its whole program mapped, and uses a tenth of it.

use std::ffi::{c_int, c_void};
use std::fs;

/// With less than this mapped from files, nothing is worth giving back, in bytes.
const WORTH_IT: u64 = 4 * 1024 * 1024;
/// The kernel's page, the smallest there is; only compared with.
const PAGE: u64 = 4096;
/// `MADV_DONTNEED` (madvise(2)), the same on every architecture that Rust's standard library runs on.
const DONT_NEED: c_int = 4;

#[expect(unsafe_code, reason = "the C library's declarations, as its manual pages have them")]
// SAFETY: both are in every C library of Linux with these types; malloc_trim takes any number.
unsafe extern "C" {
    /// madvise(2).
    fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    /// malloc_trim(3).
    #[cfg(target_env = "gnu")]
    safe fn malloc_trim(pad: usize) -> c_int;
}

/// Gives back freed memory, and the pages of this program's file, if there is something to gain: what is needed again
/// comes back from the page cache.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    malloc_trim(0);
    if mapped_from_files().is_some_and(|bytes| bytes > WORTH_IT) {
        give_back_program();
    }
}

/// Bytes of files that this process has mapped and in memory (proc_pid_statm(5), "shared").
fn mapped_from_files() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    statm.split_whitespace().nth(2)?.parse::<u64>().ok()?.checked_mul(PAGE)
}

/// Unmaps the pages of this program's file that nobody has changed.
fn give_back_program() {
    let (Ok(program), Ok(maps)) = (fs::read_link("/proc/self/exe"), fs::read_to_string("/proc/self/smaps")) else {
        return;
    };
    let Some(program) = program.to_str() else { return };
    for (start, length) in unchanged(&maps, program) {
        let address = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: a private mapping of a file, not writable, of which no page differs from the file (none is anonymous):
        // what is dropped is read from the file again when it is touched, so nothing that refers to it can tell.
        #[expect(unsafe_code, reason = "nothing safe gives mapped pages back")]
        let _ = unsafe { madvise(address, length, DONT_NEED) };
    }
}

/// Start and length of the mappings of `program` that cannot be written and hold nothing but what is in the file
/// (proc_pid_smaps(5)).
fn unchanged(smaps: &str, program: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut current = None;
    for line in smaps.lines() {
        let mut fields = line.split_ascii_whitespace();
        let Some(first) = fields.next() else { continue };
        if let Some((start, end)) = first.split_once('-') {
            let range = usize::from_str_radix(start, 16).ok().zip(usize::from_str_radix(end, 16).ok());
            let fixed = fields.next().is_some_and(|rights| matches!(rights, "r-xp" | "r--p"));
            // Offset, device and inode come before the name, which may have blanks in it.
            let named = line.split_once('/').is_some_and(|(_, name)| program.strip_prefix('/') == Some(name));
            current = range.filter(|(start, end)| fixed && named && start < end);
        } else if first == "Anonymous:"
            && let Some((start, end)) = current.take()
            && fields.next() == Some("0")
        {
            found.push((start, end - start));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMAPS: &str = "\
5600-5900 r--p 00000000 fe:00 1234 /opt/my programs/deskside
Size: 12 kB
Anonymous: 0 kB
5900-7000 r-xp 00003000 fe:00 1234 /opt/my programs/deskside
Anonymous:             0 kB
VmFlags: rd ex mr mw me
7000-7800 r--p 00004000 fe:00 1234 /opt/my programs/deskside
Anonymous:           480 kB
7800-7900 rw-p 00005000 fe:00 1234 /opt/my programs/deskside
Anonymous: 0 kB
8000-9000 r-xp 00000000 fe:00 99 /usr/lib/libc.so.6
Anonymous: 0 kB
9000-a000 r--p 00000000 00:00 0
Anonymous: 0 kB
";

    #[test]
    fn only_what_is_as_in_the_programs_file_is_given_back() {
        assert_eq!(unchanged(SMAPS, "/opt/my programs/deskside"), [(0x5600, 0x300), (0x5900, 0x1700)]);
        assert_eq!(unchanged(SMAPS, "/opt/my programs/deskside (deleted)"), []);
    }

    #[test]
    fn a_process_that_gave_back_its_program_goes_on() {
        let before = mapped_from_files().unwrap();
        give_back_program();
        let after = mapped_from_files().unwrap();
        assert!(after < before, "{after} of {before}");
        // Code, constants and unwinding still work.
        assert!(std::panic::catch_unwind(|| panic!("on purpose")).is_err());
        assert_eq!(crate::redact("password=hunter2"), "password=[secret]");
        give_back();
    }

    proptest! {
        #[test]
        fn anything_is_read_without_panic(text in "(Anonymous: |0|r-xp |/a\\n|[0-9a-f]{1,4}-[0-9a-f]{1,20} |\\PC|\n){0,60}") {
            let _ = unchanged(&text, "/a");
        }
    }
}
