//! What whoever runs a hub does with it: backs it up while it works, restores it, watches over it, looks at what is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deskside_hub::{backup, doctor};
use deskside_protocol::ClientId;
use reqwest::StatusCode;
use sha2::Digest as _;
use support::programs::{HubProcess, hub};
use support::{Desk, Device, announced, document, with_postgres};

/// Sends a ticket with a file of this many bytes.
async fn send(device: &Device, n: u64, size: usize) -> ClientId {
    let bytes: Vec<u8> = (0..size).map(|at| (at as u64).wrapping_mul(n * 2 + 1) as u8).collect();
    let mut ticket = document(&format!("ticket {n}"));
    ticket.attachments.push(announced(&format!("{n}.bin"), "application/octet-stream", &bytes));
    assert_eq!(device.send(&ticket).await.status(), StatusCode::CREATED);
    let path = format!("/tickets/{}/attachments/{}", ticket.client_id, ticket.attachments[0].id);
    assert_eq!(device.put(&path, bytes).await.status(), StatusCode::NO_CONTENT);
    ticket.client_id
}

/// What a device has in a hub: each ticket's title and thread, and the digests of its files' bytes.
async fn everything(device: &Device) -> BTreeMap<ClientId, (String, usize, Vec<String>)> {
    let mut all = BTreeMap::new();
    let mut cursor = None;
    loop {
        let changes = device.changes(cursor.as_deref()).await;
        for ticket in changes.tickets {
            let mut files = Vec::new();
            for file in &ticket.attachments {
                let answer = device.get(&format!("/tickets/{}/attachments/{}", ticket.client_id, file.id)).await;
                if answer.status() == StatusCode::OK {
                    let digest = hex::encode(sha2::Sha256::digest(answer.bytes().await.unwrap()));
                    assert_eq!(digest, file.sha256.as_str());
                    files.push(digest);
                }
            }
            all.insert(ticket.client_id, (ticket.title, ticket.thread.len(), files));
        }
        cursor = Some(changes.cursor);
        if !changes.more {
            return all;
        }
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let out = hub(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_made_while_tickets_come_in_is_whole() {
    let mut desk = Desk::start(None).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    let mut before = Vec::new();
    for n in 0..20 {
        before.push(send(&device, n, 50_000).await);
    }
    console.say(1, "answered", false, None).await;

    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("hub.tar");
    let over = Arc::new(AtomicBool::new(false));
    let busy = {
        let (device, over) = (device.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut n = 100;
            while !over.load(Ordering::Relaxed) {
                send(&device, n, 20_000).await;
                n += 1;
            }
            n - 100
        })
    };
    let (data, to) = (desk.config.data.to_str().unwrap().to_owned(), file.to_str().unwrap().to_owned());
    let made = {
        let (data, to) = (data.clone(), to.clone());
        tokio::task::spawn_blocking(move || run(&["backup", "--data", &data, &to])).await.unwrap()
    };
    over.store(true, Ordering::Relaxed);
    assert!(busy.await.unwrap() > 0, "nothing came in meanwhile");
    assert_eq!(made.0, Some(0), "{made:?}");
    assert_eq!(names_in(outside.path()), BTreeSet::from(["hub.tar".to_owned()]), "nothing is left beside it");
    let twice = run(&["backup", "--data", &data, &to]);
    assert!(twice.0 == Some(1) && twice.2.contains("is there already"), "{twice:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let original = everything(&device).await;
    desk.stop().await;
    let elsewhere = outside.path().join("restored");
    let restored = run(&["restore", "--data", elsewhere.to_str().unwrap(), &to]);
    assert_eq!(restored.0, Some(0), "{restored:?}");
    let process = HubProcess::start(&elsewhere);
    assert_eq!(process.first_password, None, "its people are there");
    let device = Device { url: process.url.clone(), ..device };
    let copy = everything(&device).await;
    assert!(before.iter().all(|id| copy.contains_key(id)), "what was there when it began is in it");
    for (id, held) in &copy {
        let (title, entries, files) = &original[id];
        assert_eq!((&held.0, held.1), (title, *entries));
        // A ticket whose file was still on its way is in it as such.
        assert!(held.2 == *files || (held.2.is_empty() && !before.contains(id)), "{held:?} of {files:?}");
    }
    // It goes on: numbers follow, and whoever was signed in signs in again.
    assert!(device.report("after").await.1 > 20);
    let old = console.http.get(format!("{}/api/v1/console/session", process.url)).header("cookie", &console.cookie);
    assert_eq!(old.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let looked = run(&["doctor", "--data", elsewhere.to_str().unwrap()]);
    assert_eq!(looked.0, Some(0), "{looked:?}");
    assert!(looked.1.lines().count() >= 5 && !looked.1.contains("BAD"), "{looked:?}");
    let onto = run(&["restore", "--data", elsewhere.to_str().unwrap(), &to]);
    assert!(onto.0 == Some(1) && onto.2.contains("is there already"), "{onto:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_a_whole_backup_of_ours_is_not_restored() {
    let desk = Desk::start(None).await;
    let device = desk.device().await;
    send(&device, 1, 30_000).await;
    let data = desk.config.data.clone();
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("hub.tar");
    backup::backup(&data, None, &file).await.unwrap();
    let good = std::fs::read(&file).unwrap();

    let middle = good.len() / 2;
    let flipped: Vec<u8> =
        good.iter().enumerate().map(|(at, byte)| if at == middle { byte ^ 1 } else { *byte }).collect();
    let end = good.len() - 40_000;
    let mut evil = tar::Builder::new(Vec::new());
    let manifest = &good[512..];
    let manifest = &manifest[..manifest.iter().position(|byte| *byte == 0).unwrap()];
    let mut header = tar::Header::new_gnu();
    header.set_size(manifest.len() as u64);
    evil.append_data(&mut header, "deskside-hub-backup.json", manifest).unwrap();
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    evil.append_link(&mut link, "attachments", "/tmp").unwrap();
    let mut climbing = tar::Header::new_gnu();
    climbing.set_size(4);
    climbing.as_old_mut().name[..15].copy_from_slice(b"../../evil.file");
    climbing.set_cksum();
    let mut climber = tar::Builder::new(Vec::new());
    climber.append_data(&mut header, "deskside-hub-backup.json", manifest).unwrap();
    climber.append(&climbing, &b"evil"[..]).unwrap();
    for (what, bytes) in [
        ("flipped", flipped),
        ("cut", good[..end].to_vec()),
        ("empty", Vec::new()),
        ("a text", b"not a backup".repeat(100)),
        ("a link", evil.into_inner().unwrap()),
        ("a climber", climber.into_inner().unwrap()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("bad.tar"), folder.path().join("hub"));
        std::fs::write(&from, bytes).unwrap();
        std::fs::create_dir(&to).unwrap();
        let refused = backup::restore(&to, None, &from).await;
        assert!(refused.is_err(), "{what}");
        assert_eq!(names_in(&to), BTreeSet::new(), "{what} left something");
        assert_eq!(names_in(folder.path()).len(), 2, "{what} left something");
    }
    // A file that is gone is said, and the rest is kept all the same.
    std::fs::remove_dir_all(data.join("attachments")).unwrap();
    let poor = outside.path().join("poor.tar");
    let made = run(&["backup", "--data", data.to_str().unwrap(), poor.to_str().unwrap()]);
    assert!(made.0 == Some(1) && made.2.contains("1 files were gone") && poor.exists(), "{made:?}");
    let health = doctor::examine(&data, None, None).await;
    let files = health.iter().find(|check| check.name == "files of tickets").unwrap();
    assert_eq!(files.health, doctor::Health::Bad, "{files:?}");
    let to = outside.path().join("poor");
    backup::restore(&to, None, &poor).await.unwrap();
    assert!(to.join("hub.sqlite3").exists());
}

#[test]
fn with_postgresql_the_files_are_backed_up_and_the_rest_is_pg_dumps() {
    with_postgres(async |server| {
        let address = server.database("postgres");
        let desk = Desk::start(Some(address.clone())).await;
        let device = desk.device().await;
        send(&device, 1, 30_000).await;
        let outside = tempfile::tempdir().unwrap();
        let file = outside.path().join("hub.tar");
        let (data, to) = (desk.config.data.to_str().unwrap(), file.to_str().unwrap());
        let made = run(&["backup", "--data", data, "--database", &address, to]);
        assert!(made.0 == Some(0) && made.1.contains("pg_dump"), "{made:?}");
        let looked = run(&["doctor", "--data", data, "--database", &address]);
        assert_eq!(looked.0, Some(0), "{looked:?}");
        let before = everything(&device).await;
        desk.stop().await;
        let elsewhere = outside.path().join("elsewhere");
        let without = backup::restore(&elsewhere, None, &file).await;
        assert!(without.is_err_and(|error| error.to_string().contains("--database")));
        backup::restore(&elsewhere, Some(&address), &file).await.unwrap();
        let again = Desk::start_with(|config| {
            config.database = Some(address);
            config.data = elsewhere;
        })
        .await;
        let device = Device { url: again.url.clone(), ..device };
        assert_eq!(everything(&device).await, before);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_and_health_are_there_for_who_watches() {
    let mut desk = Desk::start_with(|config| config.metrics = Some("127.0.0.1:0".parse().unwrap())).await;
    let device = desk.device().await;
    let console = desk.administrator().await;
    send(&device, 1, 1000).await;
    desk.try_sign_in("admin", "wrong password").await;
    let _stream = support::Stream::open(device.request(reqwest::Method::GET, "/events")).await;
    let strange = reqwest::Method::from_bytes(b"BREW").unwrap();
    desk.http.request(strange, format!("{}/api/v1/health", desk.url)).send().await.unwrap();

    let figures = format!("http://{}", desk.hub.as_ref().unwrap().metrics.unwrap());
    let answer = desk.http.get(format!("{figures}/metrics")).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text().await.unwrap();
    for line in [
        "deskside_hub_tickets_received_total 1",
        "deskside_hub_files_received_bytes_total 1000",
        "deskside_hub_sign_ins_failed_total 1",
        "deskside_hub_tickets{state=\"new\"} 1",
        "deskside_hub_streams{to=\"device\"} 1",
        "deskside_hub_streams{to=\"console\"} 0",
        "deskside_hub_database_up 1",
        "deskside_hub_requests_total{method=\"PUT\",status=\"204\"} 1",
        "deskside_hub_requests_total{method=\"other\",status=\"405\"} 1",
        "# TYPE deskside_hub_answer_time_seconds histogram",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("deskside_hub_disk_free_bytes "));
    for secret in ["pc-7", "Anna", "admin", "ticket 1"] {
        assert!(!text.contains(secret), "{secret} is in the figures");
    }
    for (path, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        for base in [&figures, &desk.url] {
            let answer = desk.http.get(format!("{base}{path}")).send().await.unwrap();
            assert_eq!(
                (answer.status(), answer.text().await.unwrap().as_str()),
                (StatusCode::OK, says),
                "{base}{path}"
            );
        }
    }
    // Figures are not for everybody who reaches the hub.
    assert_eq!(desk.http.get(format!("{}/metrics", desk.url)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(console.get("/console/tickets").await.status(), StatusCode::OK);
    // Without a database it lives and is not ready.
    let database = desk.database().await;
    sqlx::query("ALTER TABLE counters RENAME TO gone").execute(&database).await.unwrap();
    let ready = desk.http.get(format!("{figures}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(desk.http.get(format!("{figures}/healthz")).send().await.unwrap().status(), StatusCode::OK);
    sqlx::query("ALTER TABLE gone RENAME TO counters").execute(&database).await.unwrap();
}

#[test]
fn the_command_line_says_what_it_does_and_how_it_ended() {
    let help = run(&["--help"]);
    assert_eq!(help.0, Some(0));
    for word in ["serve", "token", "person", "backup", "restore", "doctor", "Examples:", "Exit codes:", "DESKSIDE_LOG"]
    {
        assert!(help.1.contains(word), "{word}");
    }
    for command in [&["token", "create"][..], &["person", "add"], &["serve"], &["backup"], &["restore"], &["doctor"]] {
        let shown = run(&[command, &["--help"]].concat());
        assert_eq!(shown.0, Some(0), "{command:?}");
        // Every option and value has words.
        let lines: Vec<&str> = shown.1.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with('-')) {
            let words = line
                .trim()
                .split("  ")
                .filter(|part| !part.is_empty())
                .nth(1)
                .or(lines.get(at + 1).map(|next| next.trim()));
            assert!(words.is_some_and(|words| words.len() > 5), "{command:?} {line}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for senseless in [
        &["token", "create", "--data", data, "--label", "x", "--uses", "0"][..],
        &["token", "create", "--data", data, "--label", "x", "--days", "400"],
        &["person", "add", "--data", data, "no spaces"],
        &["person", "reset-password", "--data", data, "nobody-such"],
        &["nonsense"],
    ] {
        let ended = run(senseless);
        assert_eq!(ended.0, Some(2), "{ended:?}");
        assert!(ended.1.is_empty() && !ended.2.is_empty(), "{ended:?}");
    }
    let nowhere = run(&["backup", "--data", "/nonexistent", "/nonexistent/x.tar"]);
    assert!(nowhere.0 == Some(1) && nowhere.2.contains("no hub has run"), "{nowhere:?}");
    let sick = run(&["doctor", "--data", "/nonexistent"]);
    assert!(sick.0 == Some(1) && sick.1.contains("BAD"), "{sick:?}");
}
