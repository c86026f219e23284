//! A person at the desktop: clicks the tray, writes, sends, reads.

use anyhow::Context as _;
use deskside_desktop::{Desktop, Window};
use fantoccini::Locator;

use crate::{SOON, Words};

/// What somebody reports.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What they write.
    pub text: &'a str,
    /// Whether they add a picture of the screen.
    pub screenshot: bool,
}

/// Somebody who reads a language and sits at a desktop.
pub struct Person<'a> {
    desktop: &'a Desktop,
    words: &'a Words,
}

impl<'a> Person<'a> {
    /// At this desktop, reading these words.
    #[must_use]
    pub fn new(desktop: &'a Desktop, words: &'a Words) -> Self {
        Self { desktop, words }
    }

    /// Clicks on "Report a problem" in the tray's menu and waits for the window to ask.
    ///
    /// # Errors
    /// There is no such entry, or no window comes.
    pub async fn begin_report(&self) -> anyhow::Result<Window> {
        let item = self.desktop.tray()?.item(SOON).await?;
        item.choose(&self.words.get("tray-report")?).await?;
        let window = Window::attach(self.desktop, SOON).await?;
        window.find("#report-text", SOON).await?;
        Ok(window)
    }

    /// Writes the report and goes on to what will be sent.
    ///
    /// # Errors
    /// Something on the way is not there.
    pub async fn write(&self, window: &Window, report: Report<'_>) -> anyhow::Result<()> {
        window.find("#report-text", SOON).await?.send_keys(report.text).await?;
        if report.screenshot {
            window.press_css("#add-screenshot", SOON).await?;
            // The whole screen is what is offered first.
            window.press(&self.words.get("screenshot-continue")?, SOON).await?;
            window.press(&self.words.get("screenshot-keep")?, SOON).await?;
            // Said once the picture is among the report's files.
            window.says(&self.words.get("screenshot-added")?, SOON).await?;
        }
        window.press(&self.words.get("report-next")?, SOON).await?;
        window.says(&self.words.get("preview-understood")?, SOON).await
    }

    /// Sends what is previewed, and waits for the window to say what came of it.
    ///
    /// # Errors
    /// The window does not say that it is sent or kept.
    pub async fn send(&self, window: &Window, expected: &str) -> anyhow::Result<()> {
        window.press(&self.words.get("preview-send")?, SOON).await?;
        window.says(&self.words.get(expected)?, SOON).await
    }

    /// Everything from the click in the tray to "it is sent". The window stays as it is.
    ///
    /// # Errors
    /// Something on the way is not there.
    pub async fn report(&self, report: Report<'_>) -> anyhow::Result<Window> {
        let window = self.begin_report().await?;
        self.write(&window, report).await.context("writing the report")?;
        self.send(&window, "sent-title").await.context("sending it")?;
        Ok(window)
    }

    /// Closes the window as a person would, and waits until it is off the screen.
    ///
    /// # Errors
    /// It stays.
    pub async fn close(&self, window: Window) -> anyhow::Result<()> {
        self.desktop.close_windows()?;
        deskside_desktop::wait_until("the window is gone", SOON, async || {
            Ok(self.desktop.window_titles()?.is_empty().then_some(()))
        })
        .await?;
        // The session ended with its page.
        drop(window);
        Ok(())
    }

    /// What is on the screen under a heading or anywhere, found by an XPath.
    ///
    /// # Errors
    /// It is not there.
    pub async fn sees(&self, window: &Window, xpath: &str) -> anyhow::Result<String> {
        let element = window.client.wait().at_most(SOON).for_element(Locator::XPath(xpath)).await?;
        Ok(element.text().await?)
    }
}
