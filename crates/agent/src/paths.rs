//! Where the agent keeps and finds its files. Asked of the environment once, at start; everything else is handed a
//! [`Paths`], so that a test (or a second agent beside the first) needs no environment of its own.
//!
//! | variable | instead of |
//! | --- | --- |
//! | `DESKSIDE_DATA` | the folder of the store, the log and the lock: `$XDG_DATA_HOME/deskside` |
//! | `DESKSIDE_CONFIG` | the folder of the user's settings: `$XDG_CONFIG_HOME/deskside` |
//! | `DESKSIDE_POLICY` | IT's policy: `/etc/deskside/policy.toml` |
//! | `DESKSIDE_SOCKET` | the socket between agent, windows and command lines |
//! | `DESKSIDE_WINDOW` | the window's program: `deskside-window` beside the agent |

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Folders and files of one user's agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Folder of the store, attachments, log and lock; only the user can look into it.
    pub data: PathBuf,
    /// Folder of the user's settings.
    pub config: PathBuf,
    /// IT's policy, a file that may be absent.
    pub policy: PathBuf,
    /// The socket, if it shall not be where the `ipc` crate puts it by itself.
    pub socket: Option<PathBuf>,
    /// The window's program, if it is not beside the agent.
    pub window: Option<PathBuf>,
    /// The user's home folder, for the facts' redaction.
    pub home: PathBuf,
}

/// The system does not say where this user's files belong.
#[derive(Debug, thiserror::Error)]
#[error("no home folder is known for this user: set HOME, or DESKSIDE_DATA and DESKSIDE_CONFIG")]
pub struct NoHome;

impl Paths {
    /// From the process's environment.
    ///
    /// # Errors
    /// [`NoHome`] if there is neither a home folder nor the two variables that stand in for it.
    pub fn from_env() -> Result<Self, NoHome> {
        Self::from_lookup(&|name| std::env::var_os(name))
    }

    /// From any source of variables; an empty value counts as absent (XDG Base Directory Specification 0.8, "all paths
    /// set in these environment variables must be absolute", the empty one meaning unset).
    ///
    /// # Errors
    /// As [`Paths::from_env`].
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, NoHome> {
        let path = |name: &str| lookup(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let project = directories::ProjectDirs::from("", "", "deskside");
        let default = |pick: fn(&directories::ProjectDirs) -> &Path| project.as_ref().map(pick).map(Path::to_path_buf);
        let data = path("DESKSIDE_DATA").or_else(|| default(directories::ProjectDirs::data_local_dir));
        let config = path("DESKSIDE_CONFIG").or_else(|| default(directories::ProjectDirs::config_dir));
        let data = data.ok_or(NoHome)?;
        Ok(Self {
            home: directories::BaseDirs::new().map_or_else(|| data.clone(), |base| base.home_dir().to_path_buf()),
            data,
            config: config.ok_or(NoHome)?,
            policy: path("DESKSIDE_POLICY").unwrap_or_else(default_policy),
            socket: path("DESKSIDE_SOCKET"),
            window: path("DESKSIDE_WINDOW"),
        })
    }

    /// Everything below one folder, for tests and demonstrations.
    #[must_use]
    pub fn below(folder: &Path) -> Self {
        Self {
            data: folder.join("data"),
            config: folder.join("config"),
            policy: folder.join("policy.toml"),
            socket: Some(folder.join("run").join("agent.sock")),
            window: None,
            home: folder.to_path_buf(),
        }
    }

    /// The user's settings.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The log; older ones are beside it as `agent.log.1`, `.2`…
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.data.join("log").join("agent.log")
    }

    /// What the running agent holds locked.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.data.join("agent.lock")
    }

    /// Makes the data folder and keeps others out of it (mode 0700). The log, the lock and the store come after this.
    ///
    /// # Errors
    /// The system's, if the folder cannot be made; an agent can still run, and says that nothing can be kept.
    pub fn make_data_folder(&self) -> io::Result<()> {
        make_private_folder(&self.data)
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
fn default_policy() -> PathBuf {
    PathBuf::from("/etc/deskside/policy.toml")
}

/// The registry policy comes first on Windows; this file is for machines that are managed by files. Beside the programs,
/// where only administrators write: in `ProgramData` everybody may make a folder of our name.
#[cfg(windows)]
fn default_policy() -> PathBuf {
    PathBuf::from(r"C:\Program Files\Deskside\policy.toml")
}

/// Managed preferences come first on macOS; this file is for machines that are managed by files.
#[cfg(target_os = "macos")]
fn default_policy() -> PathBuf {
    PathBuf::from("/Library/Application Support/Deskside/policy.toml")
}

/// Makes a folder, and those above it, that only this user can look into.
///
/// # Errors
/// The system's.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(folder)?;
        // The folder may be older than this rule.
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(folder)
}

/// Opens a file of ours, made with mode 0600 if it is not there.
///
/// # Errors
/// The system's.
pub fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<fs::File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Puts `bytes` in place of the file, so that a reader (or the next start after a power cut) sees the old or the new
/// content and never a mixture: written beside it, flushed to the disk, then renamed over it.
///
/// # Errors
/// The system's; the old file is untouched then.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    fs::create_dir_all(folder)?;
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut file = open_private(&beside, fs::OpenOptions::new().write(true).create(true).truncate(true))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Reads a small text file: `None` if it is not there.
///
/// # Errors
/// The system's, or [`io::ErrorKind::FileTooLarge`] past `limit_bytes`, or [`io::ErrorKind::InvalidData`] if it is not
/// UTF-8.
pub fn read_small(path: &Path, limit_bytes: u64) -> io::Result<Option<String>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(limit_bytes + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit_bytes {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_in_for_the_usual_places_and_empty_ones_do_not() {
        let paths = Paths::from_lookup(&|name| match name {
            "DESKSIDE_DATA" => Some("/d".into()),
            "DESKSIDE_CONFIG" => Some("/c".into()),
            "DESKSIDE_SOCKET" => Some("".into()),
            "DESKSIDE_WINDOW" => Some("/w".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(paths.data, Path::new("/d"));
        assert_eq!(paths.settings_file(), Path::new("/c/settings.toml"));
        assert_eq!(paths.socket, None);
        assert_eq!(paths.window.as_deref(), Some(Path::new("/w")));
        assert_eq!(paths.policy, default_policy());
    }

    #[test]
    #[cfg(unix)]
    fn what_is_ours_is_for_our_user_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        make_private_folder(&open).unwrap();
        make_private_folder(&open.join("a/b")).unwrap();
        replace_file(&open.join("file"), b"x").unwrap();
        for (path, mode) in [(open.clone(), 0o700), (open.join("a/b"), 0o700), (open.join("file"), 0o600)] {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/settings.toml");
        replace_file(&file, b"one").unwrap();
        replace_file(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_small_file_is_read_and_a_large_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        assert_eq!(read_small(&file, 4).unwrap(), None);
        fs::write(&file, "four").unwrap();
        assert_eq!(read_small(&file, 4).unwrap().as_deref(), Some("four"));
        assert_eq!(read_small(&file, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
