//! The programs that these tests start: the hub itself, and a PostgreSQL of their own.
#![expect(clippy::disallowed_methods, reason = "this is the module that names them all")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The hub as a process of its own.
pub struct HubProcess {
    pub child: Child,
    pub url: String,
    /// What it printed as first sign-in, if it did.
    pub first_password: Option<String>,
}

pub fn hub(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deskside-hub"));
    command.args(arguments).env("DESKSIDE_LOG", "warn").stdin(Stdio::null());
    command
}

impl HubProcess {
    /// Starts it on a free port and waits until it listens.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, None, &[])
    }

    /// The same on a database, with more to say to it.
    pub fn start_with(data: &Path, database: Option<&str>, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut command = hub(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut first_password = None;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the hub ended before it listened").unwrap();
            if let Some(password) = line.strip_prefix("first sign-in: admin ") {
                first_password = Some(password.to_owned());
            }
            if let Some(url) = line.strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        Self { child, url, first_password }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGTERM; gives whether it ended well.
    pub fn terminate(mut self) -> bool {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PostgreSQL with a folder and a port of its own, gone with this value, even if the test is killed.
pub struct Postgres {
    ours: Option<Server>,
    address: String,
}

/// A server that this test has started.
struct Server {
    process: Option<Child>,
    folder: tempfile::TempDir,
    programs: PathBuf,
    is_root: bool,
    port: u16,
}

impl Postgres {
    /// The one named by `DESKSIDE_TEST_POSTGRES` (an address without a database's name), or a fresh one from Debian's
    /// packages; the reason if there is neither.
    pub fn start() -> Result<Self, String> {
        if let Ok(address) = std::env::var("DESKSIDE_TEST_POSTGRES") {
            return Ok(Self { ours: None, address: address.trim_end_matches('/').to_owned() });
        }
        Self::of_our_own()
    }

    /// A fresh one, which may be stopped and started again.
    pub fn of_our_own() -> Result<Self, String> {
        let programs =
            newest_installed().ok_or("no PostgreSQL in /usr/lib/postgresql; install the package postgresql")?;
        let folder = tempfile::Builder::new().prefix("deskside-pg-").tempdir_in("/tmp").map_err(|e| e.to_string())?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).map_err(|e| e.to_string())?;
        // PostgreSQL refuses to run as root, so root lends it the user of Debian's package.
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
        if is_root {
            let lent = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder.path()).status();
            if !lent.is_ok_and(|status| status.success()) {
                return Err("the user postgres is missing".to_owned());
            }
        }
        let mut initdb = lowered(is_root, &programs.join("initdb"));
        initdb
            .args(["--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--encoding=UTF8", "-N", "-D"])
            .arg(&data);
        let made = initdb.stdout(Stdio::null()).stderr(Stdio::piped()).output().map_err(|e| e.to_string())?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let server = Server { process: None, folder, programs, is_root, port };
        let mut postgres = Self { ours: Some(server), address: format!("postgres://postgres@127.0.0.1:{port}") };
        postgres.resume();
        Ok(postgres)
    }

    /// Starts it, or starts it again after [`Postgres::stop`].
    pub fn resume(&mut self) {
        let end = Instant::now() + Duration::from_secs(90);
        loop {
            let server = self.ours.as_mut().expect("a server of our own");
            let mut command = lowered(server.is_root, &server.programs.join("postgres"));
            command.arg("-D").arg(server.folder.path().join("data"));
            command.args(["-p", &server.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
            command.args(["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=300"]);
            server.process = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            let port = server.port;
            match self.wait(port) {
                Ok(()) => return,
                // While it was away, another test may have taken its port for a moment.
                Err(reason) if Instant::now() > end => panic!("{reason}"),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// Ends it at once, with every connection; its data stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.ours.as_mut().and_then(|server| server.process.take()) {
            // "Immediate shutdown" (PostgreSQL 19.5): as after a crash, it recovers from its log.
            let _ = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
            let _ = process.wait();
        }
    }

    fn wait(&mut self, port: u16) -> Result<(), String> {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            let process = self.ours.as_mut().and_then(|server| server.process.as_mut());
            if let Some(Ok(Some(status))) = process.map(Child::try_wait) {
                return Err(format!("PostgreSQL ended: {status}"));
            }
            let ready = Command::new("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status()
                .map_err(|e| format!("pg_isready: {e}"))?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("PostgreSQL did not answer within 30 s".to_owned())
    }

    /// The address of one of its databases.
    pub fn database(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

/// The program without root's rights, and ended at once when this test is.
fn lowered(is_root: bool, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "QUIT"]).arg(program).current_dir("/tmp").stdin(Stdio::null());
    command
}

fn newest_installed() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("postgres").exists())
        .collect();
    found.sort();
    found.pop()
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder on the small disk, where there is one.
const SMALL_DISK: &str = "DESKSIDE_TEST_SMALL_DISK";
/// Mounts a disk of the size `$1` where `$2` is, and goes on with the test `$4` of the program `$3`.
const MOUNT: &str =
    r#"mount -t tmpfs -o size="$1" tmpfs "$2" && DESKSIDE_TEST_SMALL_DISK="$2" exec "$3" "$4" --exact --nocapture"#;

/// Runs the test of this name on a small disk of its own, or says why it cannot be run here; the folder there, if this
/// is that run.
pub fn on_a_small_disk(test: &str, size: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(SMALL_DISK) {
        return Some(folder.into());
    }
    let may = Command::new("unshare").args(["-Urm", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this system does not let a test mount a disk of its own");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let outcome = Command::new("unshare")
        .args(["-Urm", "sh", "-c", MOUNT, "sh", size])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(outcome.status.success(), "{said}\n{}", String::from_utf8_lossy(&outcome.stderr));
    assert!(said.contains("1 passed"), "{said}");
    None
}

/// Schemathesis (PyPI), from the place where `cargo xtask test` puts it, unless `DESKSIDE_SCHEMATHESIS` names another; why
/// not, if it is not there.
pub fn schemathesis(arguments: &[&str]) -> Result<Command, String> {
    let named = std::env::var_os("DESKSIDE_SCHEMATHESIS").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/schemathesis/bin/schemathesis");
    let program = named.unwrap_or_else(usual);
    if !program.exists() {
        return Err(format!("no Schemathesis at {}; `cargo xtask test` puts it there from PyPI", program.display()));
    }
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Ok(command)
}
