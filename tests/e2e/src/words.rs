//! What the interface says, from the same files that it speaks from, so that a reworded text breaks no test.

use anyhow::{Context as _, anyhow};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::Programs;

/// The texts of a language.
pub struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Reads `locales/LANGUAGE`.
    ///
    /// # Errors
    /// There are none, or they do not parse.
    pub fn read(language: &str) -> anyhow::Result<Self> {
        let mut bundle = FluentBundle::new_concurrent(vec![language.parse()?]);
        bundle.set_use_isolating(false);
        for file in ["shared", "app", "connect", "agent"] {
            let path = Programs::checkout().join(format!("locales/{language}/{file}.ftl"));
            let source = std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
            let resource =
                FluentResource::try_new(source).map_err(|(_, errors)| anyhow!("{}: {errors:?}", path.display()))?;
            bundle.add_resource_overriding(resource);
        }
        Ok(Self { bundle })
    }

    /// The text of an id.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, id: &str) -> anyhow::Result<String> {
        self.with(id, &[])
    }

    /// The text of an id with variables.
    ///
    /// # Errors
    /// There is none.
    pub fn with(&self, id: &str, variables: &[(&str, &str)]) -> anyhow::Result<String> {
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        let pattern = pattern.with_context(|| format!("no text {id}"))?;
        let mut arguments = FluentArgs::new();
        for (name, value) in variables {
            arguments.set(*name, *value);
        }
        Ok(self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }
}
