//! What may stand in a file.

use crate::programs::{root, tracked_texts};

/// The most lines of a file that a human writes.
const LINES: usize = 500;

/// Files that are longer, and why.
const LONG: &[(&str, &str)] = &[
    ("crates/hub/tests/store_suite.rs", "one story that every database must be able to tell"),
    ("crates/protocol/src/desk.rs", "one type after the other; the whole language between hub, agent and console"),
    ("crates/protocol/src/facts.rs", "one type after the other; the whole model of a machine in one place to read"),
    ("crates/protocol/src/local.rs", "one type after the other; the whole language of the local socket"),
    ("crates/texts/src/generated.rs", "generated"),
    ("ui/src/shared/protocol.ts", "generated"),
    ("ui/src/shared/texts/messages.ts", "generated"),
];

/// Code without comments and texts, so that only tokens are left. Rough, but errs to the strict side: what it takes for
/// a token is looked at by a human.
fn tokens(code: &str) -> String {
    let mut out = String::new();
    for line in code.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // What stands between quotes: every second piece.
        let outside: Vec<&str> = line.split('"').step_by(2).collect();
        out.push_str(&outside.join(" "));
        out.push('\n');
    }
    out
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

#[test]
fn unsafe_code_is_where_the_system_is() {
    let mut seen = false;
    for (path, text) in tracked_texts() {
        if !path.ends_with(".rs") || !words(&tokens(&text)).any(|word| word == "unsafe") {
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        let per_system = path.split('/').any(|part| ["linux", "windows", "macos", "unix"].contains(&part))
            || ["linux", "windows", "macos", "unix"].iter().any(|system| name.starts_with(system));
        let allowed = (path.starts_with("crates/facts/src/") && per_system) || path.starts_with("crates/ipc/src/");
        assert!(allowed, "{path} has unsafe code; it belongs into crates/ipc or a per-system module of crates/facts");
        assert!(text.contains("// SAFETY: ") || text.contains("/// # Safety"), "{path} does not say why it is sound");
        seen = true;
    }
    assert!(seen || !cfg!(unix), "the scan finds no unsafe code at all, not even where it must be");
}

#[test]
fn no_file_names_a_path_of_this_machine() {
    let checkout = root().to_string_lossy().into_owned();
    let home = std::env::var("HOME").unwrap_or_default();
    for (path, text) in tracked_texts() {
        assert!(!text.contains(&checkout), "{path} names the checkout's folder");
        // `/root` is a path of every machine; a home folder with a name is not.
        if home.starts_with("/home/") {
            assert!(!text.contains(&home), "{path} names a home folder");
        }
        for private in [".cargo/registry/src", "target/debug/deps"] {
            let absolute = text.lines().any(|line| line.contains(private) && line.contains("/root/"));
            assert!(!absolute, "{path} names a folder of a build");
        }
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for (path, text) in tracked_texts() {
        let source = [".rs", ".svelte", ".ts"].iter().any(|ending| path.ends_with(ending));
        let lines = text.lines().count();
        let known = LONG.iter().any(|(long, _)| *long == path);
        assert!(
            !source || lines <= LINES || known,
            "{path} has {lines} lines: split it by job, or say in LONG why not"
        );
    }
}

#[test]
fn exceptions_are_still_needed() {
    let files = tracked_texts();
    for (path, reason) in LONG {
        assert!(!reason.is_empty());
        let long =
            files.iter().any(|(file, text)| file == path && (text.lines().count() > LINES || *reason == "generated"));
        assert!(long, "{path} is no longer too long: take it out of LONG");
    }
}

#[test]
fn the_interface_speaks_to_tauri_in_one_place() {
    for (path, text) in tracked_texts() {
        let source = path.starts_with("ui/src/") && (path.ends_with(".ts") || path.ends_with(".svelte"));
        let imports = text.lines().any(|line| line.contains("@tauri-apps/") && line.contains("from"));
        assert!(
            !source || !imports || path == "ui/src/backend/tauri.ts",
            "{path} imports Tauri; only the backend does"
        );
    }
}

#[test]
fn no_test_is_put_aside() {
    for (path, text) in tracked_texts() {
        if path.ends_with(".rs") {
            // A test that starts this program once more, as another user, ignores what that one runs.
            let ignored = text
                .lines()
                .filter(|line| line.trim_start().starts_with(concat!("#[ign", "ore")))
                .any(|line| !line.contains("part of a test above"));
            assert!(!ignored, "{path} ignores a test; a test that cannot run here says `SKIPPED: reason`");
        }
        if path.ends_with(".ts") {
            let only = text.contains("test.only(") || text.contains("describe.only(") || text.contains("it.only(");
            assert!(!only, "{path} leaves tests out with `only`");
        }
    }
}
