//! The programs for Windows, run by Wine on a virtual display. `cargo xtask test --windows` builds them and says where they
//! are; otherwise there is nothing to test.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use deskside_desktop::{Desktop, Options, Process, Shows, Spawn};

/// Longest wait for something that takes a moment. Under Wine, on a busy machine, a program takes seconds to start.
pub const SOON: Duration = Duration::from_secs(90);

/// Where things are.
#[derive(Debug, Clone)]
pub struct Built {
    /// The programs for Windows.
    pub programs: PathBuf,
    /// The installers, of an older and a newer version.
    pub installers: PathBuf,
}

impl Built {
    /// What `cargo xtask test --windows` has built; `None`, and said, where it did not.
    #[must_use]
    #[expect(clippy::print_stdout, reason = "what counts the tests looks for this line")]
    pub fn find() -> Option<Self> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let found = folder("DESKSIDE_WINDOWS_PROGRAMS").zip(folder("DESKSIDE_WINDOWS_INSTALLERS"));
        if found.is_none() {
            println!("SKIPPED: nothing is built for Windows; `cargo xtask test --windows` does");
        }
        found.map(|(programs, installers)| Self { programs, installers })
    }
}

/// A Windows of Wine's on a display of its own, for one test at a time: its drive is kept, and everything that runs on it
/// ends with this.
pub struct Windows {
    desktop: Desktop,
    drive: PathBuf,
    pipe: String,
}

impl Windows {
    /// Starts one, with nothing of ours installed.
    ///
    /// # Errors
    /// There is no drive, or the display does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let prefix = std::env::var_os("WINEPREFIX").map(PathBuf::from).context("WINEPREFIX is not set")?;
        let options = Options { tray: false, notifications: Shows::Nothing, keyring: false, ..Options::default() };
        let windows = Self {
            desktop: Desktop::start(options).await?,
            drive: prefix.join("drive_c"),
            // A name that no other agent of this user has.
            pipe: format!(r"\\.\pipe\deskside-test-{}", uuid::Uuid::now_v7()),
        };
        windows.wine_server("-k").await?;
        Ok(windows)
    }

    async fn wine_server(&self, what: &str) -> anyhow::Result<()> {
        let mut server = self.spawn("wineserver").args([what]).start()?;
        // It fails where there is none.
        server.ended(SOON).await?;
        Ok(())
    }

    /// Ends everything that runs, waits until it has, and with it until the registry is on the disk.
    ///
    /// # Errors
    /// It does not end.
    pub async fn shut_down(&self) -> anyhow::Result<()> {
        self.wine_server("-k").await?;
        self.wine_server("-w").await
    }

    /// A folder of this test, gone with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.desktop.folder()
    }

    /// The drive's file or folder of this name (`Program Files/Deskside`).
    #[must_use]
    pub fn on_drive(&self, name: &str) -> PathBuf {
        self.drive.join(name)
    }

    /// A program of this side, which sees Wine's drive, the display, and the agent's folders of this test.
    fn spawn(&self, program: &str) -> Spawn {
        let log = format!("{program}-{}", uuid::Uuid::now_v7());
        let inherited = ["WINEPREFIX", "WINEARCH", "WINEDEBUG", "WINEDLLOVERRIDES"];
        let wine = inherited.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        self.desktop
            .program(program, &log)
            .envs(wine)
            .env("DESKSIDE_DATA", dos(&self.folder().join("home/data")))
            .env("DESKSIDE_CONFIG", dos(&self.folder().join("home/config")))
            .env("DESKSIDE_POLICY", dos(&self.folder().join("policy.toml")))
            .env("DESKSIDE_SOCKET", &self.pipe)
    }

    /// Starts a program of Windows: a path of this side, or one of Windows'.
    ///
    /// # Errors
    /// Wine is not there.
    pub fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<Process> {
        self.spawn("wine").args([program]).args(arguments).start()
    }

    /// Runs a program to its end and returns its exit code and what it wrote.
    ///
    /// # Errors
    /// It does not end by itself.
    pub async fn code_of(&self, program: &str, arguments: &[&str]) -> anyhow::Result<(i32, String)> {
        let mut process = self.run(program, arguments)?;
        let status = process.ended(SOON).await?;
        Ok((status.code().context("it was killed")?, process.output()))
    }

    /// Runs a program to its end and returns what it wrote.
    ///
    /// # Errors
    /// It fails or does not end; the error holds what it wrote.
    pub async fn ask(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let (code, output) = self.code_of(program, arguments).await?;
        if code != 0 {
            bail!("{program} {}: exit code {code}: {output}", arguments.join(" "));
        }
        Ok(output)
    }

    /// A text or number of the registry, as `reg query` shows it; `None` if it is not there.
    ///
    /// # Errors
    /// Wine is not there.
    pub async fn registry(&self, key: &str, name: Option<&str>) -> anyhow::Result<Option<String>> {
        let which = match name {
            Some(name) => vec!["query", key, "/v", name],
            None => vec!["query", key, "/ve"],
        };
        let (code, output) = self.code_of("reg", &which).await?;
        if code != 0 {
            return Ok(None);
        }
        // `    NAME    REG_SZ    VALUE`, below the key's name.
        let line = output.lines().find_map(|line| line.split_once("    REG_")).map(|(_, rest)| rest);
        Ok(line.map(|line| line.split_once("    ").map_or("", |(_, value)| value).trim_end().to_owned()))
    }
}

/// A path of this side as Windows sees it.
#[must_use]
pub fn dos(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', r"\")
}
