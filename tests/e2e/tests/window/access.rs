//! axe-core inside the real window: WebKitGTK's own rendering and our content security policy, not a browser's.

use std::time::Duration;

use deskside_desktop::{Desktop, Window};
use deskside_e2e::{Person, Programs, Report, SOON};
use serde_json::{Value, json};

use crate::world::World;

/// WCAG 2.2 AA and below, and axe's own good practice.
const RULES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// What axe has against the page as it is.
async fn violations(window: &Window) -> Vec<String> {
    let there = window.client.execute("return typeof window.axe", Vec::new()).await.unwrap();
    if there.as_str() != Some("object") {
        let axe = std::fs::read_to_string(Programs::checkout().join("ui/node_modules/axe-core/axe.min.js")).unwrap();
        window.client.execute(&axe, Vec::new()).await.unwrap();
    }
    // What moves in comes to rest within 180 ms; half-faded text has too little contrast.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let found = window
        .client
        .execute_async(
            "const [rules, done] = arguments;
             window.axe.run(document, { runOnly: rules }).then(
               (found) => done(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`)),
               (error) => done([`axe failed: ${error}`]));",
            vec![json!(RULES)],
        )
        .await
        .unwrap();
    found.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

async fn go(desktop: &Desktop, world: &World, entry: &str) -> Window {
    let item = desktop.tray().unwrap().item(SOON).await.unwrap();
    item.choose(&world.words.get(entry).unwrap()).await.unwrap();
    world.good(Window::attach(desktop, SOON).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_screen_shuts_anybody_out() {
    let world = World::new("en").await;
    let person = Person::new(&world.desktop, &world.words);
    let text = "My keyboard types twice";

    let window = go(&world.desktop, &world, "tray-open").await;
    world.good(window.says(&world.words.get("home-report").unwrap(), SOON).await);
    assert_eq!(violations(&window).await, Vec::<String>::new(), "Home");
    for (screen, entry) in
        [("Privacy", "home-privacy"), ("Settings", "home-settings"), ("My requests", "home-requests")]
    {
        world.good(window.press(&world.words.get(entry).unwrap(), SOON).await);
        world.good(window.find("h1", SOON).await);
        assert_eq!(violations(&window).await, Vec::<String>::new(), "{screen}");
        world.good(window.press(&world.words.get("back").unwrap(), SOON).await);
        world.good(window.says(&world.words.get("home-report").unwrap(), SOON).await);
    }
    world.good(window.press(&world.words.get("home-report").unwrap(), SOON).await);
    world.good(window.find("#report-text", SOON).await);
    assert_eq!(violations(&window).await, Vec::<String>::new(), "Report");
    world.good(person.write(&window, Report { text, screenshot: false }).await);
    assert_eq!(violations(&window).await, Vec::<String>::new(), "What will be sent");
    world.good(person.send(&window, "sent-title").await);
    assert_eq!(violations(&window).await, Vec::<String>::new(), "Sent");
    world.good(window.press(&world.words.get("sent-follow").unwrap(), SOON).await);
    world.good(window.says(text, SOON).await);
    assert_eq!(violations(&window).await, Vec::<String>::new(), "One request");
}
