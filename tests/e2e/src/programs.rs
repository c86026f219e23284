//! Where the programs under test are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The folder of programs that cargo built.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// In a folder.
    #[must_use]
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where `DESKSIDE_PROGRAMS` says, or beside the test that runs (`target/debug/deps/…`).
    ///
    /// # Errors
    /// The programs are not there: they must be built first.
    pub fn find() -> anyhow::Result<Self> {
        let folder = match std::env::var_os("DESKSIDE_PROGRAMS") {
            Some(folder) => PathBuf::from(folder),
            None => {
                let test = std::env::current_exe()?;
                test.ancestors().nth(2).context("the test is not in a folder of cargo's")?.to_owned()
            }
        };
        let programs = Self { folder };
        for name in ["deskside", "deskside-hub", "deskside-window"] {
            if !programs.path(name).exists() {
                bail!("{name} is not in {}: build it first, or run `cargo xtask test`", programs.folder.display());
            }
        }
        Ok(programs)
    }

    /// One of them.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The root of the checkout.
    #[must_use]
    pub fn checkout() -> &'static Path {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().nth(2).unwrap_or(here)
    }
}
