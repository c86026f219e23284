//! What is inside a package besides our own code: crates that are linked in, packages of npm that are in the interface.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, PackageId, TargetKind};

use super::layout::Product;
use super::{Job, interface};

/// The system that packages of Linux are made for.
pub(super) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What a package is made of.
pub(super) struct Contents {
    /// Ours and others' crates, by name and version.
    pub(super) crates: Vec<Part>,
    /// What the interface was bundled from, by name and version.
    pub(super) npm: Vec<Part>,
}

/// Something that others made, or a crate of ours.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression, if its maker says one.
    pub(super) licence: Option<String>,
    /// The digest of what was fetched: the algorithm as CycloneDX calls it, and hexadecimal digits.
    pub(super) digest: Option<(&'static str, String)>,
    /// Its name in all the world (package URL specification); `None` for what is ours.
    pub(super) purl: Option<String>,
    /// Where its files are.
    pub(super) folder: PathBuf,
    /// The names within this list that it stands on: `name version`.
    pub(super) stands_on: Vec<String>,
}

impl Part {
    /// What tells it from the others of its list.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl Contents {
    /// Looks at the lock files and at what the interface's bundler reads.
    pub(super) fn of(job: &Job, product: &Product, target: &str) -> anyhow::Result<Self> {
        Ok(Self { crates: linked(job, product, target)?, npm: interface::bundled(job, product.interface)? })
    }
}

/// The crates that are linked into a product's programs. Macros and build scripts run where it is built and are not inside.
/// Cargo tells features for the workspace as a whole, so a crate may be listed that only a sister program needs; none is
/// left out.
fn linked(job: &Job, product: &Product, target: &str) -> anyhow::Result<Vec<Part>> {
    let metadata = MetadataCommand::new()
        .manifest_path(job.root.join("Cargo.toml"))
        .other_options(["--locked", "--offline", "--filter-platform", target].map(str::to_owned).to_vec())
        .exec()
        .context("cargo does not tell what the programs are made of")?;
    let digests = digests(&std::fs::read_to_string(job.root.join("Cargo.lock"))?);
    let nodes: BTreeMap<&PackageId, &Node> =
        metadata.resolve.as_ref().context("no dependencies")?.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut waiting: VecDeque<&PackageId> =
        metadata.packages.iter().filter(|one| product.crates.contains(&one.name.as_str())).map(|one| &one.id).collect();
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    while let Some(id) = waiting.pop_front() {
        if !seen.insert(id) {
            continue;
        }
        let below = linked_below(&metadata, nodes.get(id).copied());
        waiting.extend(&below);
        let package = &metadata[id];
        let version = package.version.to_string();
        let ours = package.source.is_none();
        parts.push(Part {
            purl: (!ours).then(|| format!("pkg:cargo/{}@{version}", package.name)),
            digest: digests.get(&format!("{} {version}", package.name)).map(|digest| ("SHA-256", digest.clone())),
            licence: package.license.as_ref().map(|licence| licence.replace('/', " OR ")),
            folder: package.manifest_path.parent().context("a crate has a folder")?.as_std_path().to_owned(),
            stands_on: below.iter().map(|id| format!("{} {}", metadata[id].name, metadata[id].version)).collect(),
            name: package.name.to_string(),
            version,
        });
    }
    parts.sort_by_key(Part::key);
    Ok(parts)
}

/// The crates that one links.
fn linked_below<'a>(metadata: &'a Metadata, node: Option<&'a Node>) -> Vec<&'a PackageId> {
    let is_macro = |id: &PackageId| metadata[id].targets.iter().any(|target| target.is_kind(TargetKind::ProcMacro));
    let links = |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
    node.into_iter()
        .flat_map(|node| &node.deps)
        .filter(|below| links(&below.dep_kinds) && !is_macro(&below.pkg))
        .map(|below| &below.pkg)
        .collect()
}

/// The SHA-256 of each crate as it was fetched, by `name version`, from a `Cargo.lock`.
fn digests(lock: &str) -> BTreeMap<String, String> {
    let value = |block: &str, key: &str| -> Option<String> {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let of = |block: &str| {
        Some((format!("{} {}", value(block, "name")?, value(block, "version")?), value(block, "checksum")?))
    };
    lock.split("[[package]]").filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_tells_digests_of_what_was_fetched_and_none_of_ours() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \"registry\"\nchecksum = \"ab01\"\n\
                    dependencies = [\n \"ours\",\n]\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        assert_eq!(digests(lock), BTreeMap::from([("a 1.2.3".to_owned(), "ab01".to_owned())]));
    }
}
