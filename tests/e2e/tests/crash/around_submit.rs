//! kill -9 of agent or hub around Submit: what was submitted is in the desk, once, whole.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use deskside_desktop::{Desktop, Options, Shows, wait_until};
use deskside_e2e::{Agent, Hub, Programs, SOON};
use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{DraftChange, PeerRole, Request, Response, UploadOwner};
use deskside_protocol::{DraftId, ErrorCode};
use rand::{Rng as _, RngExt as _};
use sha2::{Digest as _, Sha256};

/// How often something is killed.
const TIMES: u32 = 50;
/// The longest wait between Submit and the kill: by then an undisturbed ticket has arrived.
const AROUND: Duration = Duration::from_millis(120);

async fn ask(client: &Client, request: Request) -> Result<Response, deskside_ipc::ClientError> {
    tokio::time::timeout(SOON, client.request(request)).await.expect("the agent does not answer")
}

async fn connect(desktop: &Desktop) -> Client {
    let endpoint = Endpoint::at(Agent::socket(desktop));
    wait_until("the agent's socket", SOON, async || Ok(Client::connect(&endpoint, PeerRole::CommandLine).await.ok()))
        .await
        .unwrap()
}

/// Writes a draft with a file of random bytes, as the window would.
async fn write(client: &Client, text: &str, file: &[u8]) -> DraftId {
    let Ok(Response::Draft(draft)) = ask(client, Request::OpenDraft { draft: None }).await else { panic!("no draft") };
    let change = DraftChange { text: Some(text.to_owned()), ..DraftChange::default() };
    ask(client, Request::SaveDraft { draft: draft.id, change }).await.unwrap();
    let begin = Request::BeginUpload {
        owner: UploadOwner::Draft { draft: draft.id },
        name: "noise.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: file.len() as u64,
        screenshot: false,
    };
    let Ok(Response::Upload { upload }) = ask(client, begin).await else { panic!("no upload") };
    let data_base64 = base64::engine::general_purpose::STANDARD.encode(file);
    ask(client, Request::UploadPiece { upload, offset: 0, data_base64 }).await.unwrap();
    ask(client, Request::FinishUpload { upload }).await.unwrap();
    draft.id
}

/// Looks at the preview and sends what it shows, again if the facts moved on in between.
async fn submit(client: &Client, draft: DraftId) -> Result<Response, deskside_ipc::ClientError> {
    loop {
        let answer = ask(client, Request::Preview { draft }).await?;
        let Response::Preview(preview) = answer else { panic!("not a preview: {answer:?}") };
        let sent = ask(client, Request::Submit { draft, document_sha256: preview.document_sha256 }).await;
        match sent {
            Err(deskside_ipc::ClientError::Refused(report)) if report.code == ErrorCode::PreviewChanged => {}
            other => return other,
        }
    }
}

/// Whether a request with this text is among those that the agent keeps.
async fn is_kept(client: &Client, text: &str) -> bool {
    match ask(client, Request::Requests).await {
        Ok(Response::Requests { requests, .. }) => requests.iter().any(|row| row.title == text),
        other => panic!("no list of requests: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_doubled() {
    let programs = Programs::find().unwrap();
    let desktop = Desktop::start(Options { notifications: Shows::Nothing, ..Options::default() }).await.unwrap();
    let mut hub = Hub::start(&programs, None).await.unwrap();
    let mut agent = Agent::start(&programs, &desktop, Some(&hub)).await.unwrap();
    let mut random = rand::rng();
    let mut submitted = BTreeMap::new();

    for time in 0..TIMES {
        let text = format!("crash {time}");
        let mut file = vec![0; random.random_range(1..400_000)];
        random.fill_bytes(&mut file);
        let client = connect(&desktop).await;
        let draft = write(&client, &text, &file).await;

        let wait = AROUND.mul_f64(random.random_range(0.0..1.0));
        let sending = tokio::spawn(async move { submit(&client, draft).await });
        tokio::time::sleep(wait).await;
        let agent_dies = time % 2 == 0;
        if agent_dies {
            agent.kill();
        } else {
            hub.kill();
        }
        let told = sending.await.unwrap();
        if agent_dies {
            agent.resume(&desktop).await.unwrap();
        } else {
            hub.resume().await.unwrap();
        }

        let client = connect(&desktop).await;
        match told {
            Ok(_) => assert!(is_kept(&client, &text).await, "{text} was said to be kept, and is not"),
            // Nobody said that it is kept. Either it is, or the draft is still there to be sent again: as a person would.
            Err(error) => {
                assert!(agent_dies, "the hub's death is no reason to refuse {text}: {error}");
                if !is_kept(&client, &text).await {
                    submit(&client, draft)
                        .await
                        .unwrap_or_else(|error| panic!("{text} and its draft are lost: {error}"));
                }
            }
        }
        submitted.insert(text, hex::encode(Sha256::digest(&file)));
    }

    // All that waits is tried until all has arrived.
    let client = connect(&desktop).await;
    let technician = hub.sign_in().await.unwrap();
    let arrived = wait_until("every ticket in the desk, with its file", 4 * SOON, async || {
        let _ = ask(&client, Request::SendNow).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut tickets = Vec::new();
        for row in technician.tickets().await? {
            tickets.push(technician.ticket(row.number).await?);
        }
        let whole = tickets.iter().all(|ticket| ticket.arrived.len() == ticket.document.attachments.len());
        Ok((whole && tickets.len() >= submitted.len()).then_some(tickets))
    })
    .await
    .unwrap_or_else(|error| {
        panic!("{error}\n--- the agent said:\n{}\n--- the hub said:\n{}", agent.output(), hub.output())
    });

    let mut in_desk = BTreeMap::new();
    for ticket in &arrived {
        let [file] = ticket.document.attachments.as_slice() else {
            panic!("{} came with {} files", ticket.row.title, ticket.document.attachments.len())
        };
        let bytes = technician.attachment(file.id).await.unwrap();
        let before = in_desk.insert(ticket.document.description.clone(), hex::encode(Sha256::digest(&bytes)));
        assert!(before.is_none(), "{} is in the desk twice", ticket.document.description);
    }
    assert_eq!(in_desk, submitted);
}
