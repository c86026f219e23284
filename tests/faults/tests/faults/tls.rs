//! As it is outside of tests: TLS between agent and hub, and a network that turns bits in it.

use std::collections::BTreeMap;

use deskside_desktop::{Desktop, Spawn};
use deskside_e2e::{Hub, Programs, SOON};
use deskside_faults::{Agent, Dice, Kind, Proxy, Upload, Way, digest};
use rand::Rng as _;

use crate::world::{LONG, bare};

/// How many reports are sent, each with a file.
const SUBMITS: u64 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bits_that_turn_on_the_way_change_nothing_that_arrives() {
    let dice = Dice::of_run();
    println!("DESKSIDE_SEED={}", dice.seed());
    let programs = Programs::find().unwrap();
    let desktop = Desktop::start(bare(false)).await.unwrap();
    let mut hub = Hub::start(&programs, None).await.unwrap();
    let token = hub.token().await.unwrap();
    hub.stop().await.unwrap();

    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (desktop.folder().join("hub.pem"), desktop.folder().join("hub.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut serving = Spawn::new(programs.path("deskside-hub"), desktop.logs().join("hub.log"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .args([hub.data()])
        .args(["--tls-cert".as_ref(), certificate.as_os_str(), "--tls-key".as_ref(), key.as_os_str()])
        .env("PATH", std::env::var_os("PATH").unwrap())
        .start()
        .unwrap();
    let line = serving.line_with("listening on https://", SOON).await.unwrap();
    let address = line.split("https://").nth(1).unwrap().split(['/', ' ']).next().unwrap();
    let proxy = Proxy::start(address.parse().unwrap(), Kind::Bytes, dice).await.unwrap();
    let agent = Agent::start(&programs, &desktop, &[("SSL_CERT_FILE", certificate.to_str().unwrap())]).await.unwrap();
    agent.enrol(&format!("https://localhost:{}", proxy.address().port()), &token).await.unwrap();

    proxy.set(Way::Faulty);
    let mut user = agent.user();
    let mut submitted = BTreeMap::new();
    for number in 0..SUBMITS {
        let mut random = dice.of_player("tls", number);
        let mut bytes = vec![0; 10_000 << (number % 6)];
        random.fill_bytes(&mut bytes);
        let file = Upload { name: "noise.bin".to_owned(), bytes };
        let title = format!("Over a bad line {number}");
        submitted.insert(title.clone(), digest(&file.bytes));
        user.report(&title, &[file]).await.unwrap();
    }
    // Until enough went wrong.
    deskside_desktop::wait_until("faults", LONG, async || {
        user.insist(deskside_protocol::local::Request::SendNow).await?;
        Ok((proxy.faults() >= 10 || user.undelivered().await?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    proxy.set(Way::Clear);
    if let Err(error) = user.all_arrived(LONG).await {
        panic!("{error:#}\n{}\n{}", agent.output(), serving.output());
    }
    println!("{:?}", proxy.tally());
    assert!(proxy.faults() > 0, "this was no test");

    serving.stop(SOON).await.unwrap();
    hub.resume().await.unwrap();
    let technician = hub.sign_in().await.unwrap();
    let mut in_desk = BTreeMap::new();
    for row in technician.tickets().await.unwrap() {
        let ticket = technician.ticket(row.number).await.unwrap();
        let [file] = ticket.document.attachments.as_slice() else { panic!("{} has no file", row.title) };
        let bytes = technician.attachment(file.id).await.unwrap();
        assert!(in_desk.insert(row.title, digest(&bytes)).is_none(), "a request is there twice");
    }
    assert_eq!(in_desk, submitted);
}
