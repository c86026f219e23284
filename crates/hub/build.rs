//! Builds the hub again when the console's files change, and when a migration is added.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist/console");
    println!("cargo:rerun-if-changed=migrations");
}
