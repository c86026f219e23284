//! `cargo xtask package`: what a company installs. Debian packages of the app and of the hub, an RPM of the app, and beside
//! each a list of what is inside (CycloneDX).
//!
//! The distributions' own tools put the files together and find the libraries that the programs need: `dpkg-deb` and
//! `dpkg-shlibdeps`, `rpmbuild`. What goes where is told once, in [`layout`]. Two runs on one commit make the same bytes.

mod debian;
mod dependencies;
mod interface;
mod layout;
mod notices;
mod redhat;
mod sbom;
mod tree;
pub(crate) mod windows;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::build::{self, Profile};
use crate::programs::{output, program};
use crate::setup::{self, Purpose};
use dependencies::Contents;

/// What is to be made, and of what.
pub(crate) struct Wish {
    /// Builds nothing: packs the programs that were built last.
    pub(crate) built: bool,
    /// Also the installer for Windows, which is compiled with Debian's cross compiler.
    pub(crate) windows: bool,
    /// The packages say that they are of this version, to try upgrades; the programs in them are what they are.
    pub(crate) as_version: Option<String>,
}

/// What every step needs to know.
struct Job {
    root: PathBuf,
    /// Where the optimised programs are.
    programs: PathBuf,
    /// Where the packages go.
    out: PathBuf,
    /// Where the steps put what they make on the way.
    work: PathBuf,
    /// As cargo writes it: `0.2.0-beta.1`.
    version: String,
    /// Whether these are the packages that somebody will get, not ones to upgrade from in a test.
    is_shipped: bool,
    moment: Moment,
}

/// When the commit that is packed was made: the only time that packages tell, so that they are the same whenever made.
struct Moment {
    /// Seconds since 1970.
    epoch: String,
    /// As mails write it (RFC 5322).
    mail: String,
    /// As ISO 8601 writes it.
    iso: String,
}

impl Job {
    /// As Debian and Red Hat order versions: what comes before a release has a tilde.
    fn package_version(&self) -> String {
        self.version.replacen('-', "~", 1)
    }

    /// A folder for one step, empty.
    fn fresh_folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.work.join(name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Err(_) | Ok(()) => {}
        }
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        Ok(folder)
    }
}

/// Makes all packages and returns the folder that they are in.
///
/// # Errors
/// Something is missing, does not build, or cannot be packed.
pub(crate) fn run(wish: &Wish) -> anyhow::Result<PathBuf> {
    let root = crate::root()?;
    if !wish.built {
        setup::packages(Purpose::Package)?;
        setup::node_modules(&root)?;
        build::interface(&root)?;
        build::programs(&root, Profile::Release)?;
    }
    let out = build::target_folder(&root)?.join("packages");
    let out = wish.as_version.as_ref().map_or_else(|| out.clone(), |version| out.join(version));
    let job = Job {
        programs: build::program_folder(&root, Profile::Release)?,
        work: out.join("work"),
        version: wish.as_version.clone().unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        is_shipped: wish.as_version.is_none(),
        moment: moment(&root)?,
        root,
        out,
    };
    fs::create_dir_all(&job.out)?;
    for product in [&layout::DESKSIDE, &layout::HUB] {
        let contents = Contents::of(&job, product, dependencies::TARGET)?;
        let tree = tree::stage(&job, product, &contents)?;
        let mut made = vec![debian::package(&job, product, &tree)?];
        if product.rpm && job.is_shipped {
            made.push(redhat::package(&job, product, &tree)?);
        }
        for package in made {
            sbom::write(&job, product, &contents, &package)?;
            println!("{:>6.2} MB  {}", megabytes(&package)?, package.display());
        }
    }
    if wish.windows {
        windows::package(&job, wish.built)?;
    }
    fs::remove_dir_all(&job.work)?;
    Ok(job.out)
}

/// The `.deb` of the app as it was last made, and how many megabytes it is and takes when installed.
///
/// # Errors
/// It was not made yet, or cannot be read.
pub(crate) fn size_of_the_app(root: &Path) -> anyhow::Result<(f64, f64)> {
    let version = env!("CARGO_PKG_VERSION").replacen('-', "~", 1);
    let package = build::target_folder(root)?.join("packages").join(format!("deskside_{version}_amd64.deb"));
    let mut ask = program("dpkg-deb");
    ask.args(["--field"]).arg(&package).arg("Installed-Size");
    let kibibytes: f64 = output(ask, root)?.trim().parse().context("the package does not say its size")?;
    Ok((megabytes(&package)?, kibibytes * 1024.0 / 1e6))
}

fn megabytes(file: &Path) -> anyhow::Result<f64> {
    let bytes = fs::metadata(file).with_context(|| format!("{} is not there", file.display()))?.len();
    Ok(bytes as f64 / 1e6)
}

fn moment(root: &Path) -> anyhow::Result<Moment> {
    let mut log = program("git");
    log.args(["log", "-1", "--format=%ct%n%cD%n%cI"]).env("TZ", "UTC");
    let told = output(log, root)?;
    let mut lines = told.lines().map(str::to_owned);
    let mut next = || lines.next().context("git does not say when the commit was made");
    Ok(Moment { epoch: next()?, mail: next()?, iso: next()? })
}
