//! What others write, fed to the real window as several hundred hostile texts: each stands there letter for letter, and
//! none does anything else. The same texts go through the console in `ui/tests/console/hostile.spec.ts`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deskside_desktop::{Window, wait_until};
use deskside_e2e::{Programs, SOON, Technician};
use deskside_protocol::ClientId;
use deskside_protocol::local::{Delivery, DraftChange, Request, Response, Route, Thread};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::World;

/// A line of `hostile/texts.json`.
#[derive(Deserialize)]
struct Case {
    class: String,
    text: String,
    /// What it begins with, and how often.
    #[serde(default)]
    repeat: Option<(String, usize)>,
}

impl Case {
    /// The text, its addresses leading to `host`.
    fn text(&self, host: &str) -> String {
        let beginning = self.repeat.as_ref().map(|(unit, times)| unit.repeat(*times)).unwrap_or_default();
        format!("{beginning}{}", self.text).replace("evil.example", host)
    }
}

fn hostile(file: &str) -> String {
    std::fs::read_to_string(Programs::checkout().join("tests/e2e/hostile").join(file)).unwrap()
}

/// What is said beside a file.
const WITH_FILE: &str = "See the file.";

/// A computer of the attacker's; counts who comes.
async fn attackers_host() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (host, came)
}

/// What a text is to the agent: without control characters but line feeds and tabs.
fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Reports a problem without a window, and waits until it has arrived; its identity and number.
async fn report(world: &World, text: &str) -> (ClientId, u64) {
    let Response::Draft(draft) = world.ask(Request::NewDraft).await else { panic!("no draft") };
    let change = DraftChange { text: Some(text.to_owned()), ..DraftChange::default() };
    world.ask(Request::SaveDraft { draft: draft.id, change }).await;
    let preview = wait_until("the whole preview", SOON, async || {
        let Response::Preview(preview) = world.ask(Request::Preview { draft: draft.id }).await else { panic!("none") };
        Ok((!preview.collecting).then_some(preview))
    });
    let document_sha256 = world.good(preview.await).document_sha256;
    let submitted = world.ask(Request::Submit { draft: draft.id, document_sha256 }).await;
    let Response::Submitted { client_id } = submitted else { panic!("not submitted: {submitted:?}") };
    let number = wait_until("its number", SOON, async || match thread(world, client_id).await.row.delivery {
        Delivery::Delivered { number } => Ok(Some(number)),
        Delivery::Waiting { .. } | Delivery::Sending | Delivery::Parked { .. } => Ok(None),
    });
    (client_id, world.good(number.await))
}

async fn thread(world: &World, client_id: ClientId) -> Thread {
    let Response::Thread(thread) = world.ask(Request::Thread { client_id }).await else { panic!("no thread") };
    thread
}

async fn run(window: &Window, script: &str) -> Value {
    window.client.execute(script, Vec::new()).await.unwrap()
}

/// Sends the window somewhere and waits until it is there and whole; then nothing that came from a text may have done
/// anything, or show.
async fn nothing_is_wrong(world: &World, window: &Window, route: Route, sign: &str) {
    let screen = format!("{route:?}, with {sign}");
    world.ask(Request::ShowWindow { route }).await;
    let there = wait_until(&screen, SOON, async || {
        let script = "return document.querySelectorAll('[aria-busy=true]').length === 0
            && document.querySelector(arguments[0]) !== null";
        Ok((window.client.execute(script, vec![json!(sign)]).await? == json!(true)).then_some(()))
    });
    world.good(there.await);
    // Pictures that do not load and frames that do say so a moment after the page stands.
    run(window, "window.settled = 0; requestAnimationFrame(() => setTimeout(() => (window.settled = 1), 50))").await;
    let settled = wait_until("a drawn page", SOON, async || {
        Ok((run(window, "return window.settled").await == json!(1)).then_some(()))
    });
    world.good(settled.await);
    assert_eq!(run(window, "return watch.faults()").await, json!([]), "{screen}");
}

/// All texts as answers of two technicians: the hub lets one say only so much at a time.
async fn answer_with_all(technicians: &[Technician; 2], number: u64, texts: &[String]) {
    let half = |which: usize| async move {
        for text in texts.iter().skip(which).step_by(2) {
            let answered = technicians[which].reply(number, text, None).await;
            answered.unwrap_or_else(|error| panic!("{text:?}: {error:#}"));
        }
    };
    tokio::join!(half(0), half(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_of_anybody_is_ever_more_than_a_text() {
    let mut world = World::new("en").await;
    let (host, came) = attackers_host().await;
    let cases: Vec<Case> = serde_json::from_str(&hostile("texts.json")).unwrap();
    let texts: Vec<String> =
        cases.iter().map(|case| case.text(&host)).filter(|text| !cleaned(text).trim().is_empty()).collect();
    assert!(texts.len() > 500, "the texts are there");

    // Given: requests that are called the worst of it, and one that is answered with all of it.
    let technicians = [world.hub.sign_in().await.unwrap(), world.hub.sign_in().await.unwrap()];
    let name = json!({ "display_name": "\u{202e}<img src=x onerror=canary()>" });
    technicians[0].send(reqwest::Method::PATCH, "/console/people/admin", &name).await.unwrap();
    let mut classes = BTreeSet::new();
    let mut titles = vec!["<svg/onload=canary()>\u{202e} turned".to_owned()];
    titles.extend(cases.iter().filter(|case| classes.insert(case.class.as_str())).map(|case| case.text(&host)));
    let mut requests = Vec::new();
    for title in &titles {
        requests.push(report(&world, title).await);
    }
    let (asked, number) = requests[0];
    technicians[0]
        .send(reqwest::Method::PATCH, &format!("/console/tickets/{number}"), &json!({ "assignee": "admin" }))
        .await
        .unwrap();
    answer_with_all(&technicians, number, &texts).await;
    let names: Vec<String> = cases.iter().filter(|case| case.class == "names").map(|case| case.text(&host)).collect();
    for name in &names {
        technicians[0].reply_with_file(number, WITH_FILE, name, name.as_bytes()).await.unwrap();
    }
    let kept = wait_until("all answers at the agent", 2 * SOON, async || {
        let thread = thread(&world, asked).await;
        Ok((thread.entries.len() == texts.len() + names.len()).then_some(thread))
    });
    let kept = world.good(kept.await);
    let arrived: BTreeSet<_> = kept.entries.iter().map(|entry| entry.follow_up.text.clone()).collect();
    let sent: BTreeSet<_> = texts.iter().map(|text| cleaned(text)).chain([WITH_FILE.to_owned()]).collect();
    assert_eq!(arrived, sent, "nothing is lost on the way");

    // When the window shows it.
    let item = world.good(world.desktop.tray().unwrap().item(SOON).await);
    item.choose(&world.words.get("tray-open").unwrap()).await.unwrap();
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    window.client.execute(&hostile("watch.js"), Vec::new()).await.unwrap();
    let last = format!("li:nth-child({}) article", kept.entries.len() + 1);
    nothing_is_wrong(&world, &window, Route::Request { client_id: asked }, &last).await;

    // Then each text stands there as it is, and no other.
    let shown = run(&window, "return watch.texts('article .text')").await;
    let answers = kept.entries.iter().map(|entry| entry.follow_up.text.clone());
    let said = std::iter::once(kept.description.clone()).chain(answers);
    let shown: Vec<String> = serde_json::from_value(shown).unwrap();
    for (shown, said) in shown.iter().zip(said.clone()) {
        assert_eq!(*shown, said);
    }
    assert_eq!(shown.len(), said.count());

    // In lists, titles, a link's suggestion, a draft, a preview and the ledger as well.
    nothing_is_wrong(&world, &window, Route::Requests, &format!("li:nth-child({})", requests.len())).await;
    nothing_is_wrong(&world, &window, Route::Home, "main").await;
    for (client_id, _) in &requests[1..4] {
        nothing_is_wrong(&world, &window, Route::Request { client_id: *client_id }, "article .text").await;
    }
    for text in texts.iter().step_by(150) {
        let route = Route::Suggested { text: text.clone(), category: None };
        nothing_is_wrong(&world, &window, route, "main").await;
    }
    nothing_is_wrong(&world, &window, Route::Privacy, "main").await;
    assert_eq!(came.load(Ordering::SeqCst), 0, "somebody was asked who is not ours");

    // And if one of them were taken for markup after all, the policy would still stop its script.
    let markup =
        format!("<img src=x onerror=canary()><img src=http://{host}/p.png><iframe src=http://{host}/></iframe>");
    let put =
        "const place = document.createElement('div'); place.innerHTML = arguments[0]; document.body.append(place)";
    window.client.execute(put, vec![json!(markup)]).await.unwrap();
    let mut told = Vec::new();
    let stopped = wait_until("the policy", SOON, async || {
        let happened = run(&window, "return watch.take()").await;
        told.extend(happened.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        let told_of = |what: &str| told.iter().any(|one| one.starts_with(&format!("the policy stopped {what}")));
        Ok((told_of("script-src") && told_of("img-src") && told_of("frame-src")).then_some(()))
    });
    let stopped = stopped.await;
    assert!(stopped.is_ok() && told.iter().all(|one| one.starts_with("the policy stopped")), "{told:?}");
    assert_eq!(came.load(Ordering::SeqCst), 0, "the policy lets the page go elsewhere");

    // The watch would have seen words that are turned around in this web view as well.
    let turned = "<p>\u{202e}A name <i>Our words</i></p>";
    window.client.execute(put, vec![json!(turned)]).await.unwrap();
    let faults = run(&window, "return watch.faults()").await.to_string();
    assert!(faults.contains("turned around: \\\"Our words"), "{faults}");
}
