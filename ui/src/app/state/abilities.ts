// What the helpdesk can do: the window offers nothing else.
import { LIMITS, type HelpdeskAbilities } from '$shared/protocol';
import { app } from './app.svelte';

/** While no helpdesk is known: what is written then waits for one. */
const UNKNOWN: HelpdeskAbilities = {
  reply: true,
  confirm: 'own',
  reopen: 'own',
  rate: 'own',
  files: true,
  file_bytes: LIMITS.attachmentBytes,
  categories: false,
  articles: false,
};

/** What the helpdesk in force can do. */
export function abilities(): HelpdeskAbilities {
  return app.settings?.helpdesk_can ?? UNKNOWN;
}
