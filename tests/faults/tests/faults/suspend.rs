//! The computer sleeps in the middle of sending, and its connections are gone when it wakes.

use std::time::Duration;

use deskside_desktop::wait_until;
use deskside_e2e::SOON;
use deskside_faults::{Dice, Upload, Way};
use deskside_protocol::local::Delivery;

use crate::world::{LONG, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_under_way_when_the_computer_slept_arrives_once_when_it_wakes() {
    let mut world = World::start(Dice::of_run()).await;
    let mut user = world.agent.user();
    world.proxy.set(Way::Silent);
    let picture = Upload { name: "picture.bin".to_owned(), bytes: vec![7; 600_000] };
    user.report("Written before the train", &[picture]).await.unwrap();
    wait_until("it is under way", SOON, async || {
        Ok(user.undelivered().await?.values().any(|delivery| *delivery == Delivery::Sending).then_some(()))
    })
    .await
    .unwrap();

    world.agent.suspend();
    world.proxy.set(Way::Cut);
    // It sleeps: here time passes, and nothing happens that could be waited for.
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.proxy.set(Way::Clear);
    world.agent.wake();

    // On the connection that slept, too.
    wait_until("it arrives by itself", LONG, async || Ok(user.undelivered().await?.is_empty().then_some(())))
        .await
        .unwrap();
    user.report("Written on the train", &[]).await.unwrap();
    user.all_arrived(LONG).await.unwrap();
    assert_eq!(world.titles().await, ["Written before the train", "Written on the train"]);
}
