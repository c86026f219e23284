//! Another program of the same user that wants to keep the agent from its window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use deskside_e2e::{Agent, Person, Report, SOON};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_stands_is_served_through_a_flood() {
    let mut world = World::new("en").await;
    let text = "Something else wants the agent for itself";
    let person = Person::new(&world.desktop, &world.words);
    let window = world.good(person.begin_report().await);

    // Connections without end: some say nothing, some half a greeting, some nonsense; a hundred of them at a time.
    let socket = Agent::socket(&world.desktop);
    let (over, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let flood = tokio::spawn({
        let (over, made) = (Arc::clone(&over), Arc::clone(&made));
        async move {
            let openings: [&[u8]; 4] = [b"", &[200, 0], &[200, 0, 0, 0, b'{'], &[0xff; 5000]];
            let mut held = std::collections::VecDeque::new();
            while !over.load(Ordering::SeqCst) {
                // A full queue refuses; that is the system's word, and the flood goes on.
                if let Ok(mut stream) = UnixStream::connect(&socket).await {
                    let opening = openings[made.fetch_add(1, Ordering::SeqCst) % openings.len()];
                    drop(stream.write_all(opening).await);
                    held.push_back(stream);
                }
                if held.len() > 100 {
                    held.pop_front();
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
    });
    world.good(person.write(&window, Report { text, screenshot: true }).await);
    world.good(person.send(&window, "sent-title").await);
    let technician = world.hub.sign_in().await.unwrap();
    world.good(technician.ticket_titled(text, SOON).await);
    let came = made.load(Ordering::SeqCst);
    assert!(came > 300, "given: a flood, not {came} connections");

    // Once it is over, a new window finds room.
    over.store(true, Ordering::SeqCst);
    flood.await.unwrap();
    let person = Person::new(&world.desktop, &world.words);
    world.good(person.close(window).await);
    world.good(person.begin_report().await);
}
