// What Home decides before it shows anything.
import type { Connection, ErrorCode, Home } from '$shared/protocol';
import { t } from '$shared/texts/texts.svelte';

/** A notice with how serious it looks. */
export interface HomeNotice {
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

/** What to say at the top: the agent's notices and the connection's, each once. */
export function noticesOf(home: Pick<Home, 'notices' | 'connection'>): HomeNotice[] {
  const codes = new Set(home.notices.map((notice) => notice.code));
  const connection = OF_CONNECTION[home.connection];
  const told = CALM.some((code) => codes.has(code));
  if (connection && !told) codes.add(connection);
  return [...codes].map((code) => ({
    code,
    tone: SERIOUS.includes(code) ? 'bad' : CALM.includes(code) ? 'info' : 'warn',
  }));
}

/** One line under "My requests": the most pressing thing there is to say. */
export function requestsLine(home: Home | undefined): string {
  if (!home) return t('home-requests-none');
  if (home.parked > 0) return t('home-requests-parked', { count: home.parked });
  if (home.unread_requests > 0) return t('home-requests-unread', { count: home.unread_requests });
  if (home.waiting > 0) return t('home-requests-waiting', { count: home.waiting });
  if (home.open_requests > 0) return t('home-requests-open', { count: home.open_requests });
  return t('home-requests-none');
}
