import { untrack } from 'svelte';
import { AgentError } from '$backend/backend';
import type { Event } from '$shared/protocol';
import { app } from './app.svelte';

/** Something that the agent tells and that a screen shows: not here yet, here, or why not. */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<AgentError>();
  #round = 0;
  readonly #load: () => Promise<T>;

  /**
   * Loads now, again when an event makes it stale, and again when the agent comes back. Must be made while a component
   * starts: it stops with it.
   */
  constructor(load: () => Promise<T>, stale: (event: Event) => boolean = () => false) {
    this.#load = load;
    $effect(() => {
      // A returned agent may know more than before.
      void app.returns;
      untrack(() => void this.reload());
    });
    $effect(() => {
      // A window that is closing or hidden asks for nothing: it would say of an answer that nobody saw
      // that it was read. It catches up when it is seen again.
      let missed = false;
      const seen = (): void => {
        if (document.visibilityState === 'hidden' || !missed) return;
        missed = false;
        void this.reload();
      };
      document.addEventListener('visibilitychange', seen);
      const stop = app.onEvent((event) => {
        if (!stale(event)) return;
        if (document.visibilityState === 'hidden') missed = true;
        else void this.reload();
      });
      return () => {
        document.removeEventListener('visibilitychange', seen);
        stop();
      };
    });
  }

  /** Asks again. What is shown stays until the answer is here; of two answers, the later question's counts. */
  async reload(): Promise<void> {
    const round = ++this.#round;
    try {
      const value = await this.#load();
      if (round !== this.#round) return;
      this.value = value;
      this.error = undefined;
    } catch (thrown) {
      if (round === this.#round) this.error = AgentError.from(thrown);
    }
  }
}
