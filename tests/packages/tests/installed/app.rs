//! The app's package: from a clean system to nothing left.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use deskside_desktop::{Desktop, Options, Shows, wait_until};
use deskside_e2e::{Hub, Programs};
use deskside_packages::{Debian, Made, Session};

use crate::clean_debian;

/// Longest wait for a delivery: an agent that found no hub tries again after half a minute, then a minute.
const DELIVERED: Duration = Duration::from_secs(180);
const SOON: Duration = Duration::from_secs(60);

/// What `dpkg` itself keeps of a package that is removed and not purged.
const KEPT_BY_DPKG: &[&str] = &["var/lib/dpkg/info/deskside.list", "var/lib/dpkg/info/deskside.postrm"];

fn named_deskside(debian: &Debian) -> Vec<String> {
    debian.paths().unwrap().into_iter().filter(|path| path.to_lowercase().contains("deskside")).collect()
}

async fn version(debian: &Debian, package: &str) -> String {
    let line = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Version}", package];
    debian.run(&Session::root(), &line).await.unwrap().trim().to_owned()
}

/// A user who can sign in, with a session's folder.
async fn user(debian: &Debian, name: &str, uid: &str) -> Session {
    let root = Session::root();
    debian.run(&root, &["useradd", "--uid", uid, "--create-home", "--shell", "/bin/sh", name]).await.unwrap();
    let run = format!("/run/user/{uid}");
    debian.run(&root, &["install", "-d", "-m", "0700", "-o", name, "-g", name, &run]).await.unwrap();
    Session::of(name).with("XDG_RUNTIME_DIR", &run)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_survives_the_upgrade_and_nothing_survives_the_purge() {
    let made = Made::find().unwrap();
    let (earlier, new) = (made.earlier("deskside_", ".deb").unwrap(), made.package("deskside_", ".deb").unwrap());
    let debian = clean_debian!();
    let root = Session::root();
    let alice = user(&debian, "alice", "1000").await;
    let before = debian.paths().unwrap();

    // Installed: every library is there, and the desktop knows the link and the session's start.
    debian.install(&earlier).await.unwrap();
    assert_eq!(version(&debian, "deskside").await, "ii 0.0.1");
    for program in ["/usr/bin/deskside", "/usr/bin/deskside-window"] {
        let libraries = debian.run(&root, &["ldd", program]).await.unwrap();
        assert!(!libraries.contains("not found"), "{program}: {libraries}");
    }
    let known = fs::read_to_string(debian.at("usr/share/applications/mimeinfo.cache")).unwrap();
    assert!(known.contains("x-scheme-handler/deskside=deskside-link.desktop;"), "{known}");
    assert!(debian.at("etc/xdg/autostart/deskside.desktop").exists());
    assert_eq!(debian.run(&root, &["dpkg", "--verify", "deskside"]).await.unwrap(), "", "all is as it was packed");

    // IT decides: a hub, which cannot be reached today.
    let programs = Programs::find().unwrap();
    let mut hub = Hub::start(&programs, None).await.unwrap();
    let policy = format!("hub_url = \"{}\"\nenrolment_token = \"{}\"\n", hub.url(), hub.token().await.unwrap());
    hub.stop().await.unwrap();
    fs::write(debian.at("etc/deskside/policy.toml"), &policy).unwrap();

    // A session, as autostart begins it; the window opens in it; a request is written and kept.
    let desktop =
        Desktop::start(Options { tray: false, notifications: Shows::Nothing, keyring: false, ..Options::default() })
            .await
            .unwrap();
    let display: std::collections::BTreeMap<String, String> = desktop.environment().into_iter().collect();
    fs::copy(&display["XAUTHORITY"], debian.at("var/tmp/Xauthority")).unwrap();
    fs::set_permissions(debian.at("var/tmp/Xauthority"), fs::Permissions::from_mode(0o644)).unwrap();
    let session = alice.clone().with("DISPLAY", &display["DISPLAY"]).with("XAUTHORITY", "/var/tmp/Xauthority");
    let session = session.with("GDK_BACKEND", "x11").with("LIBGL_ALWAYS_SOFTWARE", "1");
    let mut agent = debian.start_program(&session, &["deskside", "run"]).unwrap();
    answers(&debian, &session).await.unwrap_or_else(|error| panic!("{error:#}: {}", log(&debian)));
    debian.run(&alice, &["deskside", "show"]).await.unwrap();
    wait_until("the window", SOON, async || Ok((!desktop.window_titles()?.is_empty()).then_some(())))
        .await
        .unwrap_or_else(|error| panic!("{error:#}: {}", log(&debian)));
    let said = debian
        .run(&alice, &["deskside", "report", "--yes", "The printer on floor 3 prints blank pages"])
        .await
        .unwrap();
    assert!(said.contains("Kept on this computer"), "{said}");
    desktop.close_windows().unwrap();

    // Upgraded beside the running agent. What IT wrote stays; the request is there; the hub comes back and has it, once.
    debian.install(&new).await.unwrap();
    assert_eq!(version(&debian, "deskside").await, format!("ii {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(fs::read_to_string(debian.at("etc/deskside/policy.toml")).unwrap(), policy);
    // The next session, with the new programs.
    debian.run(&alice, &["deskside", "quit"]).await.unwrap();
    agent.ended(SOON).await.unwrap();
    let mut agent = debian.start_program(&session, &["deskside", "run"]).unwrap();
    let kept = answers(&debian, &session).await.unwrap_or_else(|error| panic!("{error:#}: {}", log(&debian)));
    assert_eq!(kept.matches("The printer on floor 3").count(), 1, "{kept}");
    let runs = async || Ok((debian.processes_of("usr/bin/deskside")?.len() == 1).then_some(()));
    wait_until("the new program, which alone runs", SOON, runs).await.unwrap();
    hub.resume().await.unwrap();
    let technician = hub.sign_in().await.unwrap();
    technician
        .ticket_titled("The printer on floor 3", DELIVERED)
        .await
        .unwrap_or_else(|error| panic!("{error:#}: {}", log(&debian)));
    assert_eq!(technician.tickets().await.unwrap().len(), 1, "delivered once");

    // Removed beside the running agent, which ends. What is left is what the user kept and IT decided.
    let installed = debian.paths().unwrap();
    debian.apt(&["remove", "deskside"]).await.unwrap();
    agent.ended(SOON).await.unwrap();
    let home = |path: &String| path.starts_with("home/alice/");
    let left: Vec<String> = named_deskside(&debian).into_iter().filter(|path| !home(path)).collect();
    let mut expected: Vec<&str> =
        vec!["etc/deskside", "etc/deskside/policy.toml", "etc/xdg/autostart/deskside.desktop"];
    expected.extend(KEPT_BY_DPKG);
    assert_eq!(left, expected);
    assert!(fs::read_dir(debian.at("home/alice/.local/share/deskside")).unwrap().next().is_some(), "what she kept");
    let known = fs::read_to_string(debian.at("usr/share/applications/mimeinfo.cache")).unwrap_or_default();
    assert!(!known.contains("deskside"), "the desktop has forgotten the link");

    // Somebody whose folder is a link to another place, and who wrote an autostart entry by hand: neither is touched.
    user(&debian, "mallory", "1001").await;
    fs::create_dir_all(debian.at("srv/of-others/deskside")).unwrap();
    fs::create_dir_all(debian.at("home/mallory/.local")).unwrap();
    std::os::unix::fs::symlink("/srv/of-others", debian.at("home/mallory/.local/share")).unwrap();
    fs::create_dir_all(debian.at("home/mallory/.config/autostart")).unwrap();
    fs::write(debian.at("home/mallory/.config/autostart/deskside.desktop"), "Exec=mine\n").unwrap();
    debian.run(&root, &["chown", "-R", "mallory:mallory", "/home/mallory"]).await.unwrap();

    // Purged: nothing of ours is left anywhere, and nothing else was added.
    debian.apt(&["purge", "deskside"]).await.unwrap();
    let theirs = ["home/mallory/.config/autostart/deskside.desktop", "srv/of-others/deskside"];
    assert_eq!(named_deskside(&debian), theirs);
    let after = debian.paths().unwrap();
    let strange: Vec<&String> = after
        .difference(&installed)
        .filter(|path| !["home", "srv"].iter().any(|folder| path.starts_with(folder)))
        .filter(|path| !path.starts_with("etc/subuid") && !path.starts_with("etc/subgid"))
        .collect();
    assert_eq!(strange, Vec::<&String>::new());
    assert!(before.is_subset(&after), "and nothing was taken that was there");
}

/// What the requests are, once there is an agent that answers. Asking would start one too: it is the same session's.
async fn answers(debian: &Debian, user: &Session) -> anyhow::Result<String> {
    let line = ["deskside", "requests", "--json"];
    wait_until("an agent that answers", SOON, async || Ok(debian.run(user, &line).await.ok())).await
}

/// What the agent wrote down.
fn log(debian: &Debian) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(debian.at("home/alice/.local/share/deskside")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().contains(".log") {
            all.push_str(&fs::read_to_string(entry.path()).unwrap_or_default());
        }
    }
    all
}
