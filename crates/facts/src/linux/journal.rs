//! The journal, through libsystemd's `sd-journal` where the machine has it. It is opened while running: linked, it would be
//! one more thing without which the agent does not start.
#![expect(
    unsafe_code,
    reason = "libsystemd is a C library, and the only way to a journal that is compressed or rotated"
)]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    ops::ControlFlow,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr::NonNull,
    time::Instant,
};

use libloading::Library;

use crate::{Context, Failure};

/// The library's name with the version of its interface, which has not changed since 2012.
const LIBRARY: &str = "libsystemd.so.0";
/// Only this machine's own journals (`SD_JOURNAL_LOCAL_ONLY`).
const LOCAL_ONLY: c_int = 1;
/// Longest field that is read, in bytes.
const FIELD_BYTES: usize = 16 * 1024;

type Handle = *mut c_void;
type Open = unsafe extern "C" fn(*mut Handle, c_int) -> c_int;
type OpenDirectory = unsafe extern "C" fn(*mut Handle, *const c_char, c_int) -> c_int;
type Close = unsafe extern "C" fn(Handle);
type AddMatch = unsafe extern "C" fn(Handle, *const c_void, usize) -> c_int;
type Step = unsafe extern "C" fn(Handle) -> c_int;
type Realtime = unsafe extern "C" fn(Handle, *mut u64) -> c_int;
type GetData = unsafe extern "C" fn(Handle, *const c_char, *mut *const c_void, *mut usize) -> c_int;
type SetThreshold = unsafe extern "C" fn(Handle, usize) -> c_int;

/// An open journal. It stays on the thread that opened it: the library allows no other.
pub(crate) struct Journal {
    handle: NonNull<c_void>,
    functions: Functions,
    // Dropped after `handle` is closed, as fields drop in order and `Drop` runs before them.
    _library: Library,
}

/// The functions in use, copied out of the library; valid as long as it is loaded.
struct Functions {
    close: Close,
    add_match: AddMatch,
    seek_tail: Step,
    previous: Step,
    realtime: Realtime,
    get_data: GetData,
    set_threshold: SetThreshold,
}

/// The entry at which a journal stands.
pub(crate) struct Entry<'a>(&'a Journal);

/// The folder of a machine whose files lie elsewhere; none for this machine, whose journals the library finds.
pub(crate) fn folder(ctx: &Context) -> Option<PathBuf> {
    (ctx.root != Path::new("/")).then(|| ctx.path("/var/log/journal"))
}

impl Journal {
    /// The journals of this machine: those in `folder`, or the system's.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Failure> {
        let no_library = |error: libloading::Error| Failure::unavailable(format!("{LIBRARY}: {error}"));
        // SAFETY: loading runs the library's initialisers. It is systemd's own, found by the dynamic linker in the system's
        // folders, and its initialisers do nothing that this process could notice.
        let library = unsafe { Library::new(LIBRARY) }.map_err(no_library)?;
        // SAFETY: each name is looked up with the signature that sd-journal.h declares for it (systemd 187 and later), and
        // the pointers are kept only beside `library`, which keeps their code loaded.
        let (open, open_directory, functions) = unsafe {
            (
                *library.get::<Open>(c"sd_journal_open").map_err(no_library)?,
                *library.get::<OpenDirectory>(c"sd_journal_open_directory").map_err(no_library)?,
                Functions {
                    close: *library.get::<Close>(c"sd_journal_close").map_err(no_library)?,
                    add_match: *library.get::<AddMatch>(c"sd_journal_add_match").map_err(no_library)?,
                    seek_tail: *library.get::<Step>(c"sd_journal_seek_tail").map_err(no_library)?,
                    previous: *library.get::<Step>(c"sd_journal_previous").map_err(no_library)?,
                    realtime: *library.get::<Realtime>(c"sd_journal_get_realtime_usec").map_err(no_library)?,
                    get_data: *library.get::<GetData>(c"sd_journal_get_data").map_err(no_library)?,
                    set_threshold: *library
                        .get::<SetThreshold>(c"sd_journal_set_data_threshold")
                        .map_err(no_library)?,
                },
            )
        };
        let folder = folder.map(|folder| CString::new(folder.as_os_str().as_bytes())).transpose();
        let folder = folder.map_err(|_| Failure::broken("the journal's folder has a zero byte in its name"))?;
        let mut handle: Handle = std::ptr::null_mut();
        // SAFETY: `handle` is a valid place for one pointer during the call; `folder`, if any, is ended by a zero byte and
        // lives beyond the call.
        let code = unsafe {
            match &folder {
                Some(folder) => open_directory(&raw mut handle, folder.as_ptr(), 0),
                None => open(&raw mut handle, LOCAL_ONLY),
            }
        };
        check("open", code)?;
        let handle = NonNull::new(handle).ok_or_else(|| Failure::broken("journal: no handle"))?;
        let journal = Self { handle, functions, _library: library };
        // SAFETY: the handle is open, see `Drop`.
        check("limit", unsafe { (journal.functions.set_threshold)(journal.handle.as_ptr(), FIELD_BYTES) })?;
        Ok(journal)
    }

    /// Looks only at entries with this field. Several of one field are alternatives, of different fields conditions.
    pub(crate) fn only(&mut self, field: &str, value: &str) -> Result<(), Failure> {
        let matched = format!("{field}={value}");
        // SAFETY: the handle is open; the library copies `matched.len()` bytes, which are there.
        let code = unsafe { (self.functions.add_match)(self.handle.as_ptr(), matched.as_ptr().cast(), matched.len()) };
        check("match", code)
    }

    /// Visits entries from the newest back until `since_us` (microseconds since 1970), `until`, or the visitor's break.
    pub(crate) fn newest_first(
        &mut self,
        since_us: u64,
        until: Instant,
        mut visit: impl FnMut(u64, &Entry<'_>) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        // SAFETY: the handle is open.
        check("seek", unsafe { (self.functions.seek_tail)(self.handle.as_ptr()) })?;
        while Instant::now() < until {
            // SAFETY: the handle is open.
            let stepped = unsafe { (self.functions.previous)(self.handle.as_ptr()) };
            check("step", stepped)?;
            if stepped == 0 {
                break;
            }
            let mut at_us = 0;
            // SAFETY: the handle is open and stands at an entry; `at_us` is a valid place for the answer.
            check("time", unsafe { (self.functions.realtime)(self.handle.as_ptr(), &raw mut at_us) })?;
            if at_us < since_us || visit(at_us, &Entry(self)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // SAFETY: the handle came from an open of this library, which is still loaded, and is closed here only.
        unsafe { (self.functions.close)(self.handle.as_ptr()) }
    }
}

impl Entry<'_> {
    /// A field, if the entry has it, with anything that is not UTF-8 replaced.
    pub(crate) fn field(&self, name: &CStr) -> Option<String> {
        let mut data: *const c_void = std::ptr::null();
        let mut length = 0;
        // SAFETY: the handle is open and stands at an entry, `name` is ended by a zero byte, and both places are valid.
        let code = unsafe {
            (self.0.functions.get_data)(self.0.handle.as_ptr(), name.as_ptr(), &raw mut data, &raw mut length)
        };
        if code < 0 || data.is_null() {
            return None;
        }
        // SAFETY: on success the library gives `length` bytes at `data`, valid until the next call on this handle; they are
        // copied before that.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length.min(FIELD_BYTES)) };
        let value = bytes.get(name.count_bytes() + 1..)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

/// The library answers with negative error numbers.
fn check(doing: &str, code: c_int) -> Result<(), Failure> {
    if code >= 0 {
        return Ok(());
    }
    let error = std::io::Error::from_raw_os_error(code.saturating_neg());
    Err(Failure::io(&format!("journal: {doing}"), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_journals_has_no_entries() {
        let folder = tempfile::tempdir().unwrap();
        // A machine without systemd has no library either, and says so.
        let Ok(mut journal) = Journal::open(Some(folder.path())) else {
            assert!(!Path::new("/run/systemd/system").exists());
            return;
        };
        journal.only("PRIORITY", "3").unwrap();
        let mut seen = 0;
        let until = Instant::now() + std::time::Duration::from_secs(5);
        journal
            .newest_first(0, until, |_, _| {
                seen += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_unavailable() {
        if let Err(failure) = Journal::open(Some(Path::new("/nonexistent/journal"))) {
            assert_eq!(failure.why, deskside_protocol::facts::SectionFailure::Unavailable, "{failure}");
        } else {
            panic!("a folder that is not there was opened");
        }
    }
}
