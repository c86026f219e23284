//! The employee's sign-in at the company's provider, where the hub asks for one.

use deskside_helpdesk::Helpdesk;
use deskside_helpdesk::hub_sign_in::{Farewell, SignIn};
use deskside_protocol::local::Response;
use deskside_protocol::{ErrorCode, ErrorReport, Timestamp};
use deskside_texts::Texts;

use super::Controller;
use crate::identity::{self, SIGNED_IN};
use crate::store::StoreError;

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
                    // What the connection was told of it before holds no more.
                    this.settings_are_new().await;
                }
                Err(error) => tracing::info!(code = ?error.code, detail = error.detail, "nobody signed in"),
            }
        });
        Ok(Response::Done)
    }

    /// Says when a sign-in has run out at a hub that goes on without one: what is sent is then filed in the computer's
    /// name, and nobody would notice.
    pub(super) async fn mind_sign_in(&self, desk: &dyn Helpdesk, helpdesk: &str) -> Result<(), StoreError> {
        let Some(standing) = desk.sign_in() else { return Ok(()) };
        let store = self.store();
        let (place, _) = identity::parts(helpdesk);
        let known = store.meta(SIGNED_IN).await?.as_deref() == Some(place);
        match standing.person {
            Some(person) if person.until > Timestamp::now() => {
                if !known {
                    store.set_meta(SIGNED_IN, place).await?;
                }
            }
            Some(_) | None if known => self.inner.link.sign_in_ran_out(),
            Some(_) | None => {}
        }
        Ok(())
    }
}
