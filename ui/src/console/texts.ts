// The console's words: the shared texts, with what only technicians read laid over them.
import * as format from '$shared/format';
import type { TicketState } from '$shared/protocol';
import { errorText as sharedErrorText } from '$shared/texts/codes';
import { anyText, has, language, t, type Sources } from '$shared/texts/texts.svelte';
import type { ApiError } from './api/problem';

export { anyText, has, language, t };

/** Where the texts of this page are; one language is fetched at a time. */
export const SOURCES: Sources = {
  en: () =>
    sources(import('../../../locales/en/shared.ftl?raw'), import('../../../locales/en/console.ftl?raw')),
  fr: () =>
    sources(import('../../../locales/fr/shared.ftl?raw'), import('../../../locales/fr/console.ftl?raw')),
};

async function sources(...files: Promise<{ default: string }>[]): Promise<string[]> {
  return (await Promise.all(files)).map((file) => file.default);
}

/**
 * What happened, what is safe and what to do. The shared texts speak to employees ("your request is kept"); where that is
 * not true of a console, it has a text of its own.
 */
export function errorText(error: Pick<ApiError, 'code'>): string {
  const own = `console-error-${error.code}`;
  return has(own) ? anyText(own) : sharedErrorText(error);
}

/** How long to wait before trying again. */
export function waitText(seconds: number | undefined): string {
  if (seconds === undefined) return t('console-wait-unknown');
  return seconds < 90
    ? t('console-wait-seconds', { count: Math.max(1, seconds) })
    : t('console-wait-minutes', { count: Math.ceil(seconds / 60) });
}

/** A state as technicians say it. */
export function stateWord(state: TicketState): string {
  return t(`console-state-${state}`);
}

/** How long ago. */
export function ago(at: string, now: number, style: 'long' | 'short' = 'long'): string {
  return format.ago(language(), at, now, t('just-now'), style);
}

/** Day and time, to the second: what is compared with logs. */
export function exact(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  return new Intl.DateTimeFormat(language(), { dateStyle: 'full', timeStyle: 'long' }).format(date);
}

/** A size. */
export function bytes(count: number): string {
  return format.bytes(language(), count);
}

/** A share from 0 to 100. */
export function percent(value: number): string {
  return format.percent(language(), value);
}

/** A number with a unit that is written the same in every language. */
export function withUnit(value: number, unit: string): string {
  return format.withUnit(language(), value, unit);
}

/** A plain number. */
export function number(value: number): string {
  return format.number(language(), value);
}

/** "a, b and c". */
export function list(words: readonly string[]): string {
  return format.list(language(), words);
}
