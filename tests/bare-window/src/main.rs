//! A Tauri window with nothing in it but a word: the least that a web view costs on this machine.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!())
}
