import { AgentError } from '$backend/backend';
import type {
  Affected,
  AttachmentMeta,
  CanWork,
  Category,
  CategoryChoice,
  Draft,
  DraftChange,
  HealthSlice,
} from '$shared/protocol';
import { app } from '../../state/app.svelte';
import { Autosave, type Keeping } from '../../state/autosave';

/** A draft as it is being written: the fields follow the hands, the agent's copy follows the fields. */
export class DraftInHand {
  readonly id: string;
  text = $state('');
  canWork = $state<CanWork | null>(null);
  affected = $state<Affected | null>(null);
  category = $state<Category | null>(null);
  /** The same in the helpdesk's own words, where it told them. */
  helpdeskCategory = $state.raw<CategoryChoice | null>(null);
  /** How the computer was when it happened, if the user said when. */
  health = $state.raw<HealthSlice | null>(null);
  attachments = $state.raw<AttachmentMeta[]>([]);
  /** Where what was typed is. */
  keeping = $state<Keeping>('kept');
  /** Why it is not kept, if it is not. */
  error = $state.raw<AgentError>();

  readonly #autosave: Autosave<DraftChange>;

  constructor(draft: Draft) {
    this.id = draft.id;
    this.text = draft.text;
    this.canWork = draft.can_work;
    this.affected = draft.affected;
    this.category = draft.category;
    this.helpdeskCategory = draft.helpdesk_category;
    this.health = draft.health;
    this.attachments = draft.attachments;
    this.#autosave = new Autosave(
      async (change) => {
        await app.ask({ request: 'save-draft', draft: this.id, change });
      },
      (keeping, error) => {
        this.keeping = keeping;
        this.error = keeping === 'unkept' ? AgentError.from(error) : undefined;
      },
    );
  }

  write(text: string): void {
    this.text = text;
    this.#autosave.change({ text });
  }

  choose(change: {
    can_work?: CanWork;
    affected?: Affected;
    category?: Category | null;
    helpdesk_category?: CategoryChoice | null;
  }): void {
    if (change.can_work !== undefined) this.canWork = change.can_work;
    if (change.affected !== undefined) this.affected = change.affected;
    if (change.category !== undefined) this.category = change.category;
    if (change.helpdesk_category !== undefined) this.helpdeskCategory = change.helpdesk_category;
    this.#autosave.change(change);
  }

  /** Keeps everything now. False if it could not be: then `error` says why. */
  async keep(): Promise<boolean> {
    await this.#autosave.flush();
    return this.#autosave.clean;
  }

  /** Ends, without keeping anything more. */
  stop(): void {
    this.#autosave.stop();
  }
}
