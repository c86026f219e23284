//! The clean Debian.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use deskside_desktop::{Process, Spawn, wait_until};

/// Longest wait for what fetches or unpacks: debootstrap, apt.
const INSTALLS: Duration = Duration::from_secs(600);
/// Longest wait for everything else.
const ANSWERS: Duration = Duration::from_secs(120);
/// What the system keeps of its own accord when packages come and go: logs, caches, lists.
const KEPT_BY_THE_SYSTEM: &[&str] = &["proc", "sys", "dev", "tmp", "run", "var/log", "var/cache", "var/lib/apt"];

/// Who runs a program, with what of a session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    user: Option<String>,
    environment: Vec<(String, String)>,
}

impl Session {
    /// The administrator's.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A user's.
    #[must_use]
    pub fn of(user: &str) -> Self {
        Self { user: Some(user.to_owned()), environment: Vec::new() }
    }

    /// With a variable more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A Debian in a folder. Its processes end, and it goes, when this is dropped.
pub struct Debian {
    // Ends before the folder goes.
    holder: Option<Process>,
    pid: u32,
    folder: tempfile::TempDir,
    started: std::sync::atomic::AtomicU32,
}

impl Debian {
    /// Makes one; `Err` in the inner result is why none can be made on this machine.
    ///
    /// # Errors
    /// It can be made here, and yet was not.
    pub async fn start() -> anyhow::Result<Result<Self, String>> {
        if let Some(reason) = cannot() {
            return Ok(Err(reason));
        }
        let cache = cache()?;
        let base = base(&cache).await?;
        let folder = tempfile::Builder::new().prefix("deskside-debian-").tempdir()?;
        let root = folder.path().join("root");
        let copied = Spawn::new("cp", folder.path().join("cp.log")).env("PATH", PATH).args(["-a", "--reflink=auto"]);
        finished("cp", copied.args([&base, &root]), INSTALLS).await?;
        let archives = cache.join("archives");
        fs::create_dir_all(archives.join("partial"))?;
        let settings = "APT::Install-Recommends \"false\";\nAPT::Keep-Downloaded-Packages \"true\";\n\
                        Binary::apt::APT::Keep-Downloaded-Packages \"true\";\nAPT::Sandbox::User \"root\";\n";
        fs::write(root.join("etc/apt/apt.conf.d/90tests"), settings)?;
        fs::copy("/etc/resolv.conf", root.join("etc/resolv.conf"))?;

        // Mounts and processes of its own. The last program is its first process, with which all others end.
        let mounts = "set -e; root=$1; mount -t proc proc $root/proc; mount -t tmpfs tmpfs $root/dev/shm; \
                      mount --bind $2 $root/var/cache/apt/archives; mkdir -p $root/tmp/.X11-unix; \
                      mount --bind /tmp/.X11-unix $root/tmp/.X11-unix 2>/dev/null || true; \
                      exec chroot $root /bin/sleep infinity";
        let mut holder = Spawn::new("unshare", folder.path().join("holder.log"))
            .env("PATH", PATH)
            .args(["--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", mounts, "sh"])
            .args([&root, &archives])
            .start()?;
        let pid = wait_until("the clean Debian's first process", ANSWERS, async || {
            if !holder.runs() {
                bail!("it ended: {}", holder.output());
            }
            let tasks = format!("/proc/{0}/task/{0}/children", holder.pid());
            let Some(pid) = fs::read_to_string(tasks)?.split_whitespace().next().and_then(|pid| pid.parse().ok())
            else {
                return Ok(None);
            };
            // Everything is mounted when it has become what holds it.
            Ok(fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n").then_some(pid))
        })
        .await?;
        let debian = Self { holder: Some(holder), pid, folder, started: 0.into() };
        debian.run(&Session::root(), &["apt-get", "-qq", "update"]).await?;
        Ok(Ok(debian))
    }

    /// Where a path of it is on this machine.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(path.trim_start_matches('/'))
    }

    /// Starts a program in it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_program(&self, session: &Session, line: &[&str]) -> anyhow::Result<Process> {
        self.spawn(session, line).start()
    }

    /// Runs a program in it and returns what it said, both streams.
    ///
    /// # Errors
    /// It fails, or does not end.
    pub async fn run(&self, session: &Session, line: &[&str]) -> anyhow::Result<String> {
        let limit = if line.iter().any(|word| word.starts_with("apt")) { INSTALLS } else { ANSWERS };
        finished(&line.join(" "), self.spawn(session, line), limit).await
    }

    /// Installs a package of this machine with what it needs, as an administrator would.
    ///
    /// # Errors
    /// It cannot be installed.
    pub async fn install(&self, package: &Path) -> anyhow::Result<String> {
        let name = package.file_name().context("a package has a name")?.to_string_lossy().into_owned();
        // World-readable, and not in a folder that is mounted over.
        fs::copy(package, self.at("var/tmp").join(&name))?;
        let said = self.apt(&["install", &format!("/var/tmp/{name}")]).await?;
        fs::remove_file(self.at("var/tmp").join(&name))?;
        Ok(said)
    }

    /// Asks apt; it asks nothing back.
    ///
    /// # Errors
    /// It says no.
    pub async fn apt(&self, words: &[&str]) -> anyhow::Result<String> {
        let session = Session::root().with("DEBIAN_FRONTEND", "noninteractive");
        let line = [&["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0"], words].concat();
        self.run(&session, &line).await
    }

    /// The processes in it that run this program, as it is on its disk now.
    ///
    /// # Errors
    /// The program is not there.
    pub fn processes_of(&self, program: &str) -> anyhow::Result<Vec<u32>> {
        let file = fs::metadata(self.at(program))?;
        let mut pids = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let runs = fs::metadata(format!("/proc/{pid}/exe"));
            if runs.is_ok_and(|runs| (runs.dev(), runs.ino()) == (file.dev(), file.ino())) {
                pids.push(pid);
            }
        }
        Ok(pids)
    }

    /// All its files and folders, but for what the system keeps of its own accord; without the first slash.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn paths(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        let root = self.at("");
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let path = entry.path();
                let inside = path.strip_prefix(&root)?.to_string_lossy().into_owned();
                if KEPT_BY_THE_SYSTEM.contains(&inside.as_str()) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    waiting.push(path);
                }
                all.insert(inside);
            }
        }
        Ok(all)
    }

    fn spawn(&self, session: &Session, line: &[&str]) -> Spawn {
        let number = self.started.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut environment = vec![("PATH".to_owned(), PATH.to_owned()), ("LC_ALL".to_owned(), "C.UTF-8".to_owned())];
        for name in ["http_proxy", "https_proxy", "no_proxy"] {
            environment.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        }
        let home = session.user.as_ref().map_or_else(|| "/root".to_owned(), |user| format!("/home/{user}"));
        environment.push(("HOME".to_owned(), home));
        if let Some(user) = &session.user {
            environment.extend(["USER", "LOGNAME"].map(|name| (name.to_owned(), user.clone())));
        }
        environment.extend(session.environment.iter().cloned());
        let mut spawn = Spawn::new("nsenter", self.folder.path().join(format!("program-{number}.log")))
            .args(["--target", &self.pid.to_string(), "--mount", "--pid", "--root", "--wd", "--"])
            .envs(environment);
        if let Some(user) = &session.user {
            spawn = spawn.args(["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"]);
        }
        spawn.args(line)
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        // Everything in it has ended before its folder goes.
        drop(self.holder.take());
        let first = format!("/proc/{}", self.pid);
        for _ in 0..100 {
            if !Path::new(&first).exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why there can be no clean Debian here.
fn cannot() -> Option<String> {
    let there = |name: &str| PATH.split(':').any(|folder| Path::new(folder).join(name).exists());
    if !rustix::process::geteuid().is_root() {
        return Some("only root can make a clean Debian".to_owned());
    }
    if let Some(name) = ["debootstrap", "unshare", "nsenter", "setpriv"].into_iter().find(|name| !there(name)) {
        return Some(format!("{name} is not there"));
    }
    codename().is_none().then(|| "this is not Debian: its packages could not be installed in one".to_owned())
}

/// The release that this machine is: packages made here are for it.
fn codename() -> Option<String> {
    let system = fs::read_to_string("/etc/os-release").ok()?;
    let value = |name: &str| {
        let line = system.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    (value("ID")? == "debian").then(|| value("VERSION_CODENAME")).flatten()
}

/// Where the clean Debian and what apt fetches are kept, from one run to the next.
fn cache() -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(cache.context("no home folder")?.join("deskside-packages"))
}

/// The clean Debian from which each test has a copy; made once.
async fn base(cache: &Path) -> anyhow::Result<PathBuf> {
    let codename = codename().context("this is not Debian")?;
    let base = cache.join(&codename);
    if base.exists() {
        return Ok(base);
    }
    fs::create_dir_all(cache)?;
    let new = cache.join(format!("{codename}.new-{}", std::process::id()));
    let mut make = Spawn::new("debootstrap", cache.join("debootstrap.log")).env("PATH", PATH).env("HOME", "/root");
    for name in ["http_proxy", "https_proxy", "no_proxy"] {
        if let Ok(value) = std::env::var(name) {
            make = make.env(name, value);
        }
    }
    let make = make.args(["--variant=minbase", &codename]).args([&new]).args(source().await?);
    finished("debootstrap", make, INSTALLS).await?;
    fs::rename(&new, &base)?;
    Ok(base)
}

/// Where this machine's apt has Debian from, if it says so in a way that debootstrap takes.
async fn source() -> anyhow::Result<Option<String>> {
    let folder = tempfile::tempdir()?;
    let ask = Spawn::new("apt-get", folder.path().join("log")).env("PATH", PATH).args([
        "indextargets",
        "--format",
        "$(ORIGIN) $(COMPONENT) $(SUITE) $(REPO_URI)",
        "Created-By: Packages",
    ]);
    let told = finished("apt-get indextargets", ask, ANSWERS).await?;
    let main = told.lines().find_map(|line| {
        let [origin, component, suite, uri] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        (origin == "Debian" && component == "main" && !suite.contains('-') && uri.starts_with("http"))
            .then(|| uri.to_owned())
    });
    Ok(main)
}

async fn finished(name: &str, spawn: Spawn, limit: Duration) -> anyhow::Result<String> {
    let mut process = spawn.start()?;
    let status = process.ended(limit).await.with_context(|| format!("{name}: {}", process.output()))?;
    let said = process.output();
    if !status.success() {
        bail!("{name}: {status}:\n{said}");
    }
    Ok(said)
}
