//! An RPM, for Fedora, openSUSE and their like: `rpmbuild` finds the libraries and packs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Job;
use super::layout::{From, How, Product};
use crate::programs::{program, run_quietly};

/// Makes the package and returns its path.
pub(super) fn package(job: &Job, product: &Product, tree: &Path) -> anyhow::Result<PathBuf> {
    let folder = job.fresh_folder("rpm")?;
    let spec = folder.join(format!("{}.spec", product.name));
    fs::write(&spec, text(job, product, tree)?)?;
    let name = format!("{}-{}.x86_64.rpm", product.name, job.package_version());
    let mut rpmbuild = program("rpmbuild");
    rpmbuild.args(["-bb", "--target", "x86_64-linux"]);
    for (name, value) in [
        ("_topdir", folder.display().to_string()),
        ("_rpmdir", job.out.display().to_string()),
        ("_rpmfilename", name.clone()),
        ("_dbpath", folder.join("db").display().to_string()),
        // Everybody's RPM reads xz; it is smaller than zstd.
        ("_binary_payload", "w9.xzdio".to_owned()),
        ("_buildhost", "localhost".to_owned()),
        ("use_source_date_epoch_as_buildtime", "1".to_owned()),
        ("clamp_mtime_to_source_date_epoch", "1".to_owned()),
        // The programs are what the .deb has: not stripped again, no second package of their symbols.
        ("__os_install_post", "%{nil}".to_owned()),
        ("debug_package", "%{nil}".to_owned()),
        ("_build_id_links", "none".to_owned()),
    ] {
        rpmbuild.args(["--define", &format!("{name} {value}")]);
    }
    rpmbuild.arg(&spec).env("SOURCE_DATE_EPOCH", &job.moment.epoch);
    run_quietly(rpmbuild, &folder)?;
    Ok(job.out.join(name))
}

fn text(job: &Job, product: &Product, tree: &Path) -> anyhow::Result<String> {
    let mut spec = format!(
        "Name: {}\nVersion: {}\nRelease: 1\nSummary: {}\nLicense: MIT OR Apache-2.0\nGroup: Applications/System\n",
        product.name,
        job.package_version(),
        capitalised(product.summary)
    );
    for need in product.needs {
        let how = match need.how {
            How::Depends => "Requires",
            How::Recommends => "Recommends",
        };
        if let Some(name) = need.fedora {
            writeln!(spec, "{how}: {name}")?;
        }
    }
    let description: Vec<&str> =
        product.description.lines().map(str::trim).map(|line| if line == "." { "" } else { line }).collect();
    writeln!(spec, "\n%description\n{}", description.join("\n"))?;
    writeln!(spec, "\n%install\nmkdir -p %{{buildroot}}\ncp -a {}/. %{{buildroot}}/", tree.display())?;
    // Debian's package manager says how it calls its script; RPM says how many will be left: none is a removal.
    if let Some((_, script)) = product.scripts.iter().find(|(name, _)| *name == "prerm") {
        let script = fs::read_to_string(job.root.join("installer/linux").join(script)).context("no such script")?;
        let body = script.strip_prefix("#!/bin/sh\n").unwrap_or(&script).replace('%', "%%");
        writeln!(spec, "\n%preun\nif [ \"$1\" = 0 ]; then set -- remove; else set -- upgrade; fi\n{body}")?;
    }
    writeln!(spec, "\n%files")?;
    for entry in product.files {
        let kind = match entry.from {
            _ if entry.theirs => "%config(noreplace) ",
            From::Changelog | From::Notices | From::Compressed(_) => "%doc ",
            From::Program(_) | From::File(_) => "",
        };
        writeln!(spec, "{kind}%attr({:04o}, root, root) /{}", entry.mode, entry.to)?;
    }
    writeln!(spec, "%dir %attr(0755, root, root) /etc/deskside")?;
    Ok(spec)
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
