//! What compiles and links for Windows on Debian, and Wine, which runs what came of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::build::Profile;
use crate::cross::{self, Compiler};
use crate::programs::{program, run, run_quietly};

/// What is compiled for.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";
/// What it takes beside the compiler, below `/usr/bin`.
pub(crate) const PROGRAMS_NEEDED: &[&str] = &["x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-g++", "wine", "makensis"];
/// Wine 8 lacks a library that every program of Rust asks for random numbers. Two lines of C stand in for it.
const SHIM: &str = include_str!("../windows/bcryptprimitives.c");
/// The programs that employees get: package and binary.
const PROGRAMS: &[(&str, &str)] = &[("deskside-agent", "deskside"), ("deskside-window", "deskside-window")];

/// The compiler, and Wine's drive, which is kept from one run to the next too.
pub(crate) struct Toolchain {
    compiler: Compiler,
}

impl Toolchain {
    /// The compiler with its library, built if it is not there.
    ///
    /// # Errors
    /// Something is missing or does not build.
    pub(crate) fn ready() -> anyhow::Result<Self> {
        Ok(Self { compiler: Compiler::ready("windows", TARGET)? })
    }

    /// What Wine must be told: which drive, and neither questions about .NET or a browser engine, nor menus on the host's
    /// desktop, nor a debugger after a panic.
    pub(crate) fn wine_environment(&self) -> [(&'static str, std::ffi::OsString); 4] {
        [
            ("WINEPREFIX", self.compiler.at("prefix").into()),
            ("WINEARCH", "win64".into()),
            ("WINEDEBUG", "-all".into()),
            ("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d".into()),
        ]
    }

    /// A program that sees Wine's drive and Debian's compiler, and nothing of the one that runs this.
    pub(crate) fn environment(&self, name: impl AsRef<std::ffi::OsStr>) -> Command {
        self.with_wine(self.compiler.environment(name))
    }

    /// Debian's cargo, with Wine to run what it builds.
    pub(crate) fn cargo(&self, subcommand: &str, target: &Path) -> Command {
        self.with_wine(self.compiler.cargo(subcommand, target))
    }

    fn with_wine(&self, mut command: Command) -> Command {
        command
            .env(self.compiler.variable("RUNNER"), "wine")
            // For tests of what Wine does not have, which programs cannot see.
            .env("DESKSIDE_UNDER_WINE", "1")
            .envs(self.wine_environment());
        command
    }

    /// Builds agent and window, optimised, and returns the folder they are in.
    ///
    /// # Errors
    /// The build fails.
    pub(crate) fn programs(&self, root: &Path, target: &Path) -> anyhow::Result<PathBuf> {
        let mut build = self.cargo("build", target);
        // Optimising over all crates at once wants bitcode of the standard library, which is built without.
        build.args(["--quiet", "--release"]).env("CARGO_PROFILE_RELEASE_LTO", "off");
        for (package, binary) in PROGRAMS {
            build.args(["--package", package, "--bin", binary]);
        }
        run(build, root)?;
        Ok(program_folder(target, Profile::Release))
    }

    /// Wine's drive, with Windows 10 on it as far as programs can tell.
    ///
    /// # Errors
    /// Wine does not start.
    pub(crate) fn wine(&self) -> anyhow::Result<()> {
        let library = self.compiler.at("prefix/drive_c/windows/system32/bcryptprimitives.dll");
        if self.compiler.at("prefix/system.reg").exists() && library.exists() {
            return Ok(());
        }
        println!("Setting up Wine's drive, once…");
        for arguments in [&["wineboot", "-i"][..], &["winecfg", "-v", "win10"]] {
            let mut wine = self.environment("wine");
            wine.args(arguments);
            run_quietly(wine, Path::new("/"))?;
        }
        self.wine_server("-w")?;
        if library.exists() {
            // A newer Wine has it.
            return Ok(());
        }
        let source = self.compiler.at("bcryptprimitives.c");
        std::fs::write(&source, SHIM)?;
        let mut compile = program("x86_64-w64-mingw32-gcc");
        compile.args(["-O2", "-shared", "-o"]).arg(&library).arg(&source).arg("-ladvapi32");
        run_quietly(compile, Path::new("/"))
    }

    /// Tells Wine's server to stay or to go. It fails where it already does, and keeps what it writes to open.
    ///
    /// # Errors
    /// There is no Wine.
    pub(crate) fn wine_server(&self, what: &str) -> anyhow::Result<()> {
        let mut server = self.environment("wineserver");
        server.arg(what).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        server.status().context("could not start wineserver")?;
        Ok(())
    }
}

/// Where the programs for Windows are.
pub(crate) fn program_folder(target: &Path, profile: Profile) -> PathBuf {
    cross::folder_below(target).join(TARGET).join(match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    })
}
