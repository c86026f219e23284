//! What the window shows, saves and looks like before its page does.

use super::*;

#[test]
fn the_window_shows_its_own_page_and_nothing_else() {
    assert!(may_show(&"tauri://localhost/index.html".parse().unwrap()));
    assert!(may_show(&"blob:tauri://localhost/9d1f".parse().unwrap()), "saving what it made");
    for other in [
        "https://deskside.example/",
        "http://127.0.0.1:8470/console/",
        "file:///etc/passwd",
        "data:text/html,<h1>x</h1>",
        "tauri://elsewhere/",
        "blob:https://deskside.example/9d1f",
        "javascript:alert(1)",
        "http://tauri.localhost:8080/",
    ] {
        assert!(!may_show(&other.parse().unwrap()), "{other}");
    }
}

#[test]
fn the_page_saves_what_it_made_and_fetches_nothing() {
    let downloads = tempfile::tempdir().unwrap();
    let save = |url: &str| {
        let mut destination = PathBuf::from("/elsewhere/deskside.json");
        let event = DownloadEvent::Requested { url: url.parse().unwrap(), destination: &mut destination };
        may_save(event, [downloads.path().to_owned()]).0.then_some(destination)
    };
    assert_eq!(save("blob:tauri://localhost/9d1f"), Some(downloads.path().join("deskside.json")));
    assert_eq!(save("https://deskside.example/installer.exe"), None);
    assert_eq!(save("file:///etc/passwd"), None);
}

/// The colour behind the page is the page's own, or the window flashes when it opens.
#[test]
fn the_window_has_the_pages_colours_before_the_page_does() {
    let tokens = include_str!("../../ui/src/shared/styles/tokens.css");
    let line = tokens.lines().find_map(|line| line.trim().strip_prefix("--bg: light-dark(")).unwrap();
    let hex = |Color(r, g, b, _): Color| format!("#{r:02x}{g:02x}{b:02x}");
    assert_eq!(line.trim_end_matches(");"), format!("{}, {}", hex(LIGHT), hex(DARK)));
}
