//! The desktop does what the tests on it rely on.
#![cfg(target_os = "linux")]

use std::time::Duration;

use deskside_desktop::{Desktop, Options, wait_until};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn everything_is_there_and_goes_with_it() {
    let desktop = Desktop::start(Options::default()).await.unwrap();
    let folder = desktop.folder().to_owned();

    // A keyring that is unlocked: a secret goes in and comes out.
    let mut store = desktop
        .program("secret-tool", "store")
        .args(["store", "--label=test", "for", "a test"])
        .input("a secret")
        .start()
        .unwrap();
    assert!(store.ended(SOON).await.unwrap().success(), "{}", store.output());
    let mut lookup = desktop.program("secret-tool", "lookup").args(["lookup", "for", "a test"]).start().unwrap();
    assert!(lookup.ended(SOON).await.unwrap().success());
    assert_eq!(lookup.output().trim(), "a secret");

    // A notification is remembered, and a click on it comes back to who sent it.
    let mut notify = desktop
        .program("notify-send", "notify")
        .args(["--wait", "--action=open=Open", "--urgency=critical", "Headline", "Text"])
        .start()
        .unwrap();
    let shown = desktop.notifications().unwrap().at_least(1, SOON).await.unwrap().remove(0);
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("Headline", "Text"));
    assert_eq!(shown.actions, [("open".to_owned(), "Open".to_owned())]);
    assert_eq!(shown.urgency, Some(2));
    desktop.notifications().unwrap().click(shown.id, "open").await.unwrap();
    assert!(notify.ended(SOON).await.unwrap().success());
    assert_eq!(notify.output().trim(), "open");

    // The display shows something, and closed to those without the cookie.
    let picture = desktop.picture().unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height), (1280, 800));
    let mut stranger = desktop
        .program("xdotool", "stranger")
        .env("XAUTHORITY", "/nonexistent")
        .args(["getmouselocation"])
        .start()
        .unwrap();
    assert!(!stranger.ended(SOON).await.unwrap().success(), "a stranger could look at the display");

    // A program that starts another and leaves it behind: both end with the desktop.
    let mut parent = desktop.program("sh", "parent").args(["-c", "sleep 600 & echo child $!"]).start().unwrap();
    let line = parent.line_with("child", SOON).await.unwrap();
    let child = line.trim_start_matches("child ").to_owned();
    assert!(std::path::Path::new("/proc").join(&child).exists());
    drop(desktop);
    // A signal is on its way for a moment, and who is killed may be waited for by nobody yet.
    let program = std::path::Path::new("/proc").join(&child).join("exe");
    wait_until("the end of what was left behind", SOON, async || Ok((!program.exists()).then_some(()))).await.unwrap();
    assert!(!folder.exists());
}
