//! The services that these tests start, each with files and addresses of the test's own, and none outliving it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Longest wait for a service to come up, on a machine that is busy.
const SOON: Duration = Duration::from_secs(20);
/// Folders of programs that nobody starts by hand.
const ELSEWHERE: &[&str] = &["/usr/sbin", "/usr/libexec", "/usr/libexec/udisks2", "/lib/systemd"];

/// Where a program is, or the words for the line that says why a test was skipped.
pub(crate) fn find(program: &str, package: &str) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(ELSEWHERE.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("{program} is not here; install {package}"))
}

/// A program that ends with this value.
pub(crate) struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts a program, whose words go to a file in `folder`, with nothing of this session's environment but `PATH`.
    #[expect(clippy::disallowed_methods, reason = "this is the module that names the programs of the tests")]
    pub(crate) fn start(program: &Path, arguments: &[&str], folder: &Path, environment: &[(&str, &str)]) -> Self {
        let name = program.file_name().unwrap().to_string_lossy();
        let log = folder.join(format!("{name}.log"));
        let words = std::fs::File::create(&log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(words.try_clone().unwrap())
            .stderr(words)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        Self { child, log }
    }

    /// Starts a shell script in file systems, and where it says so a network, of its own: what it mounts and sets up there
    /// is gone with it. The first argument of the script is `folder`.
    pub(crate) fn start_apart(script: &str, networked: bool, folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut arguments = apart(networked);
        arguments.extend(["sh", "-euc", script, "sh", folder.to_str().unwrap()]);
        Self::start(Path::new("/usr/bin/unshare"), &arguments, folder, environment)
    }

    /// Waits for a file to appear.
    pub(crate) fn waits_for(mut self, file: &Path) -> Self {
        let begun = Instant::now();
        while !file.exists() {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {}", self.said());
            assert!(begun.elapsed() < SOON, "no {} in time: {}", file.display(), self.said());
            thread::sleep(Duration::from_millis(50));
        }
        self
    }

    /// What it has said until now.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Asked first: some have helpers of their own, whom they end.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn apart(networked: bool) -> Vec<&'static str> {
    let mut arguments = vec!["--mount"];
    if !rustix::process::geteuid().is_root() {
        arguments.push("--map-root-user");
    }
    if networked {
        arguments.push("--net");
    }
    arguments.extend(["--pid", "--fork", "--kill-child"]);
    arguments
}

/// Whether [`Service::start_apart`] is allowed here, or why not.
pub(crate) fn may_be_apart(networked: bool) -> Result<(), String> {
    find("unshare", "util-linux")?;
    let mut arguments = apart(networked);
    arguments.push("true");
    run("unshare", &arguments).map_err(|why| format!("no namespaces of one's own here: {why}"))
}

/// Runs a shell script to its end in file systems and a network of its own, as [`Service::start_apart`] starts one.
pub(crate) fn run_apart(script: &str, arguments: &[&str]) -> Result<(), String> {
    run("unshare", &[&apart(true)[..], &["sh", "-euc", script, "sh"], arguments].concat())
}

/// Runs a program to its end.
#[expect(clippy::disallowed_methods, reason = "this is the module that names the programs of the tests")]
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program} {arguments:?}: {} {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// A message bus that anybody may own names on, as the system's services want one.
pub(crate) struct Bus {
    _daemon: Service,
    pub(crate) address: String,
}

impl Bus {
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let daemon = find("dbus-daemon", "dbus-daemon")?;
        let socket = folder.join("bus");
        let address = format!("unix:path={}", socket.display());
        let config = folder.join("bus.conf");
        let text = format!(
            "<busconfig><type>system</type><listen>{address}</listen><policy context=\"default\"><allow user=\"*\"/>\
             <allow own=\"*\"/><allow send_destination=\"*\"/><allow receive_sender=\"*\"/></policy></busconfig>"
        );
        std::fs::write(&config, text).unwrap();
        let config = format!("--config-file={}", config.display());
        let daemon = Service::start(&daemon, &[&config, "--nofork", "--nopidfile"], folder, &[]).waits_for(&socket);
        Ok(Self { _daemon: daemon, address })
    }
}
