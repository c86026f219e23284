//! An employee signs in on this device: the hub says what the browser is to open, the browser comes back to a port of this
//! computer (RFC 8252, section 7.3), and what it brings goes to the hub, which alone can make something of it.

use deskside_protocol::desk::{BeginSignIn, FinishSignIn, SignInBegun, SignedInPerson};
use url::Url;

use crate::hub::HubDesk;
pub use crate::loopback::Farewell;
use crate::loopback::Loopback;
use crate::{Result, http};

/// A sign-in that was begun: somebody is at the provider's page.
pub struct SignIn {
    port: Loopback,
    begun: SignInBegun,
    url: Url,
}

/// Without what belongs to it.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl SignIn {
    /// Asks the hub to begin one.
    ///
    /// # Errors
    /// `NotFound` if nobody signs in at this hub; [`crate::HelpdeskError`] in general.
    pub async fn begin(desk: &HubDesk) -> Result<Self> {
        let port = Loopback::listen().await?;
        let begin = BeginSignIn { redirect_uri: port.redirect_uri() };
        let begun: SignInBegun = desk.post(&["sign-in"], &begin).await?;
        let url =
            Url::parse(&begun.authorization_url).map_err(|_| http::bad_answer("the sign-in's address is none"))?;
        // What a browser opens is a page, and nothing that another program would start for.
        http::check_address(&url)?;
        Ok(Self { port, begun, url })
    }

    /// What the system's browser is to open.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the browser and ends it: who it is.
    ///
    /// # Errors
    /// `Forbidden` if the provider or the hub refuses; `TimedOut` if nobody comes back; [`crate::HelpdeskError`] in
    /// general.
    pub async fn finish(self, desk: &HubDesk, farewell: &Farewell) -> Result<SignedInPerson> {
        let Self { port, begun, .. } = self;
        let (browser, brought) = port.come_back(&begun.state, None).await?;
        let outcome = match brought {
            Ok(code) => desk.post(&["sign-in", "finish"], &FinishSignIn { code, state: begun.state }).await,
            Err(error) => Err(error),
        };
        browser.say(if outcome.is_ok() { &farewell.done } else { &farewell.failed }).await;
        outcome
    }
}
