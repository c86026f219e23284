//! What goes where: the one place that knows the files of a package.

use std::path::PathBuf;

/// Something that is installed by itself.
pub(super) struct Product {
    /// The package's name.
    pub(super) name: &'static str,
    /// The crates whose programs are in it: all that these stand on is inside too.
    pub(super) crates: &'static [&'static str],
    /// The part of the interface that is inside its programs.
    pub(super) interface: &'static str,
    /// One line.
    pub(super) summary: &'static str,
    /// Some lines, as Debian wants them: each with a space before it.
    pub(super) description: &'static str,
    /// Debian's shelf.
    pub(super) section: &'static str,
    /// What no library tells: Debian's names, each with what it is for.
    pub(super) needs: &'static [Need],
    /// Where its files come from and go.
    pub(super) files: &'static [Entry],
    /// The scripts in `installer/linux` that Debian's package manager calls.
    pub(super) scripts: &'static [(&'static str, &'static str)],
    /// Whether there is an RPM of it.
    pub(super) rpm: bool,
}

/// A package that ours needs, or is better with.
pub(super) struct Need {
    /// `Depends` or `Recommends`.
    pub(super) how: How,
    /// Debian's name.
    pub(super) debian: &'static str,
    /// Fedora's name, if it is needed there.
    pub(super) fedora: Option<&'static str>,
}

/// How much a package is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Nothing works without it, or a promise does not.
    Depends,
    /// It is there on every desktop; who takes it away knows why.
    Recommends,
}

/// A file of a package.
pub(super) struct Entry {
    pub(super) from: From,
    /// Its whole path, without the first slash.
    pub(super) to: &'static str,
    pub(super) mode: u32,
    /// A file that the administrator changes: an upgrade leaves what they wrote.
    pub(super) theirs: bool,
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// One of the optimised programs.
    Program(&'static str),
    /// A file of the checkout.
    File(&'static str),
    /// A file of the checkout, compressed as Debian's policy asks of manuals.
    Compressed(&'static str),
    /// Debian's changelog, made here.
    Changelog,
    /// The licences of what is inside, made here.
    Notices,
}

const fn entry(from: From, to: &'static str, mode: u32) -> Entry {
    Entry { from, to, mode, theirs: false }
}

const fn theirs(from: &'static str, to: &'static str, mode: u32) -> Entry {
    Entry { from: From::File(from), to, mode, theirs: true }
}

const fn file(from: &'static str, to: &'static str) -> Entry {
    entry(From::File(from), to, 0o644)
}

const fn depends(debian: &'static str, fedora: Option<&'static str>) -> Need {
    Need { how: How::Depends, debian, fedora }
}

const fn recommends(debian: &'static str, fedora: Option<&'static str>) -> Need {
    Need { how: How::Recommends, debian, fedora }
}

/// The app: agent and window.
pub(super) const DESKSIDE: Product = Product {
    name: "deskside",
    crates: &["deskside-agent", "deskside-window"],
    interface: "app",
    summary: "report a problem to the helpdesk, with what it needs to know",
    description: " Deskside sits in the tray. Whoever has a problem types one sentence, sees exactly what will be sent, and sends it; a\n \
                  technician gets a request that tells what the computer is, what is unusual about it, and how the screen looks.\n \
                  Requests are kept until they are delivered, with or without a network, exactly once.\n .\n \
                  What IT decides for a computer is in /etc/deskside/policy.toml.",
    section: "utils",
    needs: &[
        // TLS to the hub is checked against the system's authorities.
        depends("ca-certificates", Some("ca-certificates")),
        // Makes deskside:// links and the launcher's entry known.
        depends("desktop-file-utils", Some("desktop-file-utils")),
        depends("hicolor-icon-theme", Some("hicolor-icon-theme")),
        // A bus of the session: the icon, notifications, the keyring.
        recommends("default-dbus-session-bus | dbus-session-bus", None),
        // The device's credential outlives the session in a keyring only.
        recommends(
            "gnome-keyring | kwalletmanager | keepassxc",
            Some("(gnome-keyring or kwalletmanager or keepassxc)"),
        ),
        // Pictures of the screen under Wayland.
        recommends("xdg-desktop-portal", Some("xdg-desktop-portal")),
        recommends("xdg-utils", Some("xdg-utils")),
    ],
    files: &[
        entry(From::Program("deskside"), "usr/bin/deskside", 0o755),
        // Found beside the agent.
        entry(From::Program("deskside-window"), "usr/bin/deskside-window", 0o755),
        theirs("installer/linux/deskside-autostart.desktop", "etc/xdg/autostart/deskside.desktop", 0o644),
        theirs("installer/linux/policy.toml", "etc/deskside/policy.toml", 0o644),
        file("installer/linux/deskside.desktop", "usr/share/applications/deskside.desktop"),
        file("installer/linux/deskside-link.desktop", "usr/share/applications/deskside-link.desktop"),
        file("icons/app/16.png", "usr/share/icons/hicolor/16x16/apps/deskside.png"),
        file("icons/app/22.png", "usr/share/icons/hicolor/22x22/apps/deskside.png"),
        file("icons/app/24.png", "usr/share/icons/hicolor/24x24/apps/deskside.png"),
        file("icons/app/32.png", "usr/share/icons/hicolor/32x32/apps/deskside.png"),
        file("icons/app/48.png", "usr/share/icons/hicolor/48x48/apps/deskside.png"),
        file("icons/app/64.png", "usr/share/icons/hicolor/64x64/apps/deskside.png"),
        file("icons/app/128.png", "usr/share/icons/hicolor/128x128/apps/deskside.png"),
        file("icons/app/256.png", "usr/share/icons/hicolor/256x256/apps/deskside.png"),
        file("icons/app/512.png", "usr/share/icons/hicolor/512x512/apps/deskside.png"),
        file("icons/app/deskside.svg", "usr/share/icons/hicolor/scalable/apps/deskside.svg"),
        entry(From::Compressed("installer/linux/deskside.1"), "usr/share/man/man1/deskside.1.gz", 0o644),
        entry(From::Compressed("installer/linux/deskside-window.1"), "usr/share/man/man1/deskside-window.1.gz", 0o644),
        file("installer/linux/copyright", "usr/share/doc/deskside/copyright"),
        entry(From::Changelog, "usr/share/doc/deskside/changelog.gz", 0o644),
        entry(From::Notices, "usr/share/doc/deskside/third-party.txt.gz", 0o644),
    ],
    scripts: &[("prerm", "deskside.prerm"), ("postrm", "deskside.postrm")],
    rpm: true,
};

/// The server.
pub(super) const HUB: Product = Product {
    name: "deskside-hub",
    crates: &["deskside-hub"],
    interface: "console",
    summary: "the server of Deskside: built-in helpdesk and its console",
    description: " Takes the requests that Deskside sends, shows them to technicians in a browser, and brings their answers back. Keeps its\n \
                  data in SQLite, or in PostgreSQL. Speaks TLS by itself, or stands behind a proxy.\n .\n \
                  Its settings are in /etc/deskside-hub/hub.env; deskside-hubctl makes tokens, people, backups.",
    section: "net",
    needs: &[
        depends("adduser", None),
        depends("init-system-helpers (>= 1.61)", None),
        // A PostgreSQL elsewhere is reached over TLS.
        depends("ca-certificates", None),
        recommends("systemd-sysv | systemd", None),
    ],
    files: &[
        entry(From::Program("deskside-hub"), "usr/bin/deskside-hub", 0o755),
        entry(From::File("installer/linux/deskside-hubctl"), "usr/sbin/deskside-hubctl", 0o755),
        // A password of PostgreSQL may stand in it.
        theirs("installer/linux/hub.env", "etc/deskside-hub/hub.env", 0o640),
        file("installer/linux/deskside-hub.service", "usr/lib/systemd/system/deskside-hub.service"),
        file("installer/linux/port-443.conf", "usr/share/doc/deskside-hub/examples/port-443.conf"),
        entry(From::Compressed("installer/linux/deskside-hub.8"), "usr/share/man/man8/deskside-hub.8.gz", 0o644),
        entry(From::Compressed("installer/linux/deskside-hubctl.8"), "usr/share/man/man8/deskside-hubctl.8.gz", 0o644),
        file("installer/linux/copyright", "usr/share/doc/deskside-hub/copyright"),
        entry(From::Changelog, "usr/share/doc/deskside-hub/changelog.gz", 0o644),
        entry(From::Notices, "usr/share/doc/deskside-hub/third-party.txt.gz", 0o644),
    ],
    scripts: &[
        ("postinst", "deskside-hub.postinst"),
        ("prerm", "deskside-hub.prerm"),
        ("postrm", "deskside-hub.postrm"),
    ],
    rpm: false,
};

impl Product {
    /// Where the files that the administrator changes are.
    pub(super) fn theirs(&self) -> impl Iterator<Item = &'static str> {
        self.files.iter().filter(|entry| entry.theirs).map(|entry| entry.to)
    }

    /// The programs in it, as they are installed.
    pub(super) fn programs(&self) -> impl Iterator<Item = PathBuf> {
        self.files.iter().filter(|entry| matches!(entry.from, From::Program(_))).map(|entry| PathBuf::from(entry.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_the_checkout_gives_is_there() {
        let root = crate::root().unwrap();
        for product in [&DESKSIDE, &HUB] {
            for entry in product.files {
                if let From::File(from) | From::Compressed(from) = entry.from {
                    assert!(root.join(from).is_file(), "{}: {from}", product.name);
                }
            }
            for (_, script) in product.scripts {
                let text = std::fs::read_to_string(root.join("installer/linux").join(script)).unwrap();
                assert!(text.starts_with("#!/bin/sh\n") && text.contains("\nset -e\n"), "{script}");
            }
        }
    }

    #[test]
    fn no_two_files_go_to_one_place() {
        let places: Vec<&str> = [&DESKSIDE, &HUB].iter().flat_map(|product| product.files).map(|one| one.to).collect();
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "both packages go on one computer");
    }

    #[test]
    fn what_it_changes_is_below_etc_and_nothing_else_is() {
        for entry in DESKSIDE.files.iter().chain(HUB.files) {
            assert_eq!(entry.theirs, entry.to.starts_with("etc/"), "{}", entry.to);
        }
    }

    #[test]
    fn lines_of_descriptions_are_as_debian_wants_them() {
        for product in [&DESKSIDE, &HUB] {
            assert!(product.summary.len() <= 80 && !product.summary.ends_with('.'), "{}", product.summary);
            assert!(product.description.lines().all(|line| line.starts_with(' ')), "{}", product.description);
        }
    }

    /// What the service may do, as systemd itself judges: 0 is nothing, 10 is everything.
    #[test]
    fn the_hubs_service_is_hardened() {
        const AT_MOST: &str = "20";
        if !crate::programs::exists("systemd-analyze", "--version") {
            println!("SKIPPED: systemd-analyze is not there");
            return;
        }
        let unit = crate::root().unwrap().join("installer/linux/deskside-hub.service");
        let mut analyze = crate::programs::program("systemd-analyze");
        analyze.args(["security", "--offline=true", "--no-pager", "--threshold", AT_MOST]).arg(&unit);
        let judged = analyze.output().unwrap();
        let said = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    }
}
