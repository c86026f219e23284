//! Tauri's own build step: capabilities and resources. Before it, a page to embed, if the interface is not built.

use std::path::Path;
use std::{fs, io};

/// The commands of `src/commands.rs`: each gets a permission of its own, and `capabilities/main.json` grants them.
const COMMANDS: &[&str] =
    &["request", "hide_for_capture", "show_after_capture", "close_window", "read_offered", "pasted_files"];

/// What `cargo check` on a fresh clone embeds; whoever starts that build is told what is missing.
const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
  <meta charset=\"utf-8\">
  <title>Deskside</title>
  <h1>The interface is not built</h1>
  <p>This program was built without its pages. Run <code>npm ci</code> and <code>npm run build:app</code> in
  <code>ui/</code>, then build it again.</p>
</html>
";

fn main() -> io::Result<()> {
    let pages = Path::new("../ui/dist/app");
    let page = pages.join("index.html");
    if !page.exists() {
        fs::create_dir_all(pages)?;
        fs::write(&page, PLACEHOLDER)?;
        println!("cargo:warning=ui/dist/app is not built; the window will say so");
    }
    // The pages are embedded by a macro that cargo knows nothing of.
    println!("cargo:rerun-if-changed=../ui/dist/app");
    println!("cargo:rerun-if-changed=build.rs");
    let commands = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)).map_err(io::Error::other)
}
