//! Both ends over a real socket.

use super::*;
use crate::{Client, ClientError};
use deskside_protocol::local::{PROTOCOL, Request, Response, Route};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Longer than anything takes on a machine that does ten other things.
const SOON: Duration = Duration::from_secs(60);

/// Small in number and large in time: what a test wants to run into in time, it shortens.
fn small() -> Bounds {
    Bounds { handshake: SOON, send: SOON, clients: 2, requests: 4, events: 8 }
}

/// A place of its own for one test.
struct Place {
    endpoint: Endpoint,
    #[cfg(unix)]
    _folder: tempfile::TempDir,
}

#[cfg(unix)]
fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { endpoint: Endpoint::at(folder.path().join("deskside/agent.sock")), _folder: folder }
}

#[cfg(windows)]
fn place() -> Place {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(r"\\.\pipe\deskside-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    Place { endpoint: Endpoint::at(name) }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it takes too long")
}

/// A connection without a greeting.
async fn raw(place: &Place) -> Stream {
    crate::peer::connect(&place.endpoint).await.unwrap()
}

fn greeting(protocol: u32, oldest: u32) -> Bytes {
    let hello = Hello { protocol, oldest, program: "9.9.9".to_owned(), role: PeerRole::Window };
    frame::encode(&hello, limits::HELLO_BYTES).unwrap()
}

/// A connection that has greeted and been greeted, to write anything at all to.
async fn greeted(place: &Place) -> Stream {
    let mut stream = raw(place).await;
    stream.write_all(&greeting(PROTOCOL, PROTOCOL)).await.unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.unwrap();
    let mut hello = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut hello).await.unwrap();
    stream
}

async fn both(place: &Place, server: &mut Server) -> (Client, Calls, Sender) {
    let (client, peer) =
        soon(async { tokio::join!(Client::connect(&place.endpoint, PeerRole::Window), server.accept()) }).await;
    let (calls, sender) = peer.unwrap().split();
    (client.unwrap(), calls, sender)
}

fn document(text: &str) -> Response {
    Response::Document { text: text.to_owned() }
}

#[tokio::test]
async fn a_window_asks_and_is_answered_and_told() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    assert_eq!(client.agent().role, PeerRole::Agent);
    assert_eq!(client.version(), PROTOCOL);

    let mut events = client.events();
    let (answer, ()) = soon(async {
        tokio::join!(client.request(Request::SendNow), async {
            let call = calls.next().await.unwrap();
            assert_eq!(call.request, Request::SendNow);
            sender.event(Event::FactsChanged);
            sender.reply(call.id, Ok(Response::Done));
        })
    })
    .await;
    assert_eq!(answer.unwrap(), Response::Done);
    assert_eq!(soon(events.recv()).await.unwrap(), Event::FactsChanged);
}

#[tokio::test]
async fn answers_find_their_questions_in_whatever_order_they_come() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    let agent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Some(call) = calls.next().await {
            held.push(call);
            if held.len() == 25 {
                for call in held.drain(..).rev() {
                    let Request::Reply { text, .. } = call.request else { panic!("not what was asked") };
                    sender.reply(call.id, Ok(document(&text)));
                }
            }
        }
    });
    let asked = (0..100).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            let text = format!("question {number}");
            let client_id = serde_json::from_str("\"00000000-0000-7000-8000-000000000000\"").unwrap();
            let answer = client.request(Request::Reply { client_id, text: text.clone() }).await;
            assert_eq!(answer.unwrap(), document(&text));
        })
    });
    for question in asked.collect::<Vec<_>>() {
        soon(question).await.unwrap();
    }
    drop(client);
    soon(agent).await.unwrap();
}

#[tokio::test]
async fn what_the_agent_refuses_comes_with_its_code() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    tokio::spawn(async move {
        let call = calls.next().await.unwrap();
        sender.reply(call.id, Err(ErrorReport::new(ErrorCode::TextMissing, "nothing was typed")));
        calls.next().await
    });
    let error = soon(client.request(Request::SendNow)).await.unwrap_err();
    assert_eq!(ErrorReport::from(error).code, ErrorCode::TextMissing);
}

#[tokio::test]
async fn an_agent_that_dies_is_noticed_by_all_who_wait() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    let mut events = client.events();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.request(Request::Facts).await }
    });
    assert!(soon(calls.next()).await.is_some());
    drop((calls, sender, server));

    assert!(matches!(soon(waiting).await.unwrap(), Err(ClientError::Closed)));
    soon(client.closed()).await;
    assert!(soon(events.recv()).await.is_err());
    assert!(
        client.events().try_recv().is_err_and(|error| error == tokio::sync::broadcast::error::TryRecvError::Closed)
    );
    assert!(matches!(soon(client.request(Request::Home)).await, Err(ClientError::Closed)));
    assert!(matches!(Client::connect(&place.endpoint, PeerRole::Window).await, Err(IpcError::NotRunning(_))));
}

#[tokio::test]
async fn a_window_that_dies_is_noticed_and_its_place_is_free_again() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    for _ in 0..10 {
        let (client, mut calls, sender) = both(&place, &mut server).await;
        drop(client);
        assert!(soon(calls.next()).await.is_none());
        soon(sender.closed()).await;
        assert!(sender.is_closed());
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_clients_and_no_more() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let first = both(&place, &mut server).await;
    let _second = both(&place, &mut server).await;
    let third = soon(Client::connect(&place.endpoint, PeerRole::CommandLine)).await;
    assert!(third.is_err(), "there is room for two");
    drop(first);
    // The place is free once the server's tasks have seen it.
    let again = soon(async {
        loop {
            if let Ok(client) = Client::connect(&place.endpoint, PeerRole::CommandLine).await {
                break client;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(!again.await.is_closed());
}

#[tokio::test]
async fn a_client_that_does_not_greet_keeps_nobody_waiting() {
    let place = place();
    let bounds = Bounds { handshake: Duration::from_secs(2), ..small() };
    let mut server = Server::bind_within(&place.endpoint, bounds).unwrap();
    let mut mute = raw(&place).await;
    let (_client, _calls, _sender) = both(&place, &mut server).await;

    let mut seen = Vec::new();
    soon(mute.read_to_end(&mut seen)).await.unwrap();
    let hello: Hello = serde_json::from_slice(&seen[4..]).unwrap();
    assert_eq!(hello.role, PeerRole::Agent, "greeted, and let go when the time was over");
}

#[tokio::test]
async fn a_client_of_another_version_is_let_go_knowing_why() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let mut newer = raw(&place).await;
    newer.write_all(&greeting(PROTOCOL + 7, PROTOCOL + 1)).await.unwrap();
    let mut seen = Vec::new();
    soon(newer.read_to_end(&mut seen)).await.unwrap();
    let hello: Hello = serde_json::from_slice(&seen[4..]).unwrap();
    assert_eq!(hello.protocol, PROTOCOL);
    assert!(tokio::time::timeout(Duration::from_millis(100), server.accept()).await.is_err(), "nobody was let in");
}

#[tokio::test]
async fn a_newer_client_that_still_speaks_our_version_is_welcome() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let mut newer = raw(&place).await;
    newer.write_all(&greeting(PROTOCOL + 7, PROTOCOL)).await.unwrap();
    let peer = soon(server.accept()).await.unwrap();
    assert_eq!((peer.version, peer.hello.program.as_str()), (PROTOCOL, "9.9.9"));
}

#[tokio::test]
async fn a_window_tells_an_agent_of_another_version_from_a_missing_one() {
    let place = place();
    let mut listener = Listener::bind(&place.endpoint).unwrap();
    let agent = tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap();
        let hello =
            Hello { protocol: PROTOCOL + 2, oldest: PROTOCOL + 1, program: "2.0.0".to_owned(), role: PeerRole::Agent };
        stream.write_all(&frame::encode(&hello, limits::HELLO_BYTES).unwrap()).await.unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest).await);
    });
    let error = soon(Client::connect(&place.endpoint, PeerRole::Window)).await.unwrap_err();
    assert!(matches!(&error, IpcError::Version { program, .. } if program == "2.0.0"), "{error}");
    assert_eq!(ErrorReport::from(&error).code, ErrorCode::VersionMismatch);
    soon(agent).await.unwrap();
}

#[tokio::test]
async fn a_greeting_that_is_none_is_refused() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let as_agent = Hello { role: PeerRole::Agent, ..hello::ours(PeerRole::Agent) };
    let greetings = [
        frame::encode(&as_agent, limits::HELLO_BYTES).unwrap(),
        Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"),
        Bytes::from_static(&[2, 0, 0, 0, b'{', b'}']),
        Bytes::from_static(&[0, 0, 0, 0]),
    ];
    for greeting in greetings {
        let mut stream = raw(&place).await;
        stream.write_all(&greeting).await.unwrap();
        let mut rest = Vec::new();
        // A reset is as good as an end.
        drop(soon(stream.read_to_end(&mut rest)).await);
    }
    assert!(tokio::time::timeout(Duration::from_millis(100), server.accept()).await.is_err(), "nobody was let in");
}

#[tokio::test]
async fn a_request_of_a_later_version_is_answered_and_nonsense_ends_it() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let (stream, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
    let (mut calls, _sender) = peer.unwrap().split();
    let (read, mut write) = tokio::io::split(stream);
    let mut reader = Reader::new(read, limits::FRAME_BYTES);
    let calls = tokio::spawn(async move { calls.next().await });

    let unknown = serde_json::json!({ "id": 41, "request": { "request": "make-coffee", "sugar": 2 } });
    write.write_all(&frame::encode(&unknown, 1000).unwrap()).await.unwrap();
    let answer: Message = serde_json::from_slice(&soon(reader.next()).await.unwrap().unwrap()).unwrap();
    assert!(
        matches!(&answer, Message::Reply { id: 41, outcome: Outcome::Err(report) } if report.code == ErrorCode::VersionMismatch),
        "{answer:?}"
    );

    write.write_all(&frame::encode(&"nonsense", 1000).unwrap()).await.unwrap();
    assert_eq!(soon(calls).await.unwrap(), None);
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_it() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let (mut stream, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
    let (mut calls, _sender) = peer.unwrap().split();
    stream.write_all(&u32::MAX.to_le_bytes()).await.unwrap();
    assert_eq!(soon(calls.next()).await, None);
}

#[tokio::test]
async fn the_same_number_twice_ends_it() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let (mut stream, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
    let (mut calls, _sender) = peer.unwrap().split();
    let call = frame::encode(&Call { id: 3, request: Request::Home }, 1000).unwrap();
    stream.write_all(&call).await.unwrap();
    stream.write_all(&call).await.unwrap();
    assert!(soon(calls.next()).await.is_some());
    assert_eq!(soon(calls.next()).await, None);
}

#[tokio::test]
async fn a_flood_of_requests_waits_its_turn() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    let flood = (0..30).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.request(Request::Home).await })
    });
    let flood: Vec<_> = flood.collect();
    let mut held = Vec::new();
    for _ in 0..small().requests {
        held.push(soon(calls.next()).await.unwrap().id);
    }
    let fifth = tokio::time::timeout(Duration::from_millis(100), calls.next()).await;
    assert!(fifth.is_err(), "four at a time");
    let agent = tokio::spawn(async move {
        for id in held {
            sender.reply(id, Ok(Response::Done));
        }
        while let Some(call) = calls.next().await {
            sender.reply(call.id, Ok(Response::Done));
        }
    });
    for question in flood {
        assert_eq!(soon(question).await.unwrap().unwrap(), Response::Done);
    }
    drop(client);
    soon(agent).await.unwrap();
}

#[tokio::test]
async fn a_stuck_client_is_let_go_and_never_waited_for() {
    let place = place();
    let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
    let (stuck, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
    let (_calls, sender) = peer.unwrap().split();
    let (client, mut calls, well) = both(&place, &mut server).await;
    let mut events = client.events();

    let began = std::time::Instant::now();
    let mut sent = 0;
    // Events as large as they get, until the system's buffer and our queue are full.
    while !sender.is_closed() && sent < 100_000 {
        sender.event(Event::Navigate { route: Route::Home });
        sent += 1;
        if sent % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert!(sender.is_closed(), "after {sent} events");
    assert!(began.elapsed() < SOON, "nobody waited for it to read");

    well.event(Event::FactsChanged);
    assert_eq!(soon(events.recv()).await.unwrap(), Event::FactsChanged, "the others are not harmed");
    let (answer, ()) = soon(async {
        tokio::join!(client.request(Request::Home), async {
            well.reply(calls.next().await.unwrap().id, Ok(Response::Done));
        })
    })
    .await;
    assert_eq!(answer.unwrap(), Response::Done);
    drop(stuck);
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the pipes of Wine, where this runs, take megabytes that nobody reads")]
async fn a_client_that_stops_reading_its_answer_is_let_go_in_time() {
    let place = place();
    let bounds = Bounds { send: Duration::from_millis(200), ..small() };
    let mut server = Server::bind_within(&place.endpoint, bounds).unwrap();
    let (mut stuck, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
    let (mut calls, sender) = peer.unwrap().split();
    stuck.write_all(&frame::encode(&Call { id: 1, request: Request::ExportData }, 1000).unwrap()).await.unwrap();
    let call = soon(calls.next()).await.unwrap();
    sender.reply(call.id, Ok(document(&"x".repeat(3 * 1024 * 1024))));
    soon(sender.closed()).await;
    assert_eq!(soon(calls.next()).await, None);
}

#[tokio::test]
async fn an_answer_too_large_for_a_frame_becomes_an_error() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    tokio::spawn(async move {
        let call = calls.next().await.unwrap();
        sender.reply(call.id, Ok(document(&"x".repeat(limits::FRAME_BYTES))));
        calls.next().await
    });
    let error = soon(client.request(Request::ExportData)).await.unwrap_err();
    assert_eq!(ErrorReport::from(error).code, ErrorCode::Internal);
    let too_large = Request::Enrol { url: "x".repeat(limits::FRAME_BYTES), token: String::new() };
    assert!(matches!(soon(client.request(too_large)).await, Err(ClientError::Unsendable(_))));
}

#[tokio::test]
async fn the_last_answer_leaves_before_the_agent_ends() {
    let place = place();
    let mut server = Server::bind(&place.endpoint).unwrap();
    let (client, mut calls, sender) = both(&place, &mut server).await;
    let agent = tokio::spawn(async move {
        let call = calls.next().await.unwrap();
        sender.reply(call.id, Ok(document(&"x".repeat(2 * 1024 * 1024))));
        sender.flush().await;
        drop((calls, server));
    });
    assert!(soon(client.request(Request::Quit)).await.is_ok());
    soon(agent).await.unwrap();
    soon(client.closed()).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_of_a_client_harm_the_server(noise in prop::collection::vec(any::<u8>(), 0..2000), as_frames: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = place();
            let mut server = Server::bind_within(&place.endpoint, small()).unwrap();
            let (mut stream, peer) = soon(async { tokio::join!(greeted(&place), server.accept()) }).await;
            let (mut calls, _sender) = peer.unwrap().split();
            if as_frames {
                stream.write_all(&u32::try_from(noise.len()).unwrap().to_le_bytes()).await.unwrap();
            }
            stream.write_all(&noise).await.unwrap();
            drop(stream);
            assert_eq!(soon(calls.next()).await, None);
            let (_client, _calls, _sender) = both(&place, &mut server).await;
        });
    }
}
