//! What several Linux collectors share.

pub(crate) mod files;
