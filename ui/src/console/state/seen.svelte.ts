// Which tickets this person has looked at since they changed last. Kept in this browser: only numbers and times.
const LIMIT = 1_000;

class Seen {
  #login = '';
  #times: Record<string, string> = $state.raw({});

  /** Takes up what this person had seen. */
  open(login: string): void {
    this.#login = login;
    try {
      const parsed: unknown = JSON.parse(localStorage.getItem(this.#key()) ?? '{}');
      const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
      this.#times = Object.fromEntries(
        entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    } catch {
      this.#times = {};
    }
  }

  /** Whether the ticket changed since it was looked at here. */
  unread(number: number, updatedAt: string): boolean {
    const seen = this.#times[number];
    return seen === undefined || seen < updatedAt;
  }

  /** The ticket, as it stood at `updatedAt`, was looked at. */
  mark(number: number, updatedAt: string): void {
    const before = this.#times[number];
    if (before !== undefined && before >= updatedAt) return;
    const entries: [string, string][] = [
      ...Object.entries(this.#times).filter(([one]) => one !== String(number)),
      [String(number), updatedAt],
    ];
    if (entries.length > LIMIT) entries.sort((a, b) => b[1].localeCompare(a[1])).length = LIMIT;
    this.#times = Object.fromEntries(entries);
    try {
      localStorage.setItem(this.#key(), JSON.stringify(this.#times));
    } catch {
      // Storage full or forbidden: marks last as long as the page.
    }
  }

  #key(): string {
    return `deskside.seen.${this.#login}`;
  }
}

export const seen = new Seen();
