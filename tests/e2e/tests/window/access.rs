//! What a browser's audit cannot see elsewhere: the real window, in its own web view, shuts nobody out.

use std::time::Duration;

use deskside_desktop::{Window, wait_until};
use deskside_e2e::{Person, Programs, SOON, Words};
use deskside_protocol::local::{Request, Response, Route};
use deskside_protocol::settings::{Language, Settings, Theme};
use serde::Deserialize;
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
    tokio::time::sleep(Duration::from_millis(250)).await;
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

/// Sends the window somewhere, as the tray does, and waits until the screen with this title is whole.
async fn go(world: &World, window: &Window, route: Route, title: &str) {
    world.ask(Request::ShowWindow { route }).await;
    whole(world, window, title).await;
}

async fn whole(world: &World, window: &Window, title: &str) {
    let script = "return [document.querySelector('h1')?.innerText ?? '',
        document.querySelectorAll('[aria-busy=true]').length]";
    let screen = format!("the screen {title:?}, whole");
    let there = wait_until(&screen, SOON, async || {
        let seen = window.client.execute(script, Vec::new()).await?;
        let said = seen.get(0).and_then(Value::as_str).unwrap_or_default();
        Ok((said.contains(title) && seen.get(1) == Some(&json!(0))).then_some(()))
    });
    world.good(there.await);
}

/// Keeps a picture of the screen, window and all, where `DESKSIDE_SCREENS` says: for the README and the eye.
fn photograph(world: &World, name: &str) {
    if let Some(folder) = std::env::var_os("DESKSIDE_SCREENS") {
        let file = std::path::Path::new(&folder).join(format!("window-{name}.png"));
        std::fs::write(file, world.desktop.picture().unwrap()).unwrap();
    }
}

/// What somebody writes by day and by night, and what is answered.
struct Story {
    by_day: &'static str,
    by_night: &'static str,
    answer: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_screen_shuts_anybody_out_in_english() {
    let story = Story {
        by_day: "My keyboard types every letter twice",
        by_night: "My keyboard types twice, also at night",
        answer: "Hello, which keyboard is it?",
    };
    no_screen_shuts_anybody_out(Language::En, "en", story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_screen_shuts_anybody_out_in_french() {
    let story = Story {
        by_day: "Mon clavier tape chaque lettre deux fois",
        by_night: "Mon clavier tape deux fois, le soir aussi",
        answer: "Bonjour, de quel clavier s’agit-il\u{a0}?",
    };
    no_screen_shuts_anybody_out(Language::Fr, "fr", story).await;
}

/// Every screen in the light and in the dark, in one window: the agent's settings change it while it stands.
async fn no_screen_shuts_anybody_out(language: Language, name: &str, story: Story) {
    let mut world = World::new("en").await;
    let technician = world.hub.sign_in().await.unwrap();
    let item = world.good(world.desktop.tray().unwrap().item(SOON).await);
    item.choose(&world.words.get("tray-open").unwrap()).await.unwrap();
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    world.words = Words::read(name).unwrap();

    for (theme, text) in [(Theme::Light, story.by_day), (Theme::Dark, story.by_night)] {
        world.ask(Request::ChangeSettings { settings: Settings { language, theme, ..Settings::default() } }).await;
        let in_force = wait_until("the language and the theme", SOON, async || {
            let script = "return [document.documentElement.lang, document.documentElement.dataset.theme]";
            let told = window.client.execute(script, Vec::new()).await?;
            Ok((told == json!([name, theme])).then_some(()))
        });
        world.good(in_force.await);
        let word = |id: &str| world.words.get(id).unwrap();
        let good = async |screen: &str| {
            assert_eq!(violations(&window).await, Vec::<String>::new(), "{screen}, {name}, {theme:?}");
        };
        for (route, title) in [
            (Route::Privacy, word("home-privacy")),
            (Route::Settings, word("home-settings")),
            (Route::Connect, word("connect-title")),
            (Route::Computer, word("home-computer")),
            (Route::Requests, word("requests-title")),
            (Route::Home, String::new()),
            (Route::Report { draft: None, capture: None }, word("report-title")),
        ] {
            let screen = format!("{route:?}");
            go(&world, &window, route, &title).await;
            good(&screen).await;
            if screen == "Home" {
                photograph(&world, &format!("home-{name}-{theme:?}"));
            }
        }
        let person = Person::new(&world.desktop, &world.words);
        world.good(window.find("#report-text", SOON).await).send_keys(text).await.unwrap();
        world.good(window.press_css("#report-next", SOON).await);
        whole(&world, &window, &word("preview-title")).await;
        good("what will be sent").await;
        photograph(&world, &format!("preview-{name}-{theme:?}"));
        world.good(person.send(&window, "sent-title").await);
        good("sent").await;
        let ticket = world.good(technician.ticket_titled(text, SOON).await);
        technician.reply(ticket.row.number, story.answer, None).await.unwrap();
        world.good(window.press_css("#sent-follow", SOON).await);
        world.good(window.says(story.answer, SOON).await);
        good("one request").await;
        photograph(&world, &format!("request-{name}-{theme:?}"));
    }
}

/// Where the focus is, and whether a person sees it there.
#[derive(Debug, Deserialize)]
struct Focus {
    /// The focused control's id or name.
    id: String,
    /// Whether something lies over its middle, or it is out of the window.
    covered: bool,
    /// Whether a ring is drawn around it, or around what stands for it.
    ringed: bool,
    /// What reaches out of the window at its side.
    sideways: Vec<String>,
}

async fn focus(window: &Window) -> Focus {
    let script = "
        const it = document.activeElement;
        const drawn = it.closest('label') ?? it;
        const { left, top, width, height } = drawn.getBoundingClientRect();
        const above = document.elementFromPoint(left + width / 2, top + Math.min(height, innerHeight) / 2);
        return {
            id: it.id || it.value || it.textContent.trim(),
            covered: it !== document.body && !(above && (drawn.contains(above) || above.contains(drawn))),
            ringed: it === document.body || getComputedStyle(drawn).outlineStyle !== 'none',
            sideways: document.scrollingElement.scrollWidth <= innerWidth ? []
                : [...document.querySelectorAll('body *')]
                    .filter((element) => element.getBoundingClientRect().right > innerWidth)
                    .map((element) => element.outerHTML.slice(0, 90)),
        };";
    serde_json::from_value(window.client.execute(script, Vec::new()).await.unwrap()).unwrap()
}

/// Presses Tab until the control with this id or value has the focus. On the way, whoever looks sees where they are.
async fn tab_to(world: &World, window: &Window, wanted: &str) {
    let mut seen = Vec::new();
    for _ in 0..80 {
        let at = focus(window).await;
        if at.id == wanted {
            return;
        }
        seen.push(at.id);
        world.good(world.desktop.press_keys(&["Tab"]).await);
        // The window scrolls to what has the focus.
        tokio::time::sleep(Duration::from_millis(40)).await;
        let now = focus(window).await;
        assert!(!now.covered && now.ringed && now.sideways.is_empty(), "{now:?} after {seen:?}");
    }
    world.good::<()>(Err(anyhow::anyhow!("no way by Tab to {wanted}, only to {seen:?}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_sent_from_the_keyboard_alone_in_a_narrow_window_with_large_text() {
    let mut world = World::new("en").await;
    let text = "My mouse is broken";
    let person = Person::new(&world.desktop, &world.words);
    let window = world.good(person.begin_report().await);
    // Twice as large by the keys for it: of 640 pixels, 320 are left (WCAG 2.2, 1.4.4 and 1.4.10).
    world.good(world.desktop.resize_window("Deskside", 640, 740).await);
    let narrow = wait_until("text twice as large", SOON, async || {
        let width = window.client.execute("return innerWidth", Vec::new()).await?.as_u64();
        if width.is_some_and(|width| width <= 320) {
            return Ok(Some(()));
        }
        world.desktop.press_keys(&["ctrl+plus"]).await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        Ok(None)
    });
    world.good(narrow.await);

    // Whoever comes to write, writes.
    world.good(world.desktop.type_text(text).await);
    let written = wait_until("the text", SOON, async || {
        let value = window.client.execute("return document.querySelector('#report-text').value", Vec::new()).await?;
        Ok((value.as_str() == Some(text)).then_some(()))
    });
    world.good(written.await);
    tab_to(&world, &window, "yes").await;
    world.good(world.desktop.press_keys(&["Right", "Right"]).await);
    tab_to(&world, &window, "report-next").await;
    world.good(world.desktop.press_keys(&["Return"]).await);
    whole(&world, &window, &world.words.get("preview-title").unwrap()).await;
    tab_to(&world, &window, "preview-send").await;
    world.good(world.desktop.press_keys(&["space"]).await);
    world.good(window.says(&world.words.get("sent-title").unwrap(), SOON).await);

    let technician = world.hub.sign_in().await.unwrap();
    let ticket = world.good(technician.ticket_titled(text, SOON).await);
    let can_work = ticket.document.can_work.map(|answer| serde_json::to_value(answer).unwrap());
    assert_eq!(can_work, Some(json!("no")), "chosen with the arrows");

    // And back Home, with Escape and nothing else.
    tab_to(&world, &window, "sent-follow").await;
    world.good(world.desktop.press_keys(&["Return"]).await);
    world.good(window.says(text, SOON).await);
    world.good(world.desktop.press_keys(&["Escape"]).await);
    world.good(window.says(&world.words.get("home-report").unwrap(), SOON).await);
    let Response::Home(home) = world.ask(Request::Home).await else { panic!("not Home") };
    assert_eq!(home.open_requests, 1);
}
