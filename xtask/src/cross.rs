//! What compiles for other systems on Debian: for Windows, of which Wine runs what comes out, and for macOS, as far as types go.
//!
//! Debian has no standard library for either. Its compiler for web targets has the library's source beside it, from which
//! it is built once, into a folder of its own; the project's code then compiles as it would anywhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::programs::{output, program, run_quietly};

/// Debian's compiler; that of rustup, first in `PATH`, has no source of its library.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// A compiler for one target with its library, kept from one run to the next.
pub(crate) struct Compiler {
    folder: PathBuf,
    target: &'static str,
}

impl Compiler {
    /// The compiler for a target of a system, with its library, built if it is not there.
    ///
    /// # Errors
    /// Something is missing or does not build.
    pub(crate) fn ready(system: &str, target: &'static str) -> anyhow::Result<Self> {
        let this = Self { folder: kept_folder(system)?, target };
        this.library()?;
        Ok(this)
    }

    /// A file or folder that is kept beside the library.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A program that sees Debian's compiler, and nothing of the one that runs this.
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
            // Nothing is debugged here, and nothing edited in between.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env(self.variable("RUSTFLAGS"), format!("--sysroot={}", self.at("sysroot").display()));
        command
    }

    /// What cargo reads a setting of the target from.
    pub(crate) fn variable(&self, setting: &str) -> String {
        format!("CARGO_TARGET_{}_{setting}", self.target.replace('-', "_").to_uppercase())
    }

    /// Debian's cargo, building for the target into [`folder_below`].
    pub(crate) fn cargo(&self, subcommand: &str, target_folder: &Path) -> Command {
        let mut cargo = self.environment(CARGO);
        cargo.args([subcommand, "--target", self.target, "--target-dir"]).arg(folder_below(target_folder));
        cargo
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
        println!("Building the standard library for {}, once (a minute)…", self.target);
        let (build, library) = (self.at("build"), self.at("sysroot/lib/rustlib").join(self.target).join("lib"));
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
            .env_remove(self.variable("RUSTFLAGS"))
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["build", "--release", "-Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro"])
            .args(["--target", self.target, "--target-dir", "out"]);
        run_quietly(cargo, &build)?;
        for entry in std::fs::read_dir(build.join("out").join(self.target).join("release/deps"))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libnothing") {
                std::fs::copy(&path, library.join(name))?;
            }
        }
        std::fs::remove_dir_all(&build)?;
        Ok(std::fs::write(stamp, version)?)
    }
}

/// Where what is built for other systems lies, below the folder of this one. It is one for all of them: macros and build
/// scripts run here and are the same for each.
pub(crate) fn folder_below(target_folder: &Path) -> PathBuf {
    target_folder.join("cross")
}

/// What is missing here to compile for another system, with a word on what it is; nothing if all is there.
pub(crate) fn missing(programs: &[&'static str]) -> Vec<&'static str> {
    let places = [(RUSTC, "rustc"), (CARGO, "cargo"), ("/usr/lib/rustlib/src/rust/library", "the library's source")];
    let mut missing: Vec<_> =
        places.into_iter().filter(|(place, _)| !Path::new(place).exists()).map(|(_, name)| name).collect();
    missing.extend(programs.iter().filter(|name| !Path::new("/usr/bin").join(name).exists()));
    missing
}

fn kept_folder(system: &str) -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(cache.context("no home folder")?.join(format!("deskside-{system}")))
}
