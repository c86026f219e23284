//! The command line: `deskside` alone is the app; with a command it asks the running one, or starts it. What it says is
//! for people, in their language; `--json` is for programs.
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done; a request is sent, or kept and will be |
//! | 1 | it failed |
//! | 2 | the arguments are wrong |
//! | 3 | the agent could not be reached or started |
//! | 4 | the user said no |
//! | 5 | the doctor found something that does not work, or a helpdesk could not be connected |

use std::ffi::OsString;
use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use deskside_ipc::{Client, ClientError, IpcError};
use deskside_protocol::local::{PeerRole, Request, Response, Route};
use deskside_protocol::{ErrorCode, ErrorReport};
use deskside_texts::{Argument, Texts};

use crate::deep_link;
use crate::paths::{NoHome, Paths};
use crate::run::{self, Ended, connect_to_agent};
use crate::settings::SettingsStore;

mod connect;
mod doctor;
mod facts;
mod report;
mod requests;

/// Longest wait for an agent that was just started.
const AGENT_STARTS: Duration = Duration::from_secs(15);
/// Where one entry starts everybody's agent (Windows), a user's no is looked at by the agent itself.
const AT_SIGN_IN: &str = "--at-sign-in";
/// Largest token read from the standard input, in bytes.
const TOKEN_BYTES: u64 = 4096;

/// The screens that can be asked for by name.
const SCREENS: [(&str, Route); 7] = [
    ("home", Route::Home),
    ("report", Route::Report { draft: None, capture: None }),
    ("requests", Route::Requests),
    ("computer", Route::Computer),
    ("privacy", Route::Privacy),
    ("settings", Route::Settings),
    ("connect", Route::Connect),
];

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was done.
    Done,
    /// It failed.
    Failed,
    /// The arguments are wrong.
    Usage,
    /// The agent could not be reached or started.
    NoAgent,
    /// The user said no.
    SaidNo,
    /// The doctor found something that does not work.
    Broken,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoAgent => 3,
            Self::SaidNo => 4,
            Self::Broken => 5,
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The agent said no, or is gone.
    #[error(transparent)]
    Agent(#[from] ClientError),
    /// The agent could not be reached.
    #[error(transparent)]
    Ipc(#[from] IpcError),
    /// The agent could not be started.
    #[error("{0}")]
    Start(io::Error),
    /// The terminal, or what stands for it, is gone.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The agent answered something else than was asked.
    #[error("unexpected answer: {0}")]
    Unexpected(&'static str),
    /// There is no home folder.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// Something of ours.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What every command has at hand.
struct Session {
    paths: Paths,
    texts: Texts,
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let exit = match Paths::from_env() {
        Ok(paths) => start(paths),
        Err(error) => {
            complain(&error.to_string());
            Exit::Failed
        }
    };
    ExitCode::from(exit.code())
}

fn start(paths: Paths) -> Exit {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // The way of every session's start: nothing but the agent's own life may cost time or memory here.
    match arguments.as_slice() {
        [] => return agent(paths, true),
        [run] if run == "run" => return agent(paths, false),
        // What the installer has every session start with. What cannot be read is no no.
        [run, sign_in] if run == "run" && sign_in == AT_SIGN_IN => {
            return if crate::autostart::is_on().unwrap_or(true) { agent(paths, false) } else { Exit::Done };
        }
        _ => {}
    }
    let settings = SettingsStore::open(&paths.settings_file(), &paths.policy);
    let session = Session { paths, texts: Texts::of(settings.language()) };
    let matches = match command(&session.texts).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let usage = error.use_stderr();
            // A terminal that is gone cannot be told.
            let _ = error.print();
            return if usage { Exit::Usage } else { Exit::Done };
        }
    };
    drop(settings);
    let runtime = match run::runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Failed;
        }
    };
    let outcome = runtime.block_on(session.carry_out(&matches));
    outcome.unwrap_or_else(|error| session.failed(&error))
}

/// The app itself. A first start stays in the tray; a second one shows the first one's window, if somebody asked.
fn agent(paths: Paths, show: bool) -> Exit {
    match run::agent(paths, show) {
        Ok(Ended::Ran | Ended::AnotherRuns) => Exit::Done,
        Ok(Ended::Replaced) => {
            // Returns only if it failed.
            complain(&crate::programs::become_successor().to_string());
            Exit::Failed
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            Exit::Failed
        }
    }
}

/// The commands, in the user's language.
fn command(texts: &Texts) -> Command {
    let help = |arg: Arg| arg.help_heading(texts.cli_options());
    let json = || help(Arg::new("json").long("json").action(ArgAction::SetTrue).help(texts.cli_json()));
    let option = |name: &'static str, text: String| help(Arg::new(name).long(name).help(text).required(true));
    let sub = |name: &'static str, about: String| localised(Command::new(name).about(about), texts);
    localised(Command::new("deskside"), texts)
        .version(env!("CARGO_PKG_VERSION"))
        .about(texts.cli_about())
        .long_about(format!("{}\n\n{}", texts.cli_about(), texts.cli_about_run()))
        .after_help(texts.cli_exit_codes())
        .disable_version_flag(true)
        .arg(help(Arg::new("version").short('V').long("version").action(ArgAction::Version).help(texts.cli_version())))
        .disable_help_subcommand(true)
        .subcommand(sub("run", texts.cli_run()))
        .subcommand(
            sub("report", texts.cli_report())
                .arg(
                    Arg::new("text")
                        .required(true)
                        .num_args(1..)
                        .help(texts.cli_report_text())
                        .help_heading(texts.cli_arguments()),
                )
                .arg(help(
                    Arg::new("screenshot")
                        .long("screenshot")
                        .action(ArgAction::SetTrue)
                        .help(texts.cli_report_screenshot()),
                ))
                .arg(help(
                    Arg::new("yes").short('y').long("yes").action(ArgAction::SetTrue).help(texts.cli_report_yes()),
                )),
        )
        .subcommand(sub("requests", texts.cli_requests()).arg(json()))
        .subcommand(sub("facts", texts.cli_facts()).arg(json()))
        .subcommand(sub("doctor", texts.cli_doctor()).arg(json()).subcommand(connect::arguments(
            sub("helpdesk", texts.cli_doctor_helpdesk()),
            texts,
            false,
        )))
        .subcommand(connect::arguments(sub("connect", texts.cli_connect()), texts, true))
        .subcommand(sub("disconnect", texts.cli_disconnect()))
        .subcommand(
            sub("enrol", texts.cli_enrol())
                .arg(option("hub", texts.cli_enrol_hub()).value_name("URL"))
                .arg(option("token", texts.cli_enrol_token()).value_name("TOKEN")),
        )
        .subcommand(sub("sign-in", texts.cli_sign_in()))
        .subcommand(
            sub("show", texts.cli_show()).arg(
                Arg::new("screen")
                    .value_parser(SCREENS.map(|(name, _)| name))
                    .default_value("home")
                    .help(texts.cli_show_screen())
                    .help_heading(texts.cli_arguments()),
            ),
        )
        .subcommand(
            sub("open", texts.cli_open())
                .arg(Arg::new("link").required(true).help(texts.cli_open_link()).help_heading(texts.cli_arguments())),
        )
        .subcommand(sub("quit", texts.cli_quit()))
}

/// The parts that `clap` would write in English.
fn localised(command: Command, texts: &Texts) -> Command {
    let template = format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}\n", texts.cli_usage());
    command
        .help_template(template)
        .subcommand_help_heading(texts.cli_commands())
        .subcommand_value_name(texts.cli_command())
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(texts.cli_help())
                .help_heading(texts.cli_options()),
        )
}

impl Session {
    async fn carry_out(&self, matches: &ArgMatches) -> Result<Exit, CliError> {
        match matches.subcommand() {
            Some(("report", given)) => {
                let words: Vec<&String> = given.get_many("text").into_iter().flatten().collect();
                let text = words.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
                self.report(&text, given.get_flag("screenshot"), given.get_flag("yes")).await
            }
            Some(("requests", given)) => self.requests(given.get_flag("json")).await,
            Some(("facts", given)) => self.facts(given.get_flag("json")).await,
            Some(("doctor", given)) => match given.subcommand() {
                Some(("helpdesk", given)) => self.doctor_helpdesk(given).await,
                _ => self.doctor(given.get_flag("json")).await,
            },
            Some(("connect", given)) => self.connect(given).await,
            Some(("disconnect", _)) => self.disconnect().await,
            Some(("sign-in", _)) => self.sign_in().await,
            Some(("enrol", given)) => self.enrol(&text_of(given, "hub"), &text_of(given, "token")).await,
            Some(("show", given)) => {
                let screen = text_of(given, "screen");
                let route =
                    SCREENS.into_iter().find(|(name, _)| *name == screen).map_or(Route::Home, |(_, route)| route);
                self.bring(route).await
            }
            Some(("open", given)) => match deep_link::route(&text_of(given, "link")) {
                Ok(route) => self.bring(route).await,
                Err(error) => {
                    complain(&error.to_string());
                    // Whoever clicked the link sees no terminal: they get the window, and nothing that the link asked.
                    self.bring(Route::Home).await?;
                    Ok(Exit::Usage)
                }
            },
            Some(("quit", _)) => self.quit().await,
            // `run` with options, which it has none of but help.
            Some(_) | None => {
                let paths = self.paths.clone();
                // The agent makes a runtime of its own, which cannot be made within this one.
                let ended = std::thread::spawn(move || agent(paths, false)).join();
                Ok(ended.unwrap_or(Exit::Failed))
            }
        }
    }

    /// The running agent; started if there is none.
    async fn agent(&self) -> Result<Client, CliError> {
        match connect_to_agent(&self.paths, PeerRole::CommandLine, Duration::ZERO).await {
            Err(IpcError::NotRunning(_)) => {
                crate::programs::start_agent().map_err(CliError::Start)?;
                Ok(connect_to_agent(&self.paths, PeerRole::CommandLine, AGENT_STARTS).await?)
            }
            other => Ok(other?),
        }
    }

    async fn bring(&self, route: Route) -> Result<Exit, CliError> {
        self.agent().await?.request(Request::ShowWindow { route }).await?;
        say(&self.texts.cli_shown())?;
        Ok(Exit::Done)
    }

    async fn quit(&self) -> Result<Exit, CliError> {
        let client = match connect_to_agent(&self.paths, PeerRole::CommandLine, Duration::ZERO).await {
            Err(IpcError::NotRunning(_)) => {
                say(&self.texts.cli_not_running())?;
                return Ok(Exit::Done);
            }
            other => other?,
        };
        match client.request(Request::Quit).await {
            // Gone before its answer was here is as good as an answer.
            Ok(_) | Err(ClientError::Closed) => {}
            Err(error) => return Err(error.into()),
        }
        client.closed().await;
        say(&self.texts.cli_ended())?;
        Ok(Exit::Done)
    }

    async fn enrol(&self, hub: &str, token: &str) -> Result<Exit, CliError> {
        // On the command line a token can be read by every program of this computer; from a file it cannot.
        let token = if token == "-" {
            let mut line = String::new();
            io::Read::take(io::stdin().lock(), TOKEN_BYTES).read_line(&mut line)?;
            line.trim().to_owned()
        } else {
            token.to_owned()
        };
        let client = self.agent().await?;
        let Response::Settings(view) = client.request(Request::Enrol { url: hub.to_owned(), token }).await? else {
            return Err(CliError::Unexpected("enrol"));
        };
        let name = view.helpdesk_name.or(view.helpdesk_url).unwrap_or_else(|| hub.to_owned());
        say(&self.texts.cli_enrolled(&name))?;
        Ok(Exit::Done)
    }

    async fn sign_in(&self) -> Result<Exit, CliError> {
        self.agent().await?.request(Request::SignIn).await?;
        say(&self.texts.cli_sign_in_begun())?;
        Ok(Exit::Done)
    }

    /// Says what went wrong in the user's words, and the detail for technicians below.
    fn failed(&self, error: &CliError) -> Exit {
        let (exit, report) = match error {
            CliError::Agent(error) => match error {
                ClientError::Refused(report) => (Exit::Failed, report.clone()),
                ClientError::Closed | ClientError::TimedOut => {
                    (Exit::NoAgent, ErrorReport::new(ErrorCode::AgentLost, error.to_string()))
                }
                ClientError::Unsendable(_) => {
                    (Exit::Failed, ErrorReport::new(ErrorCode::BadRequest, error.to_string()))
                }
            },
            CliError::Ipc(error) => {
                complain(&self.texts.cli_no_answer(&error.to_string()));
                return Exit::NoAgent;
            }
            CliError::Start(error) => {
                complain(&self.texts.cli_cannot_start(&error.to_string()));
                return Exit::NoAgent;
            }
            // Whoever reads us (`deskside facts | head`) has read enough.
            CliError::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::Done,
            CliError::Io(_) | CliError::Unexpected(_) | CliError::NoHome(_) | CliError::Other(_) => {
                (Exit::Failed, ErrorReport::new(ErrorCode::Internal, error.to_string()))
            }
        };
        complain(&self.error_text(report.code).unwrap_or_default());
        complain(&report.detail);
        exit
    }

    /// The text for a code.
    fn error_text(&self, code: ErrorCode) -> Option<String> {
        self.texts.by_id(&format!("error-{}", word(&code)), &[])
    }

    /// The name of a section.
    fn section_name(&self, section: deskside_protocol::facts::SectionId) -> String {
        let id = section.name().replace('_', "-");
        self.texts.by_id(&format!("section-{id}"), &[]).unwrap_or_else(|| section.name().to_owned())
    }

    /// A finding in words.
    fn finding_text(&self, finding: &deskside_protocol::ticket::Finding) -> String {
        let subject = finding.subject.as_deref().unwrap_or_default();
        let value = Argument::Number(finding.value.unwrap_or_default().into());
        let id = format!("finding-{}", word(&finding.code));
        let arguments = [("subject", Argument::Text(subject)), ("value", value)];
        self.texts.by_id(&id, &arguments).unwrap_or(id)
    }
}

fn text_of(given: &ArgMatches, name: &str) -> String {
    given.get_one::<String>(name).cloned().unwrap_or_default()
}

/// The word of one of the protocol's enumerations, as documents and texts write it.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('_', "-"),
        Ok(_) | Err(_) => String::new(),
    }
}

/// A line on the standard output.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// A line on the standard error; there is nobody to tell if that fails.
fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "deskside: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_whole_in_both_languages() {
        for language in ["en", "fr"] {
            let mut command = command(&Texts::for_language(language));
            command.clone().debug_assert();
            let help = command.render_help().to_string();
            for word in [
                "report",
                "requests",
                "facts",
                "doctor",
                "connect",
                "disconnect",
                "enrol",
                "sign-in",
                "show",
                "open",
                "quit",
            ] {
                assert!(help.contains(word), "{language}: {word} is not in\n{help}");
            }
        }
        let french = command(&Texts::for_language("fr")).render_help().to_string();
        for english in ["Usage", "Commands", "Print", "Options:", "[command]"] {
            assert!(!french.contains(english), "{english} is left in\n{french}");
        }
    }

    #[test]
    fn the_arguments_are_what_the_documents_say() {
        let parse = |line: &str| command(&Texts::for_language("en")).try_get_matches_from(line.split(' '));
        let report = parse("deskside report no sound --screenshot --yes").unwrap();
        let (name, given) = report.subcommand().unwrap();
        assert_eq!(name, "report");
        assert_eq!(given.get_many::<String>("text").unwrap().count(), 2);
        assert!(given.get_flag("screenshot") && given.get_flag("yes"));
        assert!(parse("deskside enrol --hub https://desk --token t").is_ok());
        assert!(parse("deskside enrol --hub https://desk").is_err());
        assert!(parse("deskside report").is_err());
        assert!(parse("deskside nonsense").is_err());
        let connect = parse("deskside connect it.example --kind rt --field queue=IT --field language=fr").unwrap();
        assert_eq!(connect.subcommand().unwrap().1.get_many::<(String, String)>("field").unwrap().count(), 2);
        for wrong in ["deskside connect", "deskside connect x --field queue", "deskside connect x --kind otrs"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("deskside doctor helpdesk").is_ok() && parse("deskside doctor --json").is_ok());
    }

    #[test]
    fn words_are_those_of_the_texts() {
        assert_eq!(word(&ErrorCode::KeyringUnavailable), "keyring-unavailable");
        assert_eq!(word(&deskside_protocol::ticket::FindingCode::DiskNearlyFull), "disk-nearly-full");
    }
}
