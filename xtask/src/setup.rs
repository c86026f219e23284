//! What the machine must have. On Debian and its children missing packages are installed, said first; elsewhere they are
//! named.

use std::path::Path;

use anyhow::bail;
use sha2::{Digest as _, Sha256};

use crate::programs::{cargo, exists, output, program, run};

/// A Debian package, and what it is for.
struct Package {
    name: &'static str,
    why: &'static str,
}

const BUILD: &[Package] = &[
    Package { name: "build-essential", why: "to link" },
    Package { name: "pkg-config", why: "to find libraries" },
    Package { name: "libwebkit2gtk-4.1-dev", why: "the window's web view" },
];
const DESKTOP: &[Package] = &[
    Package { name: "xvfb", why: "a display without a screen" },
    Package { name: "openbox", why: "its window manager" },
    Package { name: "dbus-daemon", why: "its session bus" },
    Package { name: "gnome-keyring", why: "its keyring" },
    Package { name: "webkit2gtk-driver", why: "to use the window as a person would" },
];
const TESTS: &[Package] = &[
    Package { name: "chromium", why: "browser tests" },
    Package { name: "postgresql", why: "the hub's tests on its second database" },
    Package { name: "libsecret-tools", why: "to look into the keyring" },
    Package { name: "libnotify-bin", why: "to send notifications" },
    Package { name: "xdotool", why: "to press keys as a person would" },
];
const PICTURES: &[Package] = &[Package { name: "dunst", why: "to draw notifications" }];

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Build and test.
    Test,
    /// Build and show, with a display of the machine's own.
    Show,
    /// Build and show on a virtual display.
    ShowHeadless,
}

/// Sees to the system's packages.
///
/// # Errors
/// Some are missing and cannot be installed from here; the error names them.
pub(crate) fn packages(purpose: Purpose) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        println!("This is not Linux: needed are Rust, Node and, on Windows, the Visual Studio build tools.");
        return Ok(());
    }
    let wanted: Vec<&Package> = match purpose {
        Purpose::Test => BUILD.iter().chain(DESKTOP).chain(TESTS).collect(),
        Purpose::Show => BUILD.iter().collect(),
        Purpose::ShowHeadless => BUILD.iter().chain(DESKTOP).chain(PICTURES).collect(),
    };
    if !exists("dpkg-query", "--version") {
        println!("This is not Debian or Ubuntu. If something below fails, install the likes of:");
        wanted.iter().for_each(|package| println!("  {:<24} {}", package.name, package.why));
        return Ok(());
    }
    let missing: Vec<&Package> = wanted.into_iter().filter(|package| !installed(package.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing system packages:");
    missing.iter().for_each(|package| println!("  {:<24} {}", package.name, package.why));
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();

    let root = rustix::process::geteuid().is_root();
    if !root && !exists("sudo", "--version") {
        bail!("install them as root: apt-get install --no-install-recommends {}", names.join(" "));
    }
    let apt = |arguments: &[&str]| {
        let mut command = if root { program("apt-get") } else { program("sudo") };
        if !root {
            command.args(["--", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-y"]).args(arguments);
        run(command, Path::new("/"))
    };
    println!("Installing them{}…", if root { "" } else { " with sudo" });
    apt(&["update"])?;
    let mut install = vec!["install", "--no-install-recommends"];
    install.extend(names);
    apt(&install)
}

fn installed(package: &str) -> bool {
    let mut query = program("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Abbrev}", package]).stderr(std::process::Stdio::null());
    query.output().is_ok_and(|answer| answer.status.success() && answer.stdout.starts_with(b"ii"))
}

/// Sees to `ui/node_modules`: `npm ci` when the lock file is not the one it was made from.
///
/// # Errors
/// Node is missing or npm fails.
pub(crate) fn node_modules(root: &Path) -> anyhow::Result<()> {
    let ui = root.join("ui");
    let lock = std::fs::read(ui.join("package-lock.json"))?;
    let digest = hex::encode(Sha256::digest(&lock));
    let stamp = ui.join("node_modules/.deskside-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == digest) {
        return Ok(());
    }
    if !exists("npm", "--version") {
        bail!("Node with npm is missing: install Node 20 or newer");
    }
    println!("Fetching the interface's packages (npm ci)…");
    let mut npm = program("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(npm, &ui)?;
    std::fs::write(stamp, digest)?;
    Ok(())
}

/// A tool of cargo's that is there, or is installed if `install` says so; `false` if it is to be done without.
pub(crate) fn cargo_tool(root: &Path, name: &str, install: bool) -> bool {
    let subcommand = name.trim_start_matches("cargo-");
    let there = || {
        let mut ask = cargo();
        ask.args([subcommand, "--version"]).stderr(std::process::Stdio::null());
        output(ask, root).is_ok()
    };
    if there() {
        return true;
    }
    if !install {
        return false;
    }
    println!("{name} is missing: building it, once (a few minutes)…");
    let mut build = cargo();
    build.args(["install", "--locked", "--quiet", name]);
    // Into a folder of its own: the workspace's may be locked, and its profile is not meant for tools.
    build.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_INCREMENTAL");
    match run(build, root) {
        Ok(()) => there(),
        Err(error) => {
            println!("{name} could not be installed: {error:#}");
            false
        }
    }
}
