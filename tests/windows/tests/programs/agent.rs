//! The agent from its start to a ticket in a hub, and over a crash.

use deskside_e2e::Technician;
use deskside_on_windows::{Built, SOON, Windows};
use deskside_protocol::desk::ConsoleTicket;
use deskside_protocol::facts::Section;

use super::{hub, ready};

fn program(built: &Built) -> String {
    built.programs.join("deskside.exe").display().to_string()
}

async fn titled(technician: &Technician, title: &str) -> ConsoleTicket {
    technician.ticket_titled(title, SOON).await.unwrap()
}

#[tokio::test]
async fn an_employee_with_windows_reports_a_problem_and_nothing_is_lost_in_a_crash() {
    let Some(built) = Built::find() else { return };
    let windows = Windows::start().await.unwrap();
    let (mut hub, token) = hub().await;
    let technician = hub.sign_in().await.unwrap();
    let deskside = program(&built);

    let mut agent = windows.run(&deskside, &["run"]).unwrap();
    ready(&windows, &deskside).await;
    windows.ask(&deskside, &["enrol", "--hub", &hub.url(), "--token", &token]).await.unwrap();

    // The technician sees what the computer is, and the screen.
    let said = windows.ask(&deskside, &["report", "The badge reader is dead", "--screenshot", "--yes"]).await.unwrap();
    assert!(said.contains("Its number is 1"), "{said}");
    let ticket = titled(&technician, "The badge reader is dead").await;
    let Some(Section::Collected { data: system, .. }) = &ticket.document.facts.system else {
        panic!("{:?}", ticket.document.facts.system)
    };
    assert!(system.name.contains("Windows"), "{system:?}");
    let Some(Section::Collected { data: memory, .. }) = &ticket.document.facts.memory else {
        panic!("{:?}", ticket.document.facts.memory)
    };
    assert!(memory.total_bytes > 0);
    let [picture] = ticket.arrived.as_slice() else { panic!("{:?}", ticket.arrived) };
    let picture = technician.attachment(*picture).await.unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "not a picture");

    // An answer comes by itself.
    technician.reply(ticket.row.number, "Is it plugged in?", None).await.unwrap();
    deskside_desktop::wait_until("the answer", SOON, async || {
        Ok(windows.ask(&deskside, &["requests"]).await?.contains("new answer").then_some(()))
    })
    .await
    .unwrap();

    // Kept while the hub is away, through a crash, and sent once; the credential was in the system's keyring.
    hub.kill();
    let said = windows.ask(&deskside, &["report", "Written without a network", "--yes"]).await.unwrap();
    assert!(!said.contains("Its number is"), "{said}");
    agent.kill();
    hub.resume().await.unwrap();
    let mut agent = windows.run(&deskside, &["run"]).unwrap();
    let technician = hub.sign_in().await.unwrap();
    titled(&technician, "Written without a network").await;
    let tickets = technician.tickets().await.unwrap();
    assert_eq!(tickets.iter().filter(|row| row.title == "Written without a network").count(), 1, "{tickets:?}");
    assert_eq!(tickets.len(), 2, "{tickets:?}");

    let checks = windows.ask(&deskside, &["doctor", "--json"]).await.unwrap();
    let checks: serde_json::Value = serde_json::from_str(&checks[checks.find('[').unwrap()..]).unwrap();
    for name in ["store", "outbox", "helpdesk", "keyring", "screen", "settings", "policy"] {
        let check = checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["health"], "good", "{check}");
    }

    windows.ask(&deskside, &["quit"]).await.unwrap();
    assert!(agent.ended(SOON).await.unwrap().success(), "{}", agent.output());
}

#[tokio::test]
async fn the_second_start_finds_the_first_and_a_window_that_fails_harms_nobody() {
    let Some(built) = Built::find() else { return };
    let windows = Windows::start().await.unwrap();
    let deskside = program(&built);
    let mut agent = windows.run(&deskside, &["run"]).unwrap();
    ready(&windows, &deskside).await;
    let (code, output) = windows.code_of(&deskside, &["run"]).await.unwrap();
    assert_eq!(code, 0, "{output}");
    assert!(agent.runs(), "the second start has ended the first");
    // Wine has no web view: the window ends at once, the agent goes on.
    windows.ask(&deskside, &["show"]).await.unwrap();
    windows.ask(&deskside, &["requests"]).await.unwrap();
    windows.ask(&deskside, &["quit"]).await.unwrap();
    assert!(agent.ended(SOON).await.unwrap().success(), "{}", agent.output());
}
