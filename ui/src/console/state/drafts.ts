// Replies that are being written, per ticket and person, in this tab only: gone with it, so that nothing of a ticket stays
// on a shared computer.

/** A reply that is not sent yet. */
export interface ReplyDraft {
  /** Its identity, made when writing began, so that a second "Send" does not send twice. */
  readonly id: string;
  readonly text: string;
  readonly internal: boolean;
  /** The state it is to bring about; empty for none. */
  readonly newState: string;
  /** Files that the hub holds for it. */
  readonly files: readonly BroughtFile[];
}

/** A file that the hub holds for a reply that is not sent yet. */
export interface BroughtFile {
  readonly id: string;
  readonly name: string;
  readonly size: number;
}

function isFile(value: unknown): value is BroughtFile {
  if (typeof value !== 'object' || value === null) return false;
  const file = value as Record<string, unknown>;
  return typeof file.id === 'string' && typeof file.name === 'string' && typeof file.size === 'number';
}

function key(login: string, number: number): string {
  return `deskside.reply.${login}.${number}`;
}

function isDraft(value: unknown): value is ReplyDraft {
  if (typeof value !== 'object' || value === null) return false;
  const draft = value as Record<string, unknown>;
  return (
    typeof draft.id === 'string' &&
    typeof draft.text === 'string' &&
    typeof draft.internal === 'boolean' &&
    typeof draft.newState === 'string' &&
    Array.isArray(draft.files) &&
    draft.files.every(isFile)
  );
}

/** The draft for this ticket, if one was begun. */
export function readDraft(login: string, number: number): ReplyDraft | undefined {
  try {
    const parsed: unknown = JSON.parse(sessionStorage.getItem(key(login, number)) ?? 'null');
    return isDraft(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a draft; an empty one is forgotten. False if the browser would not keep it (full or forbidden). */
export function keepDraft(login: string, number: number, draft: ReplyDraft): boolean {
  try {
    if (draft.text === '' && draft.files.length === 0) sessionStorage.removeItem(key(login, number));
    else sessionStorage.setItem(key(login, number), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** Forgets a draft, once it is sent. */
export function dropDraft(login: string, number: number): void {
  try {
    sessionStorage.removeItem(key(login, number));
  } catch {
    // Storage is forbidden: then nothing was kept either.
  }
}
