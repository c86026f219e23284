//! Windows: a named pipe whose access list names the user alone, and the token of the process at the other end.
//!
//! Three checks, because each has a gap that another closes. The access list keeps other users from connecting to our
//! pipe, but not from making a pipe of our name before we do; the client therefore asks who **owns** the pipe, which
//! nobody can set to another user. And the process at the other end (`GetNamedPipeClientProcessId`,
//! `GetNamedPipeServerProcessId`) must run under our SID, which an access list that was loosened by somebody does not
//! show. Remote clients are refused by the pipe itself (`PIPE_REJECT_REMOTE_CLIENTS`).
#![expect(unsafe_code, reason = "the system's security functions have no safe form in the `windows` crate")]

use std::ffi::c_void;
use std::io::{self, ErrorKind};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::PathBuf;
use std::time::Duration;

use deskside_protocol::limits;
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};
use windows::Win32::Foundation::{ERROR_PIPE_BUSY, ERROR_SUCCESS, HANDLE, HLOCAL, LocalFree};
use windows::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_KERNEL_OBJECT,
};
use windows::Win32::Security::{
    GetTokenInformation, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, TOKEN_QUERY,
    TOKEN_USER, TokenUser,
};
use windows::Win32::System::Pipes::{GetNamedPipeClientProcessId, GetNamedPipeServerProcessId};
use windows::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};
use windows::core::{HSTRING, PWSTR};

use super::Stream;
use crate::{Endpoint, IpcError};

/// How often a busy pipe is tried again.
const BUSY: Duration = Duration::from_millis(20);

/// See [`Endpoint::default_for_user`].
pub(crate) fn default_path() -> Result<PathBuf, IpcError> {
    Ok(PathBuf::from(format!(r"\\.\pipe\deskside-{}", our_sid()?)))
}

/// A pipe that this process listens at, alone.
#[derive(Debug)]
pub(crate) struct Listener {
    /// The instance that the next client will meet. There is always one, or the name would be free for others.
    next: NamedPipeServer,
    path: PathBuf,
    sid: String,
}

impl Listener {
    /// Listens at the endpoint.
    pub(crate) fn bind(endpoint: &Endpoint) -> Result<Self, IpcError> {
        let sid = our_sid()?;
        let next = instance(endpoint.path(), &sid, true).map_err(|source| {
            // What the system says to a second first instance.
            if source.kind() == ErrorKind::PermissionDenied {
                IpcError::AlreadyRunning(endpoint.to_string())
            } else {
                IpcError::Io { what: format!("making the pipe {endpoint}"), source }
            }
        })?;
        Ok(Self { next, path: endpoint.path().to_owned(), sid })
    }

    /// The next connection of the same user; another user's is an error and closed. May be cancelled.
    pub(crate) async fn accept(&mut self) -> Result<Stream, IpcError> {
        self.next.connect().await.map_err(IpcError::io("accepting a connection"))?;
        let following = instance(&self.path, &self.sid, false).map_err(IpcError::io("making the next pipe"))?;
        let pipe = std::mem::replace(&mut self.next, following);
        let mut process = 0;
        // SAFETY: the handle is open as long as `pipe`, and `process` outlives the call.
        unsafe { GetNamedPipeClientProcessId(HANDLE(pipe.as_raw_handle()), &raw mut process) }
            .map_err(|error| failed("asking which process connected", &error))?;
        same_user(process, &self.sid)?;
        Ok(Box::new(pipe))
    }
}

/// Connects to the endpoint, if the pipe and the process behind it are the user's own.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Stream, IpcError> {
    let sid = our_sid()?;
    let open = async {
        loop {
            // tokio asks for identification only: a stranger's server learns who we are and cannot act as us.
            match ClientOptions::new().open(endpoint.path()) {
                Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY.0.cast_signed()) => {
                    tokio::time::sleep(BUSY).await;
                }
                other => break other,
            }
        }
    };
    let pipe =
        tokio::time::timeout(limits::HANDSHAKE, open).await.map_err(|_| IpcError::TimedOut)?.map_err(|source| {
            match source.kind() {
                ErrorKind::NotFound => IpcError::NotRunning(endpoint.to_string()),
                _ => IpcError::Io { what: format!("opening the pipe {endpoint}"), source },
            }
        })?;
    let handle = HANDLE(pipe.as_raw_handle());
    let owner = owner(handle)?;
    if owner != sid {
        return Err(IpcError::OtherUser { ours: sid, theirs: owner });
    }
    let mut process = 0;
    // SAFETY: the handle is open as long as `pipe`, and `process` outlives the call.
    unsafe { GetNamedPipeServerProcessId(handle, &raw mut process) }
        .map_err(|error| failed("asking which process listens", &error))?;
    same_user(process, &sid)?;
    Ok(Box::new(pipe))
}

/// One instance of the pipe, owned by and open to the user of `sid` and nobody else.
fn instance(path: &std::path::Path, sid: &str, first: bool) -> io::Result<NamedPipeServer> {
    // Owner: the user. Access list, protected from inheritance: all rights for the user, none for anyone else.
    let descriptor = Descriptor::parse(&format!("O:{sid}D:P(A;;GA;;;{sid})"))?;
    let mut attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(u32::MAX),
        lpSecurityDescriptor: descriptor.0.0,
        bInheritHandle: false.into(),
    };
    // SAFETY: `attributes` is a whole SECURITY_ATTRIBUTES and its descriptor lives until the end of this function; the
    // system copies both.
    unsafe {
        ServerOptions::new()
            .first_pipe_instance(first)
            .reject_remote_clients(true)
            .create_with_security_attributes_raw(path, (&raw mut attributes).cast::<c_void>())
    }
}

/// A security descriptor that the system allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn parse(sddl: &str) -> io::Result<Self> {
        let mut descriptor = PSECURITY_DESCRIPTOR::default();
        // SAFETY: the text outlives the call, and on success the system stores a descriptor that is ours to free.
        unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                &HSTRING::from(sddl),
                SDDL_REVISION_1,
                &raw mut descriptor,
                None,
            )
        }
        .map_err(io::Error::from)?;
        Ok(Self(descriptor))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: allocated by the system with LocalAlloc, as the functions that fill it document, and freed once.
        unsafe { LocalFree(Some(HLOCAL(self.0.0))) };
    }
}

/// The proof: the process runs under our SID. One that we may not even look at does not.
fn same_user(process: u32, ours: &str) -> Result<(), IpcError> {
    // SAFETY: no pointers; a handle that is returned is ours to close.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, process) }
        .map_err(|error| failed("looking at the other process", &error))?;
    // SAFETY: just opened, and closed by nobody else.
    let process = unsafe { OwnedHandle::from_raw_handle(process.0) };
    let theirs = sid_of(HANDLE(process.as_raw_handle()))?;
    if theirs == ours { Ok(()) } else { Err(IpcError::OtherUser { ours: ours.to_owned(), theirs }) }
}

/// Our SID, as text.
fn our_sid() -> Result<String, IpcError> {
    // SAFETY: returns a constant that stands for this process and need not be closed.
    sid_of(unsafe { GetCurrentProcess() })
}

/// The SID of the user whom a process runs as.
fn sid_of(process: HANDLE) -> Result<String, IpcError> {
    let mut token = HANDLE::default();
    // SAFETY: `process` is open, and `token` outlives the call.
    unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) }
        .map_err(|error| failed("opening a process's token", &error))?;
    // SAFETY: just opened, and closed by nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token.0) };

    // A TOKEN_USER is followed by its SID: 16 bytes and at most SECURITY_MAX_SID_SIZE (68). Words keep it aligned.
    let mut buffer = [0u64; 32];
    let mut used = 0;
    // SAFETY: the buffer is as long as is said, and outlives the call.
    unsafe {
        GetTokenInformation(
            HANDLE(token.as_raw_handle()),
            TokenUser,
            Some(buffer.as_mut_ptr().cast()),
            u32::try_from(size_of_val(&buffer)).unwrap_or(0),
            &raw mut used,
        )
    }
    .map_err(|error| failed("reading a process's token", &error))?;
    // SAFETY: the call succeeded, so the buffer begins with a TOKEN_USER, for which it is large and aligned enough.
    let user = unsafe { &*buffer.as_ptr().cast::<TOKEN_USER>() };
    sid_text(user.User.Sid)
}

/// The SID of the owner of a pipe.
fn owner(pipe: HANDLE) -> Result<String, IpcError> {
    let (mut owner, mut descriptor) = (PSID::default(), PSECURITY_DESCRIPTOR::default());
    // SAFETY: `pipe` is open and both results outlive the call. `owner` points into `descriptor`, which is ours to free.
    let status = unsafe {
        GetSecurityInfo(
            pipe,
            SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION,
            Some(&raw mut owner),
            None,
            None,
            None,
            Some(&raw mut descriptor),
        )
    };
    if status != ERROR_SUCCESS {
        return Err(failed("asking who owns the pipe", &windows::core::Error::from(status.to_hresult())));
    }
    let _descriptor = Descriptor(descriptor);
    sid_text(owner)
}

fn sid_text(sid: PSID) -> Result<String, IpcError> {
    let mut text = PWSTR::null();
    // SAFETY: `sid` points to a valid SID (callers), and `text` outlives the call.
    unsafe { ConvertSidToStringSidW(sid, &raw mut text) }.map_err(|error| failed("writing a SID", &error))?;
    // SAFETY: the call succeeded, so `text` is a terminated string, allocated by the system and freed once.
    unsafe {
        let read = text.to_string();
        LocalFree(Some(HLOCAL(text.0.cast())));
        read.map_err(|error| IpcError::Nonsense(format!("a SID: {error}")))
    }
}

fn failed(what: &str, error: &windows::core::Error) -> IpcError {
    IpcError::Io { what: what.to_owned(), source: io::Error::other(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str) -> Endpoint {
        Endpoint::at(format!(r"\\.\pipe\deskside-test-{}-{name}", std::process::id()))
    }

    #[tokio::test]
    async fn two_ends_of_one_user_meet() {
        let endpoint = endpoint("meet");
        let mut listener = Listener::bind(&endpoint).unwrap();
        let (ours, theirs) = tokio::join!(connect(&endpoint), listener.accept());
        assert!(ours.is_ok() && theirs.is_ok(), "{:?} {:?}", ours.err(), theirs.err());
    }

    #[tokio::test]
    async fn nobody_there_is_said_plainly() {
        assert!(matches!(connect(&endpoint("nobody")).await.err(), Some(IpcError::NotRunning(_))));
    }

    #[test]
    fn a_users_place_names_the_user() {
        let path = default_path().unwrap();
        assert!(path.to_string_lossy().starts_with(r"\\.\pipe\deskside-S-1-"), "{}", path.display());
    }
}
