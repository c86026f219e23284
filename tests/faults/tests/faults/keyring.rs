//! The keyring dies, is locked, and comes back.

use std::time::Duration;

use deskside_desktop::{Desktop, Process, wait_until};
use deskside_e2e::SOON;
use deskside_faults::{Dice, User};
use deskside_protocol::ErrorCode;
use deskside_protocol::local::Request;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::world::{LONG, World, bare};

/// Starts the keyring's daemon, open or locked.
async fn keyring(desktop: &Desktop, unlocked: bool) -> Process {
    let daemon = desktop.program("gnome-keyring-daemon", "keyring").args(["--foreground", "--components=secrets"]);
    let daemon =
        if unlocked { daemon.args(["--unlock"]).input("a password that unlocks nothing else") } else { daemon };
    let daemon = daemon.start().unwrap();
    name_is(desktop, true).await;
    daemon
}

/// Waits until there is a keyring on the bus, or none.
async fn name_is(desktop: &Desktop, taken: bool) {
    let bus = zbus::connection::Builder::address(desktop.bus_address()).unwrap().build().await.unwrap();
    let bus = zbus::fdo::DBusProxy::new(&bus).await.unwrap();
    wait_until("the keyring's name", SOON, async || {
        let has = bus.name_has_owner("org.freedesktop.secrets".try_into()?).await?;
        Ok((has == taken).then_some(()))
    })
    .await
    .unwrap();
}

async fn said(user: &mut User, wanted: bool) {
    wait_until("what is said of the keyring", LONG, async || {
        // As somebody does who wants it to go on.
        user.insist(Request::SendNow).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let notices = user.home().await?.notices;
        Ok((notices.iter().any(|notice| notice.code == ErrorCode::KeyringUnavailable) == wanted).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_keyring_or_with_a_locked_one_everything_is_kept_and_this_stays_the_same_device() {
    let mut world = World::start_with(Dice::of_run(), bare(false), &[]).await;
    let mut daemon = keyring(&world.desktop, true).await;
    world.enrol().await;
    let mut user = world.agent.user();

    // Whoever runs knows the credential already.
    daemon.kill();
    name_is(&world.desktop, false).await;
    user.report("The keyring has died", &[]).await.unwrap();
    user.all_arrived(LONG).await.unwrap();

    world.restart().await;
    user.report("There is no keyring", &[]).await.unwrap();
    said(&mut user, true).await;

    let mut daemon = keyring(&world.desktop, false).await;
    world.restart().await;
    user.report("The keyring is locked", &[]).await.unwrap();
    said(&mut user, true).await;
    assert_eq!(user.undelivered().await.unwrap().len(), 2, "both are kept, and wait");

    daemon.kill();
    name_is(&world.desktop, false).await;
    let _daemon = keyring(&world.desktop, true).await;
    said(&mut user, false).await;
    user.all_arrived(LONG).await.unwrap();
    assert_eq!(world.titles().await, ["The keyring has died", "The keyring is locked", "There is no keyring"]);

    let options = SqliteConnectOptions::new().filename(world.hub.database()).read_only(true);
    let database = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let row = sqlx::query("SELECT count(*) AS devices FROM devices").fetch_one(&database).await.unwrap();
    assert_eq!(row.get::<i64, _>("devices"), 1);
}
