// One request to the hub: time limit, CSRF header, problem documents, and a lost session that is renewed under way.
import { ApiError, errorOfAnswer } from './problem';

/** Longest wait for an answer, in milliseconds (`protocol::limits::ANSWER`). */
export const ANSWER_MS = 30_000;
/** Longest time that a file may take, in milliseconds (`protocol::limits::UPLOAD`). */
export const UPLOAD_MS = 600_000;
/** Where the hub's interface is. */
const ROOT = '/api/v1';

/** What the client asks of whoever holds the session. */
export interface SessionKeeper {
  /** To be sent with everything that changes something; empty when nobody is signed in. */
  csrfToken(): string;
  /** The hub knows the session no more. Resolves when the same person has signed in again; rejects if that cannot be. */
  renew(): Promise<void>;
  /** Asks for the CSRF token anew, because another tab may have signed in; true if it changed. */
  refreshToken(): Promise<boolean>;
}

/** How a request differs from a plain one. */
export interface RequestOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly bytes?: Blob;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
  /** Asks for the session itself: a 401 is its answer, not a lost session. */
  readonly aboutSession?: boolean;
}

export class Client {
  readonly #keeper: SessionKeeper;
  readonly #fetch: typeof fetch;

  constructor(keeper: SessionKeeper, fetchWith: typeof fetch = (input, init) => fetch(input, init)) {
    this.#keeper = keeper;
    this.#fetch = fetchWith;
  }

  /**
   * Sends a request and gives the decoded answer (`undefined` for 204).
   *
   * A 401 waits until the person has signed in again and is then sent once more, so that nothing typed is lost.
   * @throws {ApiError} whatever else goes wrong
   */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    try {
      return await this.#once<T>(method, path, options);
    } catch (error) {
      if (!(error instanceof ApiError) || options.aboutSession === true) throw error;
      if (error.status === 401) {
        await this.#keeper.renew();
        return await this.#once<T>(method, path, options);
      }
      if (error.status === 403 && method !== 'GET' && (await this.#keeper.refreshToken())) {
        return await this.#once<T>(method, path, options);
      }
      throw error;
    }
  }

  async #once<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const longest = options.bytes === undefined ? ANSWER_MS : UPLOAD_MS;
    const limit = AbortSignal.timeout(longest);
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    if (method !== 'GET') headers['X-CSRF-Token'] = this.#keeper.csrfToken();
    if (options.body !== undefined) headers['Content-Type'] = 'application/json';
    if (options.bytes !== undefined) headers['Content-Type'] = 'application/octet-stream';
    let answer: Response;
    let text: string;
    try {
      answer = await this.#fetch(ROOT + path, {
        method,
        headers,
        body: options.bytes ?? (options.body === undefined ? null : JSON.stringify(options.body)),
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]),
      });
      text = await answer.text();
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      if (limit.aborted) throw new ApiError('timed-out', 0, `no answer within ${longest} ms`);
      throw new ApiError('unreachable', 0, error instanceof Error ? error.message : 'no connection');
    }
    if (!answer.ok) throw errorOfAnswer(answer.status, text, answer.headers.get('Retry-After'));
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError('bad-answer', answer.status, 'the answer is not JSON');
    }
  }
}

/** Whether something was thrown because we gave up on it ourselves. */
export function wasAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
