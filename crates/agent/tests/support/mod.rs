//! An app whose desktop is a recording, on a real store in a real folder, speaking real HTTP to a desk of these tests.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part of this one")]

pub mod desk;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use deskside_agent::controller::{Controller, Options};
use deskside_agent::ports::*;
use deskside_protocol::connect::HelpdeskChoice;
use deskside_protocol::facts::{Device, Facts, Network, Section, SectionId, User};
use deskside_protocol::health::{Echo, HealthSample};
use deskside_protocol::local::*;
use deskside_protocol::settings::{Settings, SettingsView};
use deskside_protocol::ticket::{AttachmentMeta, Category, Finding, FindingCode, Severity};
use deskside_protocol::{ClientId, DraftId, ErrorCode, ErrorReport, Timestamp};
use tokio::runtime::Runtime;
use url::Url;

/// The desktop: it does nothing and remembers everything.
#[derive(Default)]
pub struct Desktop {
    pub notifications: Mutex<Vec<Notification>>,
    pub dismissed: Mutex<Vec<ClientId>>,
    pub tray: Mutex<Vec<TrayState>>,
    pub shown: Mutex<Vec<Route>>,
    /// Pages that the system's browser was to open.
    pub browsed: Mutex<Vec<Url>>,
    pub credentials: Mutex<HashMap<Url, String>>,
    pub helpdesk: Mutex<Option<HelpdeskAddress>>,
    pub settings: Mutex<Settings>,
    pub section_policy: Mutex<HashMap<SectionId, bool>>,
    pub notices: Mutex<Vec<Notice>>,
    pub retention_days: Mutex<Option<u32>>,
    pub collections: Mutex<u32>,
    pub picture: Mutex<Option<Picture>>,
    pub decided_helpdesk: Mutex<Option<Url>>,
    /// What cannot be kept of the helpdesk.
    pub settings_refuse: Mutex<Option<ErrorReport>>,
    pub samples: std::sync::atomic::AtomicU32,
}

impl Desktop {
    /// Set up for this desk, as after an enrolment.
    pub fn enrolled(url: &Url) -> Arc<Self> {
        let desktop = Self::default();
        *desktop.helpdesk.lock().unwrap() = Some(HelpdeskAddress::hub(url.clone(), Some("Helpdesk".into())));
        desktop.credentials.lock().unwrap().insert(url.clone(), desk::CREDENTIAL.into());
        Arc::new(desktop)
    }

    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            window: self.clone(),
            notify: self.clone(),
            tray: self.clone(),
            screen: self.clone(),
            secrets: self.clone(),
            settings: self.clone(),
            facts: self.clone(),
            doctor: self.clone(),
        }
    }
}

impl WindowPort for Desktop {
    fn browse(&self, page: &Url) -> std::io::Result<()> {
        self.browsed.lock().unwrap().push(page.clone());
        Ok(())
    }
    fn show(&self, route: Route) {
        self.shown.lock().unwrap().push(route);
    }
}

impl NotifyPort for Desktop {
    fn show(&self, notification: Notification) {
        self.notifications.lock().unwrap().push(notification);
    }
    fn dismiss(&self, client_id: ClientId) {
        self.dismissed.lock().unwrap().push(client_id);
    }
}

impl TrayPort for Desktop {
    fn set(&self, state: TrayState) {
        self.tray.lock().unwrap().push(state);
    }
}

#[async_trait]
impl ScreenPort for Desktop {
    async fn capture(&self) -> Result<Picture, ErrorReport> {
        let picture = self.picture.lock().unwrap().clone();
        picture.ok_or_else(|| ErrorReport::new(ErrorCode::ScreenUnavailable, "no screen in this test"))
    }
}

#[async_trait]
impl SecretPort for Desktop {
    async fn get(&self, helpdesk: &Url) -> Result<Option<String>, ErrorReport> {
        Ok(self.credentials.lock().unwrap().get(helpdesk).cloned())
    }
    async fn set(&self, helpdesk: &Url, credential: &str) -> Result<(), ErrorReport> {
        self.credentials.lock().unwrap().insert(helpdesk.clone(), credential.into());
        Ok(())
    }
    async fn delete(&self, helpdesk: &Url) -> Result<(), ErrorReport> {
        self.credentials.lock().unwrap().remove(helpdesk);
        Ok(())
    }
    fn kind(&self) -> SecretKind {
        SecretKind::Keyring
    }
}

#[async_trait]
impl SettingsPort for Desktop {
    fn view(&self) -> SettingsView {
        let helpdesk = self.helpdesk.lock().unwrap().clone();
        SettingsView {
            settings: self.settings.lock().unwrap().clone(),
            decided_by_policy: vec![],
            shortcut_state: deskside_protocol::shortcut::ShortcutState::default(),
            language: "fr".into(),
            helpdesk_url: helpdesk.as_ref().map(|h| h.url.to_string()),
            helpdesk_kind: helpdesk.as_ref().map(|h| h.kind),
            helpdesk_name: helpdesk.and_then(|h| h.name),
            helpdesk_email: None,
            enrolled: false,
            version: "test".into(),
            ..SettingsView::default()
        }
    }
    async fn change(&self, settings: Settings) -> Result<(), ErrorReport> {
        *self.settings.lock().unwrap() = settings;
        Ok(())
    }
    fn set_up_shortcut(&self) {}
    fn helpdesk(&self) -> Option<HelpdeskAddress> {
        self.helpdesk.lock().unwrap().clone()
    }
    fn may_enrol(&self, helpdesk: &Url) -> Result<(), ErrorReport> {
        match self.decided_helpdesk.lock().unwrap().as_ref() {
            Some(decided) if decided != helpdesk => Err(ErrorReport::new(ErrorCode::DecidedByPolicy, "another")),
            _ => Ok(()),
        }
    }
    async fn set_helpdesk(&self, helpdesk: HelpdeskAddress) -> Result<(), ErrorReport> {
        if let Some(refusal) = self.settings_refuse.lock().unwrap().clone() {
            return Err(refusal);
        }
        *self.helpdesk.lock().unwrap() = Some(helpdesk);
        Ok(())
    }
    fn choose(&self, choice: HelpdeskChoice) -> Result<HelpdeskChoice, ErrorReport> {
        Ok(choice)
    }
    async fn forget_helpdesk(&self) -> Result<(), ErrorReport> {
        *self.helpdesk.lock().unwrap() = None;
        Ok(())
    }
    fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }
    fn retention_days(&self) -> Option<u32> {
        *self.retention_days.lock().unwrap()
    }
    fn section_policy(&self, section: SectionId) -> Option<bool> {
        self.section_policy.lock().unwrap().get(&section).copied()
    }
}

fn collected<T>(data: T) -> Option<Section<T>> {
    Some(Section::Collected { at: Timestamp::now(), took_ms: 1, data })
}

#[async_trait]
impl FactsPort for Desktop {
    async fn collect(&self, sections: &[SectionId]) -> Facts {
        *self.collections.lock().unwrap() += 1;
        let mut facts = Facts::default();
        if sections.contains(&SectionId::Device) {
            facts.device = collected(Device { host_name: Some("pc-17".into()), ..Device::default() });
        }
        if sections.contains(&SectionId::User) {
            let user = User { login: "jdupont".into(), display_name: Some("Jeanne Dupont".into()), ..User::default() };
            facts.user = collected(user);
        }
        if sections.contains(&SectionId::Network) {
            facts.network = collected(Network::default());
        }
        facts
    }
    async fn health(&self) -> HealthSample {
        let samples = self.samples.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        HealthSample {
            at: Timestamp::now(),
            processor_percent: Some(u8::try_from(samples % 100).unwrap()),
            memory_percent: Some(50),
            disk_percent: None,
            link: Some(true),
            gateway: Some(Echo::Answered { ms: 2 }),
            helpdesk: None,
        }
    }
    fn findings(&self, facts: &Facts) -> Vec<Finding> {
        // One in a section that leaves, one that would betray the network where it is held back.
        let finding =
            |code, section| Finding { code, section, severity: Severity::Warning, subject: None, value: None };
        let mut findings = vec![finding(FindingCode::NetworkDown, SectionId::Network)];
        if facts.device.is_some() {
            findings.push(finding(FindingCode::LongUptime, SectionId::Device));
        }
        findings
    }
    fn relevant(&self, text: &str, _: Option<Category>) -> BTreeSet<SectionId> {
        if text.contains("printer") { BTreeSet::from([SectionId::Printers]) } else { BTreeSet::new() }
    }
}

#[async_trait]
impl DoctorPort for Desktop {
    async fn checks(&self) -> Vec<DoctorCheck> {
        vec![]
    }
}

/// The app in a runtime of its own, so that it can be killed at any moment.
pub struct App {
    runtime: Option<Runtime>,
    pub controller: Controller,
    pub desktop: Arc<Desktop>,
    pub data: PathBuf,
}

impl App {
    pub fn start(data: &Path, desktop: &Arc<Desktop>) -> Self {
        Self::start_with(data, desktop, |_| {})
    }

    pub fn start_with(data: &Path, desktop: &Arc<Desktop>, change: impl FnOnce(&mut Options)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut options = Options::new(data.to_owned(), "login".into());
        options.backoff_first = Duration::from_millis(20);
        options.backoff_cap = Duration::from_millis(200);
        options.poll = Duration::from_secs(2);
        options.mend = Duration::from_millis(100);
        change(&mut options);
        let controller = runtime.block_on(Controller::start(desktop.ports(), options));
        Self { runtime: Some(runtime), controller, desktop: desktop.clone(), data: data.to_owned() }
    }

    /// Everything stops where it is; nothing gets to say goodbye.
    pub fn kill(mut self) -> Arc<Desktop> {
        self.runtime.take().unwrap().shutdown_timeout(Duration::from_millis(500));
        self.desktop.clone()
    }

    pub fn stop(mut self) -> Arc<Desktop> {
        let runtime = self.runtime.take().unwrap();
        runtime.block_on(self.controller.stop());
        self.desktop.clone()
    }

    pub fn ask(&self, request: Request) -> Result<Response, ErrorReport> {
        self.runtime.as_ref().unwrap().block_on(self.controller.handle(request, PeerRole::Window))
    }

    pub fn code(&self, request: Request) -> ErrorCode {
        match self.ask(request) {
            Ok(response) => panic!("expected an error, got {response:?}"),
            Err(error) => error.code,
        }
    }

    pub fn draft(&self, text: &str) -> DraftId {
        let Response::Draft(draft) = self.ask(Request::NewDraft).unwrap() else { panic!() };
        self.save(draft.id, text);
        draft.id
    }

    pub fn save(&self, draft: DraftId, text: &str) {
        let change = DraftChange { text: Some(text.into()), ..DraftChange::default() };
        self.ask(Request::SaveDraft { draft, change }).unwrap();
    }

    /// The preview, once nothing is being collected any more.
    pub fn preview(&self, draft: DraftId) -> Preview {
        eventually("a preview with every section", || {
            let Response::Preview(preview) = self.ask(Request::Preview { draft }).unwrap() else { panic!() };
            (!preview.collecting).then_some(preview)
        })
    }

    pub fn submit(&self, draft: DraftId) -> (ClientId, Preview) {
        let preview = self.preview(draft);
        let request = Request::Submit { draft, document_sha256: preview.document_sha256.clone() };
        let Response::Submitted { client_id } = self.ask(request).unwrap() else { panic!() };
        (client_id, preview)
    }

    pub fn report(&self, text: &str) -> ClientId {
        self.submit(self.draft(text)).0
    }

    pub fn upload(
        &self,
        owner: UploadOwner,
        name: &str,
        bytes: &[u8],
        screenshot: bool,
    ) -> Result<AttachmentMeta, ErrorReport> {
        let begin = Request::BeginUpload {
            owner,
            name: name.into(),
            media_type: String::new(),
            size_bytes: bytes.len() as u64,
            screenshot,
        };
        let Response::Upload { upload } = self.ask(begin)? else { panic!() };
        let mut offset = 0;
        for piece in bytes.chunks(300_000) {
            let data_base64 = base64::engine::general_purpose::STANDARD.encode(piece);
            self.ask(Request::UploadPiece { upload, offset, data_base64 })?;
            offset += piece.len() as u64;
        }
        let Response::Attached { attachment } = self.ask(Request::FinishUpload { upload })? else { panic!() };
        Ok(attachment)
    }

    pub fn read(&self, blob: Blob) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let piece = self.ask(Request::ReadBlob { blob, offset: bytes.len() as u64 }).unwrap();
            let Response::Piece { data_base64, total_bytes } = piece else { panic!() };
            bytes.extend(base64::engine::general_purpose::STANDARD.decode(data_base64).unwrap());
            if bytes.len() as u64 == total_bytes {
                return bytes;
            }
        }
    }

    pub fn row(&self, client_id: ClientId) -> RequestRow {
        let Response::Requests { requests, .. } = self.ask(Request::Requests).unwrap() else { panic!() };
        requests.into_iter().find(|row| row.client_id == client_id).expect("the request is in the list")
    }

    pub fn thread(&self, client_id: ClientId) -> Thread {
        let Response::Thread(thread) = self.ask(Request::Thread { client_id }).unwrap() else { panic!() };
        thread
    }

    pub fn home(&self) -> Home {
        let Response::Home(home) = self.ask(Request::Home).unwrap() else { panic!() };
        home
    }

    pub fn ledger(&self) -> (Vec<LedgerAction>, bool) {
        let Response::Privacy(privacy) = self.ask(Request::Privacy).unwrap() else { panic!() };
        (privacy.entries.iter().rev().map(|entry| entry.action).collect(), privacy.intact)
    }

    pub fn delivered(&self, client_id: ClientId) -> u64 {
        let mut last = None;
        let outcome = within(PATIENCE, || match self.row(client_id).delivery {
            Delivery::Delivered { number } => Some(number),
            other @ (Delivery::Waiting { .. } | Delivery::Sending | Delivery::Parked { .. }) => {
                last = Some(other);
                None
            }
        });
        outcome.unwrap_or_else(|| panic!("never delivered: {last:?}, {:?}", self.home()))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_millis(500));
        }
    }
}

/// Waits until something is there: longer than anything takes on a machine that does ten other things.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, &mut look).unwrap_or_else(|| panic!("waited in vain for: {what}"))
}

const PATIENCE: Duration = Duration::from_secs(60);

fn within<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if begun.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Does something to the database behind the app's back.
pub fn behind_its_back<T>(data: &Path, what: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> T) -> T {
    use sqlx::{ConnectOptions as _, Connection as _};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join(deskside_agent::store::DATABASE));
        let mut connection = options.connect().await.unwrap();
        let outcome = what(&mut connection).await;
        connection.close().await.unwrap();
        outcome
    })
}

/// A small picture, as a window flattens it, with something in it that must not leave.
pub fn png_with_secret() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Comment".into(), "taken at home".into()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0x7f; 8 * 8 * 4]).unwrap();
    writer.finish().unwrap();
    bytes
}
