//! The helpdesk that a company runs already, connected by the window's own screen: a real Request Tracker.

use std::time::Duration;

use deskside_contract::mantis::{Mantis, REPORTER};
use deskside_contract::{Pace, Replay};
use deskside_desktop::{Desktop, Options, Window, wait_until};
use deskside_e2e::{Agent, Person, Programs, Report, RequestTracker, SOON, Words};
use reqwest::Method;
use serde_json::{Value, json};

/// A helpdesk that does not say by itself that something changed is asked once a minute while a window is open.
const ASKED: Duration = Duration::from_secs(100);

/// What somebody writes, and what a technician answers.
struct Story {
    language: &'static str,
    locale: &'static str,
    text: &'static str,
    answer: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_tracker_is_connected_by_the_screen_and_answers() {
    let rt = match RequestTracker::start().await.unwrap() {
        Ok(rt) => rt,
        #[allow(clippy::print_stdout, reason = "what was not tested is counted from this")]
        Err(why) => return println!("SKIPPED: {why}"),
    };
    let stories = [
        Story {
            language: "en",
            locale: "en_GB.UTF-8",
            text: "The scanner draws a line through every page",
            answer: "Please clean the glass, it is behind the flap.",
        },
        Story {
            language: "fr",
            locale: "fr_FR.UTF-8",
            text: "Le scanner trace une ligne sur chaque page",
            answer: "Nettoyez la vitre, elle est derrière le volet.",
        },
    ];
    for story in stories {
        tell(&rt, &story).await;
    }
}

/// From a computer that nobody has connected to the answer in its window.
async fn tell(rt: &RequestTracker, story: &Story) {
    let Story { language, locale, text, answer } = *story;
    let programs = Programs::find().unwrap();
    let words = Words::read(language).unwrap();
    let desktop = Desktop::start(Options { locale: locale.to_owned(), ..Options::default() }).await.unwrap();
    let agent = Agent::start(&programs, &desktop, None).await.unwrap();
    let good = |outcome: anyhow::Result<()>| {
        if let Err(error) = outcome {
            panic!("{language}: {error:#}\n--- the agent said:\n{}", agent.output());
        }
    };
    let word = |id: &str| words.get(id).unwrap();
    let item = desktop.tray().unwrap().item(SOON).await.unwrap();
    item.choose(&word("tray-open")).await.unwrap();
    let window = Window::attach(&desktop, SOON).await.unwrap();

    // From Home to the question for the address; it is typed as people type it, without a scheme.
    good(window.press_css("#home-connect", SOON).await);
    window.find("#connect-address", SOON).await.unwrap().send_keys(&rt.address().to_string()).await.unwrap();
    good(window.press_css("#connect-continue", SOON).await);
    good(window.says("Request Tracker", SOON).await);
    good(window.says(&word("connect-where"), SOON).await);
    photograph(&desktop, &format!("connect-{language}"));

    // A wrong token is said to be one; the right one is kept.
    let token = window.find("#connect-token", SOON).await.unwrap();
    token.send_keys("1-14-0123456789abcdef").await.unwrap();
    good(window.press_css("#connect-do", SOON).await);
    good(window.says(&word("connect-problem-token-wrong"), SOON).await);
    good(window.press_css("#connect-problem summary", SOON).await);
    good(window.says(&word("connect-help-token-wrong"), SOON).await);
    let token = window.find("#connect-token", SOON).await.unwrap();
    token.clear().await.unwrap();
    token.send_keys(&rt.token("alice").unwrap()).await.unwrap();
    good(window.press_css("#connect-do", SOON).await);
    good(window.says(&word("connect-done-title"), 2 * SOON).await);

    // A report, sent from there.
    good(window.press_css("#connect-report", SOON).await);
    let person = Person::new(&desktop, &words);
    good(person.write(&window, Report { text, screenshot: true }).await);
    good(person.send(&window, "sent-title").await);
    let ticket = wait_until("the ticket in Request Tracker", SOON, async || {
        let found = rt.ask(Method::GET, "tickets?query=id>0&per_page=100&fields=Subject,Requestor", None).await?;
        let tickets = found["items"].as_array().cloned().unwrap_or_default();
        let mine: Vec<Value> = tickets.into_iter().filter(|ticket| ticket["Subject"] == text).collect();
        assert!(mine.len() < 2, "it came twice: {mine:?}");
        Ok(mine.into_iter().next())
    });
    let ticket = ticket.await.unwrap();
    assert!(ticket["Requestor"].to_string().contains("alice"), "{ticket}");
    let number = ticket["id"].as_str().unwrap().to_owned();
    let path = format!("ticket/{number}/attachments?per_page=100&fields=ContentType,ContentLength");
    let parts = rt.ask(Method::GET, &path, None).await.unwrap();
    let pictures = parts["items"].as_array().unwrap().iter().filter(|part| part["ContentType"] == "image/png");
    assert_eq!(pictures.count(), 1, "the picture of the screen is not there: {parts}");

    // The answer, as a technician writes it; and what this helpdesk cannot do is not offered.
    good(window.press_css("#sent-follow", SOON).await);
    let body = json!({ "Content": answer, "ContentType": "text/plain" });
    rt.ask(Method::POST, &format!("ticket/{number}/correspond"), Some(body)).await.unwrap();
    good(window.says(answer, ASKED).await);
    photograph(&desktop, &format!("connected-{language}"));
    let said = window.text().await.unwrap();
    assert!(!said.contains(&word("request-rate-question")), "Request Tracker has no ratings: {said}");
}

/// Where the helpdesk tells its categories, they stand in the window in its own words, and the ticket has the one that was
/// chosen. MantisBT is replayed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_helpdesks_own_categories_are_offered_and_arrive() {
    let mantis = Replay::start(Mantis::new().unwrap(), Pace::AsCaptured).await.unwrap();
    let programs = Programs::find().unwrap();
    let words = Words::read("en").unwrap();
    let desktop = Desktop::start(Options::default()).await.unwrap();
    let agent = Agent::start(&programs, &desktop, None).await.unwrap();
    let token = desktop.folder().join("token");
    std::fs::write(&token, REPORTER).unwrap();
    let arguments = ["connect", mantis.url().as_str(), "--credential-file", token.to_str().unwrap()];
    agent.command(&desktop, &arguments).await.unwrap();
    // Who finds out what lies at an address asks every kind of helpdesk for its own.
    let _asked_of_others = mantis.take_uncovered();

    let person = Person::new(&desktop, &words);
    let window = person.begin_report().await.unwrap();
    let offered = window.find("#report-category option[value='3']", SOON).await.unwrap();
    assert_eq!(offered.text().await.unwrap(), "Software");
    // The list that the select opens is the desktop's, out of reach for the driver: what a choice in it does to the page.
    let choice = "const all = document.querySelector('#report-category'); all.value = '3';
        all.dispatchEvent(new Event('change', { bubbles: true }));";
    window.client.execute(choice, Vec::new()).await.unwrap();
    photograph(&desktop, "categories");
    person.write(&window, Report { text: "The spreadsheet closes itself", screenshot: false }).await.unwrap();
    window.says("Software", SOON).await.unwrap();
    photograph(&desktop, "categories-preview");
    person.send(&window, "sent-title").await.unwrap();
    let category = wait_until("the issue", SOON, async || {
        Ok(mantis.with(|mantis| mantis.issues().last().map(|issue| issue.category.clone())))
    });
    assert_eq!(category.await.unwrap(), "Software");
}

/// Keeps a picture of the screen where `DESKSIDE_SCREENS` says: for the eye.
fn photograph(desktop: &Desktop, name: &str) {
    if let Some(folder) = std::env::var_os("DESKSIDE_SCREENS") {
        let file = std::path::Path::new(&folder).join(format!("window-{name}.png"));
        std::fs::write(file, desktop.picture().unwrap()).unwrap();
    }
}
