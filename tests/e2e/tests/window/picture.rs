//! The picture that the tray takes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use deskside_desktop::{Window, wait_until};
use deskside_e2e::SOON;
use deskside_protocol::local::{Blob, Request, Response};

use crate::world::World;

/// What the window is filled with, in the light (`--bg` of the interface's tokens).
const GROUND: [u8; 3] = [0xf6, 0xf3, 0xee];

/// The first file of the newest draft, once it is there.
pub(crate) async fn first_file(world: &World) -> Vec<u8> {
    let attachment = wait_until("a picture in the draft", SOON, async || {
        let Response::Draft(draft) = world.ask(Request::OpenDraft { draft: None }).await else {
            anyhow::bail!("not a draft");
        };
        Ok(draft.attachments.first().map(|file| file.id))
    });
    let attachment = world.good(attachment.await);
    let mut bytes = Vec::new();
    loop {
        let blob = Blob::Attachment { attachment };
        let answer = world.ask(Request::ReadBlob { blob, offset: bytes.len() as u64 }).await;
        let Response::Piece { data_base64, total_bytes } = answer else { panic!("not a piece: {answer:?}") };
        bytes.extend(BASE64_STANDARD.decode(data_base64).unwrap());
        if bytes.len() as u64 >= total_bytes {
            return bytes;
        }
    }
}

/// How many pixels of a PNG have the colour of our window's ground.
pub(crate) fn of_our_window(png: &[u8]) -> usize {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    pixels.chunks_exact(frame.color_type.samples()).filter(|pixel| pixel.starts_with(&GROUND)).count()
}

/// Pixels of our window's ground that are seen at least around what stands on it, which is more on a computer with much
/// to say about itself.
const GROUND_SEEN: usize = 30_000;

/// Waits until the window is on the screen. The page says its texts before the desktop has drawn all of it.
pub(crate) async fn fills_its_part(world: &World) {
    let drawn = wait_until("the window fills its part of the screen", SOON, async || {
        Ok((of_our_window(&world.desktop.picture()?) > GROUND_SEEN).then_some(()))
    });
    world.good(drawn.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_window_is_not_in_the_picture_that_the_tray_takes() {
    let world = World::new("en").await;
    let item = world.good(world.desktop.tray().unwrap().item(SOON).await);
    item.choose(&world.words.get("tray-open").unwrap()).await.unwrap();
    let window = world.good(Window::attach(&world.desktop, SOON).await);
    world.good(window.says(&world.words.get("home-report").unwrap(), SOON).await);
    fills_its_part(&world).await;

    item.choose(&world.words.get("tray-report-with-picture").unwrap()).await.unwrap();
    world.good(window.press(&world.words.get("screenshot-continue").unwrap(), SOON).await);
    world.good(window.press(&world.words.get("screenshot-keep").unwrap(), SOON).await);
    let taken = of_our_window(&first_file(&world).await);
    assert!(taken < 100, "{taken} pixels of the picture are our own window");
    fills_its_part(&world).await;
}
