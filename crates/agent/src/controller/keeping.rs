//! Keeps a store under the app whatever happens to the disk: a store in memory is carried over to the disk as soon as
//! there is one, a store that turns out damaged is set aside while the app runs, and what it can still tell of what waits
//! is carried over.

use std::time::Duration;

use deskside_protocol::local::Event;
use deskside_protocol::{ErrorCode, Timestamp};

use super::Controller;
use crate::drafts;
use crate::identity::HELPDESK;
use crate::retention;
use crate::salvage;
use crate::store::{Store, StoreError, files};

/// How often files that arrived are looked through.
const TIDY: Duration = Duration::from_secs(24 * 3600);
/// Bytes that a disk must take before it counts as writable again.
const PROBE_BYTES: usize = 64 * 1024;

impl Controller {
    /// Watches over a store that could not be written.
    pub(super) async fn mind_store(self) {
        loop {
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                () = tokio::time::sleep(self.inner.options.mend) => {}
            }
            let said = {
                let notices = self.inner.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                notices.iter().any(|notice| notice.code == ErrorCode::StoreUnwritable)
            };
            if said {
                self.try_disk().await;
            }
        }
    }

    /// Deletes what the helpdesk has and nobody has needed for long, at the start and once a day.
    pub(super) async fn tidy(self) {
        loop {
            let kept = i64::try_from(self.inner.options.delivered_files_kept.as_millis()).unwrap_or(i64::MAX);
            let before = Timestamp::from_unix_ms(Timestamp::now().unix_ms().saturating_sub(kept));
            if let Err(error) = files::retire(&self.store(), before).await {
                tracing::warn!(%error, "files that arrived long ago could not be deleted");
            }
            self.apply_retention().await;
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                () = tokio::time::sleep(TIDY) => {}
            }
        }
    }

    /// Removes what is over for longer than IT lets it stay, where IT said so.
    async fn apply_retention(&self) {
        let store = self.store();
        let Some(days) = self.inner.ports.settings.retention_days().filter(|_| store.is_durable()) else { return };
        match retention::apply(&store, days, Timestamp::now()).await {
            Ok(removed) => {
                for client_id in removed.requests {
                    self.tell(Event::RequestChanged { client_id });
                }
            }
            Err(error) => tracing::warn!(%error, "what is over for long could not be removed"),
        }
    }

    /// Tries whether the disk takes something again; a store in memory moves there.
    async fn try_disk(&self) {
        let store = self.store();
        if store.is_durable() {
            // As much as a long text with its facts: a disk that only takes a word is full all the same. What is then
            // typed goes first.
            let tried = async {
                store.set_meta("tried", &" ".repeat(PROBE_BYTES)).await?;
                store.set_meta("tried", &Timestamp::now().to_string()).await?;
                self.settle_all_held().await
            };
            match tried.await {
                Ok(()) => {
                    self.unnotice(ErrorCode::StoreUnwritable);
                    // What the outbox could not keep of its progress is tried again.
                    self.inner.outbox.wake();
                    if !self.inner.link.is_enrolled() && self.inner.ports.settings.helpdesk().is_some() {
                        // It may be this disk that kept the helpdesk from coming into force.
                        self.settings_are_new().await;
                    }
                }
                Err(error) => tracing::debug!(?error, "the disk still refuses"),
            }
            return;
        }
        let _turn = self.inner.mending.lock().await;
        let linking = self.inner.linking.lock().await;
        let quiet = self.inner.outbox.hold().await;
        let moved = async {
            let (durable, set_aside) = Store::open_durable(&self.inner.options.data).await?;
            let set_aside = match set_aside {
                Some((kept, what)) => {
                    let salvaged = salvage::carry_over(&kept, &durable).await;
                    Some((kept, what, salvaged))
                }
                None => None,
            };
            carry_drafts(&store, &durable).await?;
            Ok::<_, StoreError>((durable, set_aside))
        };
        match moved.await {
            Ok((durable, set_aside)) => {
                tracing::info!("the store is on the disk now");
                // It may belong to another helpdesk than the one in force: nobody speaks to that before it is known.
                self.inner.link.let_go();
                let before = self.inner.store.replace(durable);
                before.close().await;
                drop((quiet, linking));
                if let Some((kept, what, salvaged)) = set_aside {
                    self.say_set_aside(&kept, &what, salvaged).await;
                }
                self.unnotice(ErrorCode::StoreUnwritable);
                self.settings_are_new().await;
            }
            Err(error @ StoreError::Version(_)) => {
                self.unnotice(ErrorCode::StoreUnwritable);
                self.say_refused(&error);
            }
            Err(error) => tracing::debug!(%error, "the disk still refuses"),
        }
    }

    /// Sets a store aside that turned out damaged while in use, and goes on with a new one.
    pub(super) async fn replace_damaged(&self) {
        let _turn = self.inner.mending.lock().await;
        let damaged = self.store();
        // Somebody else may have been here first, or the damage was one bad answer.
        if !damaged.is_durable() || damaged.is_sound().await {
            return;
        }
        // It knows its messages by their places in this store, which are others' in the next one. That it has ended is as
        // good.
        let linking = self.inner.linking.lock().await;
        let quiet = self.inner.outbox.hold().await;
        // Where the damage is there, the one in force is the one that requests belong to.
        let helpdesk = damaged.meta(HELPDESK).await.ok().flatten();
        let helpdesk = helpdesk.or_else(|| self.inner.link.in_use().map(|(_, helpdesk)| helpdesk));
        self.inner.link.let_go();
        damaged.pool().close().await;
        match Store::open(&self.inner.options.data).await {
            Ok(opened) => {
                // Before anybody uses the new one: what is written anew must not stand in the way of what was.
                let salvaged = match &opened.set_aside {
                    Some((kept, _)) => salvage::carry_over(kept, &opened.store).await,
                    None => salvage::Salvaged::default(),
                };
                if let (Some(helpdesk), Ok(None)) = (helpdesk, opened.store.meta(HELPDESK).await)
                    && let Err(error) = opened.store.set_meta(HELPDESK, &helpdesk).await
                {
                    tracing::error!(%error, "whose the requests are could not be carried over");
                }
                let _ = self.inner.store.replace(opened.store);
                if let Some((kept, what)) = opened.set_aside {
                    self.say_set_aside(&kept, &what, salvaged).await;
                }
                if let Some(why) = opened.refused {
                    self.say_refused(&why);
                }
            }
            Err(error) => tracing::error!(%error, "no new store could be begun"),
        }
        drop((quiet, linking));
        self.tell(Event::NoticesChanged);
        self.settings_are_new().await;
    }
}

async fn carry_drafts(from: &Store, to: &Store) -> Result<(), StoreError> {
    let mut source = from.pool().acquire().await?;
    let drafts = drafts::all(&mut source).await?;
    drop(source);
    let mut tx = to.begin().await?;
    for kept in &drafts {
        drafts::restore(&mut tx, kept).await?;
    }
    tx.commit().await?;
    Ok(())
}
