// Live updates: the hub says "look again", the pages fetch. A push that is lost or doubled does no harm.
import type { ConsoleChange } from '../../shared/protocol';
import { EVENTS_ADDRESS } from '../api/hub';

/** How it stands with the connection. */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'offline';

/** A listener gets the change, or `undefined` when anything may have changed (after an interruption, or by the clock). */
export type Listener = (change: ConsoleChange | undefined) => void;

const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 30_000;
/** How often pages look again by themselves while there is no live connection. */
const LOOK_AGAIN_MS = 20_000;
/** The hub ends every stream after a while and the console comes back at once: that is no news. */
const UNSAID_MS = 2_500;

/** Wait before try number `attempt` (from 0): doubling, at most half a minute, spread so that consoles do not return together. */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  return Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random() / 2);
}

class Live {
  state: LiveState = $state('connecting');
  #source: EventSource | undefined;
  #listeners = new Set<Listener>();
  #attempt = 0;
  #retry: number | undefined;
  #clock: number | undefined;
  #interrupted = false;
  #saying: number | undefined;

  /** Connects; does nothing if it is connected. */
  start(): void {
    if (this.#source !== undefined) return;
    window.addEventListener('online', this.#again);
    window.addEventListener('offline', this.#offline);
    this.#connect();
  }

  /** Ends the connection, on signing out. */
  stop(): void {
    window.removeEventListener('online', this.#again);
    window.removeEventListener('offline', this.#offline);
    window.clearTimeout(this.#retry);
    window.clearInterval(this.#clock);
    this.#clock = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#attempt = 0;
    this.#say('connecting');
  }

  /** Calls back on every change until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #say(state: LiveState): void {
    window.clearTimeout(this.#saying);
    this.#saying = undefined;
    this.state = state;
  }

  #tell(change: ConsoleChange | undefined): void {
    for (const listener of this.#listeners) listener(change);
  }

  #connect(): void {
    window.clearTimeout(this.#retry);
    const source = new EventSource(EVENTS_ADDRESS);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#attempt = 0;
      this.#say('live');
      window.clearInterval(this.#clock);
      this.#clock = undefined;
      if (this.#interrupted) this.#tell(undefined);
      this.#interrupted = false;
    });
    source.addEventListener('change', (event) => {
      try {
        this.#tell(JSON.parse(event.data as string) as ConsoleChange);
      } catch {
        this.#tell(undefined);
      }
    });
    source.addEventListener('error', () => {
      if (this.#source !== source) return;
      // The browser's own retry knows no back-off and gives up for good on an HTTP error (a lost session, a restart).
      source.close();
      this.#lost();
    });
  }

  #lost(): void {
    this.#interrupted = true;
    if (navigator.onLine) this.#saying ??= window.setTimeout(() => (this.state = 'reconnecting'), UNSAID_MS);
    else this.#say('offline');
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => this.#connect(), retryDelay(this.#attempt));
    this.#attempt += 1;
    this.#clock ??= window.setInterval(() => this.#tell(undefined), LOOK_AGAIN_MS);
  }

  #again = (): void => {
    this.#source?.close();
    this.#attempt = 0;
    this.#interrupted = true;
    this.#connect();
  };

  #offline = (): void => {
    this.#source?.close();
    this.#lost();
  };
}

export const live = new Live();
