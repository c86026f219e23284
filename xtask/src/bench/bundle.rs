//! What the interface weighs: what a window loads before Home is there, and all there is.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Bench;
use crate::programs::program;

/// Pieces that the page asks for by name once it runs, one of each: the texts of one language.
const ASKED_FOR: [&str; 2] = ["app-", "shared-"];

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let folder = bench.root.join("ui/dist/app");
    let page = folder.join("index.html");
    let html = std::fs::read_to_string(&page).context("the interface is not built")?;
    let files = files(&folder.join("assets"))?;
    let named =
        files.iter().filter(|(path, _)| path.file_name().is_some_and(|name| html.contains(&*name.to_string_lossy())));
    let mut first = compressed(&page)? + named.map(|(_, size)| size).sum::<usize>();
    for prefix in ASKED_FOR {
        let is_one = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix) && name.ends_with(".js")
        };
        // Of two languages the longer one.
        let longest = files.iter().filter(|(path, _)| is_one(path)).map(|(_, size)| *size).max();
        first += longest.with_context(|| format!("no piece of the interface is called {prefix}*.js"))?;
    }
    let all = compressed(&page)? + files.iter().map(|(_, size)| size).sum::<usize>();
    bench.say("ui_bundle_kb_gzip", first as f64 / 1000.0, "kB");
    bench.say("ui_every_screen_kb_gzip", all as f64 / 1000.0, "kB");
    Ok(())
}

/// The scripts and styles there are, with their sizes, compressed as a server would.
fn files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, usize)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "js" || kind == "css") {
            let size = compressed(&path)?;
            files.push((path, size));
        }
    }
    Ok(files)
}

fn compressed(path: &Path) -> anyhow::Result<usize> {
    let mut gzip = program("gzip");
    gzip.args(["-9", "--stdout"]).arg(path);
    Ok(gzip.output()?.stdout.len())
}
