//! What a helpdesk is, found out by asking: the servers that answer from captures, and the real hub. A question that no
//! capture shows is answered as a web server answers what it does not know.

use deskside_contract::capture::Captures;
use deskside_contract::mantis::{Mantis, REPORTER, VIEWER};
use deskside_contract::{Pace, Replay};
use deskside_helpdesk::probe::{Probed, probe};
use deskside_hub::Config;
use deskside_protocol::connect::{ConnectOutcome, ConnectProblem, HelpdeskChoice, SignInWay, StepName};
use deskside_protocol::settings::HelpdeskKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn choice(url: &str, credential: Option<&str>, fields: &[(&str, &str)]) -> HelpdeskChoice {
    HelpdeskChoice {
        url: url.to_owned(),
        kind: None,
        way: None,
        fields: fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        credential: credential.map(str::to_owned),
    }
}

async fn look(choice: &HelpdeskChoice) -> Probed {
    let mut told = Vec::new();
    let probed = probe(choice, &mut |step| told.push(step.clone())).await;
    assert_eq!(told, probed.report.steps, "each step is told, as it is in the report");
    if let Some(credential) = &choice.credential {
        assert!(!format!("{:?}", probed.report).contains(credential), "no credential stands in a report");
    }
    probed
}

fn problem(probed: &Probed) -> Option<(StepName, ConnectProblem)> {
    probed.report.steps.last().and_then(|step| Some((step.step, step.problem?)))
}

/// A web server that says to each path what the capture of this number says, and elsewhere what `elsewhere` does. Of a path
/// that is there twice, the second is for those who bring a credential.
struct Server {
    url: String,
}

type Said = (String, String, Vec<u8>);

impl Server {
    async fn start(answers: Vec<(&str, Said)>, elsewhere: Said) -> Self {
        let answers: Vec<(String, Said)> = answers.into_iter().map(|(path, said)| (path.to_owned(), said)).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (answers, elsewhere) = (answers.clone(), elsewhere.clone());
                tokio::spawn(async move {
                    let mut asked = vec![0; 16 * 1024];
                    let read = stream.read(&mut asked).await.unwrap_or(0);
                    let asked = String::from_utf8_lossy(&asked[..read]).to_lowercase();
                    let path = asked.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
                    let brings = asked.contains("\r\nauthorization:") || asked.contains("\r\nsession-token:");
                    let mut fits = answers.iter().filter(|(at, _)| at.eq_ignore_ascii_case(path)).map(|(_, said)| said);
                    let said = if brings { fits.next_back() } else { fits.next() };
                    let (status, kind, body) = said.unwrap_or(&elsewhere);
                    let size = body.len();
                    let head = format!(
                        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
                    );
                    let _gone = stream.write_all(&[head.as_bytes(), body].concat()).await;
                });
            }
        });
        Self { url }
    }
}

fn captured(captures: &Captures, number: &str) -> Said {
    let exchange = captures.get(number).unwrap();
    let kind = exchange.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    (
        format!("{} {}", exchange.status, exchange.reason),
        kind.map_or_else(|| "text/html".to_owned(), |(_, kind)| kind.clone()),
        exchange.body.clone(),
    )
}

fn page(status: &str, page: &str) -> Said {
    (status.to_owned(), "text/html; charset=utf-8".to_owned(), page.as_bytes().to_vec())
}

fn nothing() -> Said {
    page("404 Not Found", "<html><head><title>404 Not Found</title></head></html>")
}

const INIT: &str = "/apirest.php/initSession";

#[tokio::test]
async fn glpi_is_known_by_what_it_says_to_a_stranger() {
    let (ten, eleven) = (Captures::load("glpi-v10-legacy").unwrap(), Captures::load("glpi-v11-legacy").unwrap());
    let (newer, extra) = (Captures::load("glpi-v11-high-level").unwrap(), Captures::load("glpi-v11-extra").unwrap());

    // It wants an application's token, does not know the one it gets, and then wants a user's.
    let server = Server::start(vec![(INIT, captured(&ten, "005"))], nothing()).await;
    let probed = look(&choice(&server.url, Some("LabUserToken"), &[])).await;
    assert_eq!(probed.report.kind, Some(HelpdeskKind::Glpi));
    assert_eq!(problem(&probed), Some((StepName::Interface, ConnectProblem::AppTokenMissing)));
    assert!(probed.report.fields.iter().any(|field| field.name == "app_token" && field.needed && field.secret));
    let server = Server::start(vec![(INIT, captured(&ten, "006"))], nothing()).await;
    let probed = look(&choice(&server.url, None, &[("app_token", "wrong")])).await;
    assert_eq!(problem(&probed), Some((StepName::Interface, ConnectProblem::AppTokenWrong)));

    // Found from a page's address, below a folder.
    let at = "/glpi/apirest.php/initSession";
    let server = Server::start(vec![(at, captured(&ten, "009"))], nothing()).await;
    let probed = look(&choice(&format!("{}glpi/front/central.php?x=1", server.url), None, &[])).await;
    assert_eq!(probed.report.outcome, ConnectOutcome::CredentialWanted, "{:?}", probed.report);
    assert_eq!(probed.report.url, format!("{}glpi/", server.url));
    assert_eq!(probed.report.ways, [SignInWay::Token]);
    let probed = look(&choice(&server.url, None, &[])).await;
    assert_eq!(probed.report.url, format!("{}glpi/", server.url), "the usual folder is found, too");

    // A token that is good, and one that is not; on 10 and 11.
    for (captures, version) in [(&ten, "10.0.19"), (&eleven, "11.0.6")] {
        let answers = |session| {
            vec![
                (INIT, captured(captures, "009")),
                (INIT, captured(captures, session)),
                ("/apirest.php/getGlpiConfig", captured(captures, "018")),
                ("/apirest.php/killSession", captured(captures, "091")),
            ]
        };
        let server = Server::start(answers("001"), nothing()).await;
        let probed = look(&choice(&server.url, Some("LabUserToken"), &[("entity", "0")])).await;
        assert_eq!(probed.report.outcome, ConnectOutcome::Ready, "{:?}", probed.report);
        assert_eq!(probed.report.version.as_deref(), Some(version));
        let probed = look(&choice(&server.url, Some("LabUserToken"), &[("entity", "root")])).await;
        assert_eq!(problem(&probed), Some((StepName::Rights, ConnectProblem::FieldWrong)));
        let server = Server::start(answers("007"), nothing()).await;
        let probed = look(&choice(&server.url, Some("LabUserToken"), &[])).await;
        assert_eq!(problem(&probed), Some((StepName::SignIn, ConnectProblem::TokenWrong)));
    }

    // Not from this address; switched off; switched off on 11, where the browser is the way.
    let server = Server::start(vec![(INIT, captured(&extra, "041"))], nothing()).await;
    let from_here = Some((StepName::Interface, ConnectProblem::ApiFromThisAddressForbidden));
    assert_eq!(problem(&look(&choice(&server.url, None, &[])).await), from_here);
    let server = Server::start(vec![(INIT, captured(&extra, "038"))], nothing()).await;
    assert_eq!(
        problem(&look(&choice(&server.url, None, &[])).await),
        Some((StepName::Interface, ConnectProblem::ApiOff))
    );
    let both = vec![("/api.php", captured(&newer, "001")), (INIT, captured(&extra, "038"))];
    let server = Server::start(both, nothing()).await;
    let probed = look(&choice(&server.url, None, &[])).await;
    assert_eq!(problem(&probed), Some((StepName::Interface, ConnectProblem::OauthClientWrong)));
    let probed = look(&choice(&server.url, None, &[("client_id", "c0ffee")])).await;
    assert_eq!((probed.way, probed.report.outcome), (Some(SignInWay::Browser), ConnectOutcome::CredentialWanted));

    // Its pages are there, and its interface is kept away.
    let login = page("200 OK", "<html><head><title>Authentication - GLPI</title></head></html>");
    let server = Server::start(vec![("/", login)], nothing()).await;
    let probed = look(&choice(&server.url, None, &[])).await;
    assert_eq!(probed.report.kind, Some(HelpdeskKind::Glpi));
    assert_eq!(problem(&probed), Some((StepName::Interface, ConnectProblem::ApiOff)));
}

#[tokio::test]
async fn mantis_is_known_by_its_version_and_says_what_a_token_may() {
    let replay = Replay::start(Mantis::new().unwrap(), Pace::AtOnce).await.unwrap();
    let url = replay.url().as_str();
    let of_kind = |credential: Option<&str>, fields: &[(&str, &str)]| HelpdeskChoice {
        kind: Some(HelpdeskKind::Mantis),
        ..choice(url, credential, fields)
    };
    let probed = look(&of_kind(None, &[])).await;
    assert_eq!(probed.report.outcome, ConnectOutcome::CredentialWanted, "{:?}", probed.report);
    assert_eq!(probed.report.version.as_deref(), Some("2.28.4"));
    let probed = look(&of_kind(Some("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), &[])).await;
    assert_eq!(problem(&probed), Some((StepName::SignIn, ConnectProblem::TokenWrong)));
    let probed = look(&of_kind(Some(REPORTER), &[])).await;
    assert_eq!(probed.report.outcome, ConnectOutcome::Ready, "{:?}", probed.report);
    let project = probed.report.fields.iter().find(|field| field.name == "project").unwrap();
    assert_eq!(project.choices, ["Helpdesk"]);
    let probed = look(&of_kind(Some(REPORTER), &[("project", "Nowhere")])).await;
    assert_eq!(problem(&probed), Some((StepName::Rights, ConnectProblem::FieldWrong)));
    let probed = look(&of_kind(Some(VIEWER), &[])).await;
    assert_eq!(problem(&probed), Some((StepName::Rights, ConnectProblem::RightMissing)));
    assert!(replay.seen().iter().all(|seen| seen.method == "GET"), "a look changes nothing");

    // What was asked of the place that is no page of it: the root, where MantisBT shows its own page.
    let other = replay.take_uncovered();
    assert!(other.iter().all(|form| form.trim_end() == "GET" || form.starts_with("GET /")), "{other:?}");
    let wrong = HelpdeskChoice { kind: Some(HelpdeskKind::Glpi), ..choice(url, None, &[]) };
    assert_eq!(problem(&look(&wrong).await), Some((StepName::Kind, ConnectProblem::OtherKind)));
    let _those_of_other_kinds = replay.take_uncovered();
}

#[tokio::test]
async fn the_real_hub_is_known_and_its_token_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let hub = deskside_hub::serve(Config::new("127.0.0.1:0".parse().unwrap(), data.path().join("hub"))).await.unwrap();
    let probed = look(&choice(&format!("{}/console/", hub.url()), None, &[])).await;
    assert_eq!(probed.report.kind, Some(HelpdeskKind::Hub), "{:?}", probed.report);
    assert_eq!(probed.report.ways, [SignInWay::EnrolmentToken]);
    assert_eq!(probed.report.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    hub.shutdown().await;
}

#[tokio::test]
async fn what_is_no_helpdesk_is_said_to_be_none() {
    let answer = async |root: Said| {
        let server = Server::start(vec![("/", root)], nothing()).await;
        look(&choice(&server.url, Some("a secret token"), &[])).await
    };
    let welcome = answer(page("200 OK", "<title>Welcome to nginx!</title>")).await;
    assert_eq!(problem(&welcome), Some((StepName::Kind, ConnectProblem::NotAHelpdesk)));
    assert!(welcome.report.steps.iter().any(|step| step.detail.contains("Welcome to nginx!")), "{:?}", welcome.report);
    let of = async |status: &str| problem(&answer(page(status, "")).await);
    assert_eq!(of("404 Not Found").await, Some((StepName::Answer, ConnectProblem::WrongPath)));
    assert_eq!(of("500 Internal Server Error").await, Some((StepName::Answer, ConnectProblem::ServerFailing)));
    assert_eq!(of("503 Service Unavailable").await, Some((StepName::Answer, ConnectProblem::Busy)));
    let front = "401 Unauthorized\r\nWWW-Authenticate: Negotiate";
    assert_eq!(of(front).await, Some((StepName::Answer, ConnectProblem::SignInInFront)));
    let portal = "302 Found\r\nLocation: https://portal.example/login?token=abc";
    let led = answer(page(portal, "")).await;
    assert_eq!(problem(&led), Some((StepName::Answer, ConnectProblem::Redirected)));
    assert!(!format!("{:?}", led.report).contains("token=abc"), "only where to is told");
    // JSON of somebody else's, a body without end, hostile words.
    let json = ("200 OK".to_owned(), "application/json".to_owned(), br#"{"status":"ok","version":"9"}"#.to_vec());
    let server = Server::start(Vec::new(), json).await;
    let stranger = look(&choice(&server.url, None, &[])).await;
    assert_eq!(problem(&stranger), Some((StepName::Kind, ConnectProblem::NotAHelpdesk)));
    let long = "<title>\u{1b}[31m\u{202e}".to_owned() + &"x".repeat(5 * 1024 * 1024);
    let hostile = answer(page("200 OK", &long)).await;
    assert_eq!(problem(&hostile), Some((StepName::Kind, ConnectProblem::NotAHelpdesk)));
    for step in &hostile.report.steps {
        assert!(step.detail.chars().count() <= 300 && !step.detail.contains('\u{1b}'), "{step:?}");
    }
}
