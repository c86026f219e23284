//! What compiles for Windows on Debian, and Wine, which runs what came of it.
//!
//! Debian has no standard library for that target. Its compiler for web targets has the library's source beside it, from
//! which it is built once, into a folder of its own; the project's code then compiles as it would anywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::build::Profile;
use crate::programs::{output, program, run, run_quietly};

/// What is compiled for.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";
/// Debian's compiler; that of rustup, first in `PATH`, has no source of its library.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// Wine 8 lacks a library that every program of Rust asks for random numbers. Two lines of C stand in for it.
const SHIM: &str = include_str!("../windows/bcryptprimitives.c");
/// The programs that employees get: package and binary.
const PROGRAMS: &[(&str, &str)] = &[("deskside-agent", "deskside"), ("deskside-window", "deskside-window")];

/// Where the standard library, the stand-in and Wine's drive are kept, from one run to the next.
pub(crate) struct Toolchain {
    folder: PathBuf,
}

impl Toolchain {
    /// The compiler with its library, built if it is not there.
    ///
    /// # Errors
    /// Something is missing or does not build.
    pub(crate) fn ready() -> anyhow::Result<Self> {
        let this = Self { folder: kept_folder()? };
        this.library()?;
        Ok(this)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What Wine must be told: which drive, and neither questions about .NET or a browser engine, nor menus on the host's
    /// desktop, nor a debugger after a panic.
    pub(crate) fn wine_environment(&self) -> [(&'static str, std::ffi::OsString); 4] {
        [
            ("WINEPREFIX", self.at("prefix").into()),
            ("WINEARCH", "win64".into()),
            ("WINEDEBUG", "-all".into()),
            ("WINEDLLOVERRIDES", "mscoree=;mshtml=;winemenubuilder.exe=d;winedbg.exe=d".into()),
        ]
    }

    /// A program that sees Wine's drive and Debian's compiler, and nothing of the one that runs this.
    pub(crate) fn environment(&self, name: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = program(name);
        for (name, _) in std::env::vars_os() {
            let of_cargo = name.to_str().is_some_and(|name| name.starts_with("CARGO_") || name.starts_with("RUST"));
            if of_cargo || name == "LD_LIBRARY_PATH" || name == "DISPLAY" || name == "WAYLAND_DISPLAY" {
                command.env_remove(name);
            }
        }
        let home = std::env::var_os("CARGO_HOME");
        command
            .envs(home.map(|home| ("CARGO_HOME", home)))
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("RUSTC", RUSTC)
            .env("CARGO", CARGO)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", format!("--sysroot={}", self.at("sysroot").display()))
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine")
            // For tests of what Wine does not have, which programs cannot see.
            .env("DESKSIDE_UNDER_WINE", "1")
            .envs(self.wine_environment());
        command
    }

    /// Builds agent and window below `target` and returns the folder they are in.
    ///
    /// # Errors
    /// The build fails.
    pub(crate) fn programs(&self, root: &Path, target: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
        let target = target.join("windows");
        let mut build = self.environment(CARGO);
        build.args(["build", "--quiet", "--target", TARGET, "--target-dir"]).arg(&target);
        for (package, binary) in PROGRAMS {
            build.args(["--package", package, "--bin", binary]);
        }
        let folder = match profile {
            Profile::Debug => "debug",
            Profile::Release => {
                build.arg("--release");
                "release"
            }
        };
        run(build, root)?;
        Ok(target.join(TARGET).join(folder))
    }

    /// The standard library of the target, built once for each version of the compiler.
    fn library(&self) -> anyhow::Result<()> {
        let mut ask = program(RUSTC);
        ask.arg("-vV");
        let version = output(ask, Path::new("/"))?;
        let stamp = self.at("library-of");
        if std::fs::read_to_string(&stamp).is_ok_and(|of| of == version) {
            return Ok(());
        }
        println!("Building the standard library for {TARGET}, once (a minute)…");
        let (build, library) = (self.at("build"), self.at("sysroot/lib/rustlib").join(TARGET).join("lib"));
        for old in [&build, &library] {
            if old.exists() {
                std::fs::remove_dir_all(old)?;
            }
        }
        std::fs::create_dir_all(build.join("src"))?;
        std::fs::create_dir_all(&library)?;
        std::fs::write(build.join("src/lib.rs"), "")?;
        let manifest = "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
        std::fs::write(build.join("Cargo.toml"), manifest)?;
        let mut cargo = self.environment(CARGO);
        cargo
            .env_remove("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS")
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["build", "--release", "-Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro"])
            .args(["--target", TARGET, "--target-dir", "out"]);
        run_quietly(cargo, &build)?;
        for entry in std::fs::read_dir(build.join("out").join(TARGET).join("release/deps"))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libnothing") {
                std::fs::copy(&path, library.join(name))?;
            }
        }
        std::fs::remove_dir_all(&build)?;
        std::fs::write(stamp, version)?;
        Ok(())
    }

    /// Wine's drive, with Windows 10 on it as far as programs can tell.
    ///
    /// # Errors
    /// Wine does not start.
    pub(crate) fn wine(&self) -> anyhow::Result<()> {
        let library = self.at("prefix/drive_c/windows/system32/bcryptprimitives.dll");
        if self.at("prefix/system.reg").exists() && library.exists() {
            return Ok(());
        }
        println!("Setting up Wine's drive, once…");
        std::fs::create_dir_all(&self.folder)?;
        for arguments in [&["wineboot", "-i"][..], &["winecfg", "-v", "win10"]] {
            let mut wine = self.environment("wine");
            wine.args(arguments);
            run_quietly(wine, &self.folder)?;
        }
        self.wine_server("-w")?;
        if library.exists() {
            // A newer Wine has it.
            return Ok(());
        }
        let source = self.at("bcryptprimitives.c");
        std::fs::write(&source, SHIM)?;
        let mut compile = program("x86_64-w64-mingw32-gcc");
        compile.args(["-O2", "-shared", "-o"]).arg(&library).arg(&source).arg("-ladvapi32");
        run_quietly(compile, &self.folder)
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

fn kept_folder() -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(cache.context("no home folder")?.join("deskside-windows"))
}
