//! What is kept here: shown, exported, erased.

use deskside_protocol::local::{Draft, Event, LedgerAction, LedgerEntry, Privacy, Response, Thread};
use deskside_protocol::settings::SettingsView;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport, Timestamp, limits};
use serde::Serialize;

use super::Controller;
use crate::store::StoreError;
use crate::store::{files, schema};
use crate::{drafts, ledger, requests};

/// Everything that is kept, for the export.
#[derive(Serialize)]
struct Export {
    made_at: Timestamp,
    made_by: &'static str,
    /// Whether this is everything.
    complete: bool,
    /// How much did not fit; it is shown in the app, and is in the database in `files_folder`.
    left_out: LeftOut,
    settings: SettingsView,
    drafts: Vec<Draft>,
    requests: Vec<ExportedRequest>,
    ledger: Vec<LedgerEntry>,
    ledger_intact: bool,
    files_folder: String,
}

#[derive(Serialize)]
struct ExportedRequest {
    #[serde(flatten)]
    thread: Thread,
    /// The document as it was sent; its text is JSON, byte for byte.
    document: Option<String>,
}

/// What an export does not hold, in numbers.
#[derive(Default, PartialEq, Eq, Serialize)]
struct LeftOut {
    drafts: u32,
    requests: u32,
    documents: u32,
    ledger_entries: u32,
}

/// Most bytes of an export as it goes over the local socket, where it is one frame, with room for what is around it.
const EXPORT_BYTES: usize = limits::FRAME_BYTES - 64 * 1024;
/// Most blanks that the export puts before a line of a part.
const INDENT_BYTES: usize = 12;

/// Room that is left in an export.
#[derive(Clone, Copy)]
struct Room {
    bytes: usize,
}

impl Room {
    /// Takes the room for a part, if there is enough.
    fn fits<T: Serialize>(&mut self, part: &T) -> bool {
        let Ok(text) = serde_json::to_string_pretty(part) else { return false };
        let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        // The export is itself a text in JSON: these take another byte there.
        let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n')).count();
        let needed = text.len() + escaped + lines * INDENT_BYTES + 64;
        let fits = needed <= self.bytes;
        if fits {
            self.bytes -= needed;
        }
        fits
    }

    /// What remains when half of the whole is kept for others.
    fn halved(self) -> Self {
        Self { bytes: self.bytes.saturating_sub(EXPORT_BYTES / 2) }
    }
}

impl Controller {
    pub(super) async fn privacy(&self) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let (mut entries, intact) = ledger::read(&mut connection).await?;
        drop(connection);
        let more_entries = entries.len().saturating_sub(limits::LEDGER_LISTED);
        entries.truncate(limits::LEDGER_LISTED);
        Ok(Response::Privacy(Privacy {
            entries,
            more_entries: u32::try_from(more_entries).unwrap_or(u32::MAX),
            intact,
            retention_days: self.inner.ports.settings.retention_days(),
            kept_bytes: store.kept_bytes().await,
            folder: store.folder().display().to_string(),
        }))
    }

    pub(super) async fn sent_document(&self, client_id: ClientId) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        match requests::document(&mut connection, client_id).await? {
            Some(text) => Ok(Response::Document { text }),
            None => Err(ErrorReport::new(ErrorCode::NotFound, "this computer did not send that request")),
        }
    }

    pub(super) async fn export(&self) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut tx = store.begin().await?;
        ledger::record(&mut tx, LedgerAction::Exported, None, "by the user").await?;
        let sending = |id: &str| self.inner.outbox.is_sending(id);
        let mut room = Room { bytes: EXPORT_BYTES };
        let settings = self.settings_view();
        room.fits(&settings);
        let mut left_out = LeftOut::default();
        // What is nowhere else first; of everything the newest.
        let mut kept_drafts = Vec::new();
        for kept in drafts::all(&mut tx).await? {
            if room.fits(&kept.draft) {
                kept_drafts.push(kept.draft);
            } else {
                left_out.drafts += 1;
            }
        }
        let (all_entries, ledger_intact) = ledger::read(&mut tx).await?;
        let mut entries = Vec::new();
        for entry in all_entries {
            // Without a gap, so that the chain can be followed.
            if left_out.ledger_entries == 0 && room.halved().fits(&entry) && room.fits(&entry) {
                entries.push(entry);
            } else {
                left_out.ledger_entries += 1;
            }
        }
        let mut exported = Vec::new();
        for row in requests::list(&mut tx, &sending).await? {
            let Some(thread) = requests::thread(&mut tx, row.client_id, &sending).await? else { continue };
            if !room.fits(&thread) {
                left_out.requests += 1;
                continue;
            }
            // A document that does not fit is still one click away, at its request.
            let document = requests::document(&mut tx, row.client_id).await?;
            let fitting = document.clone().filter(|document| room.fits(document));
            left_out.documents += u32::from(document.is_some() && fitting.is_none());
            exported.push(ExportedRequest { thread, document: fitting });
        }
        let export = Export {
            made_at: Timestamp::now(),
            made_by: concat!("Deskside ", env!("CARGO_PKG_VERSION")),
            complete: left_out == LeftOut::default(),
            left_out,
            settings,
            drafts: kept_drafts,
            requests: exported,
            ledger: entries,
            ledger_intact,
            files_folder: store.folder().display().to_string(),
        };
        let text = serde_json::to_string_pretty(&export)
            .map_err(|error| ErrorReport::new(ErrorCode::Internal, error.to_string()))?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Response::Document { text })
    }

    /// Erases everything but the requests with something that still waits, and what those need.
    pub(super) async fn erase(&self) -> Result<Response, ErrorReport> {
        // What is under way stops first: a file that is being sent, brought or fetched must neither vanish under whoever
        // reads it nor come back after everything is gone.
        let _files = self.inner.uploads.end_all().await;
        let _quiet = self.inner.outbox.hold().await?;
        let store = self.store();
        // A store in memory cannot say what on the disk still waits.
        store.must_be_durable()?;
        let mut tx = store.begin().await?;
        let erase = async {
            sqlx::query("DELETE FROM drafts").execute(&mut *tx).await?;
            sqlx::query(
                "DELETE FROM tickets WHERE NOT EXISTS
                 (SELECT 1 FROM outbox WHERE outbox.client_id = tickets.client_id AND standing <> 'delivered')",
            )
            .execute(&mut *tx)
            .await?;
            // Files of what waits stay, and so do those of a reply being written to it.
            sqlx::query(
                "DELETE FROM files WHERE client_id IS NULL
                 OR NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.client_id = files.client_id)",
            )
            .execute(&mut *tx)
            .await?;
            ledger::begin_anew(&mut tx, LedgerAction::Erased, "by the user").await
        };
        erase.await?;
        tx.commit().await.map_err(StoreError::from)?;

        self.inner.previews.clear();
        self.inner.captures.clear();
        self.inner.held.clear();
        self.inner.health.clear();
        // The deleted pages were overwritten (`secure_delete`); the log that still holds them goes too.
        let emptied = async {
            sqlx::query("VACUUM").execute(store.pool()).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await?;
            Ok::<(), StoreError>(())
        };
        if let Err(error) = emptied.await {
            tracing::warn!(%error, "the store could not be made smaller");
        }
        files::sweep(&store).await?;
        files::delete_set_aside(store.folder());
        for copy in schema::backups(store.folder()) {
            files::delete(&copy);
        }
        self.unnotice(ErrorCode::StoreDamaged);
        self.tell(Event::NoticesChanged);
        self.refresh_tray().await;
        Ok(Response::Done)
    }
}
