//! Which state may follow which: the desk's state machine, without any storage.

use deskside_protocol::ticket::TicketState::{self, Closed, InProgress, New, OnHold, Solved, WaitingForRequester};

/// Whether a technician may move a ticket from one state to the other. Nothing becomes new again, and a closed ticket
/// can only be taken on again.
pub(crate) fn technician_may(from: TicketState, to: TicketState) -> bool {
    match (from, to) {
        (
            New | InProgress | WaitingForRequester | OnHold,
            InProgress | WaitingForRequester | OnHold | Solved | Closed,
        ) => from != to,
        (Solved, InProgress | WaitingForRequester | OnHold | Closed) | (Closed, InProgress) => true,
        (New | InProgress | WaitingForRequester | OnHold | Solved | Closed, New)
        | (Solved, Solved)
        | (Closed, WaitingForRequester | OnHold | Solved | Closed) => false,
    }
}

/// What a requester's reply brings about: an answer that was waited for puts the ticket back to work, and a reply to a
/// closed ticket opens it again, because nobody looks at closed ones.
pub(crate) fn after_reply(state: TicketState) -> Option<TicketState> {
    match state {
        WaitingForRequester | Closed => Some(InProgress),
        New | InProgress | OnHold | Solved => None,
    }
}

/// Where "it works again" leads, if it can be said.
pub(crate) fn after_confirm(state: TicketState) -> Option<TicketState> {
    match state {
        Solved => Some(Closed),
        New | InProgress | WaitingForRequester | OnHold | Closed => None,
    }
}

/// Where "it still fails" leads, if it can be said.
pub(crate) fn after_reopen(state: TicketState) -> Option<TicketState> {
    match state {
        Solved | Closed => Some(InProgress),
        New | InProgress | WaitingForRequester | OnHold => None,
    }
}

/// Whether the requester can say how it went.
pub(crate) fn may_rate(state: TicketState) -> bool {
    match state {
        Solved | Closed => true,
        New | InProgress | WaitingForRequester | OnHold => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [TicketState; 6] = [New, InProgress, WaitingForRequester, OnHold, Solved, Closed];

    fn any_state() -> impl Strategy<Value = TicketState> {
        proptest::sample::select(ALL.as_slice())
    }

    proptest! {
        #[test]
        fn nothing_becomes_new_and_nothing_moves_to_where_it_is(from in any_state(), to in any_state()) {
            prop_assert!(!technician_may(from, New));
            prop_assert!(!technician_may(from, from));
            if from == Closed {
                prop_assert_eq!(technician_may(from, to), to == InProgress);
            }
        }

        #[test]
        fn whatever_happens_a_ticket_can_be_brought_back_to_work(path in proptest::collection::vec(any_state(), 0..8)) {
            let mut state = New;
            for wanted in path {
                if technician_may(state, wanted) {
                    state = wanted;
                }
            }
            prop_assert!(state == InProgress || technician_may(state, InProgress));
        }

        #[test]
        fn the_requester_never_closes_what_is_not_solved(state in any_state()) {
            if after_confirm(state).is_some() {
                prop_assert_eq!(state, Solved);
            }
            prop_assert_ne!(after_reply(state), Some(Closed));
            prop_assert_eq!(after_reopen(state).is_some(), may_rate(state));
        }
    }
}
