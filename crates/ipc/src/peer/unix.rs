//! Linux and macOS: a socket in a folder of the user's own, and the kernel's word for who connected.
//!
//! The proof is `SO_PEERCRED` (Linux, socket(7)) or `getpeereid` (macOS, getpeereid(3)): the effective user of the
//! process that connected or listened, recorded by the kernel at that moment. tokio's `peer_cred` asks for either.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use deskside_protocol::limits;
use tokio::net::{UnixListener, UnixStream};

use super::Stream;
use crate::{Endpoint, IpcError};

/// Rights of everyone but the owner.
const OTHERS: u32 = 0o077;

fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// See [`Endpoint::default_for_user`].
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every system")]
pub(crate) fn default_path() -> Result<PathBuf, IpcError> {
    Ok(place(std::env::var_os("XDG_RUNTIME_DIR"), &std::env::temp_dir(), our_uid()))
}

fn place(runtime: Option<OsString>, temp: &Path, uid: u32) -> PathBuf {
    let runtime = runtime.map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = match runtime {
        Some(runtime) if cfg!(not(target_os = "macos")) => runtime.join("deskside"),
        Some(_) | None if cfg!(target_os = "macos") => temp.join("deskside"),
        Some(_) | None => temp.join(format!("deskside-{uid}")),
    };
    folder.join("agent.sock")
}

/// A socket that this process listens at, alone.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
    /// The socket file as we made it, so that another's is not removed.
    made: (u64, u64),
    /// Held as long as we listen; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Listener {
    /// Listens at the endpoint. A socket file that a crashed agent left is removed; a living agent's is not: each
    /// holds a lock beside its socket.
    pub(crate) fn bind(endpoint: &Endpoint) -> Result<Self, IpcError> {
        let path = endpoint.path();
        let folder = parent(path)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(IpcError::io(format!("making {}", folder.display())))?;
        check_folder(folder)?;

        let lock = lock(&path.with_extension("lock"), endpoint)?;
        match fs::symlink_metadata(path) {
            Ok(left) if left.file_type().is_socket() => {
                fs::remove_file(path).map_err(IpcError::io(format!("removing the left-over {}", path.display())))?;
            }
            Ok(_) => return Err(untrusted(path, "it is not a socket")),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(IpcError::Io { what: format!("looking at {}", path.display()), source }),
        }

        let listener = UnixListener::bind(path).map_err(IpcError::io(format!("listening at {}", path.display())))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(IpcError::io(format!("closing {} to others", path.display())))?;
        let made = fs::symlink_metadata(path).map_err(IpcError::io(format!("looking at {}", path.display())))?;
        Ok(Self { listener, path: path.to_owned(), made: (made.dev(), made.ino()), _lock: lock })
    }

    /// The next connection of the same user; another user's is an error and closed. May be cancelled.
    pub(crate) async fn accept(&mut self) -> Result<Stream, IpcError> {
        let (stream, _) = self.listener.accept().await.map_err(IpcError::io("accepting a connection"))?;
        same_user(&stream)?;
        Ok(Box::new(stream))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let still_ours = fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == self.made);
        if still_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket stays behind");
        }
    }
}

/// Connects to the endpoint, if its folder, its socket and the process behind it are the user's own.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Stream, IpcError> {
    let path = endpoint.path();
    let not_there = |source: io::Error, what: &str| {
        if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
            IpcError::NotRunning(endpoint.to_string())
        } else {
            IpcError::Io { what: format!("{what} {}", path.display()), source }
        }
    };
    let folder = parent(path)?;
    fs::symlink_metadata(folder).map_err(|error| not_there(error, "looking at"))?;
    check_folder(folder)?;
    let socket = fs::symlink_metadata(path).map_err(|error| not_there(error, "looking at"))?;
    if !socket.file_type().is_socket() {
        return Err(untrusted(path, "it is not a socket"));
    }
    if socket.uid() != our_uid() {
        return Err(untrusted(path, "it belongs to another user"));
    }
    // A full backlog would make this wait for as long as the other side likes.
    let stream = tokio::time::timeout(limits::HANDSHAKE, UnixStream::connect(path))
        .await
        .map_err(|_| IpcError::TimedOut)?
        .map_err(|error| not_there(error, "connecting to"))?;
    same_user(&stream)?;
    Ok(Box::new(stream))
}

/// The proof: the other end's process runs as our user.
fn same_user(stream: &UnixStream) -> Result<(), IpcError> {
    let theirs = stream.peer_cred().map_err(IpcError::io("asking who the other end is"))?.uid();
    let ours = our_uid();
    if theirs == ours {
        Ok(())
    } else {
        Err(IpcError::OtherUser { ours: ours.to_string(), theirs: theirs.to_string() })
    }
}

fn parent(path: &Path) -> Result<&Path, IpcError> {
    match path.parent() {
        Some(folder) if path.is_absolute() && path.file_name().is_some() => Ok(folder),
        Some(_) | None => Err(untrusted(path, "it is not a full path to a socket")),
    }
}

/// The folder must be a folder (no link that somebody can turn elsewhere), ours, and closed to others.
fn check_folder(folder: &Path) -> Result<(), IpcError> {
    let found = fs::symlink_metadata(folder).map_err(IpcError::io(format!("looking at {}", folder.display())))?;
    if !found.is_dir() {
        Err(untrusted(folder, "it is not a folder"))
    } else if found.uid() != our_uid() {
        Err(untrusted(folder, "it belongs to another user"))
    } else if found.mode() & OTHERS != 0 {
        Err(untrusted(folder, "others can enter it; its mode must be 0700"))
    } else {
        Ok(())
    }
}

fn lock(path: &Path, endpoint: &Endpoint) -> Result<File, IpcError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(IpcError::io(format!("opening {}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(IpcError::AlreadyRunning(endpoint.to_string())),
        Err(TryLockError::Error(source)) => Err(IpcError::Io { what: format!("locking {}", path.display()), source }),
    }
}

fn untrusted(path: &Path, reason: &str) -> IpcError {
    IpcError::Untrusted { path: path.display().to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Stdio};

    /// "nobody" on Linux and macOS: anyone but us.
    const STRANGER: u32 = 65_534;
    const STRANGERS_SOCKET: &str = "DESKSIDE_TEST_STRANGERS_SOCKET";

    fn closed_folder() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
    }

    /// This test program once more, as another user, running one of the ignored tests below.
    #[expect(clippy::disallowed_methods, reason = "another user can only be another process")]
    fn as_stranger(test: &str, socket: &Path) -> Option<Child> {
        if our_uid() != 0 {
            eprintln!("SKIPPED: becoming another user needs root");
            return None;
        }
        // Where it was built may be closed to others, as root's home is.
        let open = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
        let program = open.path().join("stranger");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let started = std::process::Command::new(&program)
            .args(["--exact", "--ignored", "--nocapture", &format!("peer::unix::tests::{test}")])
            .env(STRANGERS_SOCKET, socket)
            .current_dir("/")
            .uid(STRANGER)
            .gid(STRANGER)
            .stdout(Stdio::piped())
            .spawn();
        match started {
            Ok(child) => Some(child),
            Err(error) => {
                eprintln!("SKIPPED: another user may not run {}: {error}", program.display());
                None
            }
        }
    }

    #[test]
    fn the_socket_is_in_the_runtime_folder_or_in_one_of_the_users_own() {
        let temp = Path::new("/tmp");
        if cfg!(target_os = "macos") {
            assert_eq!(place(None, temp, 7), Path::new("/tmp/deskside/agent.sock"));
        } else {
            assert_eq!(place(Some("/run/user/7".into()), temp, 7), Path::new("/run/user/7/deskside/agent.sock"));
            assert_eq!(place(None, temp, 7), Path::new("/tmp/deskside-7/agent.sock"));
            assert_eq!(place(Some("relative".into()), temp, 7), Path::new("/tmp/deskside-7/agent.sock"));
        }
    }

    #[tokio::test]
    async fn folder_and_socket_are_made_closed_to_others() {
        let folder = closed_folder();
        let path = folder.path().join("deskside/agent.sock");
        let listener = Listener::bind(&Endpoint::at(&path)).unwrap();
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists(), "nothing stays behind");
    }

    #[tokio::test]
    async fn a_folder_that_others_can_enter_is_refused_on_both_ends() {
        let folder = closed_folder();
        let endpoint = Endpoint::at(folder.path().join("agent.sock"));
        let listener = Listener::bind(&endpoint).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(connect(&endpoint).await.err(), Some(IpcError::Untrusted { .. })));
        drop(listener);
        assert!(matches!(Listener::bind(&endpoint), Err(IpcError::Untrusted { .. })));
    }

    #[tokio::test]
    async fn a_folder_behind_a_link_is_refused() {
        let folder = closed_folder();
        fs::DirBuilder::new().mode(0o700).create(folder.path().join("real")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("real"), folder.path().join("link")).unwrap();
        let endpoint = Endpoint::at(folder.path().join("link/agent.sock"));
        assert!(matches!(Listener::bind(&endpoint), Err(IpcError::Untrusted { .. })));
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_never_removed() {
        let folder = closed_folder();
        let path = folder.path().join("agent.sock");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(Listener::bind(&Endpoint::at(&path)), Err(IpcError::Untrusted { .. })));
        assert!(matches!(connect(&Endpoint::at(&path)).await.err(), Some(IpcError::Untrusted { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_socket_that_a_crash_left_behind_is_replaced() {
        let folder = closed_folder();
        let endpoint = Endpoint::at(folder.path().join("agent.sock"));
        drop(std::os::unix::net::UnixListener::bind(endpoint.path()).unwrap());
        assert!(endpoint.path().exists(), "given: the file without its process");
        assert!(matches!(connect(&endpoint).await.err(), Some(IpcError::NotRunning(_))));

        let mut listener = Listener::bind(&endpoint).unwrap();
        let (ours, theirs) = tokio::join!(connect(&endpoint), listener.accept());
        assert!(ours.is_ok() && theirs.is_ok());
    }

    #[tokio::test]
    async fn a_second_agent_is_told_and_the_first_goes_on() {
        let folder = closed_folder();
        let endpoint = Endpoint::at(folder.path().join("agent.sock"));
        let mut first = Listener::bind(&endpoint).unwrap();
        assert!(matches!(Listener::bind(&endpoint), Err(IpcError::AlreadyRunning(_))));
        let (ours, theirs) = tokio::join!(connect(&endpoint), first.accept());
        assert!(ours.is_ok() && theirs.is_ok());
    }

    #[tokio::test]
    async fn nobody_there_is_said_plainly() {
        let folder = closed_folder();
        let missing = connect(&Endpoint::at(folder.path().join("none/agent.sock"))).await;
        assert!(matches!(missing.err(), Some(IpcError::NotRunning(_))));
        let relative = connect(&Endpoint::at("agent.sock")).await;
        assert!(matches!(relative.err(), Some(IpcError::Untrusted { .. })));
    }

    #[tokio::test]
    async fn a_strangers_client_is_refused_even_where_it_can_reach_the_socket() {
        let folder = closed_folder();
        let endpoint = Endpoint::at(folder.path().join("agent.sock"));
        let mut listener = Listener::bind(&endpoint).unwrap();
        // The first fence is taken down, so that the second one is what is seen to hold.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(endpoint.path(), fs::Permissions::from_mode(0o666)).unwrap();
        let Some(mut stranger) = as_stranger("as_another_user_connect", endpoint.path()) else { return };

        let refused = tokio::time::timeout(std::time::Duration::from_secs(20), listener.accept()).await.unwrap();
        assert!(
            matches!(&refused, Err(IpcError::OtherUser { theirs, .. }) if *theirs == STRANGER.to_string()),
            "{:?}",
            refused.err()
        );
        assert!(stranger.wait().unwrap().success(), "the stranger saw the connection closed, without a byte");
    }

    #[test]
    #[ignore = "the stranger's part of a test above"]
    fn as_another_user_connect() {
        let path = std::env::var_os(STRANGERS_SOCKET).unwrap();
        let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
        let mut seen = Vec::new();
        io::Read::read_to_end(&mut stream, &mut seen).unwrap();
        assert_eq!(seen, b"");
    }

    #[tokio::test]
    async fn a_strangers_server_is_refused_even_behind_a_path_of_ours() {
        let folder = closed_folder();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let path = folder.path().join("agent.sock");
        let Some(mut stranger) = as_stranger("as_another_user_listen", &path) else { return };
        for _ in 0..400 {
            if path.exists() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(path.exists(), "given: a stranger who listens");

        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let by_owner = connect(&Endpoint::at(&path)).await;
        assert!(matches!(by_owner.err(), Some(IpcError::Untrusted { .. })), "the file's owner tells");
        // Given to us, the file no longer tells; the process behind it still does.
        std::os::unix::fs::chown(&path, Some(our_uid()), None).unwrap();
        let by_process = connect(&Endpoint::at(&path)).await;
        assert!(matches!(by_process.err(), Some(IpcError::OtherUser { .. })));
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[test]
    #[ignore = "the stranger's part of a test above"]
    fn as_another_user_listen() {
        let listener = std::os::unix::net::UnixListener::bind(std::env::var_os(STRANGERS_SOCKET).unwrap()).unwrap();
        for stream in listener.incoming().take(2) {
            drop(stream);
        }
        std::thread::sleep(std::time::Duration::from_secs(30));
    }
}
