// What is true for every screen, and on which of them it matters.
import type { Connection, ErrorCode, Home } from '$shared/protocol';
import type { View } from '../state/app.svelte';

/** A notice with how serious it looks. */
export interface Told {
  code: ErrorCode;
  tone: 'info' | 'warn' | 'bad';
}

/** The notice that a state of the connection amounts to. */
const OF_CONNECTION: Record<Connection, ErrorCode | null> = {
  online: null,
  offline: 'unreachable',
  'not-enrolled': 'not-enrolled',
  refused: 'unauthorized',
};

const SERIOUS: readonly ErrorCode[] = ['store-unwritable', 'unauthorized', 'store-damaged'];
/** That the helpdesk is away is nobody's fault and needs nothing done: it is said, not shouted. */
const CALM: readonly ErrorCode[] = ['unreachable', 'timed-out', 'busy', 'not-enrolled'];

/** What to say at the top of Home: the agent's notices and the connection's, each once. */
export function noticesOf(home: Pick<Home, 'notices' | 'connection'>): Told[] {
  const codes = new Set(home.notices.map((notice) => notice.code));
  const connection = OF_CONNECTION[home.connection];
  const told = CALM.some((code) => codes.has(code));
  if (connection && !told) codes.add(connection);
  return [...codes].map((code) => ({
    code,
    tone: SERIOUS.includes(code) ? 'bad' : CALM.includes(code) ? 'info' : 'warn',
  }));
}

/** That what is written here may not be kept, or not arrive for a while. */
const WRITING: readonly ErrorCode[] = [
  'store-unwritable',
  'store-damaged',
  'unauthorized',
  'not-enrolled',
  'sign-in-needed',
  'unreachable',
  'timed-out',
  'busy',
  'version-mismatch',
];
const KEEPING: readonly ErrorCode[] = ['store-unwritable', 'store-damaged'];

/** What matters on a screen other than Home, which says everything. */
const MATTERS: Record<View['screen'], readonly ErrorCode[]> = {
  home: [],
  suggested: [],
  report: WRITING,
  preview: WRITING,
  // It says itself what became of the request.
  sent: [],
  requests: WRITING,
  request: WRITING,
  privacy: KEEPING,
  // Whether this computer is connected stands there anyway.
  settings: ['settings-unreadable', 'policy-unreadable', 'keyring-unavailable', 'store-unwritable'],
  connect: ['policy-unreadable', 'keyring-unavailable', 'store-unwritable'],
  computer: [],
};

/** Of all that is told, what matters on this screen. */
export function noticesFor(screen: View['screen'], home: Pick<Home, 'notices' | 'connection'>): Told[] {
  return noticesOf(home).filter(({ code }) => MATTERS[screen].includes(code));
}
