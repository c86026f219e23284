//! What several Linux collectors share.

pub(crate) mod bus;
pub(crate) mod files;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod journal;
