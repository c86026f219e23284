//! What comes by itself: the outbox tells how sending went, the helpdesk nudges, the connection changes. Each becomes an
//! event for the windows, a state of the tray, and now and then a notification.

use std::time::{Duration, Instant};

use deskside_helpdesk::{Helpdesk, HelpdeskError};
use deskside_protocol::local::Event;
use deskside_protocol::settings::Notifications;
use deskside_protocol::{ClientId, ErrorCode};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::Controller;
use crate::outbox::handle::Told;
use crate::outbox::machine::Backoff;
use crate::ports::Notification;
use crate::requests;
use crate::requests::sync::{self, News, SyncError};

/// Pause after a nudge before looking, so that a burst of changes costs one look.
const GATHER: Duration = Duration::from_millis(50);

impl Controller {
    pub(super) fn begin_watching(&self, told: mpsc::UnboundedReceiver<Told>) {
        let tasks = &self.inner.tasks;
        tasks.spawn(self.clone().hear_outbox(told));
        tasks.spawn(self.clone().hear_link());
        tasks.spawn(self.clone().hear_helpdesk());
        tasks.spawn(self.clone().mind_store());
        tasks.spawn(self.clone().tidy());
        tasks.spawn(self.clone().sample_health());
    }

    async fn hear_outbox(self, mut told: mpsc::UnboundedReceiver<Told>) {
        loop {
            let news = tokio::select! {
                () = self.inner.stop.cancelled() => return,
                news = told.recv() => news,
            };
            let Some(news) = news else { return };
            match news {
                Told::Changed(client_id) => self.tell(Event::RequestChanged { client_id }),
                Told::Delivered { client_id, number, late } => {
                    tracing::info!(%client_id, number, "a request is in the helpdesk");
                    if late {
                        let title = self.title(client_id).await;
                        self.notify(Notification::DeliveredLate { client_id, number, title });
                    }
                    self.inner.look.notify_one();
                }
                Told::Parked { client_id, what } => {
                    let title = self.title(client_id).await;
                    self.notify(Notification::Parked { client_id, title, what });
                }
                Told::Replied(_) => self.inner.look.notify_one(),
                Told::StoreFailed(code) => self.store_failed(code),
            }
            self.refresh_tray().await;
        }
    }

    async fn hear_link(self) {
        let mut connection = self.inner.link.watch();
        let mut sign_in = self.inner.link.sign_in_needed();
        loop {
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                changed = connection.changed() => if changed.is_err() { return },
                changed = sign_in.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if *sign_in.borrow_and_update() {
                        self.notice(ErrorCode::SignInNeeded, "nothing new is taken, or not in the employee's name, until they sign in");
                    } else {
                        self.unnotice(ErrorCode::SignInNeeded);
                    }
                    continue;
                }
            }
            let state = *connection.borrow_and_update();
            self.tell(Event::ConnectionChanged { connection: state });
            self.refresh_tray().await;
        }
    }

    /// Holds the stream of nudges open and looks whenever there is reason to. While the helpdesk does not answer, the
    /// tries to open the stream are the probe for everything else: once one goes through, the outbox resumes at once.
    async fn hear_helpdesk(self) {
        let backoff = Backoff { first: self.inner.options.backoff_first, cap: self.inner.options.backoff_cap };
        let mut waited = Duration::ZERO;
        let mut replaced = self.inner.link.replaced();
        loop {
            replaced.borrow_and_update();
            if let Some((desk, helpdesk)) = self.inner.link.in_use() {
                let heard = tokio::select! {
                    () = self.inner.stop.cancelled() => return,
                    _ = replaced.changed() => { waited = Duration::ZERO; continue }
                    heard = self.hold_stream(&*desk, &helpdesk) => heard,
                };
                match heard {
                    Heard::Something => waited = Duration::ZERO,
                    Heard::Nothing(error) => {
                        tracing::debug!(code = ?error.code, detail = error.detail, "no nudges for now");
                        self.inner.link.failed(&error);
                        waited = error.retry_after.unwrap_or(waited);
                    }
                }
                waited = backoff.next(waited, rand::random());
            } else {
                // Nobody to listen to; a keyring that is unlocked later is found at the next poll.
                waited = self.inner.options.poll;
                if self.inner.link.connection() != deskside_protocol::local::Connection::NotEnrolled {
                    waited = backoff.cap;
                }
            }
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                _ = replaced.changed() => waited = Duration::ZERO,
                () = self.inner.look.notified() => waited = Duration::ZERO,
                () = tokio::time::sleep(waited) => {}
            }
            if !self.inner.link.is_enrolled() && self.inner.ports.settings.helpdesk().is_some() {
                // What keeps it from connecting was said already; that it no longer does is news.
                if self.relink().await.is_ok() {
                    self.unnotice(ErrorCode::KeyringUnavailable);
                }
            }
        }
    }

    async fn hold_stream(&self, desk: &dyn Helpdesk, helpdesk: &str) -> Heard {
        let mut nudges = match desk.nudges().await {
            Ok(nudges) => nudges,
            Err(error) => {
                // A helpdesk whose stream does not open can still be asked.
                if self.look(desk, helpdesk).await.is_ok() {
                    return Heard::Something;
                }
                return Heard::Nothing(error);
            }
        };
        // One that never says anything by itself is there only once it has answered a look.
        let nudges_come = desk.capabilities().nudges;
        if nudges_come {
            self.inner.link.heard();
            self.inner.outbox.resume(false);
        }
        let mut first = true;
        loop {
            match self.look(desk, helpdesk).await {
                Ok(()) if first && !nudges_come => self.inner.outbox.resume(false),
                Ok(()) => {}
                // Before anything was heard the next try waits longer each time.
                Err(Some(error)) if first && !nudges_come => return Heard::Nothing(error),
                Err(_) => return Heard::Something,
            }
            first = false;
            let looked = Instant::now();
            tokio::select! {
                nudge = nudges.next() => match nudge {
                    Some(Ok(_)) => tokio::time::sleep(GATHER).await,
                    Some(Err(error)) => {
                        tracing::debug!(code = ?error.code, detail = error.detail, "the stream of nudges ended");
                        return Heard::Something;
                    }
                    None => return Heard::Something,
                },
                () = self.inner.look.notified() => {}
                () = self.until_next_look(looked, nudges_come) => {}
            }
        }
    }

    /// Returns when the helpdesk should be asked again although nothing called for it: seldom where it nudges or nobody
    /// watches, more often while a window is open and it stays silent.
    async fn until_next_look(&self, looked: Instant, nudges_come: bool) {
        let options = &self.inner.options;
        loop {
            let watched = self.inner.events.receiver_count() > 0;
            let pause = if watched && !nudges_come { options.poll_watched } else { options.poll };
            let left = pause.saturating_sub(looked.elapsed());
            if left.is_zero() {
                return;
            }
            // A window may open meanwhile.
            tokio::time::sleep(left.min(options.poll_watched)).await;
        }
    }

    /// Fetches what changed. What failed is told already; given back is what the helpdesk had to do with it.
    async fn look(&self, desk: &dyn Helpdesk, helpdesk: &str) -> Result<(), Option<HelpdeskError>> {
        let mut news = News::default();
        let outcome = sync::look(&self.store(), desk, helpdesk, &mut news).await;
        // What was kept before a failure is kept, and told.
        for client_id in news.changed {
            self.tell(Event::RequestChanged { client_id });
        }
        for notification in news.notifications {
            self.notify(notification);
        }
        self.refresh_tray().await;
        match outcome {
            Ok(()) => {
                self.inner.link.heard();
                self.tell_abilities();
                if let Err(error) = self.mind_sign_in(desk, helpdesk).await {
                    tracing::warn!(%error, "whether somebody has signed in here could not be kept");
                }
                Ok(())
            }
            Err(SyncError::Helpdesk(error)) => {
                tracing::info!(code = ?error.code, detail = error.detail, "the helpdesk could not be asked for changes");
                self.inner.link.failed(&error);
                Err(Some(error))
            }
            Err(SyncError::Store(error)) => {
                tracing::error!(%error, "what the helpdesk said could not be kept");
                self.store_failed(error.code());
                Err(None)
            }
        }
    }

    /// What a helpdesk can do is learnt by asking it other things; windows are told when it is news.
    fn tell_abilities(&self) {
        let can = self.inner.link.abilities();
        let mut told = self.inner.told_abilities.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let news = std::mem::replace(&mut *told, can) != can;
        drop(told);
        if news {
            self.tell(Event::SettingsChanged { view: self.settings_view() });
        }
    }

    fn notify(&self, notification: Notification) {
        match self.inner.ports.settings.view().settings.notifications {
            Notifications::On => self.inner.ports.notify.show(notification),
            Notifications::Off => {}
        }
    }

    async fn title(&self, client_id: ClientId) -> String {
        let store = self.store();
        let Ok(mut connection) = store.pool().acquire().await else { return String::new() };
        requests::title(&mut connection, client_id).await.unwrap_or_default()
    }

    /// The store failed under somebody: said on every screen, and mended if it can be.
    pub(super) fn store_failed(&self, code: ErrorCode) {
        if code == ErrorCode::StoreDamaged {
            let controller = self.clone();
            self.inner.tasks.spawn(async move { controller.replace_damaged().await });
        } else if code == ErrorCode::StoreUnwritable {
            self.notice(code, "the disk is full or cannot be written; what is typed is held in memory");
        }
    }
}

/// How listening went.
enum Heard {
    /// The helpdesk was there.
    Something,
    /// It was not.
    Nothing(HelpdeskError),
}
