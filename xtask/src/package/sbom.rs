//! The list of what is inside a package (SBOM): CycloneDX 1.6 in JSON, beside it, as `PACKAGE.cdx.json`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Job;
use super::dependencies::{Contents, Part};
use super::layout::Product;

/// Writes the list of a package and returns its path.
pub(super) fn write(job: &Job, product: &Product, contents: &Contents, package: &Path) -> anyhow::Result<PathBuf> {
    let name = package.file_name().context("a package has a name")?.to_string_lossy().into_owned();
    let digest = hex::encode(Sha256::digest(fs::read(package)?));
    let list = document(job, product, contents, &name, &digest);
    let path = package.with_file_name(format!("{name}.cdx.json"));
    fs::write(&path, serde_json::to_string_pretty(&list)? + "\n")?;
    Ok(path)
}

fn document(job: &Job, product: &Product, contents: &Contents, package: &str, digest: &str) -> Value {
    let parts = || contents.crates.iter().chain(&contents.npm);
    let top: Vec<String> = contents
        .crates
        .iter()
        .filter(|part| product.crates.contains(&part.name.as_str()))
        .chain(&contents.npm)
        .map(reference)
        .collect();
    let mut dependencies = vec![json!({ "ref": package, "dependsOn": top })];
    dependencies.extend(parts().map(|part| {
        // The name of a crate may be that of an npm package too: each list speaks of its own.
        let list =
            if contents.npm.iter().any(|one| std::ptr::eq(one, part)) { &contents.npm } else { &contents.crates };
        let below = list.iter().filter(|one| part.stands_on.contains(&one.key()));
        json!({ "ref": reference(part), "dependsOn": below.map(reference).collect::<Vec<_>>() })
    }));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(digest),
        "version": 1,
        "metadata": {
            "timestamp": job.moment.iso,
            "component": {
                "type": "application",
                "bom-ref": package,
                "name": product.name,
                "version": job.version,
                "hashes": [{ "alg": "SHA-256", "content": digest }],
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
        },
        "components": parts().map(component).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

fn reference(part: &Part) -> String {
    part.purl.clone().unwrap_or_else(|| format!("deskside:{}@{}", part.name, part.version))
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(part),
        "name": part.name,
        "version": part.version,
        "scope": "required",
    });
    if let Value::Object(fields) = &mut component {
        if let Some(purl) = &part.purl {
            fields.insert("purl".to_owned(), json!(purl));
        }
        if let Some(licence) = &part.licence {
            fields.insert("licenses".to_owned(), json!([{ "expression": licence }]));
        }
        if let Some((algorithm, digest)) = &part.digest {
            fields.insert("hashes".to_owned(), json!([{ "alg": algorithm, "content": digest }]));
        }
    }
    component
}

/// A UUID (RFC 9562, version 8) of the package's digest: the same package has the same list.
fn serial(digest: &str) -> String {
    let at = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", at(0, 8), at(8, 12), at(13, 16), at(17, 20), at(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_one_serial_number() {
        let serial = serial(&hex::encode(Sha256::digest(b"package")));
        let uuid = serial.strip_prefix("urn:uuid:").unwrap();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{serial}");
        assert!(uuid.chars().all(|c| c == '-' || c.is_ascii_hexdigit()), "{serial}");
    }
}
