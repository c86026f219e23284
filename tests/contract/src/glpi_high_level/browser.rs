//! What a browser does at GLPI's page for signing in, as far as it is known: it follows, somebody signs in where GLPI
//! wants it, and accepts.

use anyhow::{Context as _, bail};
use url::Url;

use super::{HighLevel, POST_ONLY};
use crate::replay::Replay;

/// Opens a page, as the requester; what is shown in the end.
///
/// # Errors
/// If it cannot be followed to its end.
pub async fn browse(replay: &Replay<HighLevel>, page: Url) -> anyhow::Result<String> {
    let browser = deskside_helpdesk::http::client(replay.url(), Default::default())?;
    let mut next = page;
    for _ in 0..10 {
        let mut answer = browser.get(next.clone()).send().await?;
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if answer.status() == 200 && kind.starts_with("text/html") {
            answer = browser.post(next.clone()).body("accept=").send().await?;
        }
        let Some(location) = answer.headers().get("location") else { return Ok(answer.text().await?) };
        next = next.join(location.to_str()?)?;
        if let Some((_, after)) = next.query_pairs().find(|(name, _)| name == "redirect") {
            // The login's page: GLPI goes on where it remembers.
            replay.with(|glpi| glpi.browser_signs_in(POST_ONLY));
            next = Url::parse(&after).context("where GLPI goes on")?;
        }
    }
    bail!("the browser goes in circles")
}
