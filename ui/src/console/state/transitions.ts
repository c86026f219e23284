// Which states a technician may choose; the hub decides (`crates/hub/src/transitions.rs`), this only spares a refusal.
import type { TicketState } from '$shared/protocol';

const NEXT: Readonly<Record<TicketState, readonly TicketState[]>> = {
  new: ['in-progress', 'waiting-for-requester', 'on-hold', 'solved', 'closed'],
  'in-progress': ['waiting-for-requester', 'on-hold', 'solved', 'closed'],
  'waiting-for-requester': ['in-progress', 'on-hold', 'solved', 'closed'],
  'on-hold': ['in-progress', 'waiting-for-requester', 'solved', 'closed'],
  solved: ['in-progress', 'waiting-for-requester', 'on-hold', 'closed'],
  closed: ['in-progress'],
};

/** The states that may follow, in the order of a ticket's life. */
export function nextStates(state: TicketState): readonly TicketState[] {
  return NEXT[state];
}
