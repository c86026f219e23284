//! A disk that is full under a running hub: a real one, small, in a namespace of its own.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{Problem, Receipt};
use reqwest::{Response, StatusCode};
use serde_json::json;
use support::programs::on_a_small_disk;
use support::{Desk, announced, document};

/// Takes all the room there is.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    for size in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![1; size]).is_ok() {}
    }
    path
}

/// The hub says that there is no room, and when to come back.
async fn no_room(answer: Response) {
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["retry-after"], "60");
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!(problem.code, ErrorCode::Busy);
    assert!(problem.detail.unwrap().contains("disk is full"));
}

/// The room that is left in the database's own files is used up first: that is taken for what it is, kept.
async fn until_it_is_full(device: &support::Device) {
    for _ in 0..200 {
        let answer = device.send_bytes(padded(&document("filling up"))).await;
        if answer.status() != StatusCode::CREATED {
            return no_room(answer).await;
        }
    }
    panic!("the disk was never full");
}

/// With white space that fills the hub's disk, since the bytes are kept as they are.
fn padded(ticket: &deskside_protocol::ticket::TicketDocument) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(ticket).unwrap();
    bytes.resize(700_000, b' ');
    bytes
}

#[test]
fn while_the_disk_is_full_nothing_is_half_kept_and_later_all_goes_on() {
    let name = "while_the_disk_is_full_nothing_is_half_kept_and_later_all_goes_on";
    let Some(folder) = on_a_small_disk(name, "8m") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut desk = Desk::start_with(|config| config.data = folder.join("hub")).await;
        let device = desk.device().await;
        let console = desk.administrator().await;
        let (early, number) = device.report("before").await;
        let bytes = vec![7_u8; 300_000];
        let mut waiting = document("a file that waits");
        waiting.attachments.push(announced("a.bin", "application/octet-stream", &bytes));
        assert_eq!(device.send(&waiting).await.status(), StatusCode::CREATED);
        let path = format!("/tickets/{}/attachments/{}", waiting.client_id, waiting.attachments[0].id);

        let ballast = fill(&folder);
        until_it_is_full(&device).await;
        let kept = device.changes(None).await.tickets.len();
        let ticket = document("on a full disk");
        let sent = padded(&ticket);
        // More often than there are connections to the database: none of them is spoilt.
        for _ in 0..20 {
            no_room(device.send_bytes(sent.clone()).await).await;
        }
        let at_once = futures_util::future::join_all((0..20).map(|_| device.send_bytes(sent.clone()))).await;
        for answer in at_once {
            no_room(answer).await;
        }
        no_room(device.put(&path, bytes.clone()).await).await;
        let receipt = device.get(&format!("/tickets/{}/receipt", ticket.client_id)).await;
        assert_eq!(receipt.status(), StatusCode::NOT_FOUND, "nothing of it was kept");
        // What is there is served, to both sides.
        assert_eq!(device.changes(None).await.tickets.len(), kept);
        assert_eq!(console.ticket(number).await.row.title, "before");
        let incoming = std::fs::read_dir(desk.config.data.join("incoming")).unwrap().count();
        assert_eq!(incoming, 0, "half a file is left");

        std::fs::remove_file(ballast).unwrap();
        let first = device.send_bytes(sent.clone()).await;
        assert_eq!(first.status(), StatusCode::CREATED, "without a restart");
        let first: Receipt = first.json().await.unwrap();
        let again = device.send_bytes(sent.clone()).await;
        assert_eq!(again.status(), StatusCode::OK);
        assert_eq!(again.json::<Receipt>().await.unwrap(), first, "once");
        assert_eq!(device.put(&path, bytes.clone()).await.status(), StatusCode::NO_CONTENT);
        assert_eq!(device.get(&path).await.bytes().await.unwrap(), bytes);
        assert_eq!(console.say(number, "answered", false, None).await.status(), StatusCode::CREATED);
        assert_eq!(device.reply(early, "thanks").await.status(), StatusCode::CREATED);
        let all = device.changes(None).await.tickets;
        assert_eq!(all.iter().filter(|seen| seen.client_id == ticket.client_id).count(), 1);
        assert_eq!(all.len(), kept + 1);
        let nothing = json!({});
        let many = (0..20).map(|_| console.patch("/console/tickets/1", &nothing));
        let many = futures_util::future::join_all(many).await;
        assert!(many.iter().all(|answer| answer.status() == StatusCode::NO_CONTENT));
        desk.stop().await;
    });
}
