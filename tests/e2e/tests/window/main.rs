//! The real window on a headless desktop, the real agent, a real hub.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod access;
#[cfg(test)]
mod attention;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod files;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod report;
#[cfg(test)]
mod shortcut;
#[cfg(test)]
mod world;
