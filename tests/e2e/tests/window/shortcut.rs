//! The keys that report a problem from wherever one is.

use deskside_desktop::{Window, wait_until};
use deskside_e2e::SOON;
use deskside_protocol::local::{Request, Response};
use deskside_protocol::settings::{Settings, SettingsView};
use deskside_protocol::shortcut::{Shortcut, ShortcutState};

use crate::picture::{fills_its_part, first_file, of_our_window};
use crate::world::World;

async fn view(world: &World) -> SettingsView {
    let answer = world.ask(Request::Settings).await;
    let Response::Settings(view) = answer else { panic!("not the settings: {answer:?}") };
    view
}

async fn listens(world: &World) {
    let listening = ShortcutState::Listening { keys: None };
    let state = wait_until("the agent listens to the shortcut", SOON, async || {
        Ok((view(world).await.shortcut_state == listening).then_some(()))
    });
    world.good(state.await);
}

async fn choose(world: &World, shortcut: Shortcut) {
    let settings = Settings { shortcut, ..view(world).await.settings };
    world.ask(Request::ChangeSettings { settings }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shortcut_takes_the_picture_before_our_window_is_in_it() {
    let world = World::new("en").await;
    listens(&world).await;
    // Num Lock and Caps Lock change nothing about it.
    world.good(world.desktop.press_keys(&["Num_Lock"]).await);
    world.good(world.desktop.press_keys(&["ctrl+alt+shift+h"]).await);
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    world.good(window.press(&world.words.get("screenshot-continue").unwrap(), SOON).await);
    world.good(window.press(&world.words.get("screenshot-keep").unwrap(), SOON).await);
    let taken = of_our_window(&first_file(&world).await);
    assert!(taken < 100, "{taken} pixels of the picture are our own window");
    fills_its_part(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_keys_are_taken_at_once_and_given_back() {
    let world = World::new("en").await;
    listens(&world).await;
    choose(&world, Shortcut::Keys("Ctrl+F9".parse().unwrap())).await;
    listens(&world).await;
    choose(&world, Shortcut::Off).await;
    let off = wait_until("nobody listens", SOON, async || {
        Ok((view(&world).await.shortcut_state == ShortcutState::Off).then_some(()))
    });
    world.good(off.await);
    world.good(world.desktop.press_keys(&["ctrl+alt+shift+h", "ctrl+F9"]).await);
    choose(&world, Shortcut::Keys("Ctrl+F9".parse().unwrap())).await;
    listens(&world).await;
    assert_eq!(world.good(world.desktop.window_titles()), Vec::<String>::new(), "the keys were nobody's");
    world.good(world.desktop.press_keys(&["ctrl+F9"]).await);
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    world.good(window.says(&world.words.get("screenshot-continue").unwrap(), SOON).await);
}
