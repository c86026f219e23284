//! The agent, the hub, and the proxy between them.

use std::time::Duration;

use deskside_desktop::{Desktop, Options, Shows};
use deskside_e2e::{Hub, Programs};
use deskside_faults::{Agent, Dice, Kind, Proxy};

/// Longest wait for something that is due within seconds; a busy machine takes its time.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// All of it.
pub(crate) struct World {
    pub(crate) desktop: Desktop,
    pub(crate) hub: Hub,
    pub(crate) proxy: Proxy,
    pub(crate) agent: Agent,
}

/// A desktop without tray and notifications: what is tested here needs none.
pub(crate) fn bare(keyring: bool) -> Options {
    Options { tray: false, notifications: Shows::Nothing, keyring, ..Options::default() }
}

impl World {
    /// With a keyring, and the agent enrolled through the proxy.
    pub(crate) async fn start(dice: Dice) -> Self {
        let world = Self::start_with(dice, bare(true), &[]).await;
        world.enrol().await;
        world
    }

    /// With this desktop, and these variables for the agent, which is not enrolled yet.
    pub(crate) async fn start_with(dice: Dice, options: Options, environment: &[(&str, &str)]) -> Self {
        let programs = Programs::find().unwrap();
        let desktop = Desktop::start(options).await.unwrap();
        let hub = Hub::start(&programs, None).await.unwrap();
        let upstream = hub.url().trim_start_matches("http://").parse().unwrap();
        let proxy = Proxy::start(upstream, Kind::Http, dice).await.unwrap();
        let agent = Agent::start(&programs, &desktop, environment).await.unwrap();
        Self { desktop, hub, proxy, agent }
    }

    /// Enrols the agent through the proxy.
    pub(crate) async fn enrol(&self) {
        let token = self.hub.token().await.unwrap();
        self.agent.enrol(&format!("http://{}", self.proxy.address()), &token).await.unwrap();
    }

    /// Kills the agent and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.agent.kill();
        self.agent.resume(&self.desktop).await.unwrap();
    }

    /// What the helpdesk has, by the first lines.
    pub(crate) async fn titles(&mut self) -> Vec<String> {
        let technician = self.hub.sign_in().await.unwrap();
        let mut titles: Vec<String> = technician.tickets().await.unwrap().into_iter().map(|row| row.title).collect();
        titles.sort();
        titles
    }
}
