//! A package's files, laid out as they will be on the computer.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};

use super::Job;
use super::dependencies::Contents;
use super::layout::{From, Product};
use super::notices;
use crate::programs::program;

/// Lays the files out, with their modes, and returns the folder that stands for `/`.
pub(super) fn stage(job: &Job, product: &Product, contents: &Contents) -> anyhow::Result<PathBuf> {
    let tree = job.fresh_folder(&format!("{}.tree", product.name))?;
    for entry in product.files {
        let to = tree.join(entry.to);
        fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        let read = |from: PathBuf| fs::read(&from).with_context(|| format!("{} is not there", from.display()));
        let bytes = match entry.from {
            From::Program(name) => read(job.programs.join(name))?,
            From::File(name) => read(job.root.join(name))?,
            From::Compressed(name) => gzip(&read(job.root.join(name))?)?,
            From::Changelog => gzip(changelog(job, product).as_bytes())?,
            From::Notices => gzip(notices::of(contents)?.as_bytes())?,
        };
        fs::write(&to, bytes)?;
        fs::set_permissions(&to, fs::Permissions::from_mode(entry.mode))?;
    }
    folders_for_everybody(&tree)?;
    Ok(tree)
}

/// Whoever builds may have a umask that keeps others out; the folders of a package are everybody's.
fn folders_for_everybody(folder: &Path) -> anyhow::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders_for_everybody(&path)?;
        }
    }
    Ok(())
}

/// Debian's changelog (deb-changelog(5)): its policy wants one, and there is one release so far.
fn changelog(job: &Job, product: &Product) -> String {
    format!(
        "{} ({}) unstable; urgency=medium\n\n  * As it is at this commit; the history is the repository's.\n\n -- {}  {}\n",
        product.name,
        job.package_version(),
        super::debian::MAINTAINER,
        job.moment.mail
    )
}

/// As Debian's policy asks: the smallest, without name and time (12.1, 12.7).
fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut gzip = program("gzip");
    gzip.args(["-9", "--no-name", "--stdout"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = gzip.spawn().context("could not start gzip")?;
    let mut stdin = child.stdin.take().context("no pipe to gzip")?;
    let output = std::thread::scope(|scope| {
        // It answers before it has read all: feed it beside.
        scope.spawn(move || stdin.write_all(bytes));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        bail!("gzip: {}", output.status);
    }
    Ok(output.stdout)
}
