//! The disk cannot be written, by what the system says of it: it was mounted read-only after an error, as Linux does.

use deskside_desktop::{Desktop, Spawn, wait_until};
use deskside_e2e::SOON;
use deskside_faults::{Agent, Apart, Dice, Gone, Way, apart};
use deskside_protocol::ErrorCode;
use deskside_protocol::local::{DraftChange, Request, Response};

use crate::world::{LONG, World};

async fn mount(desktop: &Desktop, arguments: &[&str]) {
    let data = Agent::data(desktop);
    let mut mount = Spawn::new("mount", desktop.logs().join("mount.log"))
        .args(arguments)
        .args([&data])
        .env("PATH", std::env::var_os("PATH").unwrap())
        .start()
        .unwrap();
    let status = mount.ended(SOON).await.unwrap();
    assert!(status.success(), "mount {arguments:?}: {}", mount.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_read_only_disk_the_user_can_write_and_everything_is_there_when_it_takes_writes_again() {
    let test = "read_only::on_a_read_only_disk_the_user_can_write_and_everything_is_there_when_it_takes_writes_again";
    match apart(test, "ip link set lo up").await.unwrap() {
        Apart::Inside => {}
        Apart::Done(output) => return println!("{output}"),
        Apart::Impossible(why) => return println!("SKIPPED: {why}"),
    }
    let mut world = World::start(Dice::of_run()).await;
    world.agent.kill();
    mount(&world.desktop, &["-t", "tmpfs", "-o", "mode=0700", "tmpfs"]).await;
    world.agent.resume(&world.desktop).await.unwrap();
    let mut user = world.agent.user();
    world.proxy.set(Way::Cut);
    user.report("Kept before", &[]).await.unwrap();
    let draft = user.new_draft().await.unwrap();
    user.type_over(draft, "", "Typed before").await.unwrap();

    world.agent.kill();
    mount(&world.desktop, &["-o", "remount,ro"]).await;
    world.agent.resume(&world.desktop).await.unwrap();
    wait_until("it is said", SOON, async || {
        let notices = user.home().await?.notices;
        Ok(notices.iter().any(|notice| notice.code == ErrorCode::StoreUnwritable).then_some(()))
    })
    .await
    .unwrap();
    // Somebody writes about just this. Nothing claims that it is kept.
    let Ok(Response::Draft(new)) = user.ask(Request::NewDraft).await else { panic!("no draft") };
    let change = DraftChange { text: Some("My disk is read-only".to_owned()), ..DraftChange::default() };
    match user.ask(Request::SaveDraft { draft: new.id, change }).await {
        Err(Gone::Refused(report)) => assert_eq!(report.code, ErrorCode::StoreUnwritable),
        other => panic!("claimed to be kept: {other:?}"),
    }
    assert_eq!(user.draft(new.id).await.unwrap().text, "My disk is read-only");
    let Ok(Response::Preview(preview)) = user.ask(Request::Preview { draft: new.id }).await else {
        panic!("no preview")
    };
    let submit = Request::Submit { draft: new.id, document_sha256: preview.document_sha256 };
    match user.ask(submit).await {
        Err(Gone::Refused(report)) => assert_eq!(report.code, ErrorCode::StoreUnwritable),
        other => panic!("claimed to be kept: {other:?}"),
    }

    mount(&world.desktop, &["-o", "remount,rw"]).await;
    wait_until("the store moves to the disk", LONG, async || Ok(user.home().await?.notices.is_empty().then_some(())))
        .await
        .unwrap();
    world.restart().await;
    assert_eq!(user.draft(draft).await.unwrap().text, "Typed before");
    assert_eq!(user.draft(new.id).await.unwrap().text, "My disk is read-only");
    world.proxy.set(Way::Clear);
    user.submit(new.id, "My disk is read-only", None).await.unwrap();
    user.all_arrived(LONG).await.unwrap();
    assert_eq!(world.titles().await, ["Kept before", "My disk is read-only"]);
}
