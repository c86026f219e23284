//! What is kept here: shown, exported, erased.

use deskside_protocol::local::{Draft, Event, LedgerAction, LedgerEntry, Privacy, Response, Thread};
use deskside_protocol::settings::SettingsView;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport, Timestamp};
use serde::Serialize;

use super::Controller;
use crate::store::StoreError;
use crate::store::files;
use crate::{drafts, ledger, requests};

/// Everything that is kept, for the export.
#[derive(Serialize)]
struct Export {
    made_at: Timestamp,
    made_by: &'static str,
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

/// Most bytes of documents in an export: what fits, with all the rest, in one frame of the local socket.
const DOCUMENTS_BYTES: usize = 2 * 1024 * 1024;

impl Controller {
    pub(super) async fn privacy(&self) -> Result<Response, ErrorReport> {
        let store = self.store();
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let (entries, intact) = ledger::read(&mut connection).await?;
        drop(connection);
        Ok(Response::Privacy(Privacy {
            entries,
            intact,
            kept_bytes: store.kept_bytes(),
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
        let mut exported = Vec::new();
        let mut room = DOCUMENTS_BYTES;
        for row in requests::list(&mut tx, &sending).await? {
            let Some(thread) = requests::thread(&mut tx, row.client_id, &sending).await? else { continue };
            // Newest first; an older document that does not fit is still one click away, at its request.
            let document = requests::document(&mut tx, row.client_id).await?.filter(|text| text.len() <= room);
            room -= document.as_ref().map_or(0, String::len);
            exported.push(ExportedRequest { thread, document });
        }
        let (entries, ledger_intact) = ledger::read(&mut tx).await?;
        let export = Export {
            made_at: Timestamp::now(),
            made_by: concat!("Deskside ", env!("CARGO_PKG_VERSION")),
            settings: self.settings_view(),
            drafts: drafts::all(&mut tx).await?.into_iter().map(|kept| kept.draft).collect(),
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
        let store = self.store();
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
        self.unnotice(ErrorCode::StoreDamaged);
        self.tell(Event::NoticesChanged);
        self.refresh_tray().await;
        Ok(Response::Done)
    }
}
