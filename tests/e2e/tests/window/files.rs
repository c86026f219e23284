//! Files from other programs, and the whole life of a request: dropped on the window, copied in a file manager and pasted
//! into it, answered with a file, solved, not solved after all, solved, rated.

use std::path::PathBuf;
use std::time::Duration;

use deskside_desktop::{Desktop, Window, wait_until};
use deskside_e2e::{Person, Report, SOON, Technician};
use deskside_protocol::ticket::TicketState;
use sha2::{Digest as _, Sha256};

use crate::world::World;

/// A file in the user's home, with what is in it.
fn file(desktop: &Desktop, name: &str, bytes: &[u8]) -> PathBuf {
    let path = desktop.folder().join("home").join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_reach_the_desk_as_they_are_and_the_request_goes_its_way() {
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

    goes_its_way(&world, &window, &technician, ticket.row.number).await;
}

/// From "it is sent" to the stars, in the window that stayed open.
async fn goes_its_way(world: &World, window: &Window, technician: &Technician, number: u64) {
    let says = async |id: &str| world.good(window.says(&world.words.get(id).unwrap(), SOON).await);
    let ticket = async || technician.ticket(number).await;
    world.good(window.press_css("#sent-follow", SOON).await);
    technician.reply(number, "Which program writes it?", None).await.unwrap();
    world.good(window.says("Which program writes it?", SOON).await);
    // The technician did not touch the state, and the request does not stand there as if nobody had read it.
    says("requests-answered").await;

    // The answer goes with a file that is dropped on the conversation.
    let sheet = file(&world.desktop, "which program.csv", b"program,lines\ncron,12\n");
    let held = world.good(world.desktop.drag_files("Deskside", &[sheet]));
    world.good(held.let_go());
    world.good(window.says("which program.csv", SOON).await);
    world.good(window.find("#reply-text", SOON).await).send_keys("It is in this sheet.").await.unwrap();
    world.good(window.press_css("#reply-send", SOON).await);
    let answered = wait_until("the answer with its file in the hub", SOON, async || {
        let found = ticket().await?;
        let mine = found.thread.iter().find(|entry| entry.follow_up.text == "It is in this sheet.");
        Ok(mine
            .and_then(|entry| entry.follow_up.attachments.first().cloned())
            .filter(|one| found.arrived.contains(&one.id)))
    });
    let attachment = world.good(answered.await);
    assert_eq!(attachment.name, "which program.csv");
    assert_eq!(technician.attachment(attachment.id).await.unwrap(), b"program,lines\ncron,12\n");

    // Solved, they say; it is not. Reopened in the person's words.
    technician.reply(number, "It should write again.", Some(TicketState::Solved)).await.unwrap();
    says("request-solved-question").await;
    world.good(window.press_css("#reopen", SOON).await);
    world.good(window.find("#reopen-text", SOON).await).send_keys("Not since lunch.").await.unwrap();
    world.good(window.press_css("#reopen-send", SOON).await);
    let reopened = wait_until("the request is open again in the hub", SOON, async || {
        let found = ticket().await?;
        let said = found.thread.iter().any(|entry| entry.follow_up.text == "Not since lunch.");
        Ok((said && !matches!(found.row.state, TicketState::Solved | TicketState::Closed)).then_some(()))
    });
    world.good(reopened.await);

    // Now it is: confirmed and rated.
    technician.reply(number, "Now it does.", Some(TicketState::Solved)).await.unwrap();
    world.good(window.says("Now it does.", SOON).await);
    world.good(window.press_css("#confirm", SOON).await);
    let closed = wait_until("the request is over in the hub", SOON, async || {
        Ok((ticket().await?.row.state == TicketState::Closed).then_some(()))
    });
    world.good(closed.await);
    // The question whether it works is gone from above the stars.
    says("request-reopen-send").await;
    world.good(window.press_css("label:has(input[value='5'])", SOON).await);
    world.good(window.press_css("#rate-send", SOON).await);
    let rated = wait_until("the stars in the hub", SOON, async || Ok(ticket().await?.rating));
    assert_eq!(world.good(rated.await).stars, 5);
    says("request-rated").await;
}
