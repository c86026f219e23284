//! The one server: device API, built-in desk, technicians' console.
fn main() {}
