//! Building, once, what the other tasks start.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::programs::{cargo, output, program, run, run_quietly};

/// The programs there are: package and binary.
const PROGRAMS: &[(&str, &str)] = &[
    ("deskside-agent", "deskside"),
    ("deskside-hub", "deskside-hub"),
    ("deskside-window", "deskside-window"),
    ("deskside-devhost", "deskside-devhost"),
];

/// Optimised or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Debug,
    /// As shipped.
    Release,
}

/// Where cargo puts what it builds.
///
/// # Errors
/// Cargo does not answer.
pub(crate) fn target_folder(root: &Path) -> anyhow::Result<PathBuf> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let answer: serde_json::Value = serde_json::from_str(&output(metadata, root)?)?;
    let folder = answer.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(PathBuf::from(folder.context("cargo does not say where it builds")?))
}

/// Where the programs of a profile are.
///
/// # Errors
/// Cargo does not answer.
pub(crate) fn program_folder(root: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
    Ok(target_folder(root)?.join(match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    }))
}

/// Builds the interface into `ui/dist`, unless nothing changed since the last time.
///
/// # Errors
/// The build fails.
pub(crate) fn interface(root: &Path) -> anyhow::Result<()> {
    let ui = root.join("ui");
    let mut digest = Sha256::new();
    for part in ["ui/src", "ui/public", "locales"] {
        digest_folder(&root.join(part), &mut digest)?;
    }
    for entry in sorted(&ui)? {
        if entry.is_file() {
            digest_file(&entry, &mut digest)?;
        }
    }
    let digest = hex::encode(digest.finalize());
    let stamp = ui.join("dist/.built-from");
    if interface_is_there(root) && std::fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == digest) {
        return Ok(());
    }
    println!("Building the interface…");
    let mut npm = program("npm");
    npm.args(["run", "--silent", "build"]);
    // It lists every file that it makes.
    run_quietly(npm, &ui)?;
    std::fs::write(stamp, digest)?;
    Ok(())
}

/// Builds the interface only if there is none.
///
/// # Errors
/// The build fails.
pub(crate) fn interface_of_any_age(root: &Path) -> anyhow::Result<()> {
    if interface_is_there(root) { Ok(()) } else { interface(root) }
}

fn interface_is_there(root: &Path) -> bool {
    ["app", "console"].iter().all(|part| root.join("ui/dist").join(part).join("index.html").exists())
}

/// A digest over folders, by their paths from the root.
///
/// # Errors
/// One of their files cannot be read.
pub(crate) fn digest_of(root: &Path, folders: &[&str]) -> anyhow::Result<String> {
    let mut digest = Sha256::new();
    for folder in folders {
        digest_folder(&root.join(folder), &mut digest)?;
    }
    Ok(hex::encode(digest.finalize()))
}

/// Builds the programs and returns the folder they are in.
///
/// # Errors
/// The build fails.
pub(crate) fn programs(root: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
    println!("Building the programs (the first time takes minutes, later ones seconds)…");
    let mut build = cargo();
    build.arg("build");
    for (package, binary) in PROGRAMS {
        build.args(["--package", package, "--bin", binary]);
    }
    if profile == Profile::Release {
        build.arg("--release");
    }
    run(build, root)?;
    program_folder(root, profile)
}

/// Builds the hub alone and returns the folder it is in.
///
/// # Errors
/// The build fails.
#[cfg(target_os = "linux")]
pub(crate) fn hub(root: &Path) -> anyhow::Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "deskside-hub", "--bin", "deskside-hub"]);
    run(build, root)?;
    program_folder(root, Profile::Debug)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", folder.display())),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn digest_folder(folder: &Path, digest: &mut Sha256) -> anyhow::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            digest_folder(&path, digest)?;
        } else {
            digest_file(&path, digest)?;
        }
    }
    Ok(())
}

fn digest_file(path: &Path, digest: &mut Sha256) -> anyhow::Result<()> {
    digest.update(path.as_os_str().as_encoded_bytes());
    digest.update([0]);
    digest.update(std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?);
    Ok(())
}
