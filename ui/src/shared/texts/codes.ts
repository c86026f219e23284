// Codes of the protocol as texts: the agent and the hub send codes, people read words.
import type { ErrorReport, Finding } from '../protocol';
import { anyText, has, t, type MessageId } from './texts.svelte';

/** What happened, what is safe and what to do. A code of a newer agent is told as a fault of ours. */
export function errorText(report: Pick<ErrorReport, 'code'>): string {
  const id: MessageId = `error-${report.code}`;
  return has(id) ? anyText(id) : t('error-internal');
}

/** A notice for every screen; where there is no gentler text, the error's. */
export function noticeText(notice: Pick<ErrorReport, 'code'>): string {
  const id = `notice-${notice.code}`;
  return has(id) ? anyText(id) : errorText(notice);
}

/** What is unusual about this computer, in a sentence. Values are rounded: nobody decides on a tenth of a percent. */
export function findingText(finding: Finding): string {
  const id: MessageId = `finding-${finding.code}`;
  const value = finding.value ?? 0;
  const said = { subject: finding.subject ?? '', value: Math.abs(value) < 1 ? value : Math.round(value) };
  return has(id) ? anyText(id, said).replaceAll('  ', ' ') : finding.code;
}
