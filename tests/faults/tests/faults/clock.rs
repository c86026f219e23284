//! The clock jumps years ahead and back, as it does with an empty battery and after a typing error of an administrator.

use std::path::{Path, PathBuf};

use deskside_desktop::wait_until;
use deskside_e2e::SOON;
use deskside_faults::{Dice, User, Way};
use deskside_protocol::local::Delivery;
use deskside_protocol::ticket::TicketState;

use crate::world::{LONG, World, bare};

/// The library that changes what a program is told of the time (Debian: libfaketime), if it is there.
fn library() -> Option<PathBuf> {
    let below = |folder: PathBuf| folder.join("faketime/libfaketime.so.1");
    let machines = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| below(entry.path()));
    machines.chain([below(PathBuf::from("/usr/lib"))]).find(|path| path.exists())
}

fn turn(clock: &Path, offset: &str) {
    let beside = clock.with_extension("new");
    std::fs::write(&beside, offset).unwrap();
    std::fs::rename(beside, clock).unwrap();
}

/// Waits until everything has arrived, with nobody asking for it.
async fn arrived_by_itself(user: &mut User) {
    wait_until("everything in the helpdesk", LONG, async || Ok(user.undelivered().await?.is_empty().then_some(())))
        .await
        .unwrap();
}

async fn has_been_tried(user: &mut User) {
    wait_until("a try that failed", SOON, async || {
        let waits = user.undelivered().await?;
        Ok(waits.values().any(|delivery| matches!(delivery, Delivery::Waiting { tries: 1.., .. })).then_some(()))
    })
    .await
    .unwrap();
}

/// The agent's own year, by the moment at which it says that it kept a draft.
async fn year(user: &mut User) -> i64 {
    let draft = user.new_draft().await.unwrap();
    user.type_over(draft, "", "What time is it?").await.unwrap();
    let saved_at = user.draft(draft).await.unwrap().saved_at;
    1970 + saved_at.unix_ms() / (365 * 24 * 3600 * 1000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_years_both_ways_holds_nothing_up_and_removes_nothing() {
    let Some(library) = library() else { return println!("SKIPPED: libfaketime is not installed") };
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    turn(&clock, "+0");
    let environment = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        // What measures spans does not jump with the clock, and what is written on files stays what it was.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("NO_FAKE_STAT", "1"),
    ];
    let mut world = World::start_with(Dice::of_run(), bare(true), &environment).await;
    // IT lets nothing that is over stay for longer than a month: years seem to pass, and do not.
    std::fs::write(world.desktop.folder().join("policy.toml"), "retention_days = 30\n").unwrap();
    world.restart().await;
    world.enrol().await;
    let mut user = world.agent.user();
    let now = year(&mut user).await;
    let over = user.report("Over", &[]).await.unwrap();
    user.all_arrived(LONG).await.unwrap();
    let technician = world.hub.sign_in().await.unwrap();
    let number = technician.tickets().await.unwrap()[0].number;
    technician.reply(number, "Done.", Some(TicketState::Solved)).await.unwrap();
    wait_until("it is solved", LONG, async || {
        Ok((user.thread(over).await?.row.state == Some(TicketState::Solved)).then_some(()))
    })
    .await
    .unwrap();

    // Ten years ahead while something waits.
    world.proxy.set(Way::Cut);
    user.report("Waits for ten years", &[]).await.unwrap();
    has_been_tried(&mut user).await;
    turn(&clock, "+10y");
    assert!(year(&mut user).await >= now + 9, "the clock does not jump");
    world.proxy.set(Way::Clear);
    arrived_by_itself(&mut user).await;

    // Thirty years back, with a next try that is due in what is now a far future.
    world.proxy.set(Way::Cut);
    user.report("Due in thirty years", &[]).await.unwrap();
    has_been_tried(&mut user).await;
    turn(&clock, "-20y");
    assert!(year(&mut user).await <= now - 19, "the clock does not jump");
    world.proxy.set(Way::Clear);
    arrived_by_itself(&mut user).await;

    // Starts in either time, with a draft.
    let draft = user.new_draft().await.unwrap();
    user.type_over(draft, "", "Typed twenty years ago").await.unwrap();
    for (offset, title) in [("-20y", "In the past"), ("+10y", "In the future"), ("+0", "Today")] {
        turn(&clock, offset);
        world.restart().await;
        user.report(title, &[]).await.unwrap();
        arrived_by_itself(&mut user).await;
    }
    assert_eq!(user.draft(draft).await.unwrap().text, "Typed twenty years ago");
    let all = ["Due in thirty years", "In the future", "In the past", "Over", "Today", "Waits for ten years"];
    assert_eq!(world.titles().await, all);
    let mut kept: Vec<String> = user.requests().await.unwrap().into_iter().map(|row| row.title).collect();
    kept.sort();
    assert_eq!(kept, all, "nothing was removed because of a clock alone");
}
