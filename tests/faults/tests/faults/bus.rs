//! The session bus dies, and with it tray, notifications and keyring.

use std::time::Duration;

use deskside_desktop::wait_until;
use deskside_e2e::SOON;
use deskside_faults::Dice;
use deskside_protocol::ErrorCode;

use crate::world::{LONG, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_session_bus_reports_are_taken_all_the_same() {
    let mut world = World::start(Dice::of_run()).await;
    let mut user = world.agent.user();
    world.desktop.kill_bus();
    user.report("The panel is gone", &[]).await.unwrap();
    user.all_arrived(LONG).await.unwrap();

    // Nothing of it runs in circles because of that.
    let before = world.agent.processor_time().unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let used = world.agent.processor_time().unwrap() - before;
    assert!(used < Duration::from_secs(2), "used {used:?} of 4 s doing nothing");

    // The next agent has no bus from the start, and the credential is where it cannot ask.
    world.restart().await;
    user.report("Still no panel", &[]).await.unwrap();
    wait_until("it is said", SOON, async || {
        let notices = user.home().await?.notices;
        Ok(notices.iter().any(|notice| notice.code == ErrorCode::KeyringUnavailable).then_some(()))
    })
    .await
    .unwrap();
    let waits = user.undelivered().await.unwrap();
    assert_eq!(waits.keys().collect::<Vec<_>>(), ["Still no panel"], "it is kept, and waits");
    assert_eq!(world.titles().await, ["The panel is gone"]);
}
