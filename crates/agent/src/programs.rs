//! Every program that the agent starts, in one place: its own window, and itself. Nothing here takes a command line from
//! outside; arguments are passed as they are, no shell is involved.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use deskside_protocol::local::Route;
use url::Url;

/// The window's program, as it is called beside the agent.
#[cfg(not(windows))]
const WINDOW: &str = "deskside-window";
/// The window's program, as it is called beside the agent.
#[cfg(windows)]
const WINDOW: &str = "deskside-window.exe";

/// Where the window's program is: the chosen one, else the one beside this executable.
///
/// # Errors
/// If the system does not say where this executable is.
pub fn window_program(chosen: Option<&Path>) -> io::Result<PathBuf> {
    if let Some(path) = chosen {
        return Ok(path.to_path_buf());
    }
    let own = std::env::current_exe()?;
    Ok(own.with_file_name(WINDOW))
}

/// Starts the window at a place. It inherits this process's environment and two variables: the agent's socket, and what
/// keeps WebKitGTK from drawing through DMA buffers, which with software rendering costs 100 ms and 60 MB.
///
/// # Errors
/// The system's; `NotFound` if the program is not there.
#[expect(clippy::disallowed_methods, reason = "this is the module that names the programs we start")]
pub fn start_window(program: &Path, socket: &Path, route: &Route) -> io::Result<tokio::process::Child> {
    let route = serde_json::to_string(route).map_err(io::Error::other)?;
    tokio::process::Command::new(program)
        .arg("--route")
        .arg(route)
        .env("DESKSIDE_SOCKET", socket)
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .stdin(Stdio::null())
        .spawn()
}

/// The program that is the agent: this same executable. Where Windows would give it a console, its twin beside it without
/// one, which the installer lays there.
///
/// # Errors
/// If the system does not say where this executable is.
pub fn agent_program() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    #[cfg(windows)]
    {
        let twin = own.with_file_name("deskside-agent.exe");
        if twin.exists() {
            return Ok(twin);
        }
    }
    Ok(own)
}

/// Becomes the program that is in this one's place on the disk, with the same process, environment and arguments. Returns
/// only if that fails.
#[must_use]
#[cfg_attr(unix, expect(clippy::disallowed_methods, reason = "this is the module that names the programs we start"))]
pub fn become_successor() -> io::Error {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        let own = match std::env::current_exe() {
            Ok(own) => own,
            Err(error) => return error,
        };
        // Linux marks the name of a program that was replaced (proc(5), `/proc/pid/exe`).
        let name = own.to_string_lossy();
        let place = name.strip_suffix(" (deleted)").map_or_else(|| own.clone(), PathBuf::from);
        std::process::Command::new(place).args(std::env::args_os().skip(1)).exec()
    }
    #[cfg(not(unix))]
    {
        io::Error::from(io::ErrorKind::Unsupported)
    }
}

/// Opens a page in the system's browser. Of an address, only what a browser opens: no file, and nothing that starts another
/// program.
///
/// # Errors
/// The system's; `InvalidInput` for any other address.
#[expect(clippy::disallowed_methods, reason = "this is the module that names the programs we start")]
pub fn browse(page: &Url) -> io::Result<()> {
    if deskside_helpdesk::http::check_address(page).is_err() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    #[cfg(windows)]
    let mut command = {
        let mut command = std::process::Command::new("rundll32.exe");
        command.arg("url.dll,FileProtocolHandler");
        command
    };
    #[cfg(target_os = "macos")]
    let mut command = std::process::Command::new("/usr/bin/open");
    #[cfg(all(unix, not(target_os = "macos")))]
    let mut command = std::process::Command::new("xdg-open");
    let mut child =
        command.arg(page.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // It ends when the browser has the page, or with the browser; somebody has to take note.
    std::thread::Builder::new().name("browser".to_owned()).spawn(move || child.wait()).map(drop)
}

/// Starts the agent on its own: it goes on when the command line that started it ends.
///
/// # Errors
/// The system's.
#[expect(clippy::disallowed_methods, reason = "this is the module that names the programs we start")]
pub fn start_agent() -> io::Result<()> {
    let mut command = std::process::Command::new(agent_program()?);
    command.arg("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        // A process group of its own: Ctrl-C in the terminal is for the command line, not for the agent.
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        /// `DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP` (Process Creation Flags): no console of its own or of the
        /// command line's, whose Ctrl-C is not for the agent.
        const ON_ITS_OWN: u32 = 0x0000_0008 | 0x0000_0200;
        command.creation_flags(ON_ITS_OWN);
    }
    command.spawn().map(drop)
}

/// What a setting of the desktop is (gsettings(1)), as one line. Bounded in time and size.
///
/// # Errors
/// The system's; `TimedOut` if it takes too long, `Other` if there is no such setting.
#[cfg(all(unix, not(target_os = "macos")))]
#[expect(clippy::disallowed_methods, reason = "this is the module that names the programs we start")]
pub async fn desktop_setting(schema: &'static str, key: &'static str) -> io::Result<String> {
    /// By its whole path: nobody puts another one before it.
    const GSETTINGS: &str = "/usr/bin/gsettings";
    const LONGEST: std::time::Duration = std::time::Duration::from_secs(1);
    const BYTES: usize = 256;
    let mut command = tokio::process::Command::new(GSETTINGS);
    command.args(["get", schema, key]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = tokio::time::timeout(LONGEST, command.output()).await??;
    if !answer.status.success() {
        return Err(io::Error::other(format!("gsettings: {}", answer.status)));
    }
    Ok(String::from_utf8_lossy(answer.stdout.get(..BYTES).unwrap_or(&answer.stdout)).into_owned())
}
