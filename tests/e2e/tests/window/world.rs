//! What every story begins with.

use std::path::PathBuf;

use deskside_desktop::{Desktop, Options, Shows};
use deskside_e2e::{Agent, Hub, Programs, Words};
use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{PeerRole, Request, Response};

/// A desktop with an agent that is enrolled in a hub.
pub(crate) struct World {
    // In the order of their ending: the agent before its desktop.
    pub(crate) agent: Agent,
    pub(crate) desktop: Desktop,
    pub(crate) hub: Hub,
    pub(crate) words: Words,
}

impl World {
    /// In a language: "en" or "fr".
    pub(crate) async fn new(language: &str) -> Self {
        Self::with(language, Shows::Recorded).await
    }

    /// In a language, with something that shows notifications.
    pub(crate) async fn with(language: &str, notifications: Shows) -> Self {
        let programs = Programs::find().unwrap();
        let locale = match language {
            "fr" => "fr_FR.UTF-8",
            _ => "en_GB.UTF-8",
        };
        let desktop =
            Desktop::start(Options { locale: locale.to_owned(), notifications, ..Options::default() }).await.unwrap();
        let hub = Hub::start(&programs, None).await.unwrap();
        let agent = Agent::start(&programs, &desktop, Some(&hub)).await.unwrap();
        Self { agent, desktop, hub, words: Words::read(language).unwrap() }
    }

    /// Asks the agent as a command line would; told where the window must follow.
    pub(crate) async fn ask(&self, request: Request) -> Response {
        let endpoint = Endpoint::at(Agent::socket(&self.desktop));
        let client = Client::connect(&endpoint, PeerRole::CommandLine).await.unwrap();
        client.request(request).await.unwrap()
    }

    /// The value, or a panic with what the programs said.
    #[track_caller]
    pub(crate) fn good<T>(&self, result: anyhow::Result<T>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => panic!(
                "{error:#}\n--- the screen is in {}\n--- the agent said:\n{}\n--- the hub said:\n{}\n--- on the screen: {:?}, in the tray: {}",
                self.keep_picture().display(),
                self.agent_says(),
                self.hub.output(),
                self.desktop.window_titles(),
                self.desktop.tray().map_or(0, |tray| tray.items().len()),
            ),
        }
    }

    /// Keeps a picture of the screen where the test ends, beside what cargo builds.
    fn keep_picture(&self) -> PathBuf {
        let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("e2e-failures");
        std::fs::create_dir_all(&folder).unwrap();
        let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, self.desktop.picture().unwrap_or_default()).unwrap();
        file
    }

    /// What the agent wrote to its terminal and to its log files.
    pub(crate) fn agent_says(&self) -> String {
        let mut said = self.agent.output();
        let mut folders = vec![self.desktop.folder().join("home")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().contains(".log") {
                    said.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
                }
            }
        }
        said
    }
}
