//! A desk that speaks the hub's wire protocol and fails as told. It keeps no promises of its own: what it counts is what
//! the agent did.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use deskside_protocol::desk::{
    Changes, Enrol, Enrolled, FollowUpReceipt, NewFollowUp, NewVerdict, Nudge, Problem, Receipt, TicketView,
};
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketDocument, TicketState};
use deskside_protocol::{AttachmentId, ClientId, DeviceId, ErrorCode, FollowUpId, Timestamp};
use futures_util::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

pub const CREDENTIAL: &str = "swordfish";

/// What goes wrong with the next request that matches.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Refused with this status and code, in the desk's protocol.
    Refuse(u16, ErrorCode),
    /// 503 and this `Retry-After`, in seconds.
    Busy(u64),
    /// Done, but the answer breaks off.
    Swallow,
    /// Not done, and the connection breaks off.
    Break,
    /// A page of a hotel's network.
    Portal,
    /// A page that says that all is well, as networks do that ask for consent first.
    Welcome,
    /// Nothing comes back, and the connection stays.
    Silence,
    /// Nothing goes wrong: what goes wrong is with a later one.
    Nothing,
}

#[derive(Debug, Default)]
pub struct Ticket {
    pub number: u64,
    pub bytes: Bytes,
    pub document: Option<TicketDocument>,
    /// How often a desk without idempotency would have created it.
    pub creations: u32,
    pub files: BTreeMap<AttachmentId, Bytes>,
    pub thread: Vec<FollowUp>,
    /// Identities of replies and verdicts in the order they came, repetitions included.
    pub came: Vec<FollowUpId>,
    pub verdicts: Vec<NewVerdict>,
    pub state: Option<TicketState>,
    pub changed: u64,
}

#[derive(Default)]
struct Kept {
    tickets: Mutex<BTreeMap<ClientId, Ticket>>,
    log: Mutex<Vec<String>>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    version: watch::Sender<u64>,
}

pub struct Desk {
    runtime: Runtime,
    kept: Arc<Kept>,
    address: SocketAddr,
    server: Mutex<Option<JoinHandle<()>>>,
    /// The port while nobody listens there: nobody else may get it, not even as the near end of a connection to it.
    held: Mutex<Option<tokio::net::TcpSocket>>,
}

impl Desk {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let desk = Self { runtime, kept: Arc::default(), address, server: Mutex::default(), held: Mutex::default() };
        desk.serve(listener);
        desk
    }

    fn serve(&self, listener: tokio::net::TcpListener) {
        let router = Router::new().fallback(answer).with_state(self.kept.clone());
        let server = self.runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        *self.server.lock().unwrap() = Some(server);
    }

    pub fn url(&self) -> Url {
        Url::parse(&format!("http://{}", self.address)).unwrap()
    }

    /// The network is cut: nobody listens, and what was open breaks.
    pub fn down(&self) {
        let server = self.server.lock().unwrap().take().unwrap();
        server.abort();
        self.kept.version.send_modify(|version| *version += 0);
        let _ = self.runtime.block_on(server);
        let socket = super::eventually("the port", || {
            let _runtime = self.runtime.enter();
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(self.address).ok().map(|()| socket)
        });
        *self.held.lock().unwrap() = Some(socket);
    }

    pub fn up(&self) {
        let socket = self.held.lock().unwrap().take().unwrap();
        let _runtime = self.runtime.enter();
        self.serve(socket.listen(1024).unwrap());
    }

    /// The next request that begins like this ("POST /tickets") fails so.
    pub fn fault(&self, on: &'static str, fault: Fault) {
        self.kept.faults.lock().unwrap().push_back((on, fault));
    }

    pub fn with<T>(&self, client_id: ClientId, look: impl FnOnce(&Ticket) -> T) -> Option<T> {
        self.kept.tickets.lock().unwrap().get(&client_id).map(look)
    }

    pub fn count(&self) -> usize {
        self.kept.tickets.lock().unwrap().len()
    }

    /// Every request so far, as "POST /tickets".
    pub fn log(&self) -> Vec<String> {
        self.kept.log.lock().unwrap().clone()
    }

    /// A technician answers.
    pub fn answer(&self, client_id: ClientId, text: &str, new_state: Option<TicketState>) -> FollowUpId {
        self.answer_with(client_id, text, new_state, vec![])
    }

    pub fn answer_with(
        &self,
        client_id: ClientId,
        text: &str,
        new_state: Option<TicketState>,
        files: Vec<(AttachmentMeta, Bytes)>,
    ) -> FollowUpId {
        let id = FollowUpId::new();
        let mut tickets = self.kept.tickets.lock().unwrap();
        let ticket = tickets.get_mut(&client_id).unwrap();
        ticket.thread.push(FollowUp {
            id,
            author: Author::Technician,
            author_name: Some("Alice\u{7} Martin".into()),
            at: Timestamp::now(),
            text: text.into(),
            new_state,
            attachments: files.iter().map(|(meta, _)| meta.clone()).collect(),
        });
        ticket.files.extend(files.into_iter().map(|(meta, bytes)| (meta.id, bytes)));
        ticket.state = new_state.or(ticket.state);
        ticket.changed = self.kept.next();
        id
    }
}

impl Kept {
    fn next(&self) -> u64 {
        self.version.send_modify(|version| *version += 1);
        *self.version.borrow()
    }
}

fn reply(status: u16, value: &impl serde::Serialize) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(serde_json::to_vec(value).unwrap()))
        .unwrap()
}

fn problem(status: u16, code: ErrorCode) -> Response {
    let problem = Problem {
        kind: "urn:deskside:problem:test".into(),
        title: "told to".into(),
        status,
        detail: None,
        code,
        request_id: None,
    };
    let mut response = reply(status, &problem);
    response.headers_mut().insert("content-type", "application/problem+json".parse().unwrap());
    response
}

fn broken() -> Body {
    Body::from_stream(futures_util::stream::iter([
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::other("the line was cut")),
    ]))
}

async fn answer(State(kept): State<Arc<Kept>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches("/api/v1").to_owned();
    let line = format!("{} {path}", request.method());
    kept.log.lock().unwrap().push(line.clone());
    let fault = {
        let mut faults = kept.faults.lock().unwrap();
        let at = faults.iter().position(|(on, _)| {
            let (method, rest) = on.split_once(' ').unwrap();
            line.starts_with(method) && (path == rest || (rest.starts_with('*') && path.contains(&rest[1..])))
        });
        at.and_then(|at| faults.remove(at)).map(|(_, fault)| fault)
    };
    match fault {
        None | Some(Fault::Nothing) => {}
        Some(Fault::Refuse(status, code)) => return problem(status, code),
        Some(Fault::Busy(seconds)) => {
            let mut response = problem(503, ErrorCode::Busy);
            response.headers_mut().insert("retry-after", seconds.into());
            return response;
        }
        Some(Fault::Break) => return Response::builder().status(502).body(broken()).unwrap(),
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Portal) => {
            return Response::builder()
                .status(302)
                .header("location", "http://portal.example/")
                .body(Body::empty())
                .unwrap();
        }
        Some(Fault::Welcome) => {
            let page = Body::from("<!DOCTYPE html><title>Welcome</title>");
            return Response::builder().status(200).header("content-type", "text/html").body(page).unwrap();
        }
        Some(Fault::Swallow) => {
            route(&kept, &path, request).await;
            // Of a file only the status is read, so there the status must be what is lost.
            let status = if path.contains("attachments") { 502 } else { 201 };
            return Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(broken())
                .unwrap();
        }
    }
    route(&kept, &path, request).await
}

async fn route(kept: &Arc<Kept>, path: &str, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().as_str().to_owned();
    let authorized = request.headers().get("authorization").is_some_and(|v| v == &format!("Bearer {CREDENTIAL}"));
    let body = to_bytes(request.into_body(), 64 * 1024 * 1024).await.unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    if segments == ["enrol"] {
        let enrol: Enrol = serde_json::from_slice(&body).unwrap();
        if enrol.token != "good" {
            return problem(403, ErrorCode::Forbidden);
        }
        let enrolled = Enrolled {
            device_id: DeviceId::new(),
            credential: CREDENTIAL.into(),
            helpdesk_name: Some(format!("Desk of {}", enrol.device_name)),
        };
        return reply(201, &enrolled);
    }
    if !authorized {
        return problem(401, ErrorCode::Unauthorized);
    }
    if segments == ["events"] {
        let version = kept.version.subscribe();
        let events = futures_util::stream::unfold((version, true), |(mut version, first)| async move {
            if !first {
                version.changed().await.ok()?;
            }
            let nudge = Nudge { cursor: version.borrow_and_update().to_string() };
            let text = format!(": hello\n\nevent: nudge\ndata: {}\n\n", serde_json::to_string(&nudge).unwrap());
            Some((Ok::<_, std::io::Error>(Bytes::from(text)), (version, false)))
        });
        return Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(events.boxed()))
            .unwrap();
    }
    let mut tickets = kept.tickets.lock().unwrap();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["tickets"]) => {
            let document: TicketDocument = serde_json::from_slice(&body).unwrap();
            let number = tickets.len() as u64 + 1;
            let ticket = tickets.entry(document.client_id).or_default();
            ticket.creations += 1;
            if ticket.number == 0 {
                ticket.number = number;
                ticket.bytes = body;
                ticket.document = Some(document.clone());
                ticket.state = Some(TicketState::New);
                ticket.changed = kept.next();
            }
            reply(201, &receipt(document.client_id, ticket))
        }
        ("GET", ["tickets"]) => {
            let since: u64 = query.strip_prefix("since=").map_or(0, |cursor| cursor.parse().unwrap());
            let mut changed: Vec<_> = tickets.iter().filter(|(_, t)| t.changed > since && t.number > 0).collect();
            changed.sort_by_key(|(_, ticket)| ticket.changed);
            // One at a time, so that paging is always tried.
            let more = changed.len() > 1;
            changed.truncate(1);
            let cursor = changed.last().map_or(since, |(_, ticket)| ticket.changed).to_string();
            let tickets = changed.into_iter().map(|(id, ticket)| view(*id, ticket)).collect();
            reply(200, &Changes { tickets, cursor, more })
        }
        ("GET", ["tickets", id, "receipt"]) => {
            let id: ClientId = id.parse().unwrap();
            match tickets.get(&id).filter(|ticket| ticket.number > 0) {
                Some(ticket) => reply(200, &receipt(id, ticket)),
                None => problem(404, ErrorCode::NotFound),
            }
        }
        (method, ["tickets", id, rest @ ..]) => {
            let Some(ticket) = tickets.get_mut(&id.parse().unwrap()) else { return problem(404, ErrorCode::NotFound) };
            match (method, rest) {
                ("PUT", ["attachments", file]) => {
                    ticket.files.insert(file.parse().unwrap(), body);
                    Response::builder().status(204).body(Body::empty()).unwrap()
                }
                ("GET", ["attachments", file]) => match ticket.files.get(&file.parse().unwrap()) {
                    Some(bytes) => Response::new(Body::from(bytes.clone())),
                    None => problem(404, ErrorCode::NotFound),
                },
                ("POST", ["follow-ups"]) => {
                    let new: NewFollowUp = serde_json::from_slice(&body).unwrap();
                    ticket.came.push(new.id);
                    if !ticket.thread.iter().any(|entry| entry.id == new.id) {
                        ticket.thread.push(FollowUp {
                            id: new.id,
                            author: Author::Requester,
                            author_name: None,
                            at: Timestamp::now(),
                            text: new.text.clone(),
                            new_state: None,
                            attachments: new.attachments.clone(),
                        });
                        ticket.changed = kept.next();
                    }
                    let missing = missing(ticket, &new.attachments);
                    reply(201, &FollowUpReceipt { id: new.id, missing })
                }
                ("POST", ["verdicts"]) => {
                    let new: NewVerdict = serde_json::from_slice(&body).unwrap();
                    ticket.came.push(new.id);
                    ticket.verdicts.push(new);
                    Response::builder().status(204).body(Body::empty()).unwrap()
                }
                _ => problem(404, ErrorCode::NotFound),
            }
        }
        _ => problem(404, ErrorCode::NotFound),
    }
}

fn missing(ticket: &Ticket, announced: &[AttachmentMeta]) -> Vec<AttachmentId> {
    announced.iter().map(|file| file.id).filter(|id| !ticket.files.contains_key(id)).collect()
}

fn receipt(client_id: ClientId, ticket: &Ticket) -> Receipt {
    let announced = &ticket.document.as_ref().unwrap().attachments;
    Receipt { client_id, number: ticket.number, missing: missing(ticket, announced), refused: Vec::new() }
}

fn view(client_id: ClientId, ticket: &Ticket) -> TicketView {
    let document = ticket.document.as_ref().unwrap();
    TicketView {
        client_id,
        number: ticket.number,
        title: document.title.clone(),
        description: document.description.clone(),
        state: ticket.state.unwrap_or(TicketState::New),
        assignee: None,
        created_at: document.created_at,
        updated_at: Timestamp::now(),
        thread: ticket.thread.clone(),
        attachments: document.attachments.clone(),
        rating: None,
    }
}

/// A ticket document with nothing in it but its identity.
pub fn smallest_document(client_id: ClientId) -> String {
    let document = TicketDocument {
        version: deskside_protocol::ticket::DOCUMENT_VERSION,
        client_id,
        created_at: Timestamp::now(),
        title: "It waits".into(),
        description: "It waits".into(),
        requester: deskside_protocol::ticket::Requester::default(),
        can_work: None,
        affected: None,
        urgency: deskside_protocol::ticket::Level::Medium,
        impact: deskside_protocol::ticket::Level::Low,
        category: None,
        helpdesk_category: None,
        findings: vec![],
        facts: deskside_protocol::facts::Facts::default(),
        health: None,
        attachments: vec![],
        made_by: "a test".into(),
    };
    serde_json::to_string(&document).unwrap()
}

/// A moment for what must not happen.
pub fn for_a_while() {
    std::thread::sleep(Duration::from_millis(300));
}
