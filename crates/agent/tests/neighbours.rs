//! The real agent's socket among hostile neighbours: another user of the computer, and other programs of the same user.
//! What holds whom is in `docs/threat-model.md`. Where no desktop can be made, the tests say so and pass.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Json, Router};
use deskside_desktop::{Desktop, Options, Process, Shows, Spawn, wait_until};
use deskside_ipc::{Client, Endpoint, IpcError, frame};
use deskside_protocol::local::{
    Blob, Call, Hello, Message, Outcome, PROTOCOL, PROTOCOL_OLDEST, PeerRole, Request, Response, UploadOwner,
};
use deskside_protocol::{AttachmentId, ErrorCode, limits};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

const AGENT: &str = env!("CARGO_BIN_EXE_deskside");
/// Longer than anything takes on a machine that does ten other things.
const SOON: Duration = Duration::from_secs(60);
/// "nobody": anyone but us.
const STRANGER: &str = "65534";
const STRANGERS_SOCKET: &str = "DESKSIDE_TEST_STRANGERS_SOCKET";
const CREDENTIAL: &str = "s3cret-of-this-device";

/// A desktop on which an agent runs.
struct Place {
    // In the order of their ending.
    agent: Process,
    desktop: Desktop,
}

impl Place {
    /// `None` where there can be no desktop, said so.
    async fn new() -> Option<Self> {
        let options = Options { tray: false, notifications: Shows::Nothing, ..Options::default() };
        let desktop = match Desktop::start(options).await {
            Ok(desktop) => desktop,
            Err(error) => {
                eprintln!("SKIPPED: no desktop can be made here: {error:#}");
                return None;
            }
        };
        let agent = desktop
            .program(AGENT, "agent")
            .args(["run"])
            .env("DESKSIDE_POLICY", desktop.folder().join("policy.toml"))
            .start()
            .unwrap();
        let place = Self { agent, desktop };
        drop(place.client().await);
        Some(place)
    }

    fn socket(&self) -> PathBuf {
        self.desktop.folder().join("run/deskside/agent.sock")
    }

    /// A program of ours that connects, as soon as there is room.
    async fn client(&self) -> Client {
        let endpoint = Endpoint::at(self.socket());
        let came = wait_until("room at the agent", SOON, async || {
            Ok(Client::connect(&endpoint, PeerRole::CommandLine).await.ok())
        });
        came.await.unwrap_or_else(|error| panic!("{error:#}: {}", self.agent.output()))
    }

    /// A connection without a word; as soon as the system has room for one more that waits.
    async fn raw(&self) -> UnixStream {
        let socket = self.socket();
        let come = wait_until("a connection", SOON, async || match UnixStream::connect(&socket).await {
            Ok(stream) => Ok(Some(stream)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        });
        come.await.unwrap()
    }

    /// A connection that has greeted and was greeted.
    async fn greeted(&self) -> UnixStream {
        let come = wait_until("a greeting", SOON, async || {
            let mut stream = self.raw().await;
            // Turned away, it ends here or there.
            if stream.write_all(&hello(PROTOCOL, PROTOCOL_OLDEST, PeerRole::Window)).await.is_err() {
                return Ok(None);
            }
            let mut header = [0; frame::HEADER_BYTES];
            if stream.read_exact(&mut header).await.is_err() {
                return Ok(None);
            }
            let mut theirs = vec![0; u32::from_le_bytes(header) as usize];
            Ok(stream.read_exact(&mut theirs).await.ok().map(|_| stream))
        });
        come.await.unwrap()
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.agent.pid())).unwrap().count()
    }

    fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.agent.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// A greeting as it goes over the wire.
fn hello(protocol: u32, oldest: u32, role: PeerRole) -> Vec<u8> {
    let hello = Hello { protocol, oldest, program: "9.9.9".to_owned(), role };
    frame::encode(&hello, limits::HELLO_BYTES).unwrap().to_vec()
}

async fn is_served(client: &Client) {
    let answer = tokio::time::timeout(SOON, client.request(Request::Home)).await.expect("nobody answers");
    assert!(matches!(answer, Ok(Response::Home(_))), "{answer:?}");
}

/// What comes until the other end closes, which it does.
async fn until_closed(stream: &mut UnixStream) -> Vec<u8> {
    let mut seen = Vec::new();
    // A reset is as good as an end.
    drop(tokio::time::timeout(SOON, stream.read_to_end(&mut seen)).await.expect("it is never let go"));
    seen
}

#[tokio::test]
async fn thousands_of_neighbours_cost_little_and_who_was_there_is_served() {
    let Some(place) = Place::new().await else { return };
    let window = place.client().await;
    is_served(&window).await;
    let (descriptors, memory) = (place.descriptors(), place.memory_kb());
    let large = u32::try_from(limits::HELLO_BYTES).unwrap();
    let openings = [
        Vec::new(),
        vec![7],
        u32::MAX.to_le_bytes().to_vec(),
        (large + 1).to_le_bytes().to_vec(),
        [large.to_le_bytes().as_slice(), &[b'{'; 100]].concat(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        vec![0xff; 64 * 1024],
        hello(PROTOCOL + 7, PROTOCOL + 1, PeerRole::Window),
        hello(PROTOCOL, PROTOCOL_OLDEST, PeerRole::Agent),
    ];
    let (mut most_descriptors, mut most_memory) = (0, 0);
    for wave in 0..30 {
        let mut held = Vec::new();
        for opening in openings.iter().cycle().take(100) {
            let mut stream = place.raw().await;
            // Whoever was turned away already cannot write any more.
            drop(stream.write_all(opening).await);
            held.push(stream);
        }
        is_served(&window).await;
        most_descriptors = most_descriptors.max(place.descriptors());
        most_memory = most_memory.max(place.memory_kb());
        assert!(!window.is_closed(), "in wave {wave}");
    }
    assert!(most_descriptors <= descriptors + limits::CLIENTS + 8, "{most_descriptors} descriptors of {descriptors}");
    assert!(most_memory <= memory + 32 * 1024, "{most_memory} kB of {memory}");
    // All of it is given back, and whoever comes now finds room.
    is_served(&place.client().await).await;
    let given_back =
        wait_until("the descriptors", SOON, async || Ok((place.descriptors() <= descriptors + 2).then_some(())));
    given_back.await.unwrap();
    // Three thousand complaints, and the log stays what it may be.
    let mut log_bytes = 0;
    let mut folders = vec![place.desktop.folder().join("home")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(".log") {
                log_bytes += path.metadata().unwrap().len();
            }
        }
    }
    let most = u64::from(deskside_agent::logs::LOG_FILES + 1) * deskside_agent::logs::LOG_FILE_BYTES;
    assert!(log_bytes <= most, "{log_bytes} bytes of log");
}

#[tokio::test]
async fn half_greetings_and_half_requests_keep_nobody_waiting_for_long() {
    let Some(place) = Place::new().await else { return };
    let window = place.client().await;
    // As many as there is room for, each with half a greeting, and a byte more now and then.
    let greeting = hello(PROTOCOL, PROTOCOL_OLDEST, PeerRole::Window);
    let slow = (0..limits::CLIENTS).map(|_| async {
        let mut stream = place.raw().await;
        for byte in greeting.iter().take(greeting.len() - 1) {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        until_closed(&mut stream).await
    });
    let all = futures_util::future::join_all(slow);
    let meanwhile = async {
        is_served(&window).await;
        // The time of the first is over, though they still say something.
        is_served(&place.client().await).await;
    };
    tokio::join!(all, meanwhile);

    // Greeted, they may begin a request and never end it: it costs what was said of it, and others are served.
    let memory = place.memory_kb();
    let mut half = Vec::new();
    for _ in 0..8 {
        let mut stream = place.greeted().await;
        stream.write_all(&u32::try_from(limits::FRAME_BYTES).unwrap().to_le_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; 1024 * 1024]).await.unwrap();
        half.push(stream);
    }
    is_served(&window).await;
    let grown = place.memory_kb().saturating_sub(memory);
    assert!(grown < 8 * 5 * 1024, "eight half requests of 1 MB cost {grown} kB");
    drop(half);
    is_served(&place.client().await).await;
}

#[tokio::test]
async fn what_is_no_request_ends_the_one_who_said_it() {
    let Some(place) = Place::new().await else { return };
    let window = place.client().await;
    let framed = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat();
    let twice = frame::encode(&Call { id: 1, request: Request::Doctor }, 1000).unwrap();
    for nonsense in [
        u32::MAX.to_le_bytes().to_vec(),
        u32::try_from(limits::FRAME_BYTES + 1).unwrap().to_le_bytes().to_vec(),
        framed(b""),
        framed(b"\xff\xfe\0"),
        framed(b"[1,2"),
        framed("[".repeat(200_000).as_bytes()),
        framed(br#"{"id":-1,"request":{"request":"home"}}"#),
        [twice.as_ref(), twice.as_ref()].concat(),
    ] {
        let mut stream = place.greeted().await;
        stream.write_all(&nonsense).await.unwrap();
        until_closed(&mut stream).await;
        is_served(&window).await;
    }
    // A request of a later version is answered: it is no nonsense.
    let mut newer = place.greeted().await;
    let call = json!({ "id": 7, "request": { "request": "read-my-mind" } });
    newer.write_all(&frame::encode(&call, 1000).unwrap()).await.unwrap();
    let mut header = [0; frame::HEADER_BYTES];
    newer.read_exact(&mut header).await.unwrap();
    let mut answer = vec![0; u32::from_le_bytes(header) as usize];
    newer.read_exact(&mut answer).await.unwrap();
    let answer: Message = serde_json::from_slice(&answer).unwrap();
    let Message::Reply { id: 7, outcome: Outcome::Err(report) } = answer else { panic!("{answer:?}") };
    assert_eq!(report.code, ErrorCode::VersionMismatch);
    // And a version that has nothing in common with ours is told which one we speak before it is let go.
    let mut stranger = place.raw().await;
    stranger.write_all(&hello(PROTOCOL + 9, PROTOCOL + 1, PeerRole::Window)).await.unwrap();
    let said = until_closed(&mut stranger).await;
    let ours: Hello = serde_json::from_slice(&said[frame::HEADER_BYTES..]).unwrap();
    assert_eq!((ours.protocol, ours.role), (PROTOCOL, PeerRole::Agent));
}

#[tokio::test]
async fn who_asks_without_end_and_never_reads_holds_up_nobody() {
    let Some(place) = Place::new().await else { return };
    let window = place.client().await;
    let memory = place.memory_kb();
    let mut greedy = place.greeted().await;
    let flood = async {
        for id in 0..200_000_u32 {
            let call = frame::encode(&Call { id, request: Request::Privacy }, 1000).unwrap();
            // The agent reads no more than it answers: at some point nothing more goes in, and that is all there is to see.
            let written = tokio::time::timeout(Duration::from_secs(2), greedy.write_all(&call)).await;
            if !matches!(written, Ok(Ok(()))) {
                return id;
            }
        }
        200_000
    };
    let (asked, ()) = tokio::join!(flood, async {
        for _ in 0..20 {
            is_served(&window).await;
        }
    });
    assert!(asked < 200_000, "somebody reads requests without answering them");
    let grown = place.memory_kb().saturating_sub(memory);
    assert!(grown < 64 * 1024, "{grown} kB");
    is_served(&window).await;
}

/// This test program once more, as another user, running the part below; what it said.
async fn as_stranger(place: &Place) -> Option<(bool, String)> {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("SKIPPED: becoming another user needs root");
        return None;
    }
    // Where it was built may be closed to others, as root's home is.
    let open = tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    let program = open.path().join("stranger");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut stranger = Spawn::new("setpriv", place.desktop.folder().join("stranger.log"))
        .args(["--reuid", STRANGER, "--regid", STRANGER, "--clear-groups", "--"])
        .args([&program])
        .args(["--exact", "--ignored", "--nocapture", "as_another_user_connect"])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env(STRANGERS_SOCKET, place.socket())
        .folder("/")
        .start()
        .unwrap();
    let status = stranger.ended(SOON).await.unwrap();
    Some((status.success(), stranger.output()))
}

#[tokio::test]
async fn another_user_gets_nothing_even_where_every_door_is_open() {
    let Some(place) = Place::new().await else { return };
    let window = place.client().await;
    // The folder is closed: there is nothing to connect to.
    let Some((connected, said)) = as_stranger(&place).await else { return };
    assert!(!connected && said.contains("PermissionDenied"), "{said}");

    // The doors are taken away, and the agent still gives not a byte.
    let socket = place.socket();
    let doors: Vec<_> =
        socket.ancestors().skip(1).take_while(|folder| folder.starts_with(place.desktop.folder())).collect();
    let set = |mode: u32| {
        for door in &doors {
            std::fs::set_permissions(door, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o755);
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let (connected, said) = as_stranger(&place).await.unwrap();
    assert!(connected && said.contains("heard 0 bytes"), "{said}");
    // Our own programs do not come through doors that others can enter: who stands behind them?
    let refused = Client::connect(&Endpoint::at(&socket), PeerRole::Window).await;
    assert!(matches!(refused, Err(IpcError::Untrusted { .. })), "{:?}", refused.err());
    set(0o700);
    is_served(&window).await;
    is_served(&place.client().await).await;
}

#[test]
#[ignore = "the stranger's part of a test above"]
fn as_another_user_connect() {
    use std::io::{Read as _, Write as _};
    let path = std::env::var_os(STRANGERS_SOCKET).unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap_or_else(|error| panic!("{error:?}"));
    // It says all that a window says, and asks for everything; the agent may have closed already.
    drop(stream.write_all(&hello(PROTOCOL, PROTOCOL_OLDEST, PeerRole::Window)));
    drop(stream.write_all(&frame::encode(&Call { id: 1, request: Request::ExportData }, 1000).unwrap()));
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard));
    println!("heard {} bytes", heard.len());
}

/// A hub that enrols everybody.
async fn hub() -> String {
    let enrolled = || async {
        let id = deskside_protocol::DeviceId::new();
        Json(json!({ "device_id": id, "credential": CREDENTIAL, "helpdesk_name": "Service desk" }))
    };
    let news = || async { Json(json!({ "tickets": [], "cursor": "1", "more": false })) };
    let app = Router::new().route("/api/v1/enrol", post(enrolled)).route("/api/v1/tickets", get(news));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn a_program_of_the_same_user_is_told_no_secret_and_has_no_file_read() {
    let Some(place) = Place::new().await else { return };
    let neighbour = place.client().await;
    let enrolled = neighbour.request(Request::Enrol { url: hub().await, token: "t0ken".to_owned() }).await;
    assert!(matches!(&enrolled, Ok(Response::Settings(view)) if view.enrolled), "{enrolled:?}");
    let private = place.desktop.folder().join("home/private.txt");
    std::fs::write(&private, "a diary").unwrap();

    let mut said = Vec::new();
    for request in [
        Request::Home,
        Request::Requests,
        Request::Settings,
        Request::Privacy,
        Request::ExportData,
        Request::Doctor,
        Request::Facts,
        Request::Health,
        Request::NewDraft,
    ] {
        said.push(serde_json::to_string(&neighbour.request(request).await.unwrap()).unwrap());
    }
    for secret in [CREDENTIAL, "t0ken"] {
        assert!(said.iter().all(|answer| !answer.contains(secret)), "a secret is told");
    }

    // A file is bytes that one brings oneself: its name is a name, whatever it says, and a blob is one of the agent's.
    let Ok(Response::Draft(draft)) = neighbour.request(Request::NewDraft).await else { panic!("no draft") };
    let begun = neighbour
        .request(Request::BeginUpload {
            owner: UploadOwner::Draft { draft: draft.id },
            name: private.to_string_lossy().into_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 0,
            screenshot: false,
        })
        .await;
    if let Ok(Response::Upload { upload }) = begun {
        let finished = neighbour.request(Request::FinishUpload { upload }).await;
        if let Ok(Response::Attached { attachment }) = finished {
            assert_eq!((attachment.name.as_str(), attachment.size_bytes), ("private.txt", 0));
            let blob = Blob::Attachment { attachment: attachment.id };
            let read = neighbour.request(Request::ReadBlob { blob, offset: 0 }).await;
            assert!(!format!("{read:?}").contains("YSBkaWFyeQ"), "the file was read by its name");
        }
    }
    let none = Request::ReadBlob { blob: Blob::Attachment { attachment: AttachmentId::new() }, offset: 0 };
    assert!(neighbour.request(none).await.is_err());
    assert!(Path::new(&private).exists());
}
