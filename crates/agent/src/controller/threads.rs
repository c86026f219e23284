//! My requests, their threads, and the bytes of files and pictures.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use deskside_protocol::local::{Blob, Event, Response};
use deskside_protocol::ticket::{AttachmentMeta, Verdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport, FollowUpId, Sha256, limits};
use futures_util::StreamExt as _;
use sha2::Digest as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::Controller;
use super::connect::Wanted;
use crate::requests;
use crate::store::files;
use crate::store::{Store, StoreError, private};

fn no_request() -> ErrorReport {
    ErrorReport::new(ErrorCode::NotFound, "no such request")
}

impl Controller {
    pub(super) async fn requests(&self) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let mut requests = requests::list(&mut connection, &|id| self.inner.outbox.is_sending(id)).await?;
        let more = requests.len().saturating_sub(limits::REQUESTS_LISTED);
        requests.truncate(limits::REQUESTS_LISTED);
        Ok(Response::Requests { requests, more: u32::try_from(more).unwrap_or(u32::MAX) })
    }

    pub(super) async fn thread(&self, client_id: ClientId) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let was_unread = requests::mark_read(&mut connection, client_id).await;
        let thread = requests::thread(&mut connection, client_id, &|id| self.inner.outbox.is_sending(id)).await?;
        drop(connection);
        let thread = thread.ok_or_else(no_request)?;
        match was_unread {
            Ok(true) => {
                self.inner.ports.notify.dismiss(client_id);
                self.tell(Event::RequestChanged { client_id });
                self.refresh_tray().await;
            }
            Ok(false) => {}
            // On a full disk an answer can still be read; it only stays marked.
            Err(error) => tracing::warn!(%error, "a request could not be marked as read"),
        }
        Ok(Response::Thread(thread))
    }

    pub(super) async fn save_reply(&self, client_id: ClientId, text: &str) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut tx = store.begin().await?;
        requests::save_reply(&mut tx, client_id, text).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Response::Done)
    }

    pub(super) async fn reply(&self, client_id: ClientId, text: &str) -> Result<Response, ErrorReport> {
        let store = self.store();
        store.must_be_durable()?;
        self.must_offer(client_id, Wanted::Reply).await?;
        let mut tx = store.begin().await?;
        requests::reply(&mut tx, client_id, text).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.said(client_id).await;
        Ok(Response::Done)
    }

    pub(super) async fn give_verdict(&self, client_id: ClientId, verdict: &Verdict) -> Result<Response, ErrorReport> {
        let store = self.store();
        store.must_be_durable()?;
        self.must_offer(client_id, Wanted::Verdict(verdict)).await?;
        let mut tx = store.begin().await?;
        requests::verdict(&mut tx, client_id, verdict).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.said(client_id).await;
        Ok(Response::Done)
    }

    async fn said(&self, client_id: ClientId) {
        self.inner.outbox.wake();
        self.tell(Event::RequestChanged { client_id });
        self.refresh_tray().await;
    }

    pub(super) async fn retry_parked(&self, client_id: ClientId) -> Result<Response, ErrorReport> {
        if !self.inner.outbox.unpark(client_id).await? {
            return Err(ErrorReport::new(ErrorCode::NotFound, "nothing of this request is parked"));
        }
        self.refresh_tray().await;
        Ok(Response::Done)
    }

    pub(super) async fn take_back(
        &self,
        client_id: ClientId,
        entry: Option<FollowUpId>,
    ) -> Result<Response, ErrorReport> {
        let taken = self.inner.outbox.take_back(client_id, entry).await?;
        let store = self.store();
        for file in taken.unneeded {
            files::delete(&files::kept(store.folder(), file));
        }
        self.inner.ports.notify.dismiss(client_id);
        self.refresh_tray().await;
        Ok(Response::TakenBack { draft: taken.draft })
    }

    pub(super) async fn read_blob(&self, blob: Blob, offset: u64) -> Result<Response, ErrorReport> {
        match blob {
            Blob::Capture { capture } => {
                let (_, png) = self.inner.captures.find(capture)?;
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(png.len());
                let end = (start + limits::CHUNK_BYTES).min(png.len());
                Ok(piece(&png[start..end], png.len() as u64))
            }
            Blob::Attachment { attachment } => {
                let path = self.bytes_of(attachment).await?;
                let unreadable = |error: std::io::Error| {
                    ErrorReport::new(ErrorCode::FileUnreadable, format!("the kept file: {error}"))
                };
                let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
                let total = file.metadata().await.map_err(unreadable)?.len();
                file.seek(std::io::SeekFrom::Start(offset.min(total))).await.map_err(unreadable)?;
                let mut bytes = Vec::with_capacity(limits::CHUNK_BYTES);
                file.take(limits::CHUNK_BYTES as u64).read_to_end(&mut bytes).await.map_err(unreadable)?;
                Ok(piece(&bytes, total))
            }
        }
    }

    /// Where the bytes of a file are, after fetching them if they are not here.
    async fn bytes_of(&self, id: AttachmentId) -> Result<PathBuf, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let found = files::find(&mut connection, id).await?;
        drop(connection);
        let (meta, ticket) = found.ok_or_else(|| ErrorReport::new(ErrorCode::NotFound, "no such file"))?;
        let here = [files::kept(store.folder(), id), files::fetched(store.folder(), id)];
        if let Some(path) = here.iter().find(|path| path.exists()) {
            return Ok(path.clone());
        }
        let ticket =
            ticket.ok_or_else(|| ErrorReport::new(ErrorCode::FileUnreadable, "the kept file is not there any more"))?;
        let _turn = self.inner.fetching.lock().await;
        let target = files::fetched(store.folder(), id);
        if !target.exists() {
            self.fetch(&store, ticket, &meta, &target).await?;
        }
        Ok(target)
    }

    /// Fetches a file from the helpdesk. Only bytes with the announced size and digest become the file, as far as the
    /// helpdesk told them (a size of 0 or a digest of zeros: it did not).
    async fn fetch(
        &self,
        store: &Store,
        ticket: ClientId,
        meta: &AttachmentMeta,
        target: &Path,
    ) -> Result<(), ErrorReport> {
        store.must_be_durable()?;
        let desk = self
            .inner
            .link
            .desk()
            .ok_or_else(|| ErrorReport::new(ErrorCode::NotEnrolled, "there is no helpdesk to fetch it from"))?;
        let partial = files::incoming(store.folder(), &format!("{}.fetch", meta.id));
        let fetched = async {
            let ticket = {
                let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
                requests::ticket_ref(&mut connection, ticket).await?
            };
            let mut bytes = desk.download(ticket, meta.id).await.map_err(|error| {
                self.inner.link.failed(&error);
                ErrorReport::from(error)
            })?;
            let mut file = tokio::fs::File::from_std(private::create_file(&partial).map_err(StoreError::from)?);
            file.set_len(0).await.map_err(StoreError::from)?;
            let mut hasher = sha2::Sha256::new();
            let mut size: u64 = 0;
            while let Some(piece) = bytes.next().await {
                let piece = piece?;
                size += piece.len() as u64;
                // A helpdesk that does not tell the size is held to the limit of all files.
                if size > if meta.size_bytes == 0 { limits::ATTACHMENT_BYTES } else { meta.size_bytes } {
                    return Err(ErrorReport::new(ErrorCode::BadAnswer, "the file is longer than announced"));
                }
                hasher.update(&piece);
                file.write_all(&piece).await.map_err(StoreError::from)?;
            }
            file.flush().await.map_err(StoreError::from)?;
            if meta.size_bytes != 0 && size != meta.size_bytes {
                return Err(ErrorReport::new(ErrorCode::BadAnswer, "the file is shorter than announced"));
            }
            let digest = Sha256::from(<[u8; 32]>::from(hasher.finalize()));
            if meta.sha256 != Sha256::from([0; 32]) && digest != meta.sha256 {
                return Err(ErrorReport::new(ErrorCode::BadAnswer, "the file is not the one announced"));
            }
            // Unless everything was erased meanwhile: then nobody may have it any more.
            let _gate = self.inner.uploads.no_erasing().await;
            let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
            if files::find(&mut connection, meta.id).await?.is_none() {
                return Err(ErrorReport::new(ErrorCode::NotFound, "the file was erased meanwhile"));
            }
            std::fs::rename(&partial, target).map_err(StoreError::from)?;
            Ok(())
        };
        let outcome = fetched.await;
        if outcome.is_err() {
            files::delete(&partial);
        }
        outcome
    }
}

fn piece(bytes: &[u8], total_bytes: u64) -> Response {
    Response::Piece { data_base64: base64::engine::general_purpose::STANDARD.encode(bytes), total_bytes }
}
