//! The installer for Windows, made by NSIS from `installer/windows/deskside.nsi`: per machine, silent if asked.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::dependencies::Contents;
use super::{Job, layout, megabytes, notices, sbom};
use crate::build::{self, Profile};
use crate::programs::{program, run_quietly};
use crate::setup::{self, Purpose};
use crate::windows::{TARGET, Toolchain, program_folder};

/// What is in it, from where, below the folder that NSIS packs. The agent's twin and the licences are made here.
const FILES: &[(&str, &str)] = &[
    ("icons/app/deskside.ico", "deskside.ico"),
    ("installer/linux/policy.toml", "policy/policy.toml"),
    ("installer/policy/deskside.admx", "policy/deskside.admx"),
    ("installer/policy/en-US/deskside.adml", "policy/en-US/deskside.adml"),
    ("installer/policy/fr-FR/deskside.adml", "policy/fr-FR/deskside.adml"),
];
/// The programs, and the library that finds the system's web view.
const PROGRAMS: &[&str] = &["deskside.exe", "deskside-window.exe", "WebView2Loader.dll"];

/// What an installer is made of.
pub(crate) struct Installer<'a> {
    /// The checkout.
    pub(crate) root: &'a Path,
    /// Where the programs for Windows are.
    pub(crate) programs: &'a Path,
    /// The licences of what is inside.
    pub(crate) notices: &'a str,
    /// As cargo writes it.
    pub(crate) version: &'a str,
    /// Seconds since 1970: the only time that it tells.
    pub(crate) epoch: &'a str,
    /// Smaller, and slower to make.
    pub(crate) compressed: bool,
}

/// The installer, and the list of what is inside.
pub(super) fn package(job: &Job, built: bool) -> anyhow::Result<PathBuf> {
    let target = build::target_folder(&job.root)?;
    let programs = if built {
        program_folder(&target, Profile::Release)
    } else {
        setup::packages(Purpose::PackageForWindows)?;
        println!("Building the programs for Windows (the first time takes a quarter of an hour)…");
        Toolchain::ready()?.programs(&job.root, &target)?
    };
    let contents = Contents::of(job, &layout::DESKSIDE, TARGET)?;
    let installer = Installer {
        root: &job.root,
        programs: &programs,
        notices: &notices::of(&contents)?,
        version: &job.version,
        epoch: &job.moment.epoch,
        compressed: true,
    };
    let out = job.out.join(format!("deskside-{}-setup.exe", job.version));
    let package = installer.make(&job.work.join("windows"), &out)?;
    sbom::write(job, &layout::DESKSIDE, &contents, &package)?;
    println!("{:>6.2} MB  {}", megabytes(&package)?, package.display());
    Ok(package)
}

/// An installer of programs that were not optimised, and its path: to try installing, upgrading and removing.
///
/// # Errors
/// Something is missing, or NSIS fails.
pub(crate) fn for_tests(root: &Path, programs: &Path, version: &str, out: &Path) -> anyhow::Result<PathBuf> {
    let installer =
        Installer { root, programs, notices: "A copy for tests.\n", version, epoch: "0", compressed: false };
    installer.make(&out.join(format!("work-{version}")), &out.join(format!("deskside-{version}-setup.exe")))
}

impl Installer<'_> {
    /// Makes it; `work` is a folder for what is made on the way.
    ///
    /// # Errors
    /// Something is missing, or NSIS fails.
    pub(crate) fn make(&self, work: &Path, out: &Path) -> anyhow::Result<PathBuf> {
        if work.exists() {
            fs::remove_dir_all(work)?;
        }
        self.stage(work)?;
        let mut makensis = program("makensis");
        makensis
            .args(["-V2", "-WX", "-NOCD"])
            .arg(format!("-DSOURCE={}", work.display()))
            .arg(format!("-DOUT={}", out.display()))
            .arg(format!("-DVERSION={}", self.version))
            .arg(format!("-DNUMBERS={}", numbers(self.version)?))
            .env("SOURCE_DATE_EPOCH", self.epoch);
        if !self.compressed {
            makensis.arg("-DFAST");
        }
        makensis.arg(self.root.join("installer/windows/deskside.nsi"));
        run_quietly(makensis, self.root)?;
        fs::remove_dir_all(work)?;
        Ok(out.to_owned())
    }

    fn stage(&self, work: &Path) -> anyhow::Result<()> {
        let put = |bytes: &[u8], name: &str| -> anyhow::Result<()> {
            let to = work.join(name);
            fs::create_dir_all(to.parent().context("a file has a folder")?)?;
            fs::write(&to, bytes)?;
            // NSIS gives files the times that they have here.
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(self.epoch.parse()?);
            fs::File::options().write(true).open(&to)?.set_modified(time)?;
            Ok(())
        };
        let read = |from: PathBuf| fs::read(&from).with_context(|| format!("{} is not there", from.display()));
        for name in PROGRAMS {
            let bytes = read(self.programs.join(name))?;
            if *name == "deskside.exe" {
                put(&without_console(&bytes)?, "deskside-agent.exe")?;
            }
            put(&bytes, name)?;
        }
        for (from, to) in FILES {
            put(&read(self.root.join(from))?, to)?;
        }
        put(self.notices.as_bytes(), "third-party.txt")
    }
}

/// The same program, for which Windows opens no console: what editbin's `/SUBSYSTEM:WINDOWS` does. A terminal waits only
/// for a program that has one, and the tray wants one that has none, so that there are both; linked once.
fn without_console(program: &[u8]) -> anyhow::Result<Vec<u8>> {
    const CONSOLE: u16 = 3;
    const WINDOWS: u16 = 2;
    let place = subsystem(program)?;
    let mut changed = program.to_vec();
    let field = changed.get_mut(place..place + 2).context("the program ends in its header")?;
    ensure!(field == CONSOLE.to_le_bytes(), "the program is none of the command line");
    field.copy_from_slice(&WINDOWS.to_le_bytes());
    Ok(changed)
}

/// Where the program says its subsystem (PE Format, "Optional Header Windows-Specific Fields").
fn subsystem(program: &[u8]) -> anyhow::Result<usize> {
    /// Where the offset of the PE header is.
    const LFANEW: usize = 0x3c;
    /// Signature and COFF header.
    const BEFORE_OPTIONAL: usize = 24;
    /// Within the optional header.
    const SUBSYSTEM: usize = 68;
    let word = program.get(LFANEW..LFANEW + 4).and_then(|bytes| bytes.try_into().ok());
    let header = usize::try_from(u32::from_le_bytes(word.context("not a program of Windows")?))?;
    let kind = program.get(header + BEFORE_OPTIONAL..header + BEFORE_OPTIONAL + 2);
    if program.get(..2) != Some(b"MZ") || program.get(header..header + 4) != Some(b"PE\0\0") {
        bail!("not a program of Windows");
    }
    // PE32+, of 64 bits.
    ensure!(kind == Some(&[0x0b, 0x02][..]), "not a program of 64 bits");
    Ok(header + BEFORE_OPTIONAL + SUBSYSTEM)
}

/// A version as Windows compares it: four numbers, without what comes before a release.
fn numbers(version: &str) -> anyhow::Result<String> {
    let plain = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = plain.split('.').collect();
    ensure!(parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok()), "{version} is no version");
    Ok(format!("{plain}.0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers of a program, as far as they are looked at.
    fn program(subsystem: u8) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x80;
        bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
        bytes[0x80 + 24..0x80 + 26].copy_from_slice(&[0x0b, 0x02]);
        bytes[0x80 + 24 + 68] = subsystem;
        bytes
    }

    #[test]
    fn the_twin_differs_in_nothing_but_the_console() {
        let (with, without) = (program(3), without_console(&program(3)).unwrap());
        assert_eq!(without, program(2));
        assert_eq!(with.iter().zip(&without).filter(|(a, b)| a != b).count(), 1);
    }

    #[test]
    fn what_is_no_program_of_the_command_line_is_refused() {
        for (bytes, why) in [
            (Vec::new(), "nothing"),
            (b"MZ".to_vec(), "cut short"),
            (program(2), "has no console already"),
            (vec![0x7f; 600], "something else"),
            (program(3)[..0x80 + 60].to_vec(), "ends in its header"),
        ] {
            assert!(without_console(&bytes).is_err(), "{why}");
        }
    }

    #[test]
    fn versions_become_four_numbers() {
        assert_eq!(numbers("1.20.3").unwrap(), "1.20.3.0");
        assert_eq!(numbers("0.2.0-beta.1").unwrap(), "0.2.0.0");
        for none in ["", "1", "1.2", "a.b.c", "1.2.3.4", "1.2.70000"] {
            assert!(numbers(none).is_err(), "{none}");
        }
    }
}
