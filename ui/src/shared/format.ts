// Numbers, sizes and moments in the language on screen. Pure: the language is an argument.

// Binary steps under the everyday names, as memory, file limits and most file managers in offices count.
const KB = 1024;

/** A size in the largest unit that fits, with one decimal below ten. */
export function bytes(language: string, count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= KB && unit < units.length - 1) {
    value /= KB;
    unit += 1;
  }
  const digits = unit > 0 && Math.abs(value) < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[unit],
    // The short form of the smallest unit knows no plural in English: "47 byte".
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(value);
}

/** A share between 0 and 100, as "12 %" or "12%". */
export function percent(language: string, value: number): string {
  const maximumFractionDigits = value !== 0 && Math.abs(value) < 1 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits }).format(value / 100);
}

/** A number with at most two decimals. */
export function number(language: string, value: number): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(value);
}

/** A number with a unit that is written the same in every language, joined by a no-break space. */
export function withUnit(language: string, value: number, unit: string): string {
  return `${number(language, value)}\u00a0${unit}`;
}

/** Day and time. */
export function moment(language: string, at: string | Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(at));
}

/** The time of day, "10:42". */
export function clock(language: string, at: string | Date): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(new Date(at));
}

/** A list of words, "a, b and c". */
export function list(language: string, words: readonly string[]): string {
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(words);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
];
/** From here on, a date says more than a count of days. */
const WEEK_S = 7 * 86_400;

/**
 * How long ago, or in how long: "3 minutes ago", "yesterday", and the date from a week on. `now_word` is said within
 * the first minute, where counting seconds would only make people nervous. `style` is `short` where room is little.
 */
export function ago(
  language: string,
  at: string | Date,
  now: number,
  now_word: string,
  style: 'long' | 'short' = 'long',
): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return now_word;
  if (size >= WEEK_S) {
    const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    const year = thisYear ? undefined : ('numeric' as const);
    return new Intl.DateTimeFormat(language, { day: 'numeric', month: style, year }).format(new Date(at));
  }
  const [unit, length] = STEPS.findLast(([, step]) => size >= step) ?? ['minute' as const, 60];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style }).format(
    Math.trunc(seconds / length),
    unit,
  );
}

/** The part of the day of a local hour, 0 to 23; which greeting fits. */
export function partOfDay(hour: number): 'morning' | 'afternoon' | 'evening' {
  if (hour >= 5 && hour < 12) return 'morning';
  return hour >= 12 && hour < 18 ? 'afternoon' : 'evening';
}

/** Length in bytes of UTF-8, as the limits count. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
