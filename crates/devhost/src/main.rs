//! The agent's requests over HTTP, so that a browser can drive the interface in tests. Never shipped.
fn main() {}
