/** How long typing may pause before what was typed is kept, in milliseconds. */
export const PAUSE_MS = 400;
/** How long to wait before a failed try is repeated, in milliseconds. */
export const RETRY_MS = 2000;

/** Where what was typed is: on disk, on its way there, or only in this window. */
export type Keeping = 'kept' | 'keeping' | 'unkept';

/**
 * Keeps changes, debounced, one save at a time, in order. A change that could not be kept is merged with those after
 * it and tried again until it is: nothing typed is dropped while the window lives.
 */
export class Autosave<C extends object> {
  #pending: C | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  readonly #save: (change: C) => Promise<void>;
  readonly #tell: (keeping: Keeping, error?: unknown) => void;

  constructor(save: (change: C) => Promise<void>, tell: (keeping: Keeping, error?: unknown) => void) {
    this.#save = save;
    this.#tell = tell;
  }

  /** Notes a change; it is kept when typing pauses. */
  change(change: C): void {
    this.#pending = Object.assign({}, this.#pending, change);
    this.#tell('keeping');
    this.#wait(PAUSE_MS);
  }

  /** Keeps everything noted so far, now. Resolves when it is kept or could not be; then `clean` tells which. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#pending === undefined || this.#stopped) return;
    this.#running ??= this.#run();
    await this.#running;
  }

  /** Whether everything noted is kept. */
  get clean(): boolean {
    return this.#pending === undefined && this.#running === undefined;
  }

  /** Ends: what is pending is forgotten (the draft was discarded or sent). */
  stop(): void {
    this.#stopped = true;
    this.#pending = undefined;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }

  async #run(): Promise<void> {
    const change = this.#pending;
    if (change === undefined) return;
    this.#pending = undefined;
    try {
      await this.#save(change);
      if (this.#pending === undefined) this.#tell('kept');
    } catch (error) {
      if (!this.#stopped) {
        // Newer values win over those that were not kept.
        this.#pending = Object.assign({}, change, this.#pending);
        this.#tell('unkept', error);
        this.#wait(RETRY_MS);
      }
    } finally {
      this.#running = undefined;
    }
  }
}
