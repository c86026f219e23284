//! The employee's sign-in at the company's provider, where the hub asks for one.

use deskside_helpdesk::hub_sign_in::{Farewell, SignIn};
use deskside_protocol::local::Response;
use deskside_protocol::{ErrorCode, ErrorReport};
use deskside_texts::Texts;

use super::Controller;

impl Controller {
    /// Opens the browser; the rest happens when it comes back. A second wish takes the place of the first.
    pub(super) async fn sign_in(&self) -> Result<Response, ErrorReport> {
        let none = || ErrorReport::new(ErrorCode::NotEnrolled, "there is no hub to sign in at");
        let desk = self.inner.link.hub().await?.ok_or_else(none)?;
        let begun = SignIn::begin(&desk).await?;
        self.inner.ports.window.browse(begun.url()).map_err(|error| {
            ErrorReport::new(ErrorCode::Internal, format!("the system's browser could not be opened: {error}"))
        })?;
        let texts = Texts::for_language(&self.settings_view().language);
        let farewell = Farewell { done: texts.sign_in_done(), failed: texts.sign_in_failed() };
        let (this, stop) = (self.clone(), self.inner.stop.clone());
        self.inner.tasks.spawn(async move {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = begun.finish(&desk, &farewell) => outcome,
            };
            match outcome {
                Ok(_person) => {
                    tracing::info!("the employee signed in");
                    this.inner.link.signed_in();
                    this.inner.outbox.resume(true);
                }
                Err(error) => tracing::info!(code = ?error.code, detail = error.detail, "nobody signed in"),
            }
        });
        Ok(Response::Done)
    }
}
