//! The installer: what it lays down, an upgrade with a request that waits, and what is left after it is removed.

use std::path::Path;

use deskside_desktop::wait_until;
use deskside_on_windows::{Built, SOON, Windows};

use super::{hub, ready};

const UNINSTALL: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Deskside";
const RUN: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Run";
const LINK: &str = r"HKLM\Software\Classes\deskside";
const APP: &str = r"HKLM\Software\Classes\AppUserModelId\Deskside.Agent";
const DESKSIDE: &str = r"C:\Program Files\Deskside\deskside.exe";
const FILES: [&str; 9] = [
    "deskside.exe",
    "deskside-agent.exe",
    "deskside-window.exe",
    "WebView2Loader.dll",
    "deskside.ico",
    "third-party.txt",
    "policy/deskside.admx",
    "policy/fr-FR/deskside.adml",
    "uninstall.exe",
];

fn installer(built: &Built, version: &str) -> String {
    built.installers.join(format!("deskside-{version}-setup.exe")).display().to_string()
}

async fn version(windows: &Windows) -> Option<String> {
    windows.registry(UNINSTALL, Some("DisplayVersion")).await.unwrap()
}

/// Whether Windows would open a console for a program (PE Format, "Windows Subsystem": 3 is the console's).
fn has_console(program: &Path) -> bool {
    let bytes = std::fs::read(program).unwrap();
    let header = u32::from_le_bytes(bytes[0x3c..0x40].try_into().unwrap()) as usize;
    bytes[header + 24 + 68] == 3
}

/// Removes it, and waits for the end: the uninstaller goes on as a copy of itself.
async fn remove(windows: &Windows) {
    windows.ask(r"C:\Program Files\Deskside\uninstall.exe", &["/S"]).await.unwrap();
    wait_until("nothing of the programs", SOON, async || {
        let left = windows.on_drive("Program Files/Deskside").exists() || version(windows).await.is_some();
        Ok((!left).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn it_installs_upgrades_with_a_request_that_waits_and_leaves_what_the_user_wrote() {
    let Some(built) = Built::find() else { return };
    let windows = Windows::start().await.unwrap();
    let folder = windows.on_drive("Program Files/Deskside");
    if folder.join("uninstall.exe").exists() {
        // Of a test that was ended.
        remove(&windows).await;
    }
    // Wine writes its registry now and then; one that was killed may still know what was removed. Fails if it does not.
    windows.code_of("reg", &["delete", UNINSTALL, "/f"]).await.unwrap();
    let (mut hub, token) = hub().await;

    // Installed.
    windows.ask(&installer(&built, "0.0.1"), &["/S"]).await.unwrap();
    for file in FILES {
        assert!(folder.join(file).is_file(), "{file} is not there");
    }
    assert!(has_console(&folder.join("deskside.exe")), "the command line has no console");
    assert!(!has_console(&folder.join("deskside-agent.exe")), "the agent opens a console");
    assert_eq!(version(&windows).await.as_deref(), Some("0.0.1"));
    let start = windows.registry(RUN, Some("Deskside")).await.unwrap().unwrap();
    assert_eq!(start, r#""C:\Program Files\Deskside\deskside-agent.exe" run --at-sign-in"#);
    let link = windows.registry(&format!(r"{LINK}\shell\open\command"), None).await.unwrap().unwrap();
    assert_eq!(link, r#""C:\Program Files\Deskside\deskside-agent.exe" open "%1""#);
    assert_eq!(windows.registry(LINK, Some("URL Protocol")).await.unwrap().as_deref(), Some(""));
    assert_eq!(windows.registry(APP, Some("DisplayName")).await.unwrap().as_deref(), Some("Deskside"));
    let entry = windows.on_drive("ProgramData/Microsoft/Windows/Start Menu/Programs/Deskside.lnk");
    assert!(entry.is_file(), "no entry in the start menu");

    // As a session starts it. A request waits in it, for the hub is away.
    let twin = r"C:\Program Files\Deskside\deskside-agent.exe";
    let mut agent = windows.run(twin, &["run", "--at-sign-in"]).unwrap();
    ready(&windows, DESKSIDE).await;
    windows.ask(DESKSIDE, &["enrol", "--hub", &hub.url(), "--token", &token]).await.unwrap();
    hub.kill();
    windows.ask(DESKSIDE, &["report", "Waits through the upgrade", "--yes"]).await.unwrap();

    // Upgraded in place: the agent was asked to end, and did.
    windows.ask(&installer(&built, "0.0.2"), &["/S"]).await.unwrap();
    assert!(agent.ended(SOON).await.unwrap().success(), "{}", agent.output());
    assert_eq!(version(&windows).await.as_deref(), Some("0.0.2"));
    for file in FILES {
        assert!(folder.join(file).is_file(), "{file} is not there any more");
        assert!(!folder.join(format!("{file}.old")).exists(), "{file}.old is left");
    }
    let (code, output) = windows.code_of(&installer(&built, "0.0.1"), &["/S"]).await.unwrap();
    assert_eq!(code, 3, "an older version must not replace a newer one: {output}");
    assert_eq!(version(&windows).await.as_deref(), Some("0.0.2"));

    // What waited arrives, once.
    hub.resume().await.unwrap();
    let technician = hub.sign_in().await.unwrap();
    let mut agent = windows.run(twin, &["run", "--at-sign-in"]).unwrap();
    technician.ticket_titled("Waits through the upgrade", SOON).await.unwrap();
    assert_eq!(technician.tickets().await.unwrap().len(), 1);

    // A user's no is heard, though the entry is everybody's.
    windows.ask(DESKSIDE, &["quit"]).await.unwrap();
    assert!(agent.ended(SOON).await.unwrap().success());
    let choice = r"HKCU\Software\Deskside";
    windows.ask("reg", &["add", choice, "/v", "Autostart", "/d", "off", "/f"]).await.unwrap();
    let (code, output) = windows.code_of(twin, &["run", "--at-sign-in"]).await.unwrap();
    assert_eq!(code, 0, "{output}");
    windows.ask("reg", &["delete", choice, "/f"]).await.unwrap();

    // Removed with an agent running: programs, entries and links go, what the user wrote stays.
    let mut agent = windows.run(twin, &["run", "--at-sign-in"]).unwrap();
    windows.ask(DESKSIDE, &["requests"]).await.unwrap();
    remove(&windows).await;
    assert!(agent.ended(SOON).await.unwrap().success(), "{}", agent.output());
    for (key, name) in [(RUN, Some("Deskside")), (LINK, None), (APP, Some("DisplayName"))] {
        assert_eq!(windows.registry(key, name).await.unwrap(), None, "{key} is left");
    }
    assert!(!entry.exists(), "the entry in the start menu is left");
    assert!(windows.folder().join("home/data/deskside.db").is_file(), "what the user wrote is gone");
    windows.shut_down().await.unwrap();
}
