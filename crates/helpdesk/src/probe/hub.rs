//! A hub of ours. Its enrolment tokens are used up by being used: whether one is good shows only when it is.

use deskside_protocol::ErrorCode;
use deskside_protocol::connect::{SignInWay, StepName};
use deskside_protocol::desk::Problem;
use deskside_protocol::settings::HelpdeskKind;
use serde::Deserialize;
use url::Url;

use super::asking::{ask, below};
use super::kinds::Seen;
use super::{Prober, Step};

#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    version: String,
}

/// It refuses whoever is not enrolled, in its own problem document.
pub(super) async fn recognise(client: &reqwest::Client, place: &Url) -> Option<Seen> {
    let answer = ask(client, below(place, &["api", "v1", "tickets"], &[]), &[]).await.ok()?;
    let problem = answer.json::<Problem>()?;
    if answer.status != 401 || problem.code != ErrorCode::Unauthorized {
        return None;
    }
    let health = ask(client, below(place, &["api", "v1", "health"], &[]), &[]).await.ok()?;
    let version = health.json::<Health>().map(|health| super::cleaned(&health.version)).filter(|v| !v.is_empty());
    Some(Seen { kind: HelpdeskKind::Hub, place: place.clone(), version, interface: true })
}

impl Prober<'_> {
    pub(super) async fn hub(&mut self) -> Step<()> {
        self.ways.push(SignInWay::EnrolmentToken);
        self.good(StepName::Interface, "the hub's own");
        // Trying a token would use it up: the agent does, when it connects.
        self.signed_in = self.credential().is_some();
        Ok(())
    }
}
