//! StatusNotifierItem over D-Bus (freedesktop.org, and KDE's variant which trays really speak), through `ksni`.

use ksni::menu::StandardItem;
use ksni::{MenuItem, TrayMethods as _};
use tokio::sync::watch;

use super::{Action, Actions, Look, SharedTexts, icons, tooltip};
use crate::ports::{TrayPort, TrayState};

/// What the icon shall show.
#[derive(Clone)]
struct Shown {
    state: TrayState,
    texts: SharedTexts,
}

/// The icon. Changes are sent to a task of its own, for the bus may be slow.
pub struct Tray {
    wanted: watch::Sender<Shown>,
}

impl Tray {
    /// Puts the icon into the tray, or gets it there as soon as a tray comes: the watcher's name on the bus is followed,
    /// so that a tray that starts later or again finds us.
    pub async fn start(texts: SharedTexts, actions: Actions) -> Self {
        let shown = Shown { state: super::at_start(), texts };
        let (wanted, changes) = watch::channel(shown.clone());
        match (Item { shown, actions }).assume_sni_available(true).spawn().await {
            Ok(handle) => drop(tokio::spawn(follow(handle, changes))),
            // Without a session bus there is no tray and never will be one in this session.
            Err(error) => tracing::warn!(%error, "no icon in the tray"),
        }
        Self { wanted }
    }

    /// Speaks another language from now on.
    pub fn speak(&self, texts: SharedTexts) {
        self.wanted.send_modify(|shown| shown.texts = texts);
    }
}

impl TrayPort for Tray {
    fn set(&self, state: TrayState) {
        self.wanted.send_if_modified(|shown| std::mem::replace(&mut shown.state, state) != state);
    }
}

async fn follow(handle: ksni::Handle<Item>, mut changes: watch::Receiver<Shown>) {
    while changes.changed().await.is_ok() {
        let shown = changes.borrow_and_update().clone();
        if handle.update(move |item| item.shown = shown).await.is_none() {
            return;
        }
    }
    // The agent ends: the icon goes now, and not when the bus notices.
    handle.shutdown().await;
}

struct Item {
    shown: Shown,
    actions: Actions,
}

impl Item {
    fn act(&self, action: Action) {
        // Nobody listens any more only while the agent ends.
        let _ = self.actions.send(action);
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "deskside".to_owned()
    }

    fn title(&self) -> String {
        "Deskside".to_owned()
    }

    fn status(&self) -> ksni::Status {
        match Look::of(&self.shown.state) {
            Look::Unread | Look::Parked => ksni::Status::NeedsAttention,
            // Never "passive": many trays hide that, and an employee in need must find us.
            Look::Ready | Look::Waiting | Look::Offline => ksni::Status::Active,
        }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        icons::sizes(Look::of(&self.shown.state))
            .into_iter()
            .map(|picture| ksni::Icon {
                width: picture.size_px.cast_signed(),
                height: picture.size_px.cast_signed(),
                data: picture.argb(),
            })
            .collect()
    }

    fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.icon_pixmap()
    }

    fn tool_tip(&self) -> ksni::ToolTip {
        ksni::ToolTip {
            title: "Deskside".to_owned(),
            // The specification allows markup here; ours has none, and none of it comes from outside.
            description: tooltip(&self.shown.state, &self.shown.texts),
            ..ksni::ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.act(Action::Open(deskside_protocol::local::Route::Home));
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        super::menu(&self.shown.state, &self.shown.texts)
            .into_iter()
            .map(|entry| match entry {
                None => MenuItem::Separator,
                Some((label, action)) => StandardItem {
                    // An underscore would mark the next letter as the access key.
                    label: label.replace('_', "__"),
                    activate: Box::new(move |item: &mut Self| item.act(action.clone())),
                    ..StandardItem::default()
                }
                .into(),
            })
            .collect()
    }

    fn watcher_online(&self) {
        tracing::info!("a tray is there");
    }

    fn watcher_offline(&self, reason: ksni::OfflineReason) -> bool {
        tracing::info!(?reason, "no tray is there; the icon comes when one does");
        true
    }
}
