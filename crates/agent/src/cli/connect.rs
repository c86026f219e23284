//! `deskside connect`, `deskside disconnect` and `deskside doctor helpdesk`: the look at a helpdesk step by step, in the
//! words of the window.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use deskside_helpdesk::probe;
use deskside_ipc::{Client, IpcError};
use deskside_protocol::connect::{ConnectOutcome, ConnectStep, HelpdeskChoice, HelpdeskReport, SignInWay};
use deskside_protocol::local::{Event, Health, PeerRole, Request, Response};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ErrorCode, ErrorReport};
use deskside_texts::Texts;

use super::{CliError, Exit, Session, TOKEN_BYTES, say, text_of, word};
use crate::run::connect_to_agent;
use crate::settings::SettingsStore;

/// Longest wait for somebody who signs in by the browser.
const BROWSER: Duration = Duration::from_secs(660);

const KINDS: [(&str, HelpdeskKind); 5] = [
    ("hub", HelpdeskKind::Hub),
    ("glpi", HelpdeskKind::Glpi),
    ("mantis", HelpdeskKind::Mantis),
    ("request-tracker", HelpdeskKind::RequestTracker),
    ("rt", HelpdeskKind::RequestTracker),
];
const WAYS: [(&str, SignInWay); 3] =
    [("token", SignInWay::Token), ("browser", SignInWay::Browser), ("enrolment-token", SignInWay::EnrolmentToken)];

/// What names a helpdesk on the command line.
pub(super) fn arguments(command: Command, texts: &Texts, url_needed: bool) -> Command {
    let option =
        |name: &'static str, text: String| Arg::new(name).long(name).help(text).help_heading(texts.cli_options());
    command
        .arg(Arg::new("url").required(url_needed).help(texts.cli_connect_url()).help_heading(texts.cli_arguments()))
        .arg(option("kind", texts.cli_connect_kind()).value_name("KIND").value_parser(KINDS.map(|(name, _)| name)))
        .arg(option("way", texts.cli_connect_way()).value_name("WAY").value_parser(WAYS.map(|(name, _)| name)))
        .arg(
            option("field", texts.cli_connect_field()).value_name("NAME=VALUE").action(ArgAction::Append).value_parser(
                |text: &str| match text.split_once('=') {
                    Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
                    _ => Err("NAME=VALUE"),
                },
            ),
        )
        .arg(option("credential-file", texts.cli_connect_credential()).value_name("FILE"))
        .arg(option("json", texts.cli_json()).action(ArgAction::SetTrue))
}

impl Session {
    pub(super) async fn connect(&self, given: &ArgMatches) -> Result<Exit, CliError> {
        let mut choice = chosen(given)?;
        let json = given.get_flag("json");
        let client = self.agent().await?;
        if choice.credential.is_none() {
            // What it is decides what is asked for.
            let report = self.ask(&client, Request::ProbeHelpdesk { choice: choice.clone() }).await?;
            let by_token = choice.way.or_else(|| report.ways.first().copied()) != Some(SignInWay::Browser);
            if report.outcome == ConnectOutcome::Broken || by_token {
                self.tell_report(&report, json && report.outcome == ConnectOutcome::Broken)?;
            }
            if report.outcome == ConnectOutcome::Broken {
                return Ok(Exit::Broken);
            }
            if by_token {
                choice.credential = Some(self.prompt()?);
            }
        }
        let mut events = client.events();
        let mut report = self.ask(&client, Request::ConnectHelpdesk { choice }).await?;
        if report.outcome == ConnectOutcome::InBrowser {
            self.tell_report(&report, false)?;
            let came_back = async {
                loop {
                    match events.recv().await {
                        Ok(Event::HelpdeskReported { report }) => return Some(report),
                        Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                        Err(tokio::sync::broadcast::error::RecvError::Closed) => return None,
                    }
                }
            };
            match tokio::time::timeout(BROWSER, came_back).await {
                Ok(Some(after)) => report = after,
                Ok(None) | Err(_) => return Err(CliError::Unexpected("connect")),
            }
        }
        self.tell_report(&report, json)?;
        Ok(if report.outcome == ConnectOutcome::Connected { Exit::Done } else { Exit::Broken })
    }

    pub(super) async fn disconnect(&self) -> Result<Exit, CliError> {
        self.agent().await?.request(Request::DisconnectHelpdesk).await?;
        say(&self.texts.cli_disconnected())?;
        Ok(Exit::Done)
    }

    /// By the agent that will use it; where none runs, from here.
    pub(super) async fn doctor_helpdesk(&self, given: &ArgMatches) -> Result<Exit, CliError> {
        let choice = chosen(given)?;
        let json = given.get_flag("json");
        let report = match connect_to_agent(&self.paths, PeerRole::CommandLine, Duration::ZERO).await {
            Ok(client) => self.ask(&client, Request::ProbeHelpdesk { choice }).await?,
            Err(IpcError::NotRunning(_)) => self.look_from_here(choice).await?,
            Err(error) => return Err(error.into()),
        };
        self.tell_report(&report, json)?;
        Ok(if report.outcome == ConnectOutcome::Broken { Exit::Broken } else { Exit::Done })
    }

    async fn look_from_here(&self, mut choice: HelpdeskChoice) -> Result<HelpdeskReport, CliError> {
        let mut settings = SettingsStore::open(&self.paths.settings_file(), &self.paths.policy);
        settings.install_trust();
        if choice.url.trim().is_empty() {
            let none = || ErrorReport::new(ErrorCode::NotEnrolled, "there is no helpdesk to look at");
            let address = settings.helpdesk().ok_or_else(|| CliError::Other(none().into()))?;
            choice.url = address.url.to_string();
            choice.kind = Some(address.kind);
            choice.fields = address.fields;
        }
        let choice = settings.choose(choice).map_err(|error| CliError::Other(error.into()))?;
        Ok(probe::probe(&choice, &mut |_| {}).await.report)
    }

    async fn ask(&self, client: &Client, request: Request) -> Result<HelpdeskReport, CliError> {
        let Response::HelpdeskReport(report) = client.request(request).await? else {
            return Err(CliError::Unexpected("connect"));
        };
        Ok(report)
    }

    /// A token, without showing it; from a pipe its first line.
    fn prompt(&self) -> Result<String, CliError> {
        let token = if io::stdin().is_terminal() {
            rpassword::prompt_password(format!("{} ", self.texts.cli_connect_prompt()))?
        } else {
            let mut line = String::new();
            io::stdin().lock().take(TOKEN_BYTES).read_line(&mut line)?;
            line
        };
        Ok(token.trim().to_owned())
    }

    fn tell_report(&self, report: &HelpdeskReport, json: bool) -> Result<(), CliError> {
        if json {
            say(&serde_json::to_string_pretty(report).map_err(anyhow::Error::from)?)?;
            return Ok(());
        }
        for step in &report.steps {
            self.tell_step(step)?;
        }
        let by_id = |id: String| self.texts.by_id(&id, &[]).unwrap_or(id);
        if let Some(kind) = report.kind {
            let kind = by_id(format!("helpdesk-kind-{}", word(&kind)));
            say(&format!("\n{kind} {} {}", report.version.as_deref().unwrap_or_default(), report.url))?;
        }
        for field in &report.fields {
            let name = by_id(format!("helpdesk-field-{}", field.name.replace('_', "-")));
            say(&format!("    --field {}=…    {name}  {}", field.name, field.choices.join(", ")))?;
        }
        let outcome = format!("connect-outcome-{}", word(&report.outcome));
        say(&format!("\n{}", self.texts.by_id(&outcome, &[]).unwrap_or(outcome)))?;
        Ok(())
    }

    fn tell_step(&self, step: &ConnectStep) -> io::Result<()> {
        let out = &mut io::stdout().lock();
        // A shape and a word; colour would be the third.
        let sign = match step.health {
            Health::Good => "✓",
            Health::Degraded => "!",
            Health::Broken => "✗",
        };
        let by_id = |id: String| self.texts.by_id(&id, &[]).unwrap_or(id);
        let name = by_id(format!("connect-step-{}", word(&step.step)));
        let health = by_id(format!("health-{}", word(&step.health)));
        writeln!(out, "{sign} {name}: {health}")?;
        writeln!(out, "    {}", step.detail)?;
        if let Some(problem) = step.problem {
            writeln!(out, "    {}", by_id(format!("connect-problem-{}", word(&problem))))?;
            let help = by_id(format!("connect-help-{}", word(&problem)));
            writeln!(out, "    {}", self.texts.cli_for_it(&help))?;
        }
        Ok(())
    }
}

fn chosen(given: &ArgMatches) -> Result<HelpdeskChoice, CliError> {
    let named = |name: &str| given.get_one::<String>(name).map(String::as_str);
    let credential = match named("credential-file") {
        Some(file) => Some(read_credential(Path::new(file))?),
        None => None,
    };
    Ok(HelpdeskChoice {
        url: text_of(given, "url"),
        kind: named("kind").and_then(|kind| KINDS.iter().find(|(name, _)| *name == kind)).map(|(_, kind)| *kind),
        way: named("way").and_then(|way| WAYS.iter().find(|(name, _)| *name == way)).map(|(_, way)| *way),
        fields: given.get_many::<(String, String)>("field").into_iter().flatten().cloned().collect(),
        credential,
    })
}

fn read_credential(file: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(TOKEN_BYTES).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}
