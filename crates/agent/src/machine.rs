//! The machine as facts: the real [`FactsPort`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_facts::Context;
use deskside_protocol::facts::{Facts, SectionId};
use deskside_protocol::health::HealthSample;
use deskside_protocol::ticket::{Category, Finding};

use crate::ports::{FactsPort, SettingsPort};

/// This machine.
pub struct Machine {
    home: PathBuf,
    settings: Arc<dyn SettingsPort>,
    sampler: tokio::sync::Mutex<deskside_facts::Sampler>,
}

impl Machine {
    /// Looks at this machine; `settings` say which servers it should reach.
    #[must_use]
    pub fn new(home: PathBuf, settings: Arc<dyn SettingsPort>) -> Self {
        Self { home, settings, sampler: tokio::sync::Mutex::default() }
    }
}

#[async_trait]
impl FactsPort for Machine {
    async fn collect(&self, sections: &[SectionId]) -> Facts {
        let servers = self.settings.helpdesk().map(|helpdesk| helpdesk.url).into_iter().collect();
        deskside_facts::collect(&Context::new(servers, self.home.clone()), sections).await
    }

    async fn health(&self) -> HealthSample {
        let ctx = Context::new(Vec::new(), self.home.clone());
        self.sampler.lock().await.sample(&ctx).await
    }

    fn findings(&self, facts: &Facts) -> Vec<Finding> {
        deskside_facts::findings(facts)
    }

    fn relevant(&self, text: &str, category: Option<Category>) -> BTreeSet<SectionId> {
        deskside_facts::relevant(text, category)
    }
}
