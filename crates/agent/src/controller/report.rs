//! From the first word to "kept, will be sent".

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use deskside_protocol::facts::{Cost, Facts, SectionId};
use deskside_protocol::local::{DraftChange, Event, LedgerAction, Preview, Response, UploadOwner};
use deskside_protocol::ticket::Requester;
use deskside_protocol::{AttachmentId, DraftId, ErrorCode, ErrorReport, Sha256, UploadId, limits};

use super::Controller;
use super::computer::{HEAVY_AGE, LIGHT_AGE};
use crate::drafts::{self, Kept};
use crate::preview::{self, Ingredients};
use crate::store::StoreError;
use crate::store::files::{self, Owner};
use crate::uploads::Announced;
use crate::{ledger, requests};

/// How long a preview waits for the cheap sections before it comes without them and says so.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn no_draft() -> ErrorReport {
    ErrorReport::new(ErrorCode::NotFound, "no such draft")
}

impl Controller {
    pub(super) async fn open_draft(&self, id: Option<DraftId>) -> Result<Response, ErrorReport> {
        // The preview is next: look at the machine while the user types.
        self.inner.computer.refresh(LIGHT_AGE, HEAVY_AGE);
        let id = id.or_else(|| self.inner.held.newest());
        let store = self.store();
        // Read without the write lock: a disk that is full or read-only still shows what is on it.
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let found = drafts::find(&mut connection, id).await?;
        drop(connection);
        let held = id.or(found.as_ref().map(|kept| kept.draft.id)).and_then(|id| self.inner.held.find(id));
        let begun = held.as_ref().and_then(|held| held.begun.clone());
        let mut kept = match (found.or(begun), id) {
            (Some(kept), _) => kept,
            (None, Some(_)) => return Err(no_draft()),
            (None, None) => return self.begin_draft().await,
        };
        if let Some(held) = held {
            held.show_over(&mut kept);
        }
        Ok(Response::Draft(kept.draft))
    }

    pub(super) async fn new_draft(&self) -> Result<Response, ErrorReport> {
        self.inner.computer.refresh(LIGHT_AGE, HEAVY_AGE);
        self.begin_draft().await
    }

    /// A new draft, in memory if the disk takes none: who has no room left may want to say just that.
    async fn begin_draft(&self) -> Result<Response, ErrorReport> {
        let store = self.store();
        let begun = async {
            let mut tx = store.begin().await?;
            let new = drafts::create(&mut tx).await?;
            let kept = drafts::find(&mut tx, Some(new)).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(kept)
        };
        let draft = match begun.await {
            Ok(kept) => kept.ok_or_else(no_draft)?.draft,
            Err(error @ StoreError::Unwritable(_)) => {
                self.store_failed(error.code());
                self.inner.held.begin().ok_or(error)?
            }
            Err(error @ (StoreError::Damaged(_) | StoreError::Version(_) | StoreError::Fault(_))) => {
                return Err(error.into());
            }
        };
        Ok(Response::Draft(draft))
    }

    pub(super) async fn save_draft(&self, id: DraftId, change: DraftChange) -> Result<Response, ErrorReport> {
        drafts::judge(&change)?;
        Ok(Response::Draft(self.keep_change(id, change).await?.draft))
    }

    /// Keeps a change together with what could not be kept before. What the disk refuses stays in memory.
    async fn keep_change(&self, id: DraftId, change: DraftChange) -> Result<Kept, ErrorReport> {
        let held = self.inner.held.find(id).unwrap_or_default().with(change);
        let store = self.store();
        let kept = async {
            let mut tx = store.begin().await?;
            if let Some(begun) = &held.begun {
                drafts::restore(&mut tx, begun).await?;
            }
            if !drafts::change(&mut tx, id, &held.change).await? {
                return Ok(None);
            }
            let kept = drafts::find(&mut tx, Some(id)).await?;
            tx.commit().await?;
            store.must_be_durable()?;
            Ok::<_, StoreError>(kept)
        };
        match kept.await {
            Ok(Some(kept)) => {
                self.inner.held.forget(id);
                Ok(kept)
            }
            Ok(None) => Err(no_draft()),
            Err(error) => {
                if matches!(error, StoreError::Unwritable(_) | StoreError::Damaged(_))
                    && store.is_durable()
                    && !self.inner.held.hold(id, held)
                {
                    tracing::error!("there is no room in memory either for what is typed");
                }
                Err(error.into())
            }
        }
    }

    /// Tries once more to keep what was typed while the disk refused it.
    pub(super) async fn settle_held(&self, id: DraftId) -> Result<(), ErrorReport> {
        if self.inner.held.find(id).is_some() {
            self.keep_change(id, DraftChange::default()).await?;
        }
        Ok(())
    }

    /// Keeps everything that was typed while the disk refused it, if the disk takes it now.
    pub(super) async fn settle_all_held(&self) -> Result<(), ErrorReport> {
        for id in self.inner.held.ids() {
            match self.settle_held(id).await {
                Ok(()) => {}
                // Its draft was lost with a damaged store; the window still shows it.
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) async fn discard_draft(&self, id: DraftId) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut tx = store.begin().await?;
        let kept = match drafts::find(&mut tx, Some(id)).await? {
            Some(kept) => kept,
            // It never came as far as the disk.
            None if self.inner.held.forget(id) => return Ok(Response::Done),
            None => return Err(no_draft()),
        };
        for file in &kept.draft.attachments {
            files::remove(&mut tx, Owner::Draft(id), file.id).await?;
        }
        drafts::delete(&mut tx, id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        for file in &kept.draft.attachments {
            files::delete(&files::kept(store.folder(), file.id));
        }
        self.inner.uploads.drop_for(&store, Owner::Draft(id));
        self.inner.previews.forget(id);
        self.inner.held.forget(id);
        Ok(Response::Done)
    }

    pub(super) async fn take_capture(&self) -> Result<Response, ErrorReport> {
        let picture = self.inner.ports.screen.capture().await?;
        let capture = self.inner.captures.hold(picture)?;
        let detail = format!("{} × {} pixels, held in memory", capture.width_px, capture.height_px);
        // Best effort: a full disk must not keep anybody from showing what they see.
        let recorded = async {
            let mut tx = self.store().begin().await?;
            ledger::record(&mut tx, LedgerAction::ScreenCaptured, None, &detail).await?;
            tx.commit().await?;
            Ok::<(), StoreError>(())
        };
        if let Err(error) = recorded.await {
            tracing::warn!(%error, "that a picture was taken could not be recorded");
        }
        Ok(Response::Capture(capture))
    }

    pub(super) async fn begin_upload(
        &self,
        owner: UploadOwner,
        name: String,
        media_type: String,
        size_bytes: u64,
        screenshot: bool,
    ) -> Result<Response, ErrorReport> {
        self.must_take(size_bytes)?;
        let store = self.store();
        let owner = Owner::from(owner);
        self.must_own(&store, owner).await?;
        let announced = Announced { owner, name, media_type, size_bytes, screenshot };
        let upload = self.inner.uploads.begin(&store, announced).await?;
        Ok(Response::Upload { upload })
    }

    async fn must_own(&self, store: &crate::store::Store, owner: Owner) -> Result<(), ErrorReport> {
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let there = match owner {
            Owner::Draft(draft) => drafts::find(&mut connection, Some(draft)).await?.is_some(),
            Owner::Ticket(ticket) | Owner::Reply(ticket) | Owner::Entry(ticket, _) => {
                requests::exists(&mut connection, ticket).await?
            }
        };
        if there { Ok(()) } else { Err(ErrorReport::new(ErrorCode::NotFound, "what the file belongs to is gone")) }
    }

    pub(super) async fn upload_piece(
        &self,
        upload: UploadId,
        offset: u64,
        data_base64: &str,
    ) -> Result<Response, ErrorReport> {
        // Four characters for three bytes: judged before anything is decoded.
        if data_base64.len() > limits::CHUNK_BYTES.div_ceil(3) * 4 {
            return Err(ErrorReport::new(ErrorCode::BadRequest, "the piece is too large"));
        }
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(data_base64)
            .map_err(|error| ErrorReport::new(ErrorCode::BadRequest, format!("not base64: {error}")))?;
        self.inner.uploads.piece(upload, offset, &bytes).await?;
        Ok(Response::Done)
    }

    pub(super) async fn finish_upload(&self, upload: UploadId) -> Result<Response, ErrorReport> {
        let (owner, attachment) = self.inner.uploads.finish(&self.store(), upload).await?;
        self.tell_owner(owner);
        Ok(Response::Attached { attachment })
    }

    pub(super) async fn remove_attachment(
        &self,
        owner: UploadOwner,
        attachment: AttachmentId,
    ) -> Result<Response, ErrorReport> {
        let owner = Owner::from(owner);
        let store = self.store();
        let mut tx = store.begin().await?;
        if !files::remove(&mut tx, owner, attachment).await? {
            return Err(ErrorReport::new(ErrorCode::NotFound, "no such file"));
        }
        if let Owner::Draft(draft) = owner {
            drafts::touch(&mut tx, draft).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        files::delete(&files::kept(store.folder(), attachment));
        self.tell_owner(owner);
        Ok(Response::Done)
    }

    fn tell_owner(&self, owner: Owner) {
        match owner {
            Owner::Draft(_) => {}
            Owner::Ticket(client_id) | Owner::Reply(client_id) | Owner::Entry(client_id, _) => {
                self.tell(Event::RequestChanged { client_id });
            }
        }
    }

    pub(super) async fn preview(&self, id: DraftId) -> Result<Response, ErrorReport> {
        self.settle_held(id).await?;
        self.inner.computer.refresh(LIGHT_AGE, HEAVY_AGE);
        self.inner.computer.settled(&[Cost::Light], PATIENCE).await;
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let mut kept = drafts::find(&mut connection, Some(id)).await?.ok_or_else(no_draft)?;
        drop(connection);
        if let Some(fuller) = kept.draft.health.as_ref().and_then(|slice| self.inner.health.fuller(slice)) {
            kept = self.keep_health(id, Some(&fuller)).await?;
        }
        self.show_preview(&kept).map(Response::Preview)
    }

    pub(super) async fn set_section(&self, id: DraftId, section: SectionId, on: bool) -> Result<Response, ErrorReport> {
        if self.inner.ports.settings.section_policy(section).is_some_and(|decided| decided != on) {
            return Err(ErrorReport::new(ErrorCode::DecidedByPolicy, format!("section {}", section.name())));
        }
        self.settle_held(id).await?;
        let store = self.store();
        let mut tx = store.begin().await?;
        if !drafts::switch(&mut tx, id, section, on).await? {
            return Err(no_draft());
        }
        let kept = drafts::find(&mut tx, Some(id)).await?.ok_or_else(no_draft)?;
        tx.commit().await.map_err(StoreError::from)?;
        self.show_preview(&kept).map(Response::Preview)
    }

    /// The preview of this state of the draft: the one that was shown, if nothing changed since, so that looking twice
    /// shows the same bytes.
    fn show_preview(&self, kept: &Kept) -> Result<Preview, ErrorReport> {
        let snapshot = self.inner.computer.snapshot();
        if let Some(shown) = self.inner.previews.current(kept.draft.id, kept.revision, snapshot.generation) {
            return Ok(shown);
        }
        let settings = &self.inner.ports.settings;
        let policy: BTreeMap<SectionId, bool> = SectionId::ALL
            .iter()
            .filter_map(|section| settings.section_policy(*section).map(|decided| (*section, decided)))
            .collect();
        let machine = self.inner.computer.port();
        let relevant = machine.relevant(&kept.draft.text, kept.draft.category);
        let preview = preview::make(
            kept,
            &Ingredients {
                facts: &snapshot.facts,
                collecting: &snapshot.collecting,
                relevant: &relevant,
                policy: &policy,
                findings: &|facts| machine.findings(facts),
                requester: self.requester(&snapshot.facts),
                destination: self.destination(),
            },
        )?;
        self.inner.previews.show(&preview, kept.revision, snapshot.generation);
        Ok(preview)
    }

    /// Who asks, as far as the machine says.
    pub(super) fn requester(&self, facts: &Facts) -> Requester {
        let user = facts.user.as_ref().and_then(|section| section.data());
        let login = user.map(|user| user.login.clone()).filter(|login| !login.is_empty());
        Requester {
            login: login.unwrap_or_else(|| self.inner.options.login.clone()),
            display_name: user.and_then(|user| user.display_name.clone()).filter(|name| !name.is_empty()),
            language: self.inner.ports.settings.view().language,
        }
    }

    /// Where a ticket goes, in words: the helpdesk's name or host; empty if there is none yet.
    fn destination(&self) -> String {
        self.inner.ports.settings.helpdesk().map_or_else(String::new, |helpdesk| {
            helpdesk.name.unwrap_or_else(|| helpdesk.url.host_str().unwrap_or_default().to_owned())
        })
    }

    /// One transaction, one commit: when this answers, the ticket, its files and its message are on the disk.
    pub(super) async fn submit(&self, id: DraftId, digest: &Sha256) -> Result<Response, ErrorReport> {
        self.settle_held(id).await?;
        let store = self.store();
        let mut tx = store.begin().await?;
        let Some(kept) = drafts::find(&mut tx, Some(id)).await? else {
            // The answer to an earlier Submit was lost: it is the same ticket.
            return match requests::of_draft(&mut tx, id).await? {
                Some(client_id) => Ok(Response::Submitted { client_id }),
                None => Err(no_draft()),
            };
        };
        if kept.draft.text.trim().is_empty() {
            return Err(ErrorReport::new(ErrorCode::TextMissing, "nothing is described"));
        }
        // What was taken back together with its replies can be more than one request takes.
        if kept.draft.text.len() > limits::TEXT_BYTES {
            return Err(ErrorReport::new(ErrorCode::TextTooLong, format!("{} bytes", kept.draft.text.len())));
        }
        if kept.draft.attachments.len() > limits::ATTACHMENTS {
            let detail = format!("{} files are there", kept.draft.attachments.len());
            return Err(ErrorReport::new(ErrorCode::TooManyFiles, detail));
        }
        let document = self.inner.previews.document(id, kept.revision, digest)?;
        store.must_be_durable()?;
        requests::submit(&mut tx, &kept, &document).await?;
        let detail = format!("{} bytes, {} files", document.len(), kept.draft.attachments.len());
        ledger::record(&mut tx, LedgerAction::Submitted, Some(kept.client_id), &detail).await?;
        tx.commit().await.map_err(StoreError::from)?;

        self.inner.previews.forget(id);
        self.inner.outbox.wake();
        self.tell(Event::RequestChanged { client_id: kept.client_id });
        self.refresh_tray().await;
        Ok(Response::Submitted { client_id: kept.client_id })
    }
}
