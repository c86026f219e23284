//! From the click in the tray to the answer in the window.

use std::path::Path;

use deskside_desktop::wait_until;
use deskside_e2e::{Person, Report, SOON};
use deskside_protocol::facts::SectionId;
use deskside_protocol::ticket::{TicketDocument, TicketState};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::world::World;

/// The documents of all tickets, read from the hub's own database: the bytes that arrived.
async fn documents(database: &Path) -> Vec<TicketDocument> {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let rows =
        sqlx::query("SELECT document, document_digest FROM tickets ORDER BY number").fetch_all(&pool).await.unwrap();
    rows.iter()
        .map(|row| {
            let bytes: Vec<u8> = row.get("document");
            assert_eq!(hex::encode(Sha256::digest(&bytes)), row.get::<String, _>("document_digest"));
            serde_json::from_slice(&bytes).unwrap()
        })
        .collect()
}

/// Width and height of a PNG that shows something: more than one colour.
fn size_of_picture(png: Vec<u8>) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let width_bytes = frame.color_type.samples();
    let mut colours: Vec<_> = pixels.chunks_exact(width_bytes).collect();
    colours.sort_unstable();
    colours.dedup();
    assert!(colours.len() > 1, "the picture is of one colour");
    (frame.width, frame.height)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_tray_to_the_answer() {
    let mut world = World::new("en").await;
    let text = "The printer on floor 3 prints blank pages";
    let person = Person::new(&world.desktop, &world.words);
    assert_eq!(world.desktop.window_titles().unwrap(), Vec::<String>::new(), "a window came by itself");

    let window = world.good(person.report(Report { text, screenshot: true }).await);

    // In the database: the words, the facts, the picture.
    let technician = world.hub.sign_in().await.unwrap();
    let ticket = world.good(technician.ticket_titled(text, SOON).await);
    let arrived = documents(&world.hub.database()).await;
    assert_eq!(arrived.len(), 1);
    let document = arrived.first().unwrap();
    assert_eq!(document.description, text);
    let facts = document.facts.present();
    for section in [SectionId::Device, SectionId::System, SectionId::Processor, SectionId::Memory, SectionId::Disks] {
        assert!(facts.contains(&section), "no {section:?} among {facts:?}");
    }
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let system = document.facts.system.as_ref().unwrap().data().expect("the system was read");
    assert_eq!(system.kernel.as_deref(), Some(kernel.trim()), "these are not the facts of this machine");
    let [picture] = document.attachments.as_slice() else { panic!("one picture, not {:?}", document.attachments) };
    assert!(picture.screenshot);
    let bytes = technician.attachment(picture.id).await.unwrap();
    assert_eq!(hex::encode(Sha256::digest(&bytes)), picture.sha256.as_str());
    assert_eq!(size_of_picture(bytes), (1280, 800), "the whole screen");

    // The window is closed; the answer comes as one notification, and the click on it opens the thread.
    let person = Person::new(&world.desktop, &world.words);
    world.good(person.close(window).await);
    let answer = "Somebody is on the way with toner.";
    technician.reply(ticket.row.number, answer, Some(TicketState::InProgress)).await.unwrap();
    let notifications = world.desktop.notifications().unwrap();
    let said = wait_until("a notification of the answer", SOON, async || {
        Ok(notifications.all().into_iter().find(|shown| shown.body.contains(answer)))
    })
    .await;
    let said = world.good(said);
    assert_ne!(said.urgency, Some(2), "an answer is not an emergency");
    assert_eq!(world.desktop.window_titles().unwrap(), Vec::<String>::new(), "a window came by itself");
    let (action, _) = said.actions.first().expect("the notification can be clicked").clone();
    notifications.click(said.id, &action).await.unwrap();
    let window = world.good(deskside_desktop::Window::attach(&world.desktop, SOON).await);
    world.good(window.says(answer, SOON).await);
    world.good(window.says(text, SOON).await);

    // Once only, also after the thread was read.
    let again = notifications.all().iter().filter(|shown| shown.body.contains(answer)).count();
    assert_eq!(again, 1, "{:?}", notifications.all());
    assert_eq!(technician.tickets().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_french() {
    let mut world = World::new("fr").await;
    let text = "L’imprimante du 3e étage n’imprime que des pages blanches";
    let item = world.desktop.tray().unwrap().item(SOON).await.unwrap();
    let menu = item.menu().await.unwrap();
    assert!(menu.iter().any(|entry| entry.label == "Signaler un problème"), "{menu:?}");

    let person = Person::new(&world.desktop, &world.words);
    let window = world.good(person.report(Report { text, screenshot: false }).await);
    let page = window.client.execute("return document.documentElement.lang", Vec::new()).await.unwrap();
    assert_eq!(page.as_str(), Some("fr"));

    let technician = world.hub.sign_in().await.unwrap();
    let ticket = world.good(technician.ticket_titled(text, SOON).await);
    assert_eq!(ticket.document.requester.language, "fr");
    technician.reply(ticket.row.number, "Quelqu’un arrive.", None).await.unwrap();
    let follow = world.words.get("sent-follow").unwrap();
    world.good(window.press(&follow, SOON).await);
    world.good(window.says("Quelqu’un arrive.", SOON).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_hub_down_and_back_later() {
    let mut world = World::new("en").await;
    let text = "No network on the second floor";
    world.hub.kill();

    let person = Person::new(&world.desktop, &world.words);
    let window = world.good(person.begin_report().await);
    world.good(person.write(&window, Report { text, screenshot: true }).await);
    world.good(person.send(&window, "sent-kept-title").await);
    let person = Person::new(&world.desktop, &world.words);
    world.good(person.close(window).await);

    world.hub.resume().await.unwrap();
    let technician = world.hub.sign_in().await.unwrap();
    let ticket = world.good(technician.ticket_titled(text, 2 * SOON).await);
    assert_eq!(ticket.document.attachments.len(), 1);
    let picture = ticket.document.attachments.first().unwrap();
    let bytes = technician.attachment(picture.id).await.unwrap();
    assert_eq!(hex::encode(Sha256::digest(&bytes)), picture.sha256.as_str());
    assert_eq!(technician.tickets().await.unwrap().len(), 1, "once only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_icon_comes_back_with_the_tray() {
    let mut world = World::new("en").await;
    world.desktop.close_tray().await.unwrap();
    world.desktop.open_tray().await.unwrap();
    let item = world.good(world.desktop.tray().unwrap().item(SOON).await);
    let (title, text) = item.tooltip().await.unwrap();
    assert!(!(title.is_empty() && text.is_empty()), "the icon does not say its state");
    assert!(!item.icon_pixels().await.unwrap_or_default().is_empty() || !item.icon_name().await.unwrap().is_empty());
}
