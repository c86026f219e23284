//! The packages that were made.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The packages under test, and ones of an earlier version.
#[derive(Debug, Clone)]
pub struct Made {
    folder: PathBuf,
    earlier: PathBuf,
}

impl Made {
    /// Where `DESKSIDE_PACKAGES` and `DESKSIDE_EARLIER_PACKAGES` say, or where `cargo xtask package` puts them and
    /// `--as-version 0.0.1` puts earlier ones.
    ///
    /// # Errors
    /// Nothing was made yet.
    pub fn find() -> anyhow::Result<Self> {
        let test = std::env::current_exe()?;
        let target = test.ancestors().nth(3).context("the test is not in a folder of cargo's")?;
        let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
        let folder = named("DESKSIDE_PACKAGES").unwrap_or_else(|| target.join("packages"));
        let earlier = named("DESKSIDE_EARLIER_PACKAGES").unwrap_or_else(|| folder.join("0.0.1"));
        if !folder.exists() || !earlier.exists() {
            bail!("there are no packages in {}: run `cargo xtask test --packages`", folder.display());
        }
        Ok(Self { folder, earlier })
    }

    /// The folder of the packages under test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The package whose name begins and ends so.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn package(&self, begin: &str, end: &str) -> anyhow::Result<PathBuf> {
        one(&self.folder, begin, end)
    }

    /// The same of the earlier version.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn earlier(&self, begin: &str, end: &str) -> anyhow::Result<PathBuf> {
        one(&self.earlier, begin, end)
    }
}

fn one(folder: &Path, begin: &str, end: &str) -> anyhow::Result<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(begin) && name.ends_with(end) {
            found.push(entry.path());
        }
    }
    match found.as_slice() {
        [package] => Ok(package.clone()),
        _ => bail!("{begin}…{end}: {} such packages in {}", found.len(), folder.display()),
    }
}
