//! Notifications of the desktop. Each is about one request, or several that came while nobody was to be disturbed
//! ([`crate::attention`]); a click opens it, and nothing here ever opens or raises a window by itself. Reading the request
//! takes its notifications away.
//!
//! Texts of people come from a server: control characters go, and what a notification daemon would take for markup is
//! escaped (Desktop Notifications Specification 1.2, "Markup").

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use deskside_protocol::ClientId;
use deskside_protocol::local::Route;
use deskside_protocol::ticket::TicketState;
use deskside_texts::Texts;
use tokio::sync::mpsc;

use crate::attention::{self, Attention, Step};
use crate::ports::{Notification, NotifyPort, Refused};
use crate::tray::{Action, Actions, SharedTexts};

/// Longest title or name in a notification, in characters.
const TITLE_CHARS: usize = 80;
/// Notifications that are held open at a time; further ones are shown and forgotten.
const OPEN: usize = 32;
/// Requests named in a notification about several.
const NAMED: usize = 4;

/// The real [`NotifyPort`].
#[derive(Clone)]
pub struct Notifier {
    inner: Arc<Inner>,
}

struct Inner {
    actions: Actions,
    texts: Mutex<SharedTexts>,
    /// What is on the screen.
    open: Mutex<Vec<Open>>,
    /// What comes from the helpdesk goes through the user's attention.
    due: mpsc::UnboundedSender<Due>,
}

/// A notification on the screen.
struct Open {
    /// The requests that it is about and that were not read since.
    about: BTreeSet<ClientId>,
    /// Takes it away.
    close: tokio::sync::oneshot::Sender<()>,
}

/// What happens to what is due.
enum Due {
    Show(Notification),
    Read(ClientId),
    Silence,
}

/// A notification in words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Words {
    title: String,
    body: String,
    /// What the button says that does what a click does.
    button: String,
}

impl Notifier {
    /// Says what happens in these texts, and tells clicks to `actions`.
    #[must_use]
    pub fn new(texts: SharedTexts, actions: Actions) -> Self {
        let (due, inbox) = mpsc::unbounded_channel();
        let notifier =
            Self { inner: Arc::new(Inner { actions, texts: Mutex::new(texts), open: Mutex::default(), due }) };
        let showing = notifier.clone();
        tokio::spawn(mind(inbox, || Box::pin(attention::busy()), move |all, more| showing.show_all(&all, more)));
        notifier
    }

    /// Lets go of what waits for its reader's attention: they want no notifications any more.
    pub fn silence(&self) {
        self.send(Due::Silence);
    }

    fn send(&self, due: Due) {
        // Its task ends with the agent.
        let _ = self.inner.due.send(due);
    }

    /// Shows what may be shown now, as one.
    fn show_all(&self, all: &[Notification], more: u32) {
        let texts = self.texts();
        let about: BTreeSet<ClientId> = all.iter().map(Notification::client_id).collect();
        let route = match (about.first(), about.len(), more) {
            (Some(client_id), 1, 0) => Route::Request { client_id: *client_id },
            _ => Route::Requests,
        };
        let said = match all {
            [one] if more == 0 => words(one, &texts),
            all => words_of_several(all, more, &texts),
        };
        self.put(said, route, about);
    }

    /// Speaks another language from now on.
    pub fn speak(&self, texts: SharedTexts) {
        *self.inner.texts.lock().unwrap_or_else(PoisonError::into_inner) = texts;
    }

    fn texts(&self) -> SharedTexts {
        Arc::clone(&self.inner.texts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The window could not be opened, or ended by a fault.
    pub fn window_failed(&self) {
        let texts = self.texts();
        let words = Words {
            title: texts.notify_window_failed(),
            body: texts.notify_window_failed_body(),
            button: texts.tray_open(),
        };
        self.put(words, Route::Home, BTreeSet::new());
    }

    /// No picture of the screen could be taken for the report that is opening.
    pub fn screen_failed(&self, why: &str) {
        let texts = self.texts();
        let words = Words { title: texts.notify_screen_failed(), body: why.to_owned(), button: texts.tray_report() };
        self.put(words, Route::Report { draft: None, capture: None }, BTreeSet::new());
    }

    fn put(&self, words: Words, route: Route, about: BTreeSet<ClientId>) {
        let (close, closed) = tokio::sync::oneshot::channel();
        if !about.is_empty() {
            let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|one| !one.close.is_closed());
            if open.len() < OPEN {
                open.push(Open { about, close });
            }
        }
        let actions = self.inner.actions.clone();
        tokio::spawn(async move {
            if let Err(error) = platform::show(&words, closed, move || drop(actions.send(Action::Open(route)))).await {
                // The tray and the window tell the same; nobody is left in the dark.
                tracing::info!(%error, "no notification could be shown");
            }
        });
    }
}

impl NotifyPort for Notifier {
    fn show(&self, notification: Notification) {
        self.send(Due::Show(notification));
    }

    fn dismiss(&self, client_id: ClientId) {
        self.send(Due::Read(client_id));
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |one: &mut Open| one.about.remove(&client_id) && one.about.is_empty();
        for gone in open.extract_if(.., read) {
            // An error means that the user has closed it.
            let _ = gone.close.send(());
        }
    }
}

/// The desktop's answer, on its way.
type Look = Pin<Box<dyn Future<Output = Option<attention::Busy>> + Send>>;

/// Shows what is due once its reader may be disturbed; ends when nobody can bring more.
async fn mind(
    mut inbox: mpsc::UnboundedReceiver<Due>,
    look: impl Fn() -> Look + Send,
    show: impl Fn(Vec<Notification>, u32) + Send,
) {
    let mut attention = Attention::default();
    let mut looking: Option<Look> = None;
    let mut wait: Option<Pin<Box<tokio::time::Sleep>>> = None;
    loop {
        let step = tokio::select! {
            due = inbox.recv() => match due {
                Some(Due::Show(notification)) => attention.due(notification),
                Some(Due::Read(client_id)) => {
                    attention.forget(|one| one.client_id() == client_id);
                    Step::Nothing
                }
                Some(Due::Silence) => {
                    attention.forget_all();
                    Step::Nothing
                }
                None => return,
            },
            busy = ready(&mut looking) => {
                if let Some(why) = busy {
                    tracing::info!(?why, "notifications wait");
                }
                attention.looked(busy.is_some())
            }
            () = ready(&mut wait) => attention.waited(),
        };
        match step {
            Step::Nothing => {}
            Step::Look => looking = Some(look()),
            Step::Wait(pause) => wait = Some(Box::pin(tokio::time::sleep(pause))),
            Step::Show { all, more } => show(all, more),
        }
    }
}

/// Resolves when this does, which then is no more; never, if there is nothing.
async fn ready<F: Future + ?Sized>(one: &mut Option<Pin<Box<F>>>) -> F::Output {
    match one {
        Some(pending) => {
            let output = pending.as_mut().await;
            *one = None;
            output
        }
        None => std::future::pending().await,
    }
}

/// Several that waited together: how many, and what the first of them are about.
fn words_of_several(all: &[Notification], more: u32, texts: &Texts) -> Words {
    let mut lines: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|one| texts.notify_several_line(&plain(one.title()), &words(one, texts).title))
        .collect();
    let rest = all.len().saturating_sub(NAMED).saturating_add(more as usize);
    if rest > 0 {
        lines.push(texts.notify_several_more(rest));
    }
    Words {
        title: texts.notify_several(all.len().saturating_add(more as usize)),
        body: lines.join("\n"),
        button: texts.notify_look(),
    }
}

fn words(notification: &Notification, texts: &Texts) -> Words {
    let (title, body, button) = match notification {
        Notification::Answer { title, author, text, .. } => (
            author.as_ref().map_or_else(|| texts.notify_answer_nobody(), |author| texts.notify_answer(&plain(author))),
            texts.notify_answer_body(&plain(text), &plain(title)),
            texts.notify_read(),
        ),
        Notification::State { title, state, .. } => {
            let title = plain(title);
            match state {
                TicketState::Solved => (texts.notify_solved(), texts.notify_solved_body(&title), texts.notify_look()),
                TicketState::WaitingForRequester => {
                    (texts.notify_waiting_for_you(), texts.notify_about(&title), texts.notify_look())
                }
                TicketState::New | TicketState::InProgress | TicketState::OnHold | TicketState::Closed => {
                    (texts.notify_state(), texts.notify_about(&title), texts.notify_look())
                }
            }
        }
        Notification::DeliveredLate { title, number, .. } => (
            texts.notify_delivered(),
            texts.notify_delivered_body(&number.to_string(), &plain(title)),
            texts.notify_look(),
        ),
        Notification::Parked { title, what, .. } => {
            let title = plain(title);
            let (what, body) = match what {
                Refused::Request => (texts.notify_parked(), texts.notify_parked_body(&title)),
                Refused::Reply => (texts.notify_parked_reply(), texts.notify_parked_body(&title)),
                Refused::Files => (texts.notify_parked_files(), texts.notify_parked_files_body(&title)),
            };
            (what, body, texts.notify_look())
        }
    };
    Words { title, body, button }
}

/// One line without control characters, shortened.
fn plain(text: &str) -> String {
    let mut line: String = text
        .split(|one: char| one.is_control() || one.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let limit = deskside_protocol::limits::NOTIFICATION_CHARS.max(TITLE_CHARS);
    if let Some((end, _)) = line.char_indices().nth(limit) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(all(unix, not(target_os = "macos")))]
mod platform {
    use notify_rust::{Hint, NotificationResponse};

    use super::Words;

    /// The name of the one button; "default" is the click on the notification itself.
    const OPEN: &str = "open";

    /// Shows it, and waits until it is clicked, closed by its reader, or no longer needed.
    pub(super) async fn show(
        words: &Words,
        closed: tokio::sync::oneshot::Receiver<()>,
        clicked: impl FnOnce() + Send,
    ) -> Result<(), notify_rust::error::Error> {
        let handle = notify_rust::Notification::new()
            .appname("Deskside")
            .summary(&words.title)
            .body(&escaped(&words.body))
            .icon("deskside")
            .hint(Hint::DesktopEntry("deskside".to_owned()))
            .hint(Hint::Category("im.received".to_owned()))
            .action("default", &words.button)
            .action(OPEN, &words.button)
            .show_async()
            .await?;
        let waited = handle.wait_for_action_async(|response| match response {
            NotificationResponse::Default | NotificationResponse::Action(_) => clicked(),
            NotificationResponse::Closed(_) | NotificationResponse::Reply(_) => {}
        });
        tokio::select! {
            () = waited => {}
            // Without a request to be read, the sender is gone at once; that is no wish to close.
            Ok(()) = closed => handle.close_async().await,
        }
        Ok(())
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn what_looks_like_markup_is_text() {
            assert_eq!(super::escaped("<img src=x> & <b>"), "&lt;img src=x&gt; &amp; &lt;b&gt;");
        }
    }
}

/// Windows and macOS show plain text. A click is waited for as long as the system keeps the notification in its list, which
/// may be days: on a thread of its own, for the library blocks there and the agent's few threads for such work are for
/// what ends.
#[cfg(any(windows, target_os = "macos"))]
mod platform {
    use notify_rust::NotificationResponse;

    use super::{OPEN, Words};

    /// Notifications that are waited for now.
    static WAITING: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

    pub(super) async fn show(
        words: &Words,
        closed: tokio::sync::oneshot::Receiver<()>,
        clicked: impl FnOnce() + Send + 'static,
    ) -> Result<(), notify_rust::error::Error> {
        use std::sync::atomic::Ordering::Relaxed;
        // Toasts and banners go by themselves; there is nothing to take away.
        drop(closed);
        let mut notification = notify_rust::Notification::new();
        notification.appname("Deskside").summary(&words.title).body(&words.body).action("open", &words.button);
        #[cfg(windows)]
        if let Some(id) = app_id() {
            notification.app_id(id);
        }
        let (told, shown) = tokio::sync::oneshot::channel();
        let wait = move || {
            let handle = match notification.show() {
                Ok(handle) => handle,
                Err(error) => return drop(told.send(Err(error))),
            };
            drop(told.send(Ok(())));
            if WAITING.fetch_add(1, Relaxed) < OPEN {
                // An error is a notification that nobody can click any more.
                let _ = handle.wait_for_response(move |response: &NotificationResponse| match response {
                    NotificationResponse::Default | NotificationResponse::Action(_) => clicked(),
                    NotificationResponse::Closed(_) | NotificationResponse::Reply(_) => {}
                });
            }
            WAITING.fetch_sub(1, Relaxed);
        };
        if let Err(error) = std::thread::Builder::new().name("notification".to_owned()).spawn(wait) {
            tracing::warn!(%error, "no thread for a notification");
            return Ok(());
        }
        // A thread that panicked has shown nothing, and the tray tells the same.
        shown.await.unwrap_or(Ok(()))
    }

    /// The name under which the installer tells Windows who we are. An unknown one shows nothing at all; without one the
    /// library borrows that of another program.
    #[cfg(windows)]
    fn app_id() -> Option<&'static str> {
        const ID: &str = "Deskside.Agent";
        let known = winreg::RegKey::predef(winreg::enums::HKEY_CLASSES_ROOT);
        known.open_subkey(format!(r"AppUserModelId\{ID}")).is_ok().then_some(ID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(author: Option<&str>, title: &str, text: &str) -> Notification {
        Notification::Answer {
            client_id: ClientId::new(),
            number: Some(7),
            title: title.to_owned(),
            author: author.map(str::to_owned),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_answer_says_who_and_about_what() {
        let notification = answer(Some("Ada"), "Printer", "Try\nagain\u{7}now");
        let english = words(&notification, &Texts::for_language("en"));
        assert_eq!(
            english,
            Words {
                title: "Ada answered".to_owned(),
                body: "“Printer” – Try again now".to_owned(),
                button: "Read the answer".to_owned()
            }
        );
        let french = words(&notification, &Texts::for_language("fr"));
        assert_eq!(french.title, "Ada vous a répondu");
        assert_eq!(words(&answer(None, "a", "b"), &Texts::for_language("en")).title, "The helpdesk answered");
    }

    #[test]
    fn a_late_arrival_says_its_number_and_nothing_is_swapped() {
        let notification =
            Notification::DeliveredLate { client_id: ClientId::new(), number: 4127, title: "Printer".to_owned() };
        assert_eq!(words(&notification, &Texts::for_language("en")).body, "“Printer”. Its number is 4127.");
    }

    #[test]
    fn a_long_text_is_shortened() {
        let body = words(&answer(None, &"t".repeat(5000), &"é".repeat(5000)), &Texts::for_language("en")).body;
        assert!(body.chars().count() <= 2 * (deskside_protocol::limits::NOTIFICATION_CHARS + 1) + 5, "{body}");
        assert!(body.ends_with('…'));
    }
}
