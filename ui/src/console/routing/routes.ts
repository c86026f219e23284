// The console's addresses. Pure: text in, route out, and back; `router.svelte.ts` holds the history.
import type { TicketState } from '../../shared/protocol';

/** What the list of tickets shows. Part of the address, so that a filtered list can be shared. */
export interface ListFilter {
  /** A single state, or `open` (all but closed), or `all`. */
  readonly state: TicketState | 'open' | 'all';
  /** Whose: everybody's, mine, nobody's. */
  readonly whose: 'anyone' | 'me' | 'nobody';
  /** Words searched for. */
  readonly words: string;
}

/** The list as it stands without a choice. */
export const EVERYTHING_OPEN: ListFilter = { state: 'open', whose: 'anyone', words: '' };

/** A page of the console. */
export type Route =
  | { readonly page: 'tickets'; readonly filter: ListFilter }
  | {
      readonly page: 'ticket';
      readonly number: number;
      readonly filter: ListFilter;
      readonly view: TicketPaneView;
    }
  | { readonly page: 'devices' }
  | { readonly page: 'enrolment' }
  | { readonly page: 'people' }
  | { readonly page: 'journal' }
  | { readonly page: 'privacy' }
  | { readonly page: 'account' }
  | { readonly page: 'unknown'; readonly path: string };

/** What of a ticket is in front: matters where only one pane fits, and for the views that cover the page. */
export type TicketPaneView =
  | { readonly kind: 'thread' }
  | { readonly kind: 'computer' }
  | { readonly kind: 'document' }
  | { readonly kind: 'picture'; readonly attachment: string };

/** Where the hub serves the console. */
export const BASE = '/console/';

const STATES: readonly TicketState[] = [
  'new',
  'in-progress',
  'waiting-for-requester',
  'on-hold',
  'solved',
  'closed',
];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longest search taken from an address, in characters. */
const WORDS_LIMIT = 200;

function readFilter(query: URLSearchParams): ListFilter {
  const state = query.get('state');
  const whose = query.get('whose');
  return {
    state: state === 'all' ? 'all' : (STATES.find((known) => known === state) ?? 'open'),
    whose: whose === 'me' || whose === 'nobody' ? whose : 'anyone',
    words: (query.get('q') ?? '').slice(0, WORDS_LIMIT),
  };
}

function writeFilter(filter: ListFilter): string {
  const query = new URLSearchParams();
  if (filter.state !== 'open') query.set('state', filter.state);
  if (filter.whose !== 'anyone') query.set('whose', filter.whose);
  if (filter.words !== '') query.set('q', filter.words);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function readView(rest: readonly string[]): TicketPaneView | undefined {
  const [name, id, ...more] = rest;
  if (name === undefined) return { kind: 'thread' };
  if (name === 'computer' && id === undefined) return { kind: 'computer' };
  if (name === 'document' && id === undefined) return { kind: 'document' };
  if (name === 'picture' && id !== undefined && UUID.test(id) && more.length === 0)
    return { kind: 'picture', attachment: id };
  return undefined;
}

/** Reads an address. Whatever does not fit is `unknown`, never an exception: addresses are typed and pasted. */
export function readRoute(pathname: string, search: string): Route {
  const below = pathname.startsWith(BASE)
    ? pathname.slice(BASE.length)
    : pathname === BASE.slice(0, -1)
      ? ''
      : undefined;
  if (below === undefined) return { page: 'unknown', path: pathname };
  const [page = '', ...rest] = below.split('/').filter((part) => part !== '');
  const filter = readFilter(new URLSearchParams(search));
  if (page === '' || page === 'tickets') {
    const [number, ...viewParts] = rest;
    if (number === undefined) return { page: 'tickets', filter };
    const view = readView(viewParts);
    if (/^[1-9]\d{0,14}$/.test(number) && view !== undefined)
      return { page: 'ticket', number: Number(number), filter, view };
  } else if (
    rest.length === 0 &&
    (page === 'devices' ||
      page === 'enrolment' ||
      page === 'people' ||
      page === 'journal' ||
      page === 'privacy' ||
      page === 'account')
  ) {
    return { page };
  }
  return { page: 'unknown', path: pathname };
}

/** Writes an address, the reverse of `readRoute`. */
export function writeRoute(route: Route): string {
  switch (route.page) {
    case 'tickets':
      return `${BASE}tickets${writeFilter(route.filter)}`;
    case 'ticket': {
      const view = route.view;
      const below =
        view.kind === 'thread'
          ? ''
          : view.kind === 'picture'
            ? `/picture/${view.attachment}`
            : `/${view.kind}`;
      return `${BASE}tickets/${route.number}${below}${writeFilter(route.filter)}`;
    }
    case 'devices':
    case 'enrolment':
    case 'people':
    case 'journal':
    case 'privacy':
    case 'account':
      return BASE + route.page;
    case 'unknown':
      return route.path;
  }
}
