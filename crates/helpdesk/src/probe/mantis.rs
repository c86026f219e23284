//! MantisBT 2: its REST interface with a user's token.

use deskside_protocol::connect::{ConnectProblem, SignInWay, StepName};
use deskside_protocol::settings::HelpdeskKind;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::asking::{Answer, ask, below, secret};
use super::kinds::Seen;
use super::{Prober, Step, field};

/// Where the interface is: with addresses that are rewritten, and without.
const PLACES: [&[&str]; 2] = [&["api", "rest"], &["api", "rest", "index.php"]];
/// Every answer but few has it.
const VERSION: &str = "x-mantis-version";
/// The level from which on issues can be reported, unless it is set up otherwise (`$g_report_bug_threshold`).
const REPORTER: u64 = 25;

#[derive(Deserialize)]
struct Me {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Projects {
    #[serde(default)]
    projects: Vec<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: u64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    access_level: Option<Level>,
    #[serde(default)]
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Level {
    #[serde(default)]
    id: u64,
}

#[derive(Deserialize)]
struct Configs {
    #[serde(default)]
    configs: Vec<Config>,
}

#[derive(Deserialize)]
struct Config {
    option: String,
    #[serde(default)]
    value: Value,
}

/// Its answers name its version, with or without a token (captures `mantis-2.28/030`); it may be told not to.
pub(super) async fn recognise(client: &reqwest::Client, place: &Url) -> Option<Seen> {
    for interface in PLACES {
        let path: Vec<&str> = interface.iter().copied().chain(["users", "me"]).collect();
        let answer = ask(client, below(place, &path, &[]), &[]).await.ok()?;
        let version = answer.header(VERSION).map(super::cleaned);
        let words = answer.reason.contains("Valid API token required") || answer.reason.contains("API disabled");
        if version.is_some() || words {
            return Some(Seen { kind: HelpdeskKind::Mantis, place: place.clone(), version, interface: true });
        }
    }
    None
}

impl Prober<'_> {
    pub(super) async fn mantis(&mut self) -> Step<()> {
        self.ways.push(SignInWay::Token);
        self.offer([field("project"), field("category")]);
        self.at = StepName::Interface;
        let major = self.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major < 2) {
            let version = self.version.clone().unwrap_or_default();
            return self.broken(StepName::Interface, ConnectProblem::TooOld, format!("MantisBT {version}"));
        }
        let token = self.credential().map(str::to_owned);
        let me = self.mantis_ask(token.as_deref(), &["users", "me"], &[], StepName::Interface).await?;
        // api/rest/restcore/ApiEnabledMiddleware.php.
        if me.reason.contains("API disabled") || me.status == 503 {
            let detail = format!("HTTP {} {}", me.status, me.reason);
            return self.broken(StepName::Interface, ConnectProblem::ApiOff, detail);
        }
        self.good(StepName::Interface, "REST");
        let Some(token) = token else { return Ok(()) };
        self.at = StepName::SignIn;
        let name = match me.status {
            200 => me.json::<Me>().map(|me| super::cleaned(&me.name)),
            401 => {
                let detail = format!("HTTP 401 {}: unknown or withdrawn, or its user is disabled", me.reason);
                return self.broken(StepName::SignIn, ConnectProblem::TokenWrong, detail);
            }
            403 => {
                return self.broken(StepName::SignIn, ConnectProblem::RightMissing, format!("HTTP 403 {}", me.reason));
            }
            _ => return self.unexpected(StepName::SignIn, &me),
        };
        let Some(name) = name else {
            return self.broken(StepName::SignIn, ConnectProblem::BadAnswer, "MantisBT does not say whose token it is");
        };
        self.good(StepName::SignIn, format!("user {name}"));
        self.account = Some(name.clone());
        self.at = StepName::Rights;
        let projects = self.mantis_ask(Some(&token), &["projects"], &[], StepName::Rights).await?;
        let projects = projects.json::<Projects>().map(|all| all.projects).unwrap_or_default();
        let usable: Vec<Project> = projects.into_iter().filter(|project| project.enabled != Some(false)).collect();
        self.choices_of("project", usable.iter().map(|project| project.name.clone()));
        let wanted = self.field("project").map(str::to_owned);
        let fits = |project: &&Project| match &wanted {
            Some(wanted) => wanted.parse() == Ok(project.id) || project.name.eq_ignore_ascii_case(wanted),
            None => true,
        };
        let Some(project) = usable.iter().find(fits) else {
            return match wanted {
                Some(wanted) => {
                    let detail = format!("user {name} sees no project \"{wanted}\"");
                    self.broken(StepName::Rights, ConnectProblem::FieldWrong, detail)
                }
                None => {
                    let detail = format!("user {name} sees no project");
                    self.broken(StepName::Rights, ConnectProblem::RightMissing, detail)
                }
            };
        };
        let id = project.id.to_string();
        let query = [("option[]", "report_bug_threshold"), ("project_id", id.as_str())];
        let told = self.mantis_ask(Some(&token), &["config"], &query, StepName::Rights).await?;
        let level = project.access_level.as_ref().map(|level| level.id);
        if level.is_some_and(|level| !may_report(level, &told)) {
            let detail = format!("user {name} may not report issues in \"{}\"", super::cleaned(&project.name));
            return self.broken(StepName::Rights, ConnectProblem::RightMissing, detail);
        }
        self.good(StepName::Rights, format!("may report issues in \"{}\"", super::cleaned(&project.name)));
        self.signed_in = true;
        Ok(())
    }

    async fn mantis_ask(
        &mut self,
        token: Option<&str>,
        path: &[&str],
        query: &[(&str, &str)],
        at: StepName,
    ) -> Step<Answer> {
        let mut headers = Vec::new();
        if let Some(token) = token {
            let Some(token) = secret(token) else {
                return self.broken(at, ConnectProblem::TokenWrong, "the token cannot be sent in a header");
            };
            headers.push(("authorization", token));
        }
        let mut last = Answer::default();
        for place in PLACES {
            let path: Vec<&str> = place.iter().copied().chain(path.iter().copied()).collect();
            last = self.ask(&path, query, &headers, at).await?;
            if last.status != 404 || last.headers.contains_key(VERSION) {
                break;
            }
        }
        Ok(last)
    }
}

/// A threshold is a level, or a list of the levels that may (`config_defaults_inc.php`).
fn may_report(level: u64, told: &Answer) -> bool {
    let configs = told.json::<Configs>().map(|told| told.configs).unwrap_or_default();
    let threshold =
        configs.into_iter().find(|config| config.option == "report_bug_threshold").map(|config| config.value);
    match threshold {
        Some(Value::Array(levels)) => levels.iter().any(|one| one.as_u64() == Some(level)),
        Some(value) => level >= value.as_u64().unwrap_or(REPORTER),
        None => level >= REPORTER,
    }
}
