//! Tauri's own build step: capabilities and resources.
fn main() {
    tauri_build::build();
}
