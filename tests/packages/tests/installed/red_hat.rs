//! The RPM: the same files as the Debian package, and RPM itself installs and removes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use deskside_desktop::Spawn;
use deskside_packages::{Made, Session};
use sha2::{Digest as _, Sha256};

use crate::clean_debian;

const LIMIT: Duration = Duration::from_secs(120);

/// Runs a tool of this machine and returns what it said.
async fn tool(folder: &Path, line: &[&str]) -> String {
    let log = tempfile_in(folder);
    let spawn =
        Spawn::new(line[0], &log).args(&line[1..]).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root");
    let mut process = spawn.folder(folder).start().unwrap();
    let status = process.ended(LIMIT).await.unwrap();
    assert!(status.success(), "{line:?}: {}", process.output());
    process.output()
}

fn tempfile_in(folder: &Path) -> std::path::PathBuf {
    let number = fs::read_dir(folder).unwrap().count();
    folder.join(format!("tool-{number}.log"))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_the_files_of_the_debian_package_and_comes_and_goes() {
    let made = Made::find().unwrap();
    let (rpm, deb) = (made.package("deskside-", ".rpm").unwrap(), made.package("deskside_", ".deb").unwrap());
    let debian = clean_debian!();
    let folder = debian.at("var/tmp");
    let (rpm, deb) = (rpm.to_str().unwrap(), deb.to_str().unwrap());

    // What it says of itself.
    let needs = tool(&folder, &["rpm", "-qp", "--requires", rpm]).await;
    for library in ["libwebkit2gtk-4.1.so.0()(64bit)", "libgtk-3.so.0()(64bit)", "desktop-file-utils"] {
        assert!(needs.lines().any(|line| line == library), "{needs}");
    }
    let theirs = tool(&folder, &["rpm", "-qp", "--configfiles", rpm]).await;
    assert_eq!(theirs, "/etc/deskside/policy.toml\n/etc/xdg/autostart/deskside.desktop\n");

    // File by file the same as the Debian package, with the same modes and of the same owner.
    let unpacked = folder.join("deb");
    fs::create_dir(&unpacked).unwrap();
    tool(&folder, &["dpkg-deb", "--extract", deb, "deb"]).await;
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEDIGESTS} %{FILENAMES}\\n]";
    let told = tool(&folder, &["rpm", "-qp", "--queryformat", format, rpm]).await;
    let mut files = BTreeMap::new();
    for line in told.lines() {
        let [mode, owner, digest, path] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(owner, "root", "{path}");
        if !mode.starts_with('d') {
            files.insert(path.to_owned(), digest.to_owned());
        }
    }
    let mut expected = BTreeMap::new();
    digests(&unpacked, &unpacked, &mut expected);
    assert_eq!(files, expected);

    // RPM installs it beside nothing else, finds every file as it was packed, and takes all of them away again.
    let root = debian.at("");
    let root = root.to_str().unwrap();
    tool(&folder, &["rpm", "--root", root, "-i", "--nodeps", "--noplugins", rpm]).await;
    assert!(debian.at("usr/bin/deskside-window").exists());
    tool(&folder, &["rpm", "--root", root, "-V", "--nodeps", "deskside"]).await;
    debian.run(&Session::root(), &["/usr/bin/deskside", "--version"]).await.unwrap();
    tool(&folder, &["rpm", "--root", root, "-e", "--nodeps", "--noplugins", "deskside"]).await;
    for path in files.keys() {
        assert!(!debian.at(path).exists(), "{path} is left");
    }
    assert!(!debian.at("etc/deskside").exists(), "nobody had changed the policy");
}

fn digests(root: &Path, folder: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            digests(root, &path, all);
        } else {
            let name = format!("/{}", path.strip_prefix(root).unwrap().to_str().unwrap());
            all.insert(name, hex::encode(Sha256::digest(fs::read(&path).unwrap())));
        }
    }
}
