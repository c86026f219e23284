//! All behaviour of the app. A request comes in ([`Controller::handle`]), an answer goes back, and what changed is told
//! as an [`Event`] to every window. Nothing here knows a tray, a socket or a screen: those are [`Ports`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deskside_protocol::connect::HelpdeskAbilities;
use deskside_protocol::local::{Event, LedgerAction, Notice, PeerRole, Request, Response, Route};
use deskside_protocol::{ErrorCode, ErrorReport, health, limits};
use tokio::sync::{Notify, broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ledger;
use crate::link::Link;
use crate::outbox::handle::Outbox;
use crate::outbox::machine::Backoff;
use crate::ports::{Ports, TrayState};
use crate::preview::Previews;
use crate::salvage::{self, Salvaged};
use crate::store::{InUse, Opened, Store, StoreError, files};
use crate::uploads::Uploads;

mod captures;
mod computer;
pub(crate) mod connect;
mod held;
mod home;
mod keeping;
mod moving;
mod news;
mod privacy;
mod report;
mod sampling;
mod setup;
mod sign_in;
mod threads;

/// Events that a slow window may be behind before it misses some (and asks for everything anew).
const EVENTS: usize = 256;
/// Longest wait for a window to leave the screen: it waits itself, until the desktop has drawn what was behind it.
const HIDE: Duration = Duration::from_secs(2);

/// Where the controller keeps things, and how patient it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; made with mode 0700 if it is not there.
    pub data: PathBuf,
    /// Login name of the user, for when the facts do not say.
    pub login: String,
    /// First wait after a failed try.
    pub backoff_first: Duration,
    /// Longest wait after a failed try.
    pub backoff_cap: Duration,
    /// How often the helpdesk is asked for changes when no nudge comes.
    pub poll: Duration,
    /// The same while a window is open, for a helpdesk that never nudges.
    pub poll_watched: Duration,
    /// How often the computer's health is sampled.
    pub sample: Duration,
    /// How often a disk that refused is tried again.
    pub mend: Duration,
    /// How long the bytes of files stay after they arrived.
    pub delivered_files_kept: Duration,
}

impl Options {
    /// The waits of the shipped app, for this folder and user.
    #[must_use]
    pub fn new(data: PathBuf, login: String) -> Self {
        Self {
            data,
            login,
            backoff_first: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(300),
            poll: Duration::from_secs(300),
            poll_watched: Duration::from_secs(60),
            sample: health::EVERY,
            mend: Duration::from_secs(20),
            delivered_files_kept: limits::DELIVERED_FILES_KEPT,
        }
    }

    fn backoff(&self) -> Backoff {
        Backoff { first: self.backoff_first, cap: self.backoff_cap }
    }
}

/// The app's behaviour. Cheap to clone; all clones are the same controller.
#[derive(Clone)]
pub struct Controller {
    inner: Arc<Inner>,
}

struct Inner {
    ports: Ports,
    options: Options,
    store: InUse,
    link: Arc<Link>,
    outbox: Outbox,
    events: broadcast::Sender<Event>,
    computer: computer::Computer,
    /// How this computer was during the last half hour.
    health: sampling::Ring,
    captures: captures::Captures,
    uploads: Uploads,
    previews: Previews,
    /// What was typed while the store could not keep it.
    held: held::Held,
    notices: Mutex<Vec<Notice>>,
    tray: Mutex<Option<TrayState>>,
    /// Something calls for a look at the helpdesk now.
    look: Notify,
    /// A window has left the screen.
    hidden: Notify,
    /// One fetch of a file at a time: two windows that want the same one wait for the first.
    fetching: tokio::sync::Mutex<()>,
    /// One helpdesk is connected at a time.
    connecting: tokio::sync::Mutex<()>,
    /// One helpdesk comes into force, or goes, at a time. Taken before the outbox is held, never after.
    linking: tokio::sync::Mutex<()>,
    /// Ends the waiting for a helpdesk's sign-in in the browser.
    browsing: std::sync::Mutex<CancellationToken>,
    /// What the helpdesk can do, as windows were told last.
    told_abilities: Mutex<HelpdeskAbilities>,
    /// One replacement of the store at a time.
    mending: tokio::sync::Mutex<()>,
    /// Somebody asked the agent to end.
    quit: CancellationToken,
    /// Ends the workers.
    stop: CancellationToken,
    tasks: TaskTracker,
    /// A click in a tray can come from a thread that knows no runtime.
    runtime: tokio::runtime::Handle,
}

impl Controller {
    /// Opens the store and starts the workers. Never refuses: a damaged store is set aside, and where nothing can be
    /// written the app runs on memory and says so ([`deskside_protocol::local::Home::notices`]).
    ///
    /// If SQLite cannot even work in memory, the process ends with a message in the log.
    pub async fn start(ports: Ports, options: Options) -> Self {
        let Opened { store, set_aside, refused } = match Store::open(&options.data).await {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(%error, "there is no memory for a store");
                std::process::abort();
            }
        };
        let set_aside = match set_aside {
            Some((kept, what)) => {
                let salvaged = salvage::carry_over(&kept, &store).await;
                Some((kept, what, salvaged))
            }
            None => None,
        };
        if let Err(error) = files::sweep(&store).await {
            tracing::warn!(%error, "files that belong to nothing could not be swept");
        }
        let (events, _) = broadcast::channel(EVENTS);
        let link = Arc::new(Link::new(ports.clone()));
        let (told, news) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let store = InUse::new(store);
        let tasks = TaskTracker::new();
        let (outbox, worker) = Outbox::start(store.clone(), Arc::clone(&link), options.backoff(), told, stop.clone());
        tasks.spawn(async move {
            let _ = worker.await;
        });
        let controller = Self {
            inner: Arc::new(Inner {
                computer: computer::Computer::new(Arc::clone(&ports.facts), events.clone()),
                ports,
                options,
                store,
                link,
                outbox,
                events,
                health: sampling::Ring::default(),
                captures: captures::Captures::default(),
                uploads: Uploads::default(),
                previews: Previews::default(),
                held: held::Held::default(),
                notices: Mutex::default(),
                tray: Mutex::default(),
                look: Notify::new(),
                hidden: Notify::new(),
                fetching: tokio::sync::Mutex::default(),
                connecting: tokio::sync::Mutex::default(),
                linking: tokio::sync::Mutex::default(),
                browsing: std::sync::Mutex::default(),
                told_abilities: Mutex::default(),
                mending: tokio::sync::Mutex::default(),
                quit: CancellationToken::new(),
                stop,
                tasks,
                runtime: tokio::runtime::Handle::current(),
            }),
        };
        let linked = controller.relink().await;
        if let Some((kept, what, salvaged)) = set_aside {
            controller.say_set_aside(&kept, &what, salvaged).await;
        }
        if let Some(why) = refused {
            controller.say_refused(&why);
        }
        if let Err(error) = linked {
            controller.notice(error.code, &error.detail);
        }
        controller.refresh_tray().await;
        controller.begin_watching(news);
        controller
    }

    /// Answers a request.
    ///
    /// # Errors
    /// A report with the code of what went wrong; see each [`Request`].
    pub async fn handle(&self, request: Request, from: PeerRole) -> Result<Response, ErrorReport> {
        let outcome = self.answer(request, from).await;
        if let Err(error) = &outcome
            && matches!(error.code, ErrorCode::StoreDamaged | ErrorCode::StoreUnwritable)
            // A store in memory said so when it was opened.
            && self.store().is_durable()
        {
            self.store_failed(error.code);
        }
        outcome
    }

    async fn answer(&self, request: Request, from: PeerRole) -> Result<Response, ErrorReport> {
        tracing::debug!(?from, "a request");
        match request {
            Request::Home => self.home().await,
            Request::OpenDraft { draft } => self.open_draft(draft).await,
            Request::NewDraft => self.new_draft().await,
            Request::SaveDraft { draft, change } => self.save_draft(draft, change).await,
            Request::DiscardDraft { draft } => self.discard_draft(draft).await,
            Request::TakeCapture => self.take_capture().await,
            Request::OpenCapture { capture } => Ok(Response::Capture(self.inner.captures.find(capture)?.0)),
            Request::WindowHidden => {
                self.inner.hidden.notify_waiters();
                Ok(Response::Done)
            }
            Request::DropCapture { capture } => {
                self.inner.captures.forget(capture);
                Ok(Response::Done)
            }
            Request::BeginUpload { owner, name, media_type, size_bytes, screenshot } => {
                self.begin_upload(owner, name, media_type, size_bytes, screenshot).await
            }
            Request::UploadPiece { upload, offset, data_base64 } => {
                self.upload_piece(upload, offset, &data_base64).await
            }
            Request::FinishUpload { upload } => self.finish_upload(upload).await,
            Request::RemoveAttachment { owner, attachment } => self.remove_attachment(owner, attachment).await,
            Request::ReadBlob { blob, offset } => self.read_blob(blob, offset).await,
            Request::Preview { draft } => self.preview(draft).await,
            Request::SetSection { draft, section, on } => self.set_section(draft, section, on).await,
            Request::Submit { draft, document_sha256 } => self.submit(draft, &document_sha256).await,
            Request::Requests => self.requests().await,
            Request::Thread { client_id } => self.thread(client_id).await,
            Request::SaveReply { client_id, text } => self.save_reply(client_id, &text).await,
            Request::Reply { client_id, text } => self.reply(client_id, &text).await,
            Request::GiveVerdict { client_id, verdict } => self.give_verdict(client_id, &verdict).await,
            Request::SendNow => {
                self.inner.outbox.resume(true);
                self.inner.look.notify_one();
                Ok(Response::Done)
            }
            Request::RetryParked { client_id } => self.retry_parked(client_id).await,
            Request::TakeBack { client_id, entry } => self.take_back(client_id, entry).await,
            Request::Health => Ok(self.health()),
            Request::SetMoment { draft, moment } => self.set_moment(draft, moment).await,
            Request::Facts => self.facts().await,
            Request::Privacy => self.privacy().await,
            Request::SentDocument { client_id } => self.sent_document(client_id).await,
            Request::ExportData => self.export().await,
            Request::EraseData => self.erase().await,
            Request::Settings => Ok(Response::Settings(self.settings_view())),
            Request::ChangeSettings { settings } => self.change_settings(settings).await,
            Request::SetUpShortcut => {
                self.inner.ports.settings.set_up_shortcut();
                Ok(Response::Done)
            }
            Request::Enrol { url, token } => self.enrol(&url, &token).await,
            Request::SignIn => self.sign_in().await,
            Request::ProbeHelpdesk { choice } => self.probe_helpdesk(choice).await,
            Request::ConnectHelpdesk { choice } => self.connect_helpdesk(choice).await,
            Request::DisconnectHelpdesk => self.disconnect_helpdesk().await,
            Request::SearchArticles { words } => self.search_articles(&words).await,
            Request::Categories => self.categories().await,
            Request::Doctor => self.doctor().await,
            Request::ShowWindow { route } => {
                self.show(route);
                Ok(Response::Done)
            }
            Request::Quit => {
                self.inner.quit.cancel();
                Ok(Response::Done)
            }
        }
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Brings the window to this place (a click in the tray or on a notification). Facts are collected while it starts.
    pub fn show(&self, route: Route) {
        if matches!(route, Route::Home | Route::Report { .. } | Route::Suggested { .. } | Route::Computer) {
            self.inner.computer.refresh(computer::LIGHT_AGE, computer::HEAVY_AGE);
        }
        self.tell(Event::Navigate { route: route.clone() });
        self.inner.ports.window.show(route);
    }

    /// Has the open window leave the screen for a picture, and waits until it has, at most [`HIDE`].
    pub async fn hide_window(&self) {
        let mut gone = std::pin::pin!(self.inner.hidden.notified());
        // It may answer before anybody waits.
        gone.as_mut().enable();
        self.tell(Event::HideForCapture);
        if tokio::time::timeout(HIDE, gone).await.is_err() {
            tracing::warn!("the window did not leave the screen");
        }
    }

    /// The system's network changed: everything that waits for it is tried now.
    pub fn network_changed(&self) {
        self.inner.link.network_changed();
        self.inner.outbox.resume(false);
        self.inner.look.notify_one();
    }

    /// The settings changed from outside (the policy file): they are read again and told.
    pub fn settings_changed(&self) {
        let controller = self.clone();
        self.inner.tasks.spawn_on(async move { controller.settings_are_new().await }, &self.inner.runtime);
    }

    /// How it stands with the shortcut changed: the settings' screen shows it.
    pub fn shortcut_changed(&self) {
        self.tell(Event::SettingsChanged { view: self.settings_view() });
    }

    /// Resolves when somebody asked the agent to end ([`Request::Quit`]) or [`Self::stop`] was called.
    pub async fn stopped(&self) {
        self.inner.quit.cancelled().await;
    }

    /// Ends the workers and closes the store, after what is being written is written.
    pub async fn stop(&self) {
        self.inner.quit.cancel();
        self.inner.stop.cancel();
        self.inner.tasks.close();
        // A worker waits for the helpdesk at most; what it keeps is durable already.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.inner.tasks.wait()).await;
        self.inner.store.get().close().await;
    }

    fn store(&self) -> Store {
        self.inner.store.get()
    }

    fn tell(&self, event: Event) {
        // Nobody listening is the usual case: no window is open.
        let _ = self.inner.events.send(event);
    }

    /// Says something on every screen; said once per code, with the newest detail.
    fn notice(&self, code: ErrorCode, detail: &str) {
        {
            let mut notices = self.inner.notices.lock().unwrap_or_else(PoisonError::into_inner);
            if notices.iter().any(|notice| notice.code == code && notice.detail == detail) {
                return;
            }
            notices.retain(|notice| notice.code != code);
            notices.push(Notice { code, detail: detail.to_owned() });
        }
        self.tell(Event::NoticesChanged);
    }

    fn unnotice(&self, code: ErrorCode) {
        let removed = {
            let mut notices = self.inner.notices.lock().unwrap_or_else(PoisonError::into_inner);
            let before = notices.len();
            notices.retain(|notice| notice.code != code);
            before != notices.len()
        };
        if removed {
            self.tell(Event::NoticesChanged);
        }
    }

    /// The store on the disk cannot be used.
    fn say_refused(&self, why: &StoreError) {
        let code = match why {
            StoreError::Version(_) => ErrorCode::StoreVersion,
            StoreError::Unwritable(_) | StoreError::Damaged(_) | StoreError::Fault(_) => ErrorCode::StoreUnwritable,
        };
        self.notice(code, &why.to_string());
    }

    async fn say_set_aside(&self, kept: &std::path::Path, what: &str, salvaged: Salvaged) {
        let name = kept.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Salvaged { requests, drafts, lost } = salvaged;
        let carried = format!("{requests} waiting requests and {drafts} drafts carried over, {lost} not");
        self.notice(ErrorCode::StoreDamaged, &format!("set aside as {name}: {what}; {carried}"));
        let name = format!("{name}; {carried}");
        let recorded = async {
            let mut tx = self.store().begin().await?;
            ledger::record(&mut tx, LedgerAction::StoreSetAside, None, &name).await?;
            tx.commit().await?;
            Ok::<(), StoreError>(())
        };
        if let Err(error) = recorded.await {
            tracing::error!(%error, "that the store was set aside could not be recorded");
        }
    }
}
