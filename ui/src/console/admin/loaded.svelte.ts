// A list that an administrator's page shows: fetched when the page opens, again on request.
import { asApiError, type ApiError } from '../api/problem';
import { wasAborted } from '../api/client';

export class Loaded<Row> {
  rows: readonly Row[] | undefined = $state.raw(undefined);
  error: ApiError | undefined = $state.raw(undefined);
  readonly #fetch: (signal: AbortSignal) => Promise<readonly Row[]>;
  #giveUp: AbortController | undefined;

  constructor(fetch: (signal: AbortSignal) => Promise<readonly Row[]>) {
    this.#fetch = fetch;
  }

  /** Fetches the rows; those shown stay until the new ones are here. */
  load = async (): Promise<void> => {
    this.#giveUp?.abort();
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    try {
      this.rows = await this.#fetch(giveUp.signal);
      this.error = undefined;
    } catch (thrown) {
      if (!wasAborted(thrown)) this.error = asApiError(thrown);
    }
  };
}
