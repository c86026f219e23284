//! systemd, as a user's own.

use deskside_protocol::facts::SectionId;

use crate::{
    machine, needed,
    programs::{Bus, Service, find, may_be_apart},
    settled,
};

/// It refuses to run where the system was not started by systemd, which it sees by a folder, and as the first process.
const SCRIPT: &str = r#"
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
"$SYSTEMD" --user --unit=desk.target --log-target=console &
wait $!
"#;

#[tokio::test]
async fn a_users_systemd_says_what_failed_and_why() {
    let systemd = needed!(find("systemd", "systemd"));
    needed!(may_be_apart(false));
    let folder = tempfile::tempdir().unwrap();
    let bus = needed!(Bus::start(folder.path()));
    let units = folder.path().join(".config/systemd/user");
    std::fs::create_dir_all(&units).unwrap();
    let service = |description: &str, command: &str| {
        format!("[Unit]\nDescription={description}\n[Service]\nType=oneshot\nExecStart={command}\n")
    };
    std::fs::write(units.join("scan.service"), service("Numérisation", "/bin/sh -c 'exit 3'")).unwrap();
    std::fs::write(units.join("sync.service"), service("Synchronisation", "/bin/true")).unwrap();
    std::fs::write(units.join("desk.target"), "[Unit]\nWants=scan.service sync.service\n").unwrap();

    let environment = [
        ("SYSTEMD", systemd.to_str().unwrap()),
        ("XDG_RUNTIME_DIR", folder.path().to_str().unwrap()),
        ("DBUS_SESSION_BUS_ADDRESS", &bus.address),
    ];
    let _systemd = Service::start_apart(SCRIPT, false, folder.path(), &environment);
    let mut ctx = machine(folder.path());
    ctx.environment.insert("DBUS_SESSION_BUS_ADDRESS".into(), bus.address.clone());
    let some = |services: &deskside_protocol::facts::Services| !services.failed.is_empty();
    let failed = settled(&ctx, SectionId::Services, |facts| facts.services, some).await.failed;
    let [failed] = failed.as_slice() else { panic!("one failed: {failed:?}") };
    assert_eq!((failed.name.as_str(), failed.of_user), ("scan.service", true));
    assert_eq!(failed.description.as_deref(), Some("Numérisation"));
    assert_eq!(failed.result.as_deref(), Some("exit-code (3)"));
    let age_ms = deskside_protocol::Timestamp::now().unix_ms() - failed.since.unwrap().unix_ms();
    assert!((0..60_000).contains(&age_ms), "it failed {age_ms} ms ago");
}
