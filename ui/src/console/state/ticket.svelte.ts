// The ticket in front.
import type { ConsoleTicket, TicketChange, TicketState } from '../../shared/protocol';
import { wasAborted } from '../api/client';
import { asApiError, type ApiError } from '../api/problem';
import type { ReplyDraft } from './drafts';
import { seen } from './seen.svelte';
import { hub } from './session.svelte';

class OpenTicket {
  number: number | undefined = $state.raw(undefined);
  value: ConsoleTicket | undefined = $state.raw(undefined);
  error: ApiError | undefined = $state.raw(undefined);
  /** A change that was asked for and is not confirmed yet. */
  changing = $state(false);
  /** The last change failed; said beside the controls, which show the hub's truth again. */
  changeError: ApiError | undefined = $state.raw(undefined);
  #giveUp: AbortController | undefined;

  /** Puts a ticket in front. */
  async show(number: number): Promise<void> {
    if (this.number === number && this.value !== undefined) return;
    this.number = number;
    this.value = undefined;
    this.changeError = undefined;
    await this.refresh();
  }

  /** Takes it away. */
  close(): void {
    this.#giveUp?.abort();
    this.number = undefined;
    this.value = undefined;
    this.error = undefined;
    this.changeError = undefined;
  }

  /** Fetches it anew. */
  async refresh(): Promise<void> {
    const number = this.number;
    if (number === undefined) return;
    this.#giveUp?.abort();
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    try {
      const value = await hub.ticket(number, giveUp.signal);
      if (this.number !== number) return;
      this.value = value;
      this.error = undefined;
      seen.mark(number, value.row.updated_at);
    } catch (thrown) {
      if (wasAborted(thrown) || this.number !== number) return;
      this.error = asApiError(thrown);
    }
  }

  /** Changes state or assignee; what is absent stays. True if the hub did it. */
  async change(change: Partial<TicketChange>): Promise<boolean> {
    const number = this.number;
    if (number === undefined || this.changing) return false;
    this.changing = true;
    this.changeError = undefined;
    try {
      await hub.change(number, change);
      await this.refresh();
      return true;
    } catch (thrown) {
      const error = asApiError(thrown);
      // What the controls show must be the hub's truth again, and that may have moved.
      await this.refresh();
      this.changeError = error;
      return false;
    } finally {
      this.changing = false;
    }
  }

  /**
   * Sends a reply or a note; the draft's identity makes a second try harmless.
   * @throws {ApiError} the hub did not take it; the draft stays
   */
  async reply(number: number, draft: ReplyDraft): Promise<void> {
    await hub.reply(number, {
      id: draft.id,
      text: draft.text.trim(),
      internal: draft.internal,
      new_state: draft.newState === '' ? null : (draft.newState as TicketState),
      attachments: draft.files.map((file) => file.id),
    });
    if (this.number === number) await this.refresh();
  }
}

export const ticket = new OpenTicket();
