//! What several Linux collectors share.

pub(crate) mod bus;
#[cfg(test)]
mod desktop_tests;
pub(crate) mod files;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod footprint;
pub(crate) mod journal;
#[cfg(test)]
mod programs;
