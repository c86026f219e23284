//! Tokens that renew themselves. An access token lasts an hour and lives in memory; the refresh token that renews it is
//! good for one renewal, which brings the next. Whoever loses that next one has to sign in again, so:
//! - it is handed to the keyring before anything else is done with it, and again later if that failed;
//! - a renewal goes on when whoever waited for it gives up;
//! - one process renews one sign-in in one place, however many connections it has ([`Tokens::of`]).
//!
//! One loss cannot be helped: an answer that GLPI sent and that never came. The sign-in is over then, and says so.

use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use oauth2::RefreshToken;
use reqwest::header::HeaderValue;

use super::{Credential, Registered, answers};
use crate::target::{KeepsCredential, Target};
use crate::{HelpdeskError, Result, http};

/// An access token is renewed this long before it ends.
const EARLY: Duration = Duration::from_secs(120);
/// Refresh tokens of before that are remembered: whoever read the keyring a moment ago comes with one.
const BEFORE: usize = 4;

/// All that are in use.
static ALL: Mutex<Vec<Weak<Tokens>>> = Mutex::new(Vec::new());

/// An access token, ready to be sent.
#[derive(Clone)]
pub(in crate::glpi) struct Access {
    pub(in crate::glpi) header: HeaderValue,
    /// Which renewal it came of.
    round: u64,
    until: Instant,
}

#[derive(Default)]
struct State {
    access: Option<Access>,
    round: u64,
    /// The refresh token could not be handed to the keyring.
    unkept: bool,
}

/// One sign-in.
pub(in crate::glpi) struct Tokens {
    registered: Registered,
    keeper: RwLock<Arc<dyn KeepsCredential>>,
    /// Refresh tokens, the newest last; the others are spent.
    refresh: Mutex<Vec<String>>,
    state: tokio::sync::Mutex<State>,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tokens {
    /// Those of a sign-in. Where this process has it in use already, with this refresh token or one that came of it,
    /// it is the same; `keeper` takes over then.
    ///
    /// # Errors
    /// `BadRequest` if `client_id` is not given.
    pub(in crate::glpi) fn of(
        target: &Target,
        refresh_token: &str,
        keeper: Arc<dyn KeepsCredential>,
    ) -> Result<Arc<Self>> {
        let registered = Registered::of(target)?;
        let mut all = held(&ALL);
        all.retain(|tokens| tokens.strong_count() > 0);
        let same = |tokens: &Arc<Self>| {
            let its = &tokens.registered;
            its.server == registered.server
                && its.id() == registered.id()
                && held(&tokens.refresh).iter().any(|token| token == refresh_token)
        };
        if let Some(tokens) = all.iter().filter_map(Weak::upgrade).find(same) {
            *tokens.keeper.write().unwrap_or_else(PoisonError::into_inner) = keeper;
            return Ok(tokens);
        }
        let tokens = Arc::new(Self {
            registered,
            keeper: RwLock::new(keeper),
            refresh: Mutex::new(vec![refresh_token.to_owned()]),
            state: tokio::sync::Mutex::default(),
        });
        all.push(Arc::downgrade(&tokens));
        Ok(tokens)
    }

    /// An access token that is good for now, other than `refused`.
    ///
    /// # Errors
    /// `Unauthorized` if the sign-in is over; [`HelpdeskError`] in general. Nothing was done for which it was wanted.
    pub(in crate::glpi) async fn access(self: &Arc<Self>, refused: Option<&Access>) -> Result<Access> {
        let (this, refused) = (Arc::clone(self), refused.map(|access| access.round));
        let renewed = tokio::spawn(async move {
            let mut state = this.state.lock().await;
            if state.unkept {
                this.keep(&mut state).await;
            }
            let good = state.access.as_ref().filter(|access| {
                refused != Some(access.round) && access.until.saturating_duration_since(Instant::now()) > EARLY
            });
            match good {
                Some(access) => Ok(access.clone()),
                None => this.renew(&mut state).await,
            }
        });
        let renewed = renewed.await.unwrap_or_else(|_| Err(http::bad_answer("the renewal broke off")));
        // What it is wanted for was not sent yet.
        renewed.map_err(|error| HelpdeskError { may_have_arrived: false, ..error })
    }

    async fn renew(&self, state: &mut State) -> Result<Access> {
        let token = held(&self.refresh).last().cloned().unwrap_or_default();
        let http = answers::asker(&self.registered.server)?;
        let answer = self
            .registered
            .client
            .exchange_refresh_token(&RefreshToken::new(token))
            // Without scopes: those of before. One that the client lost since would end the sign-in.
            .request_async(&http)
            .await;
        state.access = None;
        let granted = answers::granted(answer)?;
        if let Some(next) = granted.refresh_token {
            self.remember(next);
            self.keep(state).await;
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
            .map_err(|_| http::bad_answer("the access token cannot be sent in a header"))?;
        header.set_sensitive(true);
        state.round += 1;
        // What ends sooner than it is renewed early would be renewed each time.
        let lasts = granted.lasts.clamp(EARLY + Duration::from_secs(60), Duration::from_secs(24 * 3600));
        let access = Access { header, round: state.round, until: Instant::now() + lasts };
        state.access = Some(access.clone());
        Ok(access)
    }

    fn remember(&self, next: String) {
        let mut all = held(&self.refresh);
        let spent = (all.len() + 1).saturating_sub(BEFORE).min(all.len());
        all.drain(..spent);
        all.push(next);
    }

    async fn keep(&self, state: &mut State) {
        let newest = held(&self.refresh).last().cloned().unwrap_or_default();
        let keeper = Arc::clone(&self.keeper.read().unwrap_or_else(PoisonError::into_inner));
        let kept = keeper.keep(&Credential::Renewing(newest).written()).await;
        if let Err(error) = &kept {
            tracing::warn!(code = ?error.code, detail = error.detail, "a renewed sign-in could not be kept yet");
        }
        state.unkept = kept.is_err();
    }
}
