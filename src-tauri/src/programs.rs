//! The one module that starts a program: itself, once more.

/// WebKitGTK's way around the graphics driver. Off, starting a page is 100 ms faster and 60 MB smaller wherever
/// graphics are drawn in software, and a page of text loses nothing by it.
#[cfg(target_os = "linux")]
const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Makes sure that the web view is told how to draw, before GTK starts. The agent starts this program with the variable
/// set; started otherwise, the program replaces itself by itself with the variable set, because changing the
/// environment of a running process is unsound (`std::env::set_var`).
///
/// # Errors
/// Whatever keeps it from starting again.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "the module that names all programs")]
pub(crate) fn with_renderer_chosen() -> anyhow::Result<()> {
    use anyhow::Context as _;
    use std::os::unix::process::CommandExt as _;

    if std::env::var_os(RENDERER).is_some() {
        return Ok(());
    }
    let myself = std::env::current_exe().context("finding this program's file")?;
    let error = std::process::Command::new(myself).args(std::env::args_os().skip(1)).env(RENDERER, "1").exec();
    Err(error).context("starting again")
}

/// Elsewhere there is nothing to choose.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every system")]
pub(crate) fn with_renderer_chosen() -> anyhow::Result<()> {
    Ok(())
}
