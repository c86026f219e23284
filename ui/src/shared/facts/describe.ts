// Facts in plain words: every value of a section, with a label in the reader's language. It walks whatever the section
// holds, so a field that a newer agent adds is shown too (by its own name) rather than leaving unseen.
import { anyText, has, language, locale, t } from '../texts/texts.svelte';
import * as format from '../format';

/** A line: a label and a value. */
export interface Value {
  kind: 'value';
  label: string;
  value: string;
}

/** Several things of a kind: each with a title of its own and its lines. */
export interface Group {
  kind: 'group';
  label: string;
  items: Item[];
}

/** One of them. */
export interface Item {
  title: string | null;
  rows: Row[];
}

/** A line or a group. */
export type Row = Value | Group;

/** A section in words. */
export interface Description {
  rows: Row[];
  /** Labels of what this machine does not say. */
  notSaid: string[];
}

/** Fields that name the thing they belong to, in order of preference. */
const TITLES = ['name', 'mount', 'target', 'program', 'source'];
/** Fields whose values are codes with a text `fact-<field>-<value>`. */
const CODES = new Set(['chassis', 'kind', 'health', 'connectivity', 'state']);
/** Units that are written the same in both languages. */
const UNITS: readonly [RegExp, string][] = [
  [/_ms$/, 'ms'],
  [/_mhz$/, 'MHz'],
  [/_mbit$/, 'Mbit/s'],
  [/_dbm$/, 'dBm'],
  [/_hz$/, 'Hz'],
  [/_px$/, 'px'],
  [/_celsius$/, '°C'],
];

/** The label of a field. */
export function label(field: string): string {
  const id = `fact-${field.replaceAll('_', '-')}`;
  return has(id) ? anyText(id) : field.replaceAll('_', ' ');
}

/** Describes the data of a section. */
export function describe(data: object): Description {
  const rows: Row[] = [];
  const notSaid: string[] = [];
  for (const [field, value] of Object.entries(data)) {
    if (value === null || value === undefined) notSaid.push(label(field));
    else rows.push(row(field, value));
  }
  return { rows, notSaid };
}

function row(field: string, value: unknown): Row {
  if (Array.isArray(value) && value.some((element) => typeof element === 'object' && element !== null)) {
    return { kind: 'group', label: label(field), items: value.map((element) => item(element as object)) };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { kind: 'group', label: label(field), items: [item(value)] };
  }
  return { kind: 'value', label: label(field), value: words(field, value) };
}

function item(thing: object): Item {
  const entries = Object.entries(thing).filter(([, value]) => value !== null && value !== undefined);
  const naming = TITLES.map((title) => entries.find(([field]) => field === title)).find(Boolean);
  const title = typeof naming?.[1] === 'string' ? naming[1] : null;
  const rest = entries.filter(([field]) => title === null || field !== naming?.[0]);
  return { title, rows: rest.map(([field, value]) => row(field, value)) };
}

/** A single value in words. */
export function words(field: string, value: unknown): string {
  const tongue = locale();
  if (Array.isArray(value)) {
    if (value.length === 0) return t('fact-none');
    return value.map((element) => words(field, element)).join(language() === 'fr' ? ' ; ' : ', ');
  }
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  if (typeof value === 'number') return numberInWords(tongue, field, value);
  if (typeof value !== 'string') return JSON.stringify(value);
  if (/(^|_)(at|since)$/.test(field)) return format.moment(tongue, value);
  if (CODES.has(field)) {
    const id = `fact-${field}-${value.toLowerCase().replaceAll(/[ _]/g, '-')}`;
    if (has(id)) return anyText(id);
  }
  return value;
}

function numberInWords(tongue: string, field: string, value: number): string {
  if (field.endsWith('_bytes')) return format.bytes(tongue, value);
  if (field.endsWith('_percent')) return format.percent(tongue, value);
  const unit = UNITS.find(([ending]) => ending.test(field))?.[1];
  return unit ? format.withUnit(tongue, value, unit) : format.number(tongue, value);
}
