import { t } from '$shared/texts/texts.svelte';
import { app } from '../state/app.svelte';

/** What became of a file that was saved, in a sentence that says where it is. */
export interface Saved {
  tone: 'good' | 'bad';
  text: string;
}

/** Saves something as a file of the user's. Never fails: what went wrong is what is said. */
export async function save(name: string, content: Blob): Promise<Saved> {
  try {
    const path = await app.backend.save(name, content);
    return { tone: 'good', text: path === null ? t('saved', { name }) : t('saved-as', { path }) };
  } catch {
    return { tone: 'bad', text: t('save-failed', { name }) };
  }
}
