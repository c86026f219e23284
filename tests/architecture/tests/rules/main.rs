//! What `docs/architecture.md` says about arrows, unsafe code and sizes, held over `cargo metadata` and the tracked files.

#[cfg(test)]
mod crates;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod files;
#[cfg(test)]
mod programs;
