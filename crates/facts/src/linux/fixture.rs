//! Trees of captured files that stand in for `/` in tests.

use std::path::PathBuf;

use crate::Context;

/// A laptop with Debian 12 and XFCE in France.
pub(crate) fn laptop() -> Context {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/laptop"));
    Context { servers: Vec::new(), home: PathBuf::from("/home/claire"), root, environment: [].into() }
}

/// A machine that says nothing at all.
pub(crate) fn silent() -> Context {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/nothing-is-here"));
    Context { servers: Vec::new(), home: PathBuf::from("/home/claire"), root, environment: [].into() }
}

/// This machine.
pub(crate) fn here() -> Context {
    Context::new(Vec::new(), PathBuf::from("/root"))
}
