//! The network goes and comes back: in a network of the test's own, so that the kernel tells the agent as it always does.

use std::time::{Duration, Instant};

use deskside_desktop::{Spawn, wait_until};
use deskside_e2e::SOON;
use deskside_faults::{Apart, Dice, Upload, User, Way, apart};
use deskside_protocol::local::Delivery;

use crate::world::{LONG, World};

/// Product goal: sending resumes within this time of the network's return.
const GOAL: Duration = Duration::from_secs(5);
/// What a busy machine may take for it. Whoever waits for an exchange that hangs takes longer, and fails.
const AT_MOST: Duration = Duration::from_secs(15);

async fn ip(arguments: &[&str]) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let mut ip = Spawn::new("ip", log.path()).args(arguments).env("PATH", path).start().unwrap();
    let status = ip.ended(SOON).await.unwrap();
    assert!(status.success(), "ip {arguments:?}: {}", ip.output());
}

/// Waits until this many requests stand like this.
async fn stand(user: &mut User, count: usize, like: fn(&Delivery) -> bool) {
    wait_until("requests that wait", LONG, async || {
        Ok((user.undelivered().await?.values().filter(|delivery| like(delivery)).count() == count).then_some(()))
    })
    .await
    .unwrap();
}

/// Waits until everything has arrived by itself, and says how long that took.
async fn arrived_after(user: &mut User, what: &str) {
    let begun = Instant::now();
    wait_until("everything in the helpdesk", LONG, async || Ok(user.undelivered().await?.is_empty().then_some(())))
        .await
        .unwrap();
    let took = begun.elapsed();
    let goal = if took <= GOAL { "within the goal" } else { "over the goal: this machine is busy" };
    println!("{what}: {took:.1?} after the network was back, {goal}");
    assert!(took <= AT_MOST, "{what}: {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_resumes_with_the_network() {
    let script = "ip link set lo up";
    match apart("network::sending_resumes_with_the_network", script).await.unwrap() {
        Apart::Inside => {}
        Apart::Done(output) => return println!("{output}"),
        Apart::Impossible(why) => return println!("SKIPPED: {why}"),
    }
    let mut world = World::start(Dice::of_run()).await;
    let mut user = world.agent.user();
    let sending = |delivery: &Delivery| *delivery == Delivery::Sending;
    let tried = |delivery: &Delivery| matches!(delivery, Delivery::Waiting { tries: 1.., .. });

    // A cable is pulled while a file and two small exchanges are under way: nobody is told, and nothing ever answers.
    user.report("Before", &[]).await.unwrap();
    user.all_arrived(LONG).await.unwrap();
    world.proxy.set(Way::Silent);
    let file = Upload { name: "file.bin".to_owned(), bytes: vec![1; 900_000] };
    user.report("Under way with a file", &[file]).await.unwrap();
    user.report("Under way", &[]).await.unwrap();
    stand(&mut user, 2, sending).await;
    world.proxy.set(Way::Clear);
    ip(&["address", "add", "10.99.0.1/32", "dev", "lo"]).await;
    arrived_after(&mut user, "exchanges that hung").await;

    // The same, when the helpdesk has the request already and a file is on its way: for that ten minutes are allowed.
    world.proxy.set(Way::FilesHang);
    let file = Upload { name: "large.bin".to_owned(), bytes: vec![2; 2_000_000] };
    user.report("A file that hangs", &[file]).await.unwrap();
    wait_until("the request in the helpdesk", LONG, async || {
        Ok(world.titles().await.contains(&"A file that hangs".to_owned()).then_some(()))
    })
    .await
    .unwrap();
    // It has stood still for longer than a file that moves does.
    tokio::time::sleep(Duration::from_secs(5)).await;
    stand(&mut user, 1, sending).await;
    world.proxy.set(Way::Clear);
    ip(&["address", "add", "10.99.0.2/32", "dev", "lo"]).await;
    arrived_after(&mut user, "a file that hung").await;

    // The way out goes altogether, for longer than the first waits, and comes back.
    ip(&["link", "set", "lo", "down"]).await;
    user.report("Without a way out", &[]).await.unwrap();
    stand(&mut user, 1, tried).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    ip(&["link", "set", "lo", "up"]).await;
    arrived_after(&mut user, "what was kept without a network").await;

    let all = ["A file that hangs", "Before", "Under way", "Under way with a file", "Without a way out"];
    assert_eq!(world.titles().await, all);
}
