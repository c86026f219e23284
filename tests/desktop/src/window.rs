//! The real window, driven through WebKit's own WebDriver.
//!
//! The agent starts the window, so the driver cannot: it attaches to one that runs with `WEBKIT_INSPECTOR_SERVER` and
//! automation allowed, which [`crate::Desktop::environment`] sees to.

use std::time::Duration;

use anyhow::Context as _;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;

use crate::desktop::Desktop;
use crate::programs::{Process, wait_until};

/// A window that is driven. The driver's methods are on [`Window::client`].
pub struct Window {
    /// The WebDriver session.
    pub client: Client,
    _driver: Process,
}

impl Window {
    /// Waits for the desktop's window and takes hold of it. One at a time: close the last one's session first.
    ///
    /// # Errors
    /// No window came within `limit`, or the driver does not work.
    pub async fn attach(desktop: &Desktop, limit: Duration) -> anyhow::Result<Self> {
        let inspector = desktop.inspector();
        // One that was closed is off the screen at once, but its process lingers a moment and would answer.
        wait_until("a window on the screen", limit, async || Ok((!desktop.window_titles()?.is_empty()).then_some(())))
            .await?;
        wait_until("the window's automation port", limit, async || {
            Ok(tokio::net::TcpStream::connect(inspector).await.ok())
        })
        .await?;
        let port = free_port()?;
        let mut driver = desktop
            .program("WebKitWebDriver", &format!("webdriver-{port}"))
            .args([format!("--port={port}"), format!("--target={inspector}")])
            .start()?;
        wait_until("WebKitWebDriver", Duration::from_secs(10), async || {
            if !driver.runs() {
                anyhow::bail!("WebKitWebDriver ended: {}", driver.output());
            }
            Ok(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok())
        })
        .await?;
        let address = format!("http://127.0.0.1:{port}");
        // The port opens a moment before the window is ready to be driven.
        let mut last = None;
        let client = wait_until("a WebDriver session", limit, async || {
            let builder = ClientBuilder::new(HttpConnector::new());
            match tokio::time::timeout(Duration::from_secs(10), builder.connect(&address)).await {
                Ok(Ok(client)) => Ok(Some(client)),
                Ok(Err(error)) => {
                    last = Some(error.to_string());
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Ok(None)
                }
                Err(_) => {
                    last = Some("no answer within 10 s".to_owned());
                    Ok(None)
                }
            }
        })
        .await
        .with_context(|| format!("the driver said: {last:?}"))?;
        Ok(Self { client, _driver: driver })
    }

    /// Waits for an element and returns it.
    ///
    /// # Errors
    /// It did not come within `limit`; the error holds what the page says.
    pub async fn find(&self, css: &str, limit: Duration) -> anyhow::Result<fantoccini::elements::Element> {
        let waited = self.client.wait().at_most(limit).for_element(Locator::Css(css)).await;
        match waited {
            Ok(element) => Ok(element),
            Err(error) => Err(error).with_context(|| format!("no {css} in the window")).context(self.text().await?),
        }
    }

    /// Waits until the window says something.
    ///
    /// # Errors
    /// It did not within `limit`; the error holds what it says instead.
    pub async fn says(&self, part: &str, limit: Duration) -> anyhow::Result<()> {
        let said = wait_until(&format!("{part:?} in the window"), limit, async || {
            Ok(self.text().await?.contains(part).then_some(()))
        })
        .await;
        match said {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(format!("the window says: {}", self.text().await?))),
        }
    }

    /// All that the window says.
    ///
    /// # Errors
    /// The window is gone.
    pub async fn text(&self) -> anyhow::Result<String> {
        let text = self.client.execute("return document.body ? document.body.innerText : ''", Vec::new()).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Presses the button, link or label with exactly this visible text or accessible name, or else the first that
    /// contains it.
    ///
    /// # Errors
    /// There is none within `limit`, or it cannot be pressed.
    pub async fn press(&self, name: &str, limit: Duration) -> anyhow::Result<()> {
        let quoted = serde_json::to_string(name)?;
        let pressable = "self::button or self::a or self::label or self::summary or @role='button'";
        let exact = format!("//*[{pressable}][normalize-space(.)={quoted} or @aria-label={quoted}]");
        let containing = format!("//*[{pressable}][contains(normalize-space(.), {quoted})]");
        self.press_first(name, &[Locator::XPath(&exact), Locator::XPath(&containing)], limit).await
    }

    /// Presses what a CSS selector finds.
    ///
    /// # Errors
    /// There is nothing within `limit`, or it cannot be pressed.
    pub async fn press_css(&self, css: &str, limit: Duration) -> anyhow::Result<()> {
        self.press_first(css, &[Locator::Css(css)], limit).await
    }

    async fn press_first(&self, name: &str, places: &[Locator<'_>], limit: Duration) -> anyhow::Result<()> {
        let mut last = "it is not there".to_owned();
        let pressed = wait_until(&format!("{name:?} can be pressed"), limit, async || {
            for place in places {
                for element in self.client.find_all(*place).await? {
                    if !element.is_displayed().await.unwrap_or(false) {
                        continue;
                    }
                    // A person scrolls on until nothing covers it; the driver stops as soon as it is inside the window.
                    let target = serde_json::to_value(&element)?;
                    let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
                    self.client.execute(script, vec![target]).await?;
                    match element.click().await {
                        Ok(()) => return Ok(Some(())),
                        // It moves or fades in, something lies over it, or it was drawn anew: look again. The driver's
                        // own words are in the error's debug form only.
                        Err(error) => last = format!("{error:?}"),
                    }
                }
            }
            Ok(None)
        })
        .await;
        match pressed {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(last).context(format!("the window says: {}", self.text().await?))),
        }
    }

    /// Lets go of the window, which stays.
    ///
    /// # Errors
    /// The driver is gone.
    pub async fn let_go(self) -> anyhow::Result<()> {
        Ok(self.client.close().await?)
    }
}

/// A port that was free a moment ago. Another program could take it in between; then the start fails and says so.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
