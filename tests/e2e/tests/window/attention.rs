//! Notifications wait while nobody is to be disturbed, and nothing that comes by itself takes the focus.

use deskside_desktop::{Shows, Window, wait_until};
use deskside_e2e::{SOON, Technician};
use deskside_protocol::local::{Request, Response};

use crate::world::World;

const TITLE: &str = "The projector in room 12 stays dark";

/// A request that has arrived: the technician who has it, and its number.
async fn asked(world: &mut World) -> (Technician, u64) {
    world.agent.command(&world.desktop, &["report", TITLE, "--yes"]).await.unwrap();
    let technician = world.hub.sign_in().await;
    let technician = world.good(technician);
    let ticket = world.good(technician.ticket_titled(TITLE, SOON).await);
    (technician, ticket.row.number)
}

/// Waits until the agent has said something in its log.
async fn says(world: &World, what: &str) {
    let said = wait_until(what, SOON, async || Ok(world.agent_says().contains(what).then_some(())));
    world.good(said.await);
}

/// Waits until the answer is in the agent's store; asking for the thread would mark it as read.
async fn has_come(world: &World, text: &str) {
    let come = wait_until(text, SOON, async || {
        let Response::Document { text: all } = world.ask(Request::ExportData).await else { anyhow::bail!("no export") };
        Ok(all.contains(text).then_some(()))
    });
    world.good(come.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_during_a_film_come_once_when_it_is_over() {
    let mut world = World::new("en").await;
    let (technician, number) = asked(&mut world).await;
    let film = world.good(world.desktop.fill_screen(SOON).await);
    technician.reply(number, "Is the lamp on?", None).await.unwrap();
    says(&world, "notifications wait").await;
    technician.reply(number, "I am on my way.", None).await.unwrap();
    has_come(&world, "I am on my way.").await;
    let notifications = world.desktop.notifications().unwrap();
    assert_eq!(notifications.all(), [], "nothing is shown over the film");
    assert!(world.good(film.is_active()), "and nothing takes its focus");
    assert_eq!(world.good(world.desktop.window_titles()), ["A film"], "no window came by itself");

    drop(film);
    let shown = world.good(notifications.at_least(1, SOON).await);
    let both = world.words.with("notify-several", &[("count", "2")]).unwrap();
    assert_eq!(shown.iter().map(|one| one.summary.as_str()).collect::<Vec<_>>(), [both.as_str()]);
    assert!(shown[0].body.contains(TITLE), "{}", shown[0].body);

    // What comes next comes at once, and nothing of before a second time.
    technician.reply(number, "The lamp has been replaced.", None).await.unwrap();
    let shown = world.good(notifications.at_least(2, SOON).await);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown[1].body.contains("The lamp has been replaced."), "{}", shown[1].body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_waits_while_dunst_is_paused() {
    let mut world = World::with("fr", Shows::Drawn).await;
    let (technician, number) = asked(&mut world).await;
    dunst(&world, &["set-paused", "true"]).await;
    technician.reply(number, "La lampe est-elle allumée ?", None).await.unwrap();
    says(&world, "notifications wait").await;
    // Held by us, and not handed to dunst, which would show it a second time.
    assert_eq!(dunst(&world, &["count"]).await.lines().filter(|line| !line.trim_end().ends_with(" 0")).count(), 0);
    dunst(&world, &["set-paused", "false"]).await;
    let shown = wait_until("one notification", SOON, async || {
        Ok((dunst(&world, &["count", "displayed"]).await.trim() == "1").then_some(()))
    });
    world.good(shown.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_window_stays_where_it_is_when_an_answer_comes() {
    let mut world = World::new("en").await;
    let (technician, number) = asked(&mut world).await;
    let item = world.good(world.desktop.tray().unwrap().item(SOON).await);
    item.choose(&world.words.get("tray-open").unwrap()).await.unwrap();
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    world.good(window.says(&world.words.get("home-report").unwrap(), SOON).await);
    // Somebody goes on with something else, in front of it.
    let film = world.good(world.desktop.fill_screen(SOON).await);
    technician.reply(number, "Is the lamp on?", None).await.unwrap();
    says(&world, "notifications wait").await;
    has_come(&world, "Is the lamp on?").await;
    assert!(world.good(film.is_active()), "the window does not come forward by itself");
    drop(film);
    let notifications = world.desktop.notifications().unwrap();
    let shown = world.good(notifications.at_least(1, SOON).await);
    // The click is the user's own wish: now it comes.
    world.good(notifications.click(shown[0].id, "default").await);
    world.good(window.says("Is the lamp on?", SOON).await);
}

/// What dunst says.
async fn dunst(world: &World, arguments: &[&str]) -> String {
    let name = format!("dunstctl-{}", uuid::Uuid::now_v7());
    let mut asking = world.desktop.program("dunstctl", &name).args(arguments).start().unwrap();
    let status = asking.ended(SOON).await.unwrap();
    assert!(status.success(), "dunstctl: {status}: {}", asking.output());
    asking.output()
}
