//! demo, test, codegen, bench: what the README's commands call.
fn main() {}
