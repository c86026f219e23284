//! A Debian package (deb(5), Debian Policy 4.6): `dpkg-shlibdeps` finds the libraries, `dpkg-deb` packs.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Job;
use super::layout::{How, Product};
use crate::programs::{output, program, run_quietly};

/// Who answers for the packages.
pub(super) const MAINTAINER: &str = "Deskside developers <deskside@deskside.example>";

/// Makes the package and returns its path.
pub(super) fn package(job: &Job, product: &Product, tree: &Path) -> anyhow::Result<PathBuf> {
    let control = tree.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("control"), fields(job, product, tree)?)?;
    let theirs: String = product.theirs().map(|path| format!("/{path}\n")).collect();
    fs::write(control.join("conffiles"), theirs)?;
    fs::write(control.join("md5sums"), sums(product, tree)?)?;
    for (name, script) in product.scripts {
        let to = control.join(name);
        fs::copy(job.root.join("installer/linux").join(script), &to)?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755))?;
    }
    let package = job.out.join(format!("{}_{}_amd64.deb", product.name, job.package_version()));
    let mut dpkg = program("dpkg-deb");
    // Debian and its children all read xz. The times of files are not later than the commit's.
    dpkg.args(["--root-owner-group", "-Zxz"]).args(if job.is_shipped { &["-z9", "-Sextreme"] } else { &["-z0"][..] });
    dpkg.arg("--build").arg(tree).arg(&package);
    dpkg.env("SOURCE_DATE_EPOCH", &job.moment.epoch);
    run_quietly(dpkg, &job.work)?;
    fs::remove_dir_all(control)?;
    Ok(package)
}

/// deb-control(5).
fn fields(job: &Job, product: &Product, tree: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let libraries = libraries(job, product, tree)?;
    let of = |how: How| product.needs.iter().filter(move |need| need.how == how).map(|need| need.debian);
    let depends: Vec<&str> = libraries.split(", ").chain(of(How::Depends)).collect();
    let recommends: Vec<&str> = of(How::Recommends).collect();
    for (name, value) in [
        ("Package", product.name),
        ("Version", &job.package_version()),
        ("Architecture", "amd64"),
        ("Maintainer", MAINTAINER),
        ("Installed-Size", &kibibytes(tree)?.to_string()),
        ("Depends", &depends.join(", ")),
        ("Recommends", &recommends.join(", ")),
        ("Section", product.section),
        ("Priority", "optional"),
        ("Description", product.summary),
    ] {
        writeln!(text, "{name}: {value}")?;
    }
    writeln!(text, "{}", product.description)?;
    Ok(text)
}

/// What the programs need of the system's libraries, with the lowest versions that have what they call.
fn libraries(job: &Job, product: &Product, tree: &Path) -> anyhow::Result<String> {
    // It wants to run in a source package.
    let folder = job.fresh_folder("shlibdeps")?;
    fs::create_dir(folder.join("debian"))?;
    fs::write(
        folder.join("debian/control"),
        format!("Source: {0}\n\nPackage: {0}\nArchitecture: amd64\n", product.name),
    )?;
    let mut find = program("dpkg-shlibdeps");
    find.arg("-O").args(product.programs().map(|path| tree.join(path)));
    let found = output(find, &folder)?;
    let found = found.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    Ok(found.context("dpkg-shlibdeps names no library")?.to_owned())
}

/// The files' sizes as dpkg counts them: each rounded up to a whole KiB (deb-substvars(5), `Installed-Size`).
fn kibibytes(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 1;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == "DEBIAN" {
            continue;
        }
        let there = entry.metadata()?;
        sum += if there.is_dir() { kibibytes(&entry.path())? } else { there.len().div_ceil(1024) };
    }
    Ok(sum)
}

/// deb-md5sums(5), with which an administrator sees whether a file was changed (`dpkg --verify`).
fn sums(product: &Product, tree: &Path) -> anyhow::Result<String> {
    let mut sum = program("md5sum");
    sum.args(product.files.iter().filter(|entry| !entry.theirs).map(|entry| entry.to));
    output(sum, tree)
}
