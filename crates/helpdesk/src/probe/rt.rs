//! Request Tracker 5: REST 2.0 with an authentication token.

use deskside_protocol::connect::{ConnectProblem, SignInWay, StepName};
use deskside_protocol::settings::HelpdeskKind;
use serde::Deserialize;
use url::Url;

use super::asking::{Answer, ask, below, secret};
use super::kinds::Seen;
use super::{Prober, Step, field};
use crate::rt::QUEUE;

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(rename = "_hyperlinks", default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "ref", default)]
    reference: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Queues {
    #[serde(default)]
    items: Vec<Named>,
}

/// Without a token it says so in its own words (capture `rt-5.0/03`).
pub(super) async fn recognise(client: &reqwest::Client, place: &Url) -> Option<Seen> {
    let answer = ask(client, below(place, &["REST", "2.0", "rt"], &[]), &[]).await.ok()?;
    let said = answer.json::<Message>().is_some_and(|said| said.message == "Unauthorized");
    let told = answer.json::<Version>();
    if (answer.status == 401 && said) || (answer.status == 200 && told.is_some()) {
        let version = told.map(|told| super::cleaned(&told.version));
        return Some(Seen { kind: HelpdeskKind::RequestTracker, place: place.clone(), version, interface: true });
    }
    None
}

impl Prober<'_> {
    pub(super) async fn rt(&mut self) -> Step<()> {
        self.ways.push(SignInWay::Token);
        self.offer([field("queue")]);
        self.good(StepName::Interface, "REST 2.0");
        let Some(token) = self.credential().map(str::to_owned) else { return Ok(()) };
        self.at = StepName::SignIn;
        let Some(user) = token.split('-').nth(1).filter(|user| user.parse::<u64>().is_ok()) else {
            return self.broken(StepName::SignIn, ConnectProblem::TokenWrong, "a token of RT looks like 1-23-0f3a…");
        };
        let told = self.rt_ask(&token, &["rt"], &[], StepName::SignIn).await?;
        let told = self.rt_success(StepName::SignIn, told)?;
        let Some(version) = told.json::<Version>().map(|told| super::cleaned(&told.version)) else {
            return self.broken(StepName::SignIn, ConnectProblem::BadAnswer, "RT does not say its version");
        };
        self.version = Some(version.clone());
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_some_and(|major| major < 5) {
            return self.broken(StepName::Interface, ConnectProblem::TooOld, format!("RT {version}"));
        }
        let me = self.rt_ask(&token, &["user", user], &[], StepName::SignIn).await?;
        let name = me.json::<Named>().map(|me| super::cleaned(&me.name)).unwrap_or_default();
        self.good(StepName::SignIn, format!("RT {version}, user {name}"));
        self.account = Some(name.clone()).filter(|name| !name.is_empty());
        self.at = StepName::Rights;
        let queues =
            self.rt_ask(&token, &["queues", "all"], &[("fields", "Name"), ("per_page", "100")], StepName::Rights);
        let queues = queues.await?.json::<Queues>().map(|queues| queues.items).unwrap_or_default();
        self.choices_of("queue", queues.into_iter().map(|queue| queue.name).filter(|name| !name.is_empty()));
        let queue = self.field("queue").unwrap_or(QUEUE).to_owned();
        let answer = self.rt_ask(&token, &["queue", &queue], &[], StepName::Rights).await?;
        match (answer.status, answer.json::<Named>()) {
            (200, Some(found)) => {
                // RT::REST2::Resource::Queue: only who may create tickets there is told how.
                let may = found.links.iter().any(|link| link.reference == "create" && link.kind == "ticket");
                if !may {
                    let detail = format!("user {name} lacks CreateTicket on the queue \"{queue}\"");
                    return self.broken(StepName::Rights, ConnectProblem::RightMissing, detail);
                }
                self.good(StepName::Rights, format!("may create tickets in \"{queue}\""));
                self.signed_in = true;
                Ok(())
            }
            (404, _) => {
                let detail = format!("there is no queue \"{queue}\"");
                self.broken(StepName::Rights, ConnectProblem::FieldWrong, detail)
            }
            (401 | 403, _) => {
                let detail = format!("user {name} lacks SeeQueue on the queue \"{queue}\"");
                self.broken(StepName::Rights, ConnectProblem::RightMissing, detail)
            }
            (status, _) => self.broken(StepName::Rights, ConnectProblem::BadAnswer, format!("HTTP {status}")),
        }
    }

    async fn rt_ask(&mut self, token: &str, path: &[&str], query: &[(&str, &str)], at: StepName) -> Step<Answer> {
        let Some(header) = secret(&format!("token {token}")) else {
            return self.broken(at, ConnectProblem::TokenWrong, "the token cannot be sent in a header");
        };
        let path: Vec<&str> = ["REST", "2.0"].into_iter().chain(path.iter().copied()).collect();
        self.ask(&path, query, &[("authorization", header)], at).await
    }

    fn rt_success(&mut self, at: StepName, answer: Answer) -> Step<Answer> {
        match answer.status {
            200 => Ok(answer),
            401 => {
                let detail =
                    "HTTP 401: unknown, withdrawn or run out; or the web server keeps the Authorization header";
                self.broken(at, ConnectProblem::TokenWrong, detail)
            }
            403 => self.broken(at, ConnectProblem::RightMissing, "HTTP 403"),
            _ => self.unexpected(at, &answer),
        }
    }
}
