//! What kind of helpdesk lies at an address. Each is known by what only it answers to a question without a credential.

use deskside_protocol::connect::{ConnectProblem, StepName};
use deskside_protocol::settings::HelpdeskKind;
use futures_util::future::join_all;
use url::Url;

use super::address::{places, redirected};
use super::asking::Answer;
use super::way::Reached;
use super::{Prober, Step, glpi, hub, mantis, page, rt};

/// Every kind, in the order in which a doubt would be decided.
const ALL: [HelpdeskKind; 4] =
    [HelpdeskKind::Glpi, HelpdeskKind::Mantis, HelpdeskKind::RequestTracker, HelpdeskKind::Hub];
/// Where people put them below a server's root, and what is looked for there.
const USUAL: [(&str, HelpdeskKind); 4] = [
    ("glpi", HelpdeskKind::Glpi),
    ("mantis", HelpdeskKind::Mantis),
    ("mantisbt", HelpdeskKind::Mantis),
    ("rt", HelpdeskKind::RequestTracker),
];
/// Most places that are looked at where an address leads on.
const LED_ON: usize = 3;

/// A helpdesk that was recognised.
pub(super) struct Seen {
    pub(super) kind: HelpdeskKind,
    pub(super) place: Url,
    pub(super) version: Option<String>,
    /// Its interface for programs answers at all; else only its pages do.
    pub(super) interface: bool,
}

impl Prober<'_> {
    /// Finds the place and the kind.
    pub(super) async fn recognise(&mut self, url: &Url, reached: Reached) -> Step<HelpdeskKind> {
        self.at = StepName::Answer;
        let Reached { client, front } = reached;
        let led = front.location().and_then(|location| redirected(url, location));
        let mut places = places(url);
        if let Some(Ok(to)) = &led {
            // "/" that leads to "/glpi/" or to a page of it.
            let to = super::address::places(to);
            places.extend(to.into_iter().take(LED_ON));
        }
        let mut known = Vec::new();
        places.retain(|place| {
            !known.contains(place) && {
                known.push(place.clone());
                true
            }
        });
        let kinds: Vec<HelpdeskKind> = match self.choice.kind {
            Some(kind) => vec![kind],
            None => ALL.to_vec(),
        };
        let mut seen = None;
        for place in &places {
            seen = look(&client, place, &kinds).await;
            if seen.is_some() {
                break;
            }
        }
        if seen.is_none() && self.choice.kind.is_some() {
            // To say what it is instead.
            for place in &places {
                seen = look(&client, place, &ALL).await;
                if seen.is_some() {
                    break;
                }
            }
        }
        if seen.is_none() && url.path() == "/" {
            for (folder, kind) in USUAL.iter().filter(|(_, kind)| kinds.contains(kind)) {
                let mut place = url.clone();
                place.set_path(&format!("/{folder}/"));
                seen = look(&client, &place, &[*kind]).await;
                if seen.is_some() {
                    break;
                }
            }
        }
        if seen.is_none() {
            // The interface may be kept away while the pages are there.
            let kind = page::kind(&front.text()).filter(|_| front.status < 400);
            seen = kind.map(|kind| Seen {
                kind,
                place: places.first().cloned().unwrap_or_else(|| url.clone()),
                version: None,
                interface: false,
            });
        }
        let Some(seen) = seen else { return self.stranger(url, &front, led) };
        self.good(StepName::Answer, format!("HTTP {} at {url}", front.status));
        self.url = Some(seen.place.clone());
        self.version = seen.version;
        if let Some(wanted) = self.choice.kind.filter(|wanted| *wanted != seen.kind) {
            let detail = format!("{:?} was chosen, {:?} answers at {}", wanted, seen.kind, seen.place);
            return self.broken(StepName::Kind, ConnectProblem::OtherKind, detail);
        }
        self.kind = Some(seen.kind);
        self.good(StepName::Kind, format!("{} at {}", name(seen.kind), seen.place));
        if !seen.interface {
            let detail = format!("pages of {} answer, its interface for programs does not", name(seen.kind));
            return self.broken(StepName::Interface, ConnectProblem::ApiOff, detail);
        }
        Ok(seen.kind)
    }

    /// Why nothing that is known answers there.
    fn stranger(&mut self, url: &Url, front: &Answer, led: Option<Result<Url, String>>) -> Step<HelpdeskKind> {
        let status = front.status;
        if let Some(Err(elsewhere)) = led {
            return self.broken(StepName::Answer, ConnectProblem::Redirected, format!("HTTP {status}, to {elsewhere}"));
        }
        let (step, problem) = match status {
            _ if front.wants_sign_in() => (StepName::Answer, ConnectProblem::SignInInFront),
            407 => (StepName::Proxy, ConnectProblem::ProxyNeedsSignIn),
            401 | 403 => (StepName::Answer, ConnectProblem::SignInInFront),
            429 | 503 => (StepName::Answer, ConnectProblem::Busy),
            500.. => (StepName::Answer, ConnectProblem::ServerFailing),
            404 | 410 => (StepName::Answer, ConnectProblem::WrongPath),
            _ => {
                self.good(StepName::Answer, format!("HTTP {status} at {url}"));
                (StepName::Kind, ConnectProblem::NotAHelpdesk)
            }
        };
        let title = page::title(&front.text()).map(|title| format!(", a page \"{title}\"")).unwrap_or_default();
        self.broken(step, problem, format!("HTTP {status} at {url}{title}"))
    }
}

/// Asks a place for these kinds at once.
async fn look(client: &reqwest::Client, place: &Url, kinds: &[HelpdeskKind]) -> Option<Seen> {
    let asked = kinds.iter().map(async |kind| match kind {
        HelpdeskKind::Glpi => glpi::recognise(client, place).await,
        HelpdeskKind::Mantis => mantis::recognise(client, place).await,
        HelpdeskKind::RequestTracker => rt::recognise(client, place).await,
        HelpdeskKind::Hub => hub::recognise(client, place).await,
    });
    join_all(asked).await.into_iter().flatten().next()
}

pub(super) fn name(kind: HelpdeskKind) -> &'static str {
    match kind {
        HelpdeskKind::Hub => "Deskside hub",
        HelpdeskKind::Glpi => "GLPI",
        HelpdeskKind::Mantis => "MantisBT",
        HelpdeskKind::RequestTracker => "Request Tracker",
    }
}
