//! systemd's journal.

use deskside_protocol::facts::SectionId;

use crate::{
    machine, needed,
    programs::{Service, find, may_be_apart},
    section,
};

/// A journal daemon that keeps what it is told in the test's folder, and is told three things: an error, that all is well,
/// and of a program that crashed, as systemd-coredump does.
const SCRIPT: &str = r#"
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
mount --bind "$1/var/log/journal" /run/log/journal
"$JOURNALD" &
journald=$!
while ! [ -S /run/systemd/journal/socket ]; do sleep 0.1; done
printf 'PRIORITY=3\nMESSAGE=Authentication failed for claire, password=hunter2\nSYSLOG_IDENTIFIER=spool\n' | logger --journald
printf 'PRIORITY=6\nMESSAGE=all well\nSYSLOG_IDENTIFIER=spool\n' | logger --journald
printf '%s\n' PRIORITY=2 MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1 'MESSAGE=Process 4711 (soffice.bin) dumped core.' \
    COREDUMP_EXE=/usr/lib/libreoffice/program/soffice.bin COREDUMP_SIGNAL=11 COREDUMP_SIGNAL_NAME=SIGSEGV | logger --journald
sleep 0.5
kill $journald
wait $journald || true
touch "$1/written"
sleep 60
"#;

#[tokio::test]
async fn the_journal_says_what_went_wrong_and_what_crashed() {
    let daemon = needed!(find("systemd-journald", "systemd"));
    needed!(find("logger", "bsdutils"));
    needed!(may_be_apart(false));
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("var/log/journal")).unwrap();
    let environment = [("JOURNALD", daemon.to_str().unwrap())];
    let writing = Service::start_apart(SCRIPT, false, folder.path(), &environment);
    let _written = writing.waits_for(&folder.path().join("written"));

    let ctx = machine(folder.path());
    let lines = section(&ctx, SectionId::Log, |facts| facts.log).await.lines;
    // Lines of this machine's kernel may stand among them.
    let of = |source: &str| lines.iter().find(|line| line.source == source).map(|line| (line.severity, &line.message));
    assert!(of("logger").is_some_and(|(severity, text)| severity == 2 && text.contains("soffice.bin")), "{lines:?}");
    let (severity, error) = of("spool").unwrap();
    assert_eq!(severity, 3, "that all is well is not told: {lines:?}");
    assert!(error.starts_with("Authentication failed") && !error.contains("hunter2"), "{error}");

    let crashes = section(&ctx, SectionId::Crashes, |facts| facts.crashes).await.crashes;
    let said: Vec<_> = crashes.iter().map(|crash| (crash.program.as_str(), crash.reason.as_deref())).collect();
    // Behind it stands what crashed on this machine, if anything did: the daemon reads the kernel's own lines too.
    assert_eq!(said.first(), Some(&("soffice.bin", Some("SIGSEGV"))));
}
