//! CUPS.

use std::path::Path;

use deskside_protocol::facts::{Printer, PrinterState, SectionId};

use crate::{
    machine, needed,
    programs::{Service, find, run},
    section, settled,
};

/// A print server that listens on a socket only and lets everybody do everything.
const CONFIG: &str = "LogLevel warn\nBrowsing Off\nWebInterface No\nDefaultAuthType None\n\
    <Location />\nOrder allow,deny\nAllow all\n</Location>\n<Location /admin>\nOrder allow,deny\nAllow all\n</Location>\n\
    <Policy default>\nJobPrivateAccess all\nJobPrivateValues none\nSubscriptionPrivateAccess all\n\
    SubscriptionPrivateValues none\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n";

struct Cups {
    _server: Service,
    socket: String,
}

impl Cups {
    fn start(folder: &Path) -> Result<Self, String> {
        let server = find("cupsd", "cups")?;
        find("lpadmin", "cups-client")?;
        for name in ["run/cups", "etc", "cache", "tmp", "spool", "log"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let at = |name: &str| folder.join(name).display().to_string();
        let socket = at("run/cups/cups.sock");
        std::fs::write(folder.join("etc/cupsd.conf"), format!("Listen {socket}\n{CONFIG}")).unwrap();
        let files = format!(
            "FileDevice Yes\nServerRoot {}\nServerBin /usr/lib/cups\nDataDir /usr/share/cups\nStateDir {}\nCacheDir {}\n\
             TempDir {}\nRequestRoot {}\nAccessLog {}\nErrorLog {}\nPageLog {}\n",
            at("etc"),
            at("run/cups"),
            at("cache"),
            at("tmp"),
            at("spool"),
            at("log/access"),
            at("log/error"),
            at("log/page"),
        );
        std::fs::write(folder.join("etc/cups-files.conf"), files).unwrap();
        let (config, files) = (at("etc/cupsd.conf"), at("etc/cups-files.conf"));
        let server = Service::start(&server, &["-f", "-c", &config, "-s", &files], folder, &[]);
        Ok(Self { _server: server.waits_for(Path::new(&socket)), socket })
    }

    fn does(&self, program: &str, arguments: &[&str]) {
        let program = find(program, "cups-client").unwrap();
        run(program.to_str().unwrap(), &[&["-h", self.socket.as_str()], arguments].concat()).unwrap();
    }
}

#[tokio::test]
async fn cups_says_what_is_set_up_and_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let cups = needed!(Cups::start(folder.path()));
    let ctx = machine(folder.path());
    let printers = async || section(&ctx, SectionId::Printers, |facts| facts.printers).await.printers;
    assert_eq!(printers().await, [], "a server without printers");

    cups.does("lpadmin", &["-p", "etage-3", "-v", "file:///dev/null", "-m", "raw", "-L", "3e étage", "-E"]);
    cups.does("lpadmin", &["-p", "plan", "-v", "ipp://claire:hunter2@192.0.2.7/ipp/print?waitjob=false", "-m", "raw"]);
    cups.does("lpadmin", &["-d", "etage-3"]);
    cups.does("cupsdisable", &["-r", "Plus de papier", "etage-3"]);
    let text = folder.path().join("text");
    std::fs::write(&text, "Bonjour").unwrap();
    for _ in 0..3 {
        cups.does("lp", &["-d", "etage-3", text.to_str().unwrap()]);
    }
    let printer = |name: &str, state, reasons: &[&str], default: bool, accepting, jobs, uri: &str| Printer {
        name: name.into(),
        location: default.then(|| "3e étage".into()),
        model: Some("Local Raw Printer".into()),
        default,
        state,
        reasons: reasons.iter().map(ToString::to_string).collect(),
        accepting: Some(accepting),
        jobs: Some(jobs),
        uri: Some(uri.into()),
    };
    let plan = printer("plan", PrinterState::Stopped, &[], false, false, 0, "ipp://192.0.2.7/ipp/print");
    let stopped = printer("etage-3", PrinterState::Stopped, &["paused"], true, true, 3, "file:///dev/null");
    assert_eq!(printers().await, [stopped, plan.clone()]);

    cups.does("cupsenable", &["etage-3"]);
    let printed = |found: &deskside_protocol::facts::Printers| found.printers.iter().all(|one| one.jobs == Some(0));
    let found = settled(&ctx, SectionId::Printers, |facts| facts.printers, printed).await.printers;
    let first = found.first().unwrap();
    assert_eq!((first.state, first.reasons.as_slice()), (PrinterState::Idle, &[][..]), "and all is printed");
}
