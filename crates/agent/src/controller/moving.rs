//! What becomes of what waits when the helpdesk goes, or is another one than before. Told in `docs/architecture.md`: only
//! what cannot have reached the one before goes to the new one by itself.

use deskside_protocol::local::{LedgerAction, Response};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ErrorCode, ErrorReport};

use super::Controller;
use crate::identity::{self, HELPDESK, SIGNED_IN, UNMARKED};
use crate::outbox::handle::Hold;
use crate::ports::HelpdeskAddress;
use crate::requests::{self, sync};
use crate::store::{StoreError, forget_meta, set_meta};

/// In the store: how far the queue went when the helpdesk was disconnected. What came after was never tried anywhere.
const LEFT_AT: &str = "helpdesk-left-at";

impl Controller {
    /// Forgets the helpdesk and its credential. What waits goes on waiting.
    pub(super) async fn disconnect_helpdesk(&self) -> Result<Response, ErrorReport> {
        let _one_at_a_time = self.inner.connecting.lock().await;
        self.stop_browsing();
        let Some(address) = self.inner.ports.settings.helpdesk() else {
            return Err(ErrorReport::new(ErrorCode::NotEnrolled, "there is no helpdesk to disconnect"));
        };
        let linking = self.inner.linking.lock().await;
        // What is queued while this goes on is sent nowhere: otherwise it could reach the helpdesk that is left, and still
        // count as never tried.
        let quiet = self.inner.outbox.hold().await;
        self.inner.ports.settings.forget_helpdesk().await?;
        self.inner.link.let_go();
        // From here on nothing of it is used; a keyring that is away keeps what nobody asks for.
        if let Err(error) = self.inner.ports.secrets.delete(&address.url).await {
            tracing::warn!(code = ?error.code, detail = error.detail, "the credential stays in the keyring");
        }
        let store = self.store();
        let last = async {
            let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
            crate::outbox::last(&mut connection).await
        };
        match last.await {
            Ok(last) => {
                if let Err(error) = store.set_meta(LEFT_AT, &last.to_string()).await {
                    tracing::warn!(%error, "how far the queue went could not be kept");
                }
            }
            Err(error) => tracing::warn!(%error, "how far the queue went is not known"),
        }
        drop(quiet);
        drop(linking);
        let host = address.url.host_str().unwrap_or_default();
        self.record(LedgerAction::Disconnected, &format!("{:?} at {host}", address.kind)).await;
        self.settings_are_new().await;
        Ok(Response::Settings(self.settings_view()))
    }

    /// The helpdesk that the settings say comes into force. Nothing is sent before it is known whether it is the one of
    /// before.
    ///
    /// # Errors
    /// As [`crate::link::Link::connect`], and what the store says where it cannot keep that this is another helpdesk: none
    /// is in force then.
    pub(super) async fn relink(&self) -> Result<(), ErrorReport> {
        let _one_at_a_time = self.inner.linking.lock().await;
        // The same for both: the settings may change in between.
        let address = self.inner.ports.settings.helpdesk();
        let _hold = match &address {
            Some(address) => self.before_helpdesk(address).await.inspect_err(|_| self.inner.link.let_go())?,
            None => None,
        };
        let unmarked = self.store().meta(UNMARKED).await.ok().flatten();
        self.inner.link.connect(address, unmarked).await
    }

    /// Before a helpdesk comes into force: if it is another one than requests belong to, what may have reached that one
    /// is parked, and its requests are marked.
    ///
    /// Until the answer is dropped nothing is sent.
    async fn before_helpdesk(&self, address: &HelpdeskAddress) -> Result<Option<Hold>, ErrorReport> {
        let store = self.store();
        let now = identity::of(address);
        let before = store.meta(HELPDESK).await;
        // Credentials of versions that did not say what they are for are for the helpdesk of then.
        if let Ok(None) = store.meta(UNMARKED).await {
            let place = match &before {
                Ok(Some(before)) => identity::parts(before).0.to_owned(),
                Ok(None) | Err(_) => identity::place_of(address),
            };
            if let Err(error) = store.set_meta(UNMARKED, &place).await {
                tracing::error!(%error, "what unmarked credentials are for could not be kept");
            }
        }
        if let Ok(Some(before)) = &before
            && identity::is_same(before, &now)
        {
            // It is back: what comes from here on is tried there, and where the queue was left says nothing any more.
            let kept = async {
                store.forget_meta(LEFT_AT).await?;
                // The account there is known by now.
                if identity::parts(before).1.is_none() { store.set_meta(HELPDESK, &now).await } else { Ok(()) }
            };
            if let Err(error) = kept.await {
                tracing::error!(%error, "that the helpdesk is back could not be kept");
            }
            return Ok(None);
        }
        // Which one it was cannot be read: then it may be another one.
        let another = !matches!(before, Ok(None));
        let mut hold = None;
        // A hub knows what other devices of the same computer sent, and takes nothing of it twice.
        let at_one_hub = matches!(&before, Ok(Some(before)) if address.kind == HelpdeskKind::Hub
            && identity::parts(before).0 == identity::place_of(address));
        if at_one_hub {
            hold = self.inner.outbox.hold().await.ok();
        } else if another {
            tracing::info!(?before, %now, "this is another helpdesk: what may have reached the one before is parked");
            let left_at = store.meta(LEFT_AT).await.ok().flatten().and_then(|at| at.parse().ok());
            hold = self.inner.outbox.leave(left_at).await.ok();
        }
        // All at once: a look at the one before that is under way keeps nothing from here on, and nothing before this is
        // taken for the new one's.
        let kept = async {
            let mut tx = store.begin().await?;
            if another {
                requests::leave_all(&mut tx).await?;
                sync::forget_cursor(&mut tx).await?;
            }
            set_meta(&mut tx, HELPDESK, &now).await?;
            forget_meta(&mut tx, LEFT_AT).await?;
            forget_meta(&mut tx, SIGNED_IN).await?;
            tx.commit().await.map_err(StoreError::from)
        };
        match kept.await {
            Ok(()) => Ok(hold),
            Err(error) => {
                tracing::error!(%error, "which helpdesk this is could not be kept");
                self.store_failed(error.code());
                // Without the marks, a reply would go to a stranger's ticket of the same number. For the first one there
                // are none to make.
                if another { Err(not_kept(&error)) } else { Ok(hold) }
            }
        }
    }
}

/// Whatever it was: the disk is asked again, and so is whether the helpdesk can come into force.
fn not_kept(error: &StoreError) -> ErrorReport {
    let code = match error {
        StoreError::Damaged(_) => ErrorCode::StoreDamaged,
        StoreError::Unwritable(_) | StoreError::Version(_) | StoreError::Fault(_) => ErrorCode::StoreUnwritable,
    };
    ErrorReport::new(code, error.to_string())
}
