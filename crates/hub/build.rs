//! Builds the hub again when the console's files change, and when a migration is added.

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist/console");
    println!("cargo:rerun-if-changed=migrations");
}
