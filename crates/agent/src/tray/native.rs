//! The notification area of Windows and the menu bar of macOS, through `tray-icon` and `muda`. Both belong to the main
//! thread and live in the system's event loop; the agent runs on a thread beside it and sends what shall be shown.

use std::sync::{Mutex, PoisonError};

use muda::{Menu, MenuEvent, MenuId, MenuItem, PredefinedMenuItem};
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};
use tao::platform::run_return::EventLoopExtRunReturn as _;
use tray_icon::{Icon, MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};

use super::{Action, Actions, Look, SharedTexts, icons, tooltip};
use crate::ports::{TrayPort, TrayState};

/// What is sent to the main thread.
enum Wish {
    Show(Shown),
    Menu(MenuId),
    Click,
    Do(Box<dyn FnOnce() + Send>),
    End,
}

#[derive(Clone)]
struct Shown {
    state: TrayState,
    texts: SharedTexts,
    actions: Actions,
}

/// The way to the main thread, once its loop is there.
static MAIN: Mutex<Option<EventLoopProxy<Wish>>> = Mutex::new(None);

fn send(wish: Wish) {
    let main = MAIN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(main) = main.as_ref() {
        // A loop that has ended takes nothing more; the agent ends with it.
        let _ = main.send_event(wish);
    }
}

/// Does this on the main thread, after what it was asked before; never, if its loop has ended.
pub fn on_main_thread(work: impl FnOnce() + Send + 'static) {
    send(Wish::Do(Box::new(work)));
}

/// Runs the system's event loop here and `agent` on a thread beside it; returns what `agent` does.
///
/// # Errors
/// The agent's, or that its thread could not be started or died.
pub fn run_on_main_thread<T: Send + 'static>(
    agent: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let mut event_loop = EventLoopBuilder::<Wish>::with_user_event().build();
    #[cfg(target_os = "macos")]
    {
        use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};
        // No icon in the Dock: a menu-bar program.
        event_loop.set_activation_policy(ActivationPolicy::Accessory);
    }
    *MAIN.lock().unwrap_or_else(PoisonError::into_inner) = Some(event_loop.create_proxy());
    MenuEvent::set_event_handler(Some(|event: MenuEvent| send(Wish::Menu(event.id))));
    TrayIconEvent::set_event_handler(Some(|event: TrayIconEvent| {
        if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
            send(Wish::Click);
        }
    }));
    let running = std::thread::Builder::new().name("agent".to_owned()).spawn(move || {
        let ended = agent();
        send(Wish::End);
        ended
    })?;
    let mut shown: Option<Placed> = None;
    event_loop.run_return(|event, _, flow| {
        *flow = ControlFlow::Wait;
        match event {
            Event::UserEvent(Wish::Show(wanted)) => match &mut shown {
                Some(placed) => placed.update(wanted),
                None => shown = Placed::new(wanted),
            },
            Event::UserEvent(Wish::Menu(id)) => {
                if let Some(placed) = &shown {
                    placed.chosen(&id);
                }
            }
            Event::UserEvent(Wish::Click) => {
                if let Some(placed) = &shown {
                    placed.act(Action::Open(deskside_protocol::local::Route::Home));
                }
            }
            Event::UserEvent(Wish::Do(work)) => work(),
            Event::UserEvent(Wish::End) => {
                shown = None;
                *flow = ControlFlow::Exit;
            }
            Event::NewEvents(StartCause::Init) => {}
            // The system's other events are about windows, of which there are none here.
            _ => {}
        }
    });
    running.join().map_err(|_| anyhow::anyhow!("the agent's thread died"))?
}

/// The icon as it is in the tray.
struct Placed {
    icon: TrayIcon,
    shown: Shown,
    entries: Vec<(MenuId, Action)>,
}

impl Placed {
    fn new(shown: Shown) -> Option<Self> {
        let (menu, entries) = menu(&shown);
        let built = TrayIconBuilder::new()
            .with_id("deskside")
            .with_menu(Box::new(menu))
            .with_menu_on_left_click(false)
            .with_tooltip(tooltip(&shown.state, &shown.texts))
            .build();
        match built {
            Ok(icon) => {
                let placed = Self { icon, shown, entries };
                placed.draw();
                Some(placed)
            }
            Err(error) => {
                tracing::warn!(%error, "no icon in the tray");
                None
            }
        }
    }

    fn update(&mut self, wanted: Shown) {
        let (menu, entries) = menu(&wanted);
        self.shown = wanted;
        self.entries = entries;
        self.icon.set_menu(Some(Box::new(menu)));
        if let Err(error) = self.icon.set_tooltip(Some(tooltip(&self.shown.state, &self.shown.texts))) {
            tracing::warn!(%error, "the tray does not show the tooltip");
        }
        self.draw();
    }

    fn draw(&self) {
        let Some(picture) = icons::sizes(Look::of(&self.shown.state)).pop() else { return };
        let icon = Icon::from_rgba(picture.rgba, picture.size_px, picture.size_px);
        let drawn = icon.map_err(|error| error.to_string()).and_then(|icon| {
            // macOS colours a template as its menu bar needs; the shape tells the state.
            #[cfg(target_os = "macos")]
            let set = self.icon.set_icon_templated(Some(icon));
            #[cfg(not(target_os = "macos"))]
            let set = self.icon.set_icon(Some(icon));
            set.map_err(|error| error.to_string())
        });
        if let Err(error) = drawn {
            tracing::warn!(%error, "the tray does not show the icon");
        }
    }

    fn chosen(&self, id: &MenuId) {
        if let Some((_, action)) = self.entries.iter().find(|(known, _)| known == id) {
            self.act(action.clone());
        }
    }

    fn act(&self, action: Action) {
        // Nobody listens any more only while the agent ends.
        let _ = self.shown.actions.send(action);
    }
}

fn menu(shown: &Shown) -> (Menu, Vec<(MenuId, Action)>) {
    let menu = Menu::new();
    let mut entries = Vec::new();
    for entry in super::menu(&shown.state, &shown.texts) {
        let appended = match entry {
            None => menu.append(&PredefinedMenuItem::separator()),
            Some((label, action)) => {
                // An ampersand would mark the next letter as the access key.
                let item = MenuItem::new(label.replace('&', "&&"), true, None);
                entries.push((item.id().clone(), action));
                menu.append(&item)
            }
        };
        if let Err(error) = appended {
            tracing::warn!(%error, "the tray's menu lacks an entry");
        }
    }
    (menu, entries)
}

/// The icon.
pub struct Tray {
    shown: Mutex<Shown>,
}

impl Tray {
    /// Puts the icon into the tray.
    pub async fn start(texts: SharedTexts, actions: Actions) -> Self {
        let shown = Shown { state: super::at_start(), texts, actions };
        send(Wish::Show(shown.clone()));
        Self { shown: Mutex::new(shown) }
    }

    /// Speaks another language from now on.
    pub fn speak(&self, texts: SharedTexts) {
        self.change(|shown| shown.texts = texts);
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut shown);
        send(Wish::Show(shown.clone()));
    }
}

impl TrayPort for Tray {
    fn set(&self, state: TrayState) {
        self.change(|shown| shown.state = state);
    }
}
