import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Autosave, PAUSE_MS, RETRY_MS, type Keeping } from './autosave';

interface Change {
  text?: string;
  choice?: string;
}

/** An agent's disk that can be told to fail, with what it has kept. */
function disk() {
  const kept: Change[] = [];
  const told: Keeping[] = [];
  const state = { failing: false };
  const autosave = new Autosave<Change>(
    (change) => {
      if (state.failing) return Promise.reject(new Error('no agent'));
      kept.push(change);
      return Promise.resolve();
    },
    (keeping) => told.push(keeping),
  );
  return { kept, told, state, autosave };
}

describe('what is typed', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it('is kept once when typing pauses, in its last form', async () => {
    const { kept, told, autosave } = disk();
    for (const text of ['T', 'Th', 'The printer']) {
      autosave.change({ text });
      await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    }
    expect(kept).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kept).toEqual([{ text: 'The printer' }]);
    expect(told.at(-1)).toBe('kept');
    expect(autosave.clean).toBe(true);
  });

  it('is kept at once when the window is hidden', async () => {
    const { kept, autosave } = disk();
    autosave.change({ text: 'half a sen' });
    autosave.change({ choice: 'no' });
    await autosave.flush();
    expect(kept).toEqual([{ text: 'half a sen', choice: 'no' }]);
  });

  it('is tried again until it is kept, and newer words win over older ones', async () => {
    const { kept, told, state, autosave } = disk();
    state.failing = true;
    autosave.change({ text: 'old', choice: 'yes' });
    await autosave.flush();
    expect(told.at(-1)).toBe('unkept');
    expect(autosave.clean).toBe(false);

    autosave.change({ text: 'new' });
    state.failing = false;
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(kept).toEqual([{ text: 'new', choice: 'yes' }]);
    expect(told.at(-1)).toBe('kept');
  });

  it('is tried again by itself, without another key being pressed', async () => {
    const { kept, state, autosave } = disk();
    state.failing = true;
    autosave.change({ text: 'only in the window' });
    await autosave.flush();
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(kept).toEqual([]);
    state.failing = false;
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(kept).toEqual([{ text: 'only in the window' }]);
  });

  it('is never saved by two saves at a time', async () => {
    let running = 0;
    let most = 0;
    const autosave = new Autosave<Change>(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
      },
      () => undefined,
    );
    autosave.change({ text: 'a' });
    const first = autosave.flush();
    autosave.change({ text: 'b' });
    const all = Promise.all([first, autosave.flush(), autosave.flush()]);
    await vi.advanceTimersByTimeAsync(500);
    await all;
    expect(most).toBe(1);
    expect(autosave.clean).toBe(true);
  });

  it('is forgotten when the draft is discarded', async () => {
    const { kept, autosave } = disk();
    autosave.change({ text: 'never mind' });
    autosave.stop();
    await vi.advanceTimersByTimeAsync(PAUSE_MS * 2);
    expect(kept).toEqual([]);
  });
});
