//! What the machine must have. On Debian and its children missing packages are installed, said first; elsewhere they are
//! named.

use std::path::Path;

use anyhow::bail;
use sha2::{Digest as _, Sha256};

use crate::programs::{cargo, exists, output, program, run, run_telling};

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
    Package { name: "wmctrl", why: "to ask the window manager for windows" },
    Package { name: "libfaketime", why: "to let the agent's clock jump" },
    Package { name: "iproute2", why: "to take its network away" },
];
/// Services that the facts are tested against. Each test starts its own; but a package starts the system's, too.
const SERVICES: &[Package] = &[
    Package { name: "cups", why: "printers, for the facts' tests" },
    Package { name: "cups-client", why: "to set printers up and print" },
    Package { name: "network-manager", why: "the network, for the facts' tests" },
    Package { name: "pipewire", why: "sound, for the facts' tests" },
    Package { name: "pipewire-pulse", why: "sound in PulseAudio's words" },
    Package { name: "pulseaudio", why: "the other sound server" },
    Package { name: "pulseaudio-utils", why: "to mute and to turn up" },
    Package { name: "systemd", why: "failed services and the journal, for the facts' tests" },
    Package { name: "umockdev", why: "to show UPower a battery" },
    Package { name: "upower", why: "batteries, for the facts' tests" },
    Package { name: "wireplumber", why: "what makes PipeWire's devices" },
];
/// What compiles for other systems, by Debian's names.
const COMPILER: &[Package] = &[
    Package { name: "rustc-web", why: "a compiler with its library's source beside it" },
    Package { name: "cargo-web", why: "its cargo" },
    Package { name: "rust-web-src", why: "that source, to build for Windows and macOS from" },
];
/// With the compiler 330 MB.
const WINDOWS: &[Package] = &[
    Package { name: "gcc-mingw-w64-x86-64-win32", why: "to link for Windows" },
    Package { name: "g++-mingw-w64-x86-64-win32", why: "to compile what is C++" },
    Package { name: "wine", why: "to run what was built" },
    Package { name: "wine64", why: "to run it as the 64-bit programs they are" },
    Package { name: "nsis", why: "to make the installer" },
];
/// What puts packages together.
const PACKERS: &[Package] = &[
    Package { name: "dpkg-dev", why: "to find the libraries that a .deb needs" },
    Package { name: "rpm", why: "to make an .rpm" },
];
/// What installs them where nothing is yet.
const CLEAN_SYSTEM: &[Package] = &[Package { name: "debootstrap", why: "to make a clean Debian, for packages" }];
const PICTURES: &[Package] = &[Package { name: "dunst", why: "to draw notifications" }];

/// Another helpdesk, to be spoken to in tests and measured beside ours.
const PEER: &[Package] = &[
    Package { name: "request-tracker5", why: "Request Tracker, a helpdesk that Deskside speaks to" },
    Package { name: "rt5-db-sqlite", why: "its database" },
    Package { name: "rt5-standalone", why: "its server" },
    Package { name: "curl", why: "to see whether it answers" },
];

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "most of this program is for Linux"))]
pub(crate) enum Purpose {
    /// Build and test.
    Test,
    /// Build and test for Windows.
    TestForWindows,
    /// Check for macOS.
    CheckForMacos,
    /// Build and pack.
    Package,
    /// Build and pack for Windows.
    PackageForWindows,
    /// Build, pack, and install the packages into a clean system.
    TestPackages,
    /// Build and show, with a display of the machine's own.
    Show,
    /// Build and show on a virtual display.
    ShowHeadless,
    /// Measure beside another helpdesk.
    Compare,
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
        Purpose::Test if services_stay_quiet() => {
            BUILD.iter().chain(DESKTOP).chain(TESTS).chain(PICTURES).chain(SERVICES).chain(PEER).collect()
        }
        Purpose::Test => {
            println!(
                "Not installed, because they would run on this machine: services that some tests of the facts ask."
            );
            println!("Those tests are skipped where the services are not there; on a throw-away machine, set CI=1.");
            BUILD.iter().chain(DESKTOP).chain(TESTS).chain(PICTURES).collect()
        }
        Purpose::TestForWindows => BUILD.iter().take(2).chain(DESKTOP).chain(COMPILER).chain(WINDOWS).collect(),
        Purpose::CheckForMacos => BUILD.iter().take(2).chain(COMPILER).collect(),
        Purpose::Package => BUILD.iter().chain(PACKERS).collect(),
        Purpose::PackageForWindows => BUILD.iter().take(2).chain(COMPILER).chain(WINDOWS).collect(),
        Purpose::TestPackages => BUILD.iter().chain(DESKTOP).chain(PACKERS).chain(CLEAN_SYSTEM).collect(),
        Purpose::Compare if services_stay_quiet() => PEER.iter().collect(),
        Purpose::Compare => {
            bail!("its packages are a helpdesk's: they are installed on a throw-away machine, where CI=1")
        }
        Purpose::Show => BUILD.iter().collect(),
        Purpose::ShowHeadless => BUILD.iter().chain(DESKTOP).chain(PICTURES).collect(),
    };
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !is_debian_or_child(&system) || !exists("dpkg-query", "--version") {
        println!(
            "This is not Debian or Ubuntu: nothing is installed here. If something below fails, install the likes of:"
        );
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
    let apt = |arguments: &[&str], shown: bool| {
        let mut command = if root { program("apt-get") } else { program("sudo") };
        if !root {
            command.args(["--", "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get"]);
        }
        // Its words, in the language that is looked for in them. Its own reports (`APT::Status-Fd`) want a descriptor, and
        // standard output is none for that: what the packages' scripts write would have nowhere to go, and they fail.
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
        // Another that installs is waited for: a machine that has just started fetches its updates.
        command.args(["-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        let mut progress = Progress::default();
        run_telling(command, Path::new("/"), |line| progress.after(line).filter(|_| shown))
    };
    println!(
        "Installing them{}; they and what they need may be some hundred megabytes…",
        if root { "" } else { " with sudo" }
    );
    apt(&["update"], false)?;
    let mut install = vec!["install", "--no-install-recommends"];
    install.extend(names);
    apt(&install, true)
}

/// How far apt is, by the packages that it names.
#[derive(Debug, Default)]
struct Progress {
    packages: usize,
    fetched: usize,
    set_up: usize,
}

impl Progress {
    /// What to say after this line of apt's: every tenth of the packages, once.
    fn after(&mut self, line: &str) -> Option<String> {
        if let Some((_, rest)) = line.split_once(" upgraded, ") {
            self.packages = rest.split(' ').next()?.parse().ok()?;
        }
        let (done, doing) = if line.starts_with("Get:") {
            (&mut self.fetched, "fetched")
        } else if line.starts_with("Setting up ") {
            (&mut self.set_up, "set up")
        } else {
            return None;
        };
        *done += 1;
        let tenth = |done: usize| 10 * done.min(self.packages) / self.packages.max(1);
        (tenth(*done) > tenth(*done - 1)).then(|| format!("  {doing} {} %", 10 * tenth(*done)))
    }
}

/// Whether packages of services do no harm: where no systemd runs, nothing starts them, and a machine for tests is for that.
fn services_stay_quiet() -> bool {
    !Path::new("/run/systemd/system").exists() || std::env::var_os("CI").is_some_and(|ci| !ci.is_empty())
}

/// Whether an os-release(5) is Debian's or that of a system made of it.
fn is_debian_or_child(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|ids| ids.trim_matches(['"', '\'']).split(' '))
        .any(|id| id == "debian" || id == "ubuntu")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_debian_are_known_by_whom_they_are_like() {
        for (text, expected) in [
            ("NAME=\"Debian GNU/Linux\"\nID=debian\n", true),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true),
            ("ID=fedora\nVERSION_ID=42\n", false),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", false),
            ("", false),
        ] {
            assert_eq!(is_debian_or_child(text), expected, "{text}");
        }
    }

    #[test]
    fn apt_tells_every_tenth_once() {
        let mut progress = Progress::default();
        let mut lines = vec!["Reading package lists...".to_owned()];
        lines.push("0 upgraded, 20 newly installed, 0 to remove and 3 not upgraded.".to_owned());
        lines
            .extend((1..=20).map(|number| format!("Get:{number} http://mirror.example bookworm/main amd64 p{number}")));
        lines.push("Unpacking p1 (1.0) ...".to_owned());
        lines.extend((1..=3).map(|number| format!("Setting up p{number} (1.0) ...")));
        let said: Vec<_> = lines.iter().filter_map(|line| progress.after(line)).collect();
        let fetched = (1..=10).map(|tenth| format!("  fetched {} %", 10 * tenth));
        assert_eq!(said, fetched.chain(["  set up 10 %".to_owned()]).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_that_apt_could_say_is_too_much() {
        let mut progress = Progress::default();
        for line in
            ["Setting up a", "Get:1 b", "x upgraded, many newly", "18446744073709551615 upgraded, 0 newly", "Get:"]
        {
            let _ = progress.after(line);
        }
    }
}
