//! Which packages of npm are inside the interface. The bundler itself tells, in the source maps of a build of its own: what
//! it took nothing from (tools, the compiler) is in no package of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use serde_json::Value;

use super::Job;
use super::dependencies::Part;
use crate::programs::{program, run_quietly};

/// The packages that a part of the interface (`app`, `console`) was bundled from.
pub(super) fn bundled(job: &Job, part: &str) -> anyhow::Result<Vec<Part>> {
    let ui = job.root.join("ui");
    let folder = job.fresh_folder(&format!("interface-{part}"))?;
    let mut vite = program(ui.join("node_modules/.bin/vite"));
    vite.args(["build", "--logLevel", "error", "--emptyOutDir", "--sourcemap", "hidden"]);
    vite.args(["--config", &format!("vite.{part}.config.ts"), "--outDir"]).arg(&folder);
    run_quietly(vite, &ui)?;
    let mut names = BTreeSet::new();
    sources(&folder, &mut names)?;
    if names.is_empty() {
        bail!("the bundler names no package of npm in the {part}");
    }
    let lock: Value = serde_json::from_slice(&fs::read(ui.join("package-lock.json"))?)?;
    names.into_iter().map(|path| described(&ui, &lock, &path)).collect()
}

/// Collects the packages that source maps name, as paths like `node_modules/@scope/name`.
fn sources(folder: &Path, names: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, names)?;
        } else if path.extension().is_some_and(|kind| kind == "map") {
            let map: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let sources = map.get("sources").and_then(Value::as_array).context("a source map without sources")?;
            names.extend(sources.iter().filter_map(Value::as_str).filter_map(package_of));
        }
    }
    Ok(())
}

/// The package that a source file is of, as a path like `node_modules/a/node_modules/@scope/b`.
fn package_of(source: &str) -> Option<String> {
    let start = source.find("node_modules/")?;
    let path = source.get(start..)?;
    let (before, within) = path.rsplit_once("node_modules/")?;
    let parts = if within.starts_with('@') { 2 } else { 1 };
    let name: Vec<&str> = within.split('/').take(parts).collect();
    Some(format!("{before}node_modules/{}", name.join("/")))
}

fn described(ui: &Path, lock: &Value, path: &str) -> anyhow::Result<Part> {
    let locked = lock.get("packages").and_then(|all| all.get(path)).with_context(|| format!("{path} is not locked"))?;
    let text = |key: &str| locked.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = path.rsplit("node_modules/").next().unwrap_or(path).to_owned();
    let version = text("version").with_context(|| format!("{path} has no version"))?;
    let digest = text("integrity").and_then(|text| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.strip_prefix("sha512-")?).ok()?;
        Some(("SHA-512", hex::encode(bytes)))
    });
    let below: BTreeMap<String, Value> =
        locked.get("dependencies").and_then(|below| serde_json::from_value(below.clone()).ok()).unwrap_or_default();
    let version_of = |name: &String| {
        let version = lock.get("packages")?.get(format!("node_modules/{name}"))?.get("version")?.as_str()?;
        Some(format!("{name} {version}"))
    };
    Ok(Part {
        // A scope's sign is written by its code in such names (package URL specification, type npm).
        purl: Some(format!("pkg:npm/{}@{version}", name.replacen('@', "%40", 1))),
        licence: text("license"),
        folder: ui.join(path),
        stands_on: below.keys().filter_map(version_of).collect(),
        digest,
        name,
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_tells_its_package() {
        for (source, expected) in [
            ("../../node_modules/svelte/src/internal/client/dom.js", Some("node_modules/svelte")),
            ("../node_modules/@fluent/bundle/esm/index.js", Some("node_modules/@fluent/bundle")),
            ("../node_modules/a/node_modules/@s/b/c.js", Some("node_modules/a/node_modules/@s/b")),
            ("../../src/app/App.svelte", None),
        ] {
            assert_eq!(package_of(source).as_deref(), expected, "{source}");
        }
    }
}
