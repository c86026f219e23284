// Files on their way to an answer that is being written. They go to the hub at once, so that what cannot be taken is said
// before "Send"; the answer takes those that are there.
import { LIMITS, MEDIA_TYPES, type ErrorCode } from '../../shared/protocol';
import { newId } from '../api/id';
import { wasAborted } from '../api/client';
import { ApiError, asApiError } from '../api/problem';
import type { BroughtFile } from '../state/drafts';
import { hub } from '../state/session.svelte';

/** A file, and how far it is. */
export interface Outgoing extends BroughtFile {
  readonly state: 'sending' | 'here' | 'failed';
  readonly error?: ApiError;
  /** The bytes, unless they are from before a reload. */
  readonly blob?: Blob;
  /** Gives up sending it. */
  readonly giveUp?: AbortController;
}

/** What the browser offers to choose. */
export const ACCEPT = [
  ...MEDIA_TYPES.filter((type) => type !== 'application/octet-stream'),
  '.log,.txt,.csv,.eml,.zip,.pdf,.doc,.docx,.xls,.xlsx,.odt,.ods',
].join(',');

const TEXT_ENDINGS = /\.(log|txt|text|conf|cfg|ini|json|xml|ya?ml|md|toml)$/i;

/** The type to announce: one that is taken, bytes where nobody knows. The hub serves what the bytes say, whatever it is. */
export function mediaType(file: { readonly name: string; readonly type: string }): string {
  if (TEXT_ENDINGS.test(file.name)) return 'text/plain';
  if (/\.eml$/i.test(file.name)) return 'message/rfc822';
  const said = file.type.split(';')[0]?.trim().toLowerCase() ?? '';
  return said === '' ? 'application/octet-stream' : said;
}

/** Why a file cannot be added to those that are there, or undefined if it can. */
export function judge(
  file: { readonly name: string; readonly type: string; readonly size: number },
  there: readonly { readonly size: number }[],
): ErrorCode | undefined {
  if (there.length >= LIMITS.attachments) return 'too-many-files';
  const total = there.reduce((sum, one) => sum + one.size, 0);
  if (file.size > LIMITS.attachmentBytes || total + file.size > LIMITS.attachmentsTotalBytes)
    return 'file-too-large';
  return MEDIA_TYPES.includes(mediaType(file)) ? undefined : 'file-type';
}

export class OutgoingFiles {
  list: readonly Outgoing[] = $state.raw([]);
  /** Files that were not taken, and why. */
  refused: readonly { readonly name: string; readonly code: ErrorCode }[] = $state.raw([]);
  readonly #number: number;
  readonly #changed: (brought: readonly BroughtFile[]) => void;

  constructor(
    number: number,
    brought: readonly BroughtFile[],
    changed: (brought: readonly BroughtFile[]) => void,
  ) {
    this.#number = number;
    this.#changed = changed;
    this.list = brought.map((file) => ({ ...file, state: 'here' }));
  }

  /** Whether one is still on its way. */
  get sending(): boolean {
    return this.list.some((file) => file.state === 'sending');
  }

  /** Whether one did not arrive. */
  get failed(): boolean {
    return this.list.some((file) => file.state === 'failed');
  }

  /** Takes files, as many as fit. */
  add(files: Iterable<File>): void {
    const refused: { name: string; code: ErrorCode }[] = [];
    for (const file of files) {
      const code = judge(file, this.list);
      if (code !== undefined) {
        refused.push({ name: file.name, code });
        continue;
      }
      const id = newId();
      this.list = [...this.list, { id, name: file.name, size: file.size, state: 'sending', blob: file }];
      void this.#send(id, file, mediaType(file));
    }
    this.refused = refused;
  }

  /** Tries once more. */
  again(id: string): void {
    const file = this.list.find((one) => one.id === id);
    if (file?.blob === undefined) return;
    this.#set(id, { state: 'sending' });
    void this.#send(id, file.blob, mediaType({ name: file.name, type: file.blob.type }));
  }

  /** Takes one back. */
  remove(id: string): void {
    this.list.find((file) => file.id === id)?.giveUp?.abort();
    this.list = this.list.filter((file) => file.id !== id);
    this.refused = [];
    this.#tell();
    // The hub forgets by itself what no answer takes; this is only sooner.
    hub.takeFileBack(this.#number, id).catch(() => undefined);
  }

  /** Takes all of them back. */
  clear(): void {
    for (const file of this.list) this.remove(file.id);
    this.refused = [];
  }

  /** The answer took them. */
  sent(): void {
    this.list = [];
    this.refused = [];
  }

  async #send(id: string, blob: Blob, type: string): Promise<void> {
    const giveUp = new AbortController();
    this.#set(id, { giveUp });
    const name = this.list.find((file) => file.id === id)?.name ?? '';
    try {
      const meta = await hub.bringFile(this.#number, id, { name, mediaType: type, blob }, giveUp.signal);
      this.#set(id, { state: 'here', name: meta.name });
    } catch (thrown) {
      // A file that cannot be read any more fails with an error of the browser's own.
      const error =
        thrown instanceof DOMException && thrown.name === 'NotReadableError'
          ? new ApiError('file-unreadable', 0, thrown.message)
          : asApiError(thrown);
      if (!wasAborted(thrown)) this.#set(id, { state: 'failed', error });
    } finally {
      this.#tell();
    }
  }

  #set(id: string, change: Partial<Outgoing>): void {
    this.list = this.list.map((file) => (file.id === id ? { ...file, ...change } : file));
  }

  #tell(): void {
    this.#changed(
      this.list
        .filter((file) => file.state === 'here')
        .map((file) => ({ id: file.id, name: file.name, size: file.size })),
    );
  }
}
