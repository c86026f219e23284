//! Where a file goes that the user saves: a place that exists, under a name that is free, and told.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A name is tried with so many numbers behind it.
const NUMBERS: u32 = 1000;

/// What became of a file that the page saved, as the page hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Saved {
    /// Where it is, to be read by a person; nothing if it could not be written.
    path: Option<String>,
}

impl Saved {
    pub(crate) fn told(path: Option<&Path>) -> Self {
        Self { path: path.map(|path| path.to_string_lossy().into_owned()) }
    }
}

/// Where to save a file: in the first of the folders that is there, under the suggested name or that name with a number.
/// Never over a file that is there.
pub(crate) fn place(suggested: &Path, folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let folder = folders.into_iter().find(|folder| folder.is_absolute() && folder.is_dir())?;
    let name = suggested.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // A name that begins with a dot is hidden from whoever looks for it, and settings files have such names.
    let name = match name.trim_start_matches('.') {
        "" => "deskside",
        name => name,
    };
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        Some(_) | None => (name, String::new()),
    };
    let names = std::iter::once(name.to_owned()).chain((2..NUMBERS).map(|n| format!("{stem} ({n}){ending}")));
    names.map(|name| folder.join(name)).find(|place| place.symlink_metadata().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_where_it_can_be_found_and_over_nothing() {
        let home = tempfile::tempdir().unwrap();
        let downloads = home.path().join("Downloads");
        let folders = || [downloads.clone(), home.path().to_owned()];
        let suggested = Path::new("/somewhere/deskside.json");
        assert_eq!(place(suggested, folders()).unwrap(), home.path().join("deskside.json"), "no folder for downloads");

        std::fs::create_dir(&downloads).unwrap();
        let first = place(suggested, folders()).unwrap();
        assert_eq!(first, downloads.join("deskside.json"));
        std::fs::write(first, "{}").unwrap();
        assert_eq!(place(suggested, folders()).unwrap(), downloads.join("deskside (2).json"));
        // Also where a link leads nowhere: writing there would make a file elsewhere.
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/nowhere/x", downloads.join("deskside (2).json")).unwrap();
            assert_eq!(place(suggested, folders()).unwrap(), downloads.join("deskside (3).json"));
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder_or_hides_in_it() {
        let home = tempfile::tempdir().unwrap();
        for (suggested, name) in
            [("../../.bashrc", "bashrc"), ("..", "deskside"), ("", "deskside"), ("a.tar.gz", "a.tar.gz"), (".x", "x")]
        {
            let place = place(Path::new(suggested), [home.path().to_owned()]).unwrap();
            assert_eq!(place, home.path().join(name), "{suggested}");
        }
        assert_eq!(place(Path::new("x"), [PathBuf::from("relative"), home.path().join("not there")]), None);
    }
}
