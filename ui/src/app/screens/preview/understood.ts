// "What we understood": the problem rephrased with what was chosen and what the machine shows, from the document that
// leaves and nothing else.
import type { TicketDocument } from '$shared/protocol';
import { findingText } from '$shared/texts/codes';
import { t } from '$shared/texts/texts.svelte';

/** The problem in sentences. */
export interface Understood {
  /** What the person wrote, unchanged. */
  said: string;
  /** What they chose, a sentence each. */
  chosen: string[];
  /** What this computer shows, worst first. */
  shows: string[];
}

/** Rephrases a document. */
export function understood(
  document: Pick<
    TicketDocument,
    'description' | 'can_work' | 'affected' | 'category' | 'helpdesk_category' | 'findings'
  >,
): Understood {
  const chosen = [
    document.can_work ? t(`preview-can-work-${document.can_work}`) : t('preview-can-work-unsaid'),
  ];
  if (document.affected) chosen.push(t(`preview-affected-${document.affected}`));
  const about = document.helpdesk_category?.name ?? (document.category && t(`category-${document.category}`));
  if (about) chosen.push(t('preview-category', { category: about }));
  return { said: document.description, chosen, shows: document.findings.map(findingText) };
}
