// A report for a phone: what fits into a code that every camera reads, as a mail to write. Pure: words are arguments.
import { byteLength } from '$shared/format';
import type { TicketDocument } from '$shared/protocol';

/** What of a document goes by phone. */
export type Report = Pick<TicketDocument, 'client_id' | 'title' | 'description' | 'requester' | 'facts'>;

/**
 * Longest address in the code, in bytes: a code of 117 squares a side (version 25, ISO/IEC 18004, with a seventh of it
 * damaged still readable) is what phones read from a screen at arm's length.
 */
export const CODE_BYTES = 900;

/** Words of the page's language. */
export interface Words {
  reference: (reference: string) => string;
  from: (name: string, device: string) => string;
}

/** The short form of a ticket's identity, for people: the first group of the UUID. */
export function reference(client_id: string): string {
  return client_id.split('-')[0] ?? client_id;
}

/**
 * The `mailto:` address (RFC 6068) of a report. The text is shortened until all fits; `shows` are the findings in words,
 * worst first, as many as there is room for.
 */
export function mail(to: string | null, report: Report, shows: readonly string[], words: Words): string {
  const device = report.facts.device?.state === 'collected' ? report.facts.device.data.host_name : null;
  const who = report.requester.display_name ?? report.requester.login;
  const foot = [words.from(who, device ?? '–'), words.reference(reference(report.client_id))];
  for (let findings = shows.length; findings >= 0; findings -= 1) {
    const rest = [...shows.slice(0, findings).map((line) => `- ${line}`), '', ...foot];
    const whole = address(to, report.title, [report.description, ...rest]);
    if (byteLength(whole) <= CODE_BYTES) return whole;
    // Findings make room before the person's own words do.
    if (findings > 0) continue;
    for (
      let kept = [...report.description];
      kept.length > 0;
      kept = kept.slice(0, Math.floor(kept.length * 0.9))
    ) {
      const short = address(to, cut(report.title, 60), [`${kept.join('').trimEnd()}…`, ...rest]);
      if (byteLength(short) <= CODE_BYTES) return short;
    }
  }
  return address(
    to,
    cut(report.title, 20),
    foot.map((line) => cut(line, 60)),
  );
}

function address(to: string | null, subject: string, lines: readonly string[]): string {
  // RFC 6068, section 5: line breaks are %0D%0A.
  const body = encodeURIComponent(lines.join('\n').trim().replaceAll('\n', '\r\n'));
  return `mailto:${to ?? ''}?subject=${encodeURIComponent(subject)}&body=${body}`;
}

function cut(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`;
}
