// The list of tickets: pages by key, kept up to date without losing one's place.
import type { TicketRow } from '../../shared/protocol';
import { wasAborted } from '../api/client';
import { PAGE_ROWS, PAGE_ROWS_LIMIT } from '../api/hub';
import { asApiError, type ApiError } from '../api/problem';
import { EVERYTHING_OPEN, type ListFilter } from '../routing/routes';
import { hub } from './session.svelte';

/** Most rows that are fetched anew on a change; rows past them come back with "more". */
const REFRESH_LIMIT = 500;

function sameFilter(a: ListFilter, b: ListFilter): boolean {
  return a.state === b.state && a.whose === b.whose && a.words === b.words;
}

class Tickets {
  rows: readonly TicketRow[] = $state.raw([]);
  total = $state(0);
  /** Loading for the first time with this filter; rows of the one before are not shown as its answer. */
  loading = $state(true);
  /** A further page is on its way. */
  loadingMore = $state(false);
  error: ApiError | undefined = $state.raw(undefined);
  next: string | undefined = $state.raw(undefined);
  filter: ListFilter = EVERYTHING_OPEN;
  #giveUp: AbortController | undefined;
  #loaded = false;

  /** Shows what this filter finds. */
  async show(filter: ListFilter): Promise<void> {
    if (this.#loaded && sameFilter(filter, this.filter)) return;
    this.filter = filter;
    this.#loaded = true;
    this.loading = true;
    await this.#fetch(PAGE_ROWS);
  }

  /** Fetches anew as many rows as are shown. */
  async refresh(): Promise<void> {
    if (!this.#loaded) return;
    await this.#fetch(Math.min(REFRESH_LIMIT, Math.max(PAGE_ROWS, this.rows.length)));
  }

  /** Fetches the next page. */
  async more(): Promise<void> {
    const after = this.next;
    if (after === undefined || this.loadingMore || this.loading) return;
    this.loadingMore = true;
    const signal = this.#giveUp?.signal;
    try {
      const page = await hub.tickets(this.filter, PAGE_ROWS, after, signal);
      const known = new Set(this.rows.map((row) => row.number));
      this.rows = [...this.rows, ...page.tickets.filter((row) => !known.has(row.number))];
      this.next = page.next ?? undefined;
      this.total = page.total;
      this.error = undefined;
    } catch (thrown) {
      if (!wasAborted(thrown)) this.error = asApiError(thrown);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Forgets everything, on signing out. */
  forget(): void {
    this.#giveUp?.abort();
    this.rows = [];
    this.total = 0;
    this.next = undefined;
    this.loading = true;
    this.#loaded = false;
  }

  async #fetch(count: number): Promise<void> {
    this.#giveUp?.abort();
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    try {
      const rows: TicketRow[] = [];
      let after: string | undefined;
      let total = 0;
      do {
        const page = await hub.tickets(
          this.filter,
          Math.min(PAGE_ROWS_LIMIT, count - rows.length),
          after,
          giveUp.signal,
        );
        rows.push(...page.tickets);
        after = page.next ?? undefined;
        total = page.total;
      } while (after !== undefined && rows.length < count);
      this.rows = rows;
      this.next = after;
      this.total = total;
      this.error = undefined;
      this.loading = false;
    } catch (thrown) {
      if (wasAborted(thrown)) return;
      this.error = asApiError(thrown);
      this.loading = false;
    }
  }
}

export const tickets = new Tickets();
