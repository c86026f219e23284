//! The one program that tests of this crate start: a bus of their own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A message bus that ends with this value.
pub(crate) struct BusDaemon {
    child: Child,
    pub(crate) address: String,
    _folder: tempfile::TempDir,
}

impl BusDaemon {
    #[expect(clippy::disallowed_methods, reason = "this is the module that names the programs of the tests")]
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .arg(format!("--address=unix:path={}/bus", folder.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is on every desktop; install the package dbus");
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned(), _folder: folder }
    }
}

impl Drop for BusDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
