//! Files from other programs: dropped on the window, copied in a file manager and pasted into it.

use std::path::PathBuf;
use std::time::Duration;

use deskside_desktop::{Desktop, wait_until};
use deskside_e2e::{Person, Report, SOON};
use sha2::{Digest as _, Sha256};

use crate::world::World;

/// A file in the user's home, with what is in it.
fn file(desktop: &Desktop, name: &str, bytes: &[u8]) -> PathBuf {
    let path = desktop.folder().join("home").join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_and_pasted_files_reach_the_desk_as_they_are() {
    let mut world = World::new("en").await;
    let text = "The journal stops at noon";
    // More than one piece on the way to the agent, and a name as people give them.
    let journal: Vec<u8> = (0..1_500_000_u32).flat_map(|line| (line % 10).to_string().into_bytes()).collect();
    let dropped = file(&world.desktop, "journal été (1).txt", &journal);
    let pasted = file(&world.desktop, "notes & co.txt", "It began on Monday.\n".as_bytes());

    let person = Person::new(&world.desktop, &world.words);
    let window = world.good(person.begin_report().await);

    // Held over the window, it is told where to let go; taken away again, nothing remains.
    let drop_here = world.words.get("files-drop").unwrap();
    let held = world.good(world.desktop.drag_files("Deskside", std::slice::from_ref(&dropped)));
    world.good(window.says(&drop_here, SOON).await);
    world.good(held.take_away());
    let gone = wait_until("the place to drop is gone", SOON, async || {
        Ok((!window.text().await?.contains(&drop_here)).then_some(()))
    });
    world.good(gone.await);

    // Dropped, together with a folder, which is no file.
    let held = world.good(world.desktop.drag_files("Deskside", &[dropped, world.desktop.folder().join("home")]));
    world.good(held.let_go());
    world.good(window.says("journal été (1).txt", SOON).await);
    world.good(window.says(&world.words.with("files-refused", &[("name", "home")]).unwrap(), SOON).await);

    // Copied in a file manager, pasted while the text is being written: the file, not its address.
    world.good(window.find("#report-text", SOON).await).click().await.unwrap();
    let copied = world.good(world.desktop.copy_files(&[pasted]));
    world.good(world.desktop.press_keys(&["ctrl+v"]).await);
    world.good(window.says("notes & co.txt", SOON).await);
    let written = window.client.execute("return document.querySelector('#report-text').value", Vec::new()).await;
    assert_eq!(written.unwrap().as_str(), Some(""), "the address is not written into the text");

    // What a script in the page asks for without a user's paste, it does not get.
    let asked = "const done = arguments[0];
        window.__TAURI_INTERNALS__.invoke('pasted_files').then((files) => done(files.length), (error) => done(String(error)))";
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(window.client.execute_async(asked, Vec::new()).await.unwrap().as_u64(), Some(0));
    drop(copied);

    world.good(person.write(&window, Report { text, screenshot: false }).await);
    world.good(person.send(&window, "sent-title").await);
    let technician = world.hub.sign_in().await.unwrap();
    let ticket = world.good(technician.ticket_titled(text, SOON).await);
    let mut arrived = Vec::new();
    for attachment in &ticket.document.attachments {
        let bytes = technician.attachment(attachment.id).await.unwrap();
        arrived.push((attachment.name.as_str(), hex::encode(Sha256::digest(&bytes))));
    }
    let digest = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    assert_eq!(
        arrived,
        [("journal été (1).txt", digest(&journal)), ("notes & co.txt", digest(b"It began on Monday.\n")),]
    );
}
