//! The hub's package: served by its own user, backed up, upgraded, restored, removed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::time::Duration;

use deskside_desktop::Process;
use deskside_helpdesk::Helpdesk as _;
use deskside_helpdesk::hub::{HubDesk, enrol};
use deskside_packages::{Debian, Made, Session};
use deskside_protocol::desk::Enrol;
use deskside_protocol::facts::Facts;
use deskside_protocol::ticket::{Level, Requester, TicketDocument};
use deskside_protocol::{ClientId, Timestamp};
use url::Url;

use crate::clean_debian;

const SOON: Duration = Duration::from_secs(60);

/// Serves as the service would: its user, its settings, its data.
async fn serve(debian: &Debian) -> (Process, Url) {
    let line = ["deskside-hubctl", "serve", "--listen", "127.0.0.1:0"];
    let mut process = debian.start_program(&Session::root(), &line).unwrap();
    let line = process.line_with("listening on ", SOON).await.unwrap();
    let url = line.rsplit(' ').next().unwrap().parse().unwrap();
    (process, url)
}

async fn stop(debian: &Debian, mut process: Process) {
    for pid in debian.processes_of("usr/bin/deskside-hub").unwrap() {
        let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }
    process.ended(SOON).await.unwrap();
}

fn document(id: ClientId) -> TicketDocument {
    TicketDocument {
        version: 1,
        client_id: id,
        created_at: Timestamp::now(),
        title: "The door does not open".to_owned(),
        description: "The door does not open".to_owned(),
        requester: Requester { login: "anna".to_owned(), display_name: None, language: "fr".to_owned() },
        can_work: None,
        affected: None,
        urgency: Level::Medium,
        impact: Level::Low,
        category: None,
        helpdesk_category: None,
        findings: Vec::new(),
        facts: Facts::default(),
        health: None,
        attachments: Vec::new(),
        made_by: "tests".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_survives_upgrade_and_restore_and_nothing_survives_the_purge() {
    let made = Made::find().unwrap();
    let (earlier, new) =
        (made.earlier("deskside-hub_", ".deb").unwrap(), made.package("deskside-hub_", ".deb").unwrap());
    let debian = clean_debian!();
    let root = Session::root();
    let before = debian.paths().unwrap();

    // Installed: a user of its own who cannot sign in, a folder that others cannot read, settings that they cannot either.
    let said = debian.install(&earlier).await.unwrap();
    assert!(said.contains("deskside-hubctl person reset-password admin"), "{said}");
    let user = debian.run(&root, &["getent", "passwd", "deskside-hub"]).await.unwrap();
    assert!(user.trim().ends_with(":/var/lib/deskside-hub:/usr/sbin/nologin"), "{user}");
    let mode = |path: &str| fs::metadata(debian.at(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("var/lib/deskside-hub"), 0o700);
    assert_eq!((mode("etc/deskside-hub"), mode("etc/deskside-hub/hub.env")), (0o750, 0o640));
    let uid: u32 = user.split(':').nth(2).unwrap().parse().unwrap();
    assert_eq!(fs::metadata(debian.at("var/lib/deskside-hub")).unwrap().uid(), uid);

    // The unit holds together for the systemd of this release.
    debian.apt(&["install", "systemd"]).await.unwrap();
    let unit = "/usr/lib/systemd/system/deskside-hub.service";
    let said = debian.run(&root, &["systemd-analyze", "verify", "--man=no", unit]).await.unwrap();
    assert!(!said.contains("deskside"), "{said}");
    let wants = "etc/systemd/system/multi-user.target.wants/deskside-hub.service";
    assert!(debian.at(wants).is_symlink(), "it starts with the system");

    // A device joins and sends a request.
    let (process, url) = serve(&debian).await;
    let pid = debian.processes_of("usr/bin/deskside-hub").unwrap()[0];
    assert_eq!(fs::metadata(format!("/proc/{pid}")).unwrap().uid(), uid, "it is not root");
    let token = debian.run(&root, &["deskside-hubctl", "token", "create", "--label", "Laptops"]).await.unwrap();
    let request =
        Enrol { token: token.trim().to_owned(), device_name: "pc-1".to_owned(), platform: "linux".to_owned() };
    let credential = enrol(&url, &request).await.unwrap().credential;
    let id = ClientId::new();
    let bytes = serde_json::to_vec(&document(id)).unwrap();
    let receipt = HubDesk::new(&url, &credential).unwrap().create(id, bytes.into(), &[]).await.unwrap();

    // Backed up beside the running hub, into a folder that its user may write.
    let install = ["install", "-d", "-o", "deskside-hub", "-m", "0700", "/var/backups/deskside-hub"];
    debian.run(&root, &install).await.unwrap();
    let backup = "/var/backups/deskside-hub/today.tar";
    debian.run(&root, &["deskside-hubctl", "backup", backup]).await.unwrap();
    assert_eq!(mode(backup), 0o600, "a backup is as secret as what is in it");
    stop(&debian, process).await;

    // Upgraded: what the administrator wrote stays, and so does the ticket.
    let settings = debian.at("etc/deskside-hub/hub.env");
    let written = fs::read_to_string(&settings).unwrap() + "DESKSIDE_HUB_HELPDESK_NAME=\"IT service\"\n";
    fs::write(&settings, &written).unwrap();
    debian.install(&new).await.unwrap();
    assert_eq!(fs::read_to_string(&settings).unwrap(), written);
    assert_eq!((mode("etc/deskside-hub/hub.env"), mode("var/lib/deskside-hub")), (0o640, 0o700));
    let (process, url) = serve(&debian).await;
    let found = HubDesk::new(&url, &credential).unwrap().find(id, &[]).await.unwrap();
    assert_eq!(found, Some(receipt.clone()));
    let token = debian.run(&root, &["deskside-hubctl", "token", "create", "--label", "More"]).await.unwrap();
    let more = enrol(&url, &Enrol { token: token.trim().to_owned(), ..request }).await.unwrap();
    assert_eq!(more.helpdesk_name.as_deref(), Some("IT service"), "the settings are read");
    stop(&debian, process).await;

    // Restored where no hub has run yet: the disk is a new one.
    debian.run(&root, &["find", "/var/lib/deskside-hub", "-mindepth", "1", "-delete"]).await.unwrap();
    debian.run(&root, &["deskside-hubctl", "restore", backup]).await.unwrap();
    let (process, url) = serve(&debian).await;
    assert_eq!(HubDesk::new(&url, &credential).unwrap().find(id, &[]).await.unwrap(), Some(receipt));
    assert!(
        HubDesk::new(&url, &more.credential).unwrap().find(id, &[]).await.is_err(),
        "who joined later is not in it"
    );
    stop(&debian, process).await;

    // Removed: the data stays. Purged: data, settings, user and service are gone; a backup is the administrator's.
    debian.apt(&["remove", "deskside-hub"]).await.unwrap();
    assert!(debian.at("var/lib/deskside-hub/hub.sqlite3").exists());
    assert!(!debian.at("usr/bin/deskside-hub").exists());
    debian.apt(&["purge", "deskside-hub"]).await.unwrap();
    let left: Vec<String> = debian.paths().unwrap().into_iter().filter(|path| path.contains("deskside")).collect();
    assert_eq!(left, ["var/backups/deskside-hub", "var/backups/deskside-hub/today.tar"]);
    for database in ["passwd", "group"] {
        let all = debian.run(&root, &["getent", database]).await.unwrap();
        assert!(!all.contains("deskside"), "{all}");
    }
    assert!(before.is_subset(&debian.paths().unwrap()));
}
