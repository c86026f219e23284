//! Generated sources. They are committed, so that the interface builds without Rust and a change shows in review;
//! `--check` holds them to what the code says.

mod mentions;
mod protocol;
mod texts;

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::programs::{filter, program};

/// One generated file.
struct Generated {
    /// From the root of the checkout.
    path: &'static str,
    text: String,
}

/// Writes the generated files, or compares them.
///
/// # Errors
/// A text file does not parse or the languages differ; a formatter is missing; with `check`, a file is not as it would
/// be written, a text is never used, or one that the protocol's codes call for is missing.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = crate::root()?;
    let protocol = protocol::generate()?;
    let catalog = texts::read(&root)?;
    let mut files = vec![
        Generated { path: "ui/src/shared/protocol.ts", text: protocol.typescript },
        Generated { path: "ui/src/shared/texts/messages.ts", text: texts::typescript(&catalog) },
        Generated { path: "crates/texts/src/generated.rs", text: texts::rust(&catalog) },
    ];
    for file in &mut files {
        file.text = format(&root, file)?;
    }

    let mut drifted = Vec::new();
    for file in &files {
        let path = root.join(file.path);
        if std::fs::read_to_string(&path).is_ok_and(|present| present == file.text) {
            continue;
        }
        if check {
            drifted.push(file.path);
        } else {
            std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
            std::fs::write(&path, &file.text).with_context(|| format!("could not write {}", file.path))?;
            println!("wrote {}", file.path);
        }
    }

    let mut complaints = texts::missing_families(&catalog, &protocol.words);
    complaints.extend(mentions::unused(&root, &catalog)?);
    if !check {
        for complaint in &complaints {
            eprintln!("note (an error with --check): {complaint}");
        }
        return Ok(());
    }
    complaints.extend(drifted.iter().map(|path| format!("{path} is not up to date: run `cargo xtask codegen`")));
    if !complaints.is_empty() {
        bail!("{} complaints:\n  {}", complaints.len(), complaints.join("\n  "));
    }
    println!("{} generated files are up to date, {} texts in two languages", files.len(), catalog.len());
    Ok(())
}

/// Formats a file as the project's own formatters would, so that they have nothing to say about it.
fn format(root: &Path, file: &Generated) -> anyhow::Result<String> {
    if file.path.ends_with(".rs") {
        let mut rustfmt = program("rustfmt");
        rustfmt.args(["--edition", "2024", "--config-path"]).arg(root.join("rustfmt.toml"));
        return filter(rustfmt, root, &file.text);
    }
    let ui = root.join("ui");
    let prettier = ui.join("node_modules/.bin/prettier");
    if !prettier.exists() {
        bail!("prettier is missing: run `npm ci` in ui/");
    }
    let mut command = program(&prettier);
    // The interface leaves generated files out of its own formatting; here they are written to be read.
    command.args([
        "--ignore-path",
        "/dev/null",
        "--stdin-filepath",
        file.path.strip_prefix("ui/").unwrap_or(file.path),
    ]);
    filter(command, &ui, &file.text)
}
