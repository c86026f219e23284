//! The corpus, once more: whatever a target was ever found to stumble over, and one of everything that it knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a target fails by panicking"
)]

mod targets;

use std::path::Path;

use targets::{ALL, Target};

fn replay(name: &str, target: Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{name} has a corpus");
    for file in files {
        // Said before it is tried: the last one is the one that failed.
        println!("{}", file.display());
        let bytes = std::fs::read(&file).unwrap();
        target(&bytes);
        // Its beginnings as well: strangers stop in the middle.
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            target(&bytes[..end]);
        }
    }
    target(b"");
}

macro_rules! replays {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            let (name, target) = ALL.iter().find(|(name, _)| *name == stringify!($name)).unwrap();
            replay(name, *target);
        })*

        #[test]
        fn every_target_is_replayed_and_every_corpus_has_a_target() {
            let replayed = [$(stringify!($name)),*];
            let targets: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(replayed.as_slice(), targets);
            for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap() {
                let name = entry.unwrap().file_name();
                assert!(targets.contains(&name.to_str().unwrap()), "{name:?} is the corpus of nothing");
            }
        }
    };
}

replays!(frame, redactor, deep_link, policy, picture, news, intake, upload, cursor);
