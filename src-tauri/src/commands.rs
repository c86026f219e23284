//! What the page may ask of the shell. `build.rs` lists the names, `capabilities/main.json` grants them.

use std::sync::Arc;

use deskside_protocol::ErrorReport;
use deskside_protocol::local::{Request, Response};
use tauri::{State, WebviewWindow};

use crate::clipboard;
use crate::link::Link;
use crate::offered::OfferedFile;
use crate::shell::Shell;

/// Asks the agent.
#[tauri::command]
pub(crate) async fn request(link: State<'_, Arc<Link>>, payload: Request) -> Result<Response, ErrorReport> {
    link.request(payload).await
}

/// Takes the window off the screen, and answers when a picture of the screen will not show it.
#[tauri::command]
pub(crate) async fn hide_for_capture(shell: State<'_, Arc<Shell>>, window: WebviewWindow) -> Result<(), String> {
    shell.leave_the_screen(&window).await.map_err(|error| error.to_string())
}

/// Brings the window back.
#[tauri::command]
pub(crate) fn show_after_capture(shell: State<'_, Arc<Shell>>, window: WebviewWindow) -> Result<(), String> {
    shell.show_after_capture(&window).map_err(|error| error.to_string())
}

/// Closes the window, which ends this process.
#[tauri::command]
pub(crate) fn close_window(window: WebviewWindow) -> Result<(), String> {
    window.close().map_err(|error| error.to_string())
}

/// A file that the user dropped or pasted, whole, once. Raw bytes: as JSON they would be four times as much.
#[tauri::command]
pub(crate) async fn read_offered(shell: State<'_, Arc<Shell>>, id: u64) -> Result<tauri::ipc::Response, ErrorReport> {
    Ok(tauri::ipc::Response::new(shell.offers.read(id).await?))
}

/// The files whose addresses the user has just pasted; none if the user did not paste.
#[tauri::command]
pub(crate) async fn pasted_files(
    shell: State<'_, Arc<Shell>>,
    window: WebviewWindow,
) -> Result<Vec<OfferedFile>, ErrorReport> {
    if !shell.paste_keys.take() {
        return Ok(Vec::new());
    }
    let files = clipboard::files(&window).await;
    Ok(shell.offers.offer(files).await)
}
