//! Which helpdesk it is. Numbers are one helpdesk's own: when the hub is pointed at another one, what waits there is not
//! sent here, and nobody reads of a stranger's ticket under a number of theirs.

use std::collections::HashSet;

use deskside_helpdesk::Target;
use deskside_helpdesk::outbox::{Failure, Kind, Message, Stage};
use deskside_protocol::settings::HelpdeskKind;
use deskside_protocol::{ErrorCode, ErrorReport, Timestamp};

use super::filing::BACKOFF;
use super::{Gateway, notes};
use crate::state::AppState;
use crate::store::{StoreError, Upstream};

/// Under which name the place is kept.
const PLACE: &str = "place";

/// The helpdesk's place, as it is compared: what it is, and where.
pub(super) fn of(target: &Target) -> String {
    let kind = match target.kind {
        HelpdeskKind::Hub => "hub",
        HelpdeskKind::Glpi => "glpi",
        HelpdeskKind::Mantis => "mantis",
        HelpdeskKind::RequestTracker => "rt",
    };
    let path = target.url.path().trim_end_matches('/');
    format!("{kind} {}{path}", target.url.origin().ascii_serialization())
}

/// Makes sure that all that waits is for this helpdesk. Done again from the beginning if the hub ends meanwhile.
pub(super) async fn settle(state: &AppState, gateway: &Gateway) -> Result<(), StoreError> {
    let Some(former) = state.store.gateway_value(PLACE).await? else {
        // The first look of a version that keeps it.
        return state.store.stamp_place(&gateway.place).await;
    };
    if former == gateway.place {
        return Ok(());
    }
    tracing::warn!(former, now = gateway.place, "the helpdesk was changed: what is at the one before stays there");
    leave(state, gateway, &former).await?;
    state.store.keep_gateway_value(PLACE, &gateway.place).await
}

/// Parks what may be at the helpdesk before, and says so to whom it concerns. What was never tried goes to the new one.
async fn leave(state: &AppState, gateway: &Gateway, former: &str) -> Result<(), StoreError> {
    let mut going = HashSet::new();
    let mut after = None;
    loop {
        let (page, next) = state.store.upstream_waiting(after).await?;
        for sent in page {
            let untried = matches!(sent.message.stage, Stage::New { doubt: false }) && sent.message.tries == 0;
            if sent.message.kind == Kind::Ticket && untried {
                going.insert(sent.client_id);
            }
            if !going.contains(&sent.client_id) {
                park(state, gateway, &sent, former).await?;
            }
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn park(state: &AppState, gateway: &Gateway, sent: &Upstream, former: &str) -> Result<(), StoreError> {
    let detail = format!("the hub files in another helpdesk now; this is at the one before, or may be ({former})");
    let failure = Failure {
        report: ErrorReport::new(ErrorCode::HelpdeskChanged, detail),
        for_good: true,
        may_have_arrived: false,
        retry_after: None,
    };
    let after: Message = sent.message.clone().failed(failure, Timestamp::now(), BACKOFF, 0.0);
    let document = state.store.upstream_ticket(sent.client_id, &gateway.place).await?;
    let note = document.and_then(|(document, _, _)| notes::not_taken(sent, &after, &document));
    if let Some(change) = state.store.keep_upstream(sent, &after, note.as_ref(), former).await? {
        state.tell(change);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_and_where_however_it_is_spelled() {
        let place = |kind, url: &str| of(&Target { kind, url: url.parse().unwrap(), fields: Default::default() });
        let glpi = place(HelpdeskKind::Glpi, "https://it.example/glpi/");
        assert_eq!(glpi, "glpi https://it.example/glpi");
        for same in ["https://IT.example/glpi", "https://it.example:443/glpi/?a=b#c"] {
            assert_eq!(place(HelpdeskKind::Glpi, same), glpi, "{same}");
        }
        for other in ["https://it.example/", "https://it2.example/glpi", "http://it.example/glpi"] {
            assert_ne!(place(HelpdeskKind::Glpi, other), glpi, "{other}");
        }
        assert_ne!(place(HelpdeskKind::Mantis, "https://it.example/glpi"), glpi);
    }
}
