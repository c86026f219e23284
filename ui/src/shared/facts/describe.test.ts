import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Facts } from '../protocol';
import { has, LANGUAGES, useLanguage } from '../texts/texts.svelte';
import { describe as inWords, type Row } from './describe';
import { summary } from './summary';

const locale = (name: string): string[] =>
  ['shared.ftl', 'app.ftl'].map((file) =>
    readFileSync(new URL(`../../../../locales/${name}/${file}`, import.meta.url), 'utf8'),
  );
const sources = {
  en: () => Promise.resolve(locale('en')),
  fr: () => Promise.resolve(locale('fr')),
};

/** Every word that a description shows. */
function wordsOf(rows: readonly Row[]): string[] {
  return rows.flatMap((row) =>
    row.kind === 'value'
      ? [row.value]
      : row.items.flatMap((item) => [...(item.title === null ? [] : [item.title]), ...wordsOf(item.rows)]),
  );
}

const at = '2026-11-23T15:00:00.000Z';
const collected = <T>(data: T) => ({ state: 'collected' as const, at, took_ms: 1, data });

const DISKS: Facts['disks'] = collected({
  volumes: [
    {
      mount: '/',
      file_system: 'ext4',
      total_bytes: 100 * 1024 ** 3,
      free_bytes: 4 * 1024 ** 3,
      free_inodes_percent: null,
      read_only: false,
      remote: false,
    },
    {
      mount: '/srv',
      file_system: 'nfs4',
      total_bytes: 100 * 1024 ** 3,
      free_bytes: 90 * 1024 ** 3,
      free_inodes_percent: 50,
      read_only: true,
      remote: true,
    },
  ],
  drives: [
    {
      name: 'sda',
      model: null,
      kind: 'rotating',
      total_bytes: null,
      health: 'failing',
      wear_percent: null,
      temperature_celsius: 41,
    },
  ],
});

describe('the words for facts', () => {
  it.each(LANGUAGES)('have a label in %s for every field there is', async (tongue) => {
    await useLanguage(tongue, sources);
    const rust = readFileSync(new URL('../../../../crates/protocol/src/facts.rs', import.meta.url), 'utf8');
    const structs = rust.slice(rust.indexOf('/// What the machine is.'));
    const fields = [...structs.matchAll(/^ {4}pub (\w+):/gm)].map(([, field = '']) => field);
    expect(fields.length).toBeGreaterThan(100);
    const unnamed = fields.filter((field) => !has(`fact-${field.replaceAll('_', '-')}`));
    expect(unnamed).toEqual([]);
  });
});

describe('a section in plain words', () => {
  beforeAll(() => useLanguage('en', sources));

  it('shows every value, codes and units in words', () => {
    if (DISKS?.state !== 'collected') throw new Error('not collected');
    const { rows, notSaid } = inWords(DISKS.data);
    const words = wordsOf(rows);
    for (const word of [
      '/',
      'ext4',
      '/srv',
      'nfs4',
      'sda',
      'Rotating disk',
      'Reports a fault',
      'Yes',
      'No',
    ]) {
      expect(words).toContain(word);
    }
    expect(words).toContain('50%');
    expect(words).toContain('41\u00a0°C');
    expect(notSaid).toEqual([]);
  });

  it('says what the machine does not say, and that a list is empty', () => {
    const { rows, notSaid } = inWords({ maker: 'ACME', serial: null, groups: [] });
    expect(notSaid).toEqual(['Serial number']);
    expect(wordsOf(rows)).toEqual(['ACME', 'None']);
  });

  it('shows what a newer agent adds, under its own name', () => {
    const { rows } = inWords({ flux_capacitor: 'charged', nested: { deep: { deeper: 'still here' } } });
    expect(rows[0]).toEqual({ kind: 'value', label: 'flux capacitor', value: 'charged' });
    expect(wordsOf(rows)).toContain('still here');
  });

  it('has one line that says the most pressing thing', () => {
    expect(summary('disks', { disks: DISKS })).toBe('4 GB free on /');
    expect(summary('network', {})).toBe('Nothing to show');
    const failed = { state: 'failed' as const, at, why: 'timed-out' as const, detail: '' };
    expect(summary('printers', { printers: failed })).toBe('Could not be read');
    const printer = (name: string, state: 'stopped' | 'idle') => ({
      name,
      location: null,
      model: null,
      default: false,
      state,
      reasons: [],
      accepting: null,
      jobs: null,
      uri: null,
    });
    const printers = collected({ printers: [printer('A', 'stopped'), printer('B', 'idle')] });
    expect(summary('printers', { printers })).toBe('2, 1 stopped');
  });
});
