//! What several Linux collectors share.

pub(crate) mod bus;
#[cfg(test)]
mod desktop_tests;
pub(crate) mod files;
pub(crate) mod footprint;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod journal;
#[cfg(test)]
mod programs;
