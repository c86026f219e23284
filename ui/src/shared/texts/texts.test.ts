import { readFileSync, readdirSync } from 'node:fs';
import { FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';
import {
  LANGUAGES,
  addTexts,
  has,
  language,
  makeBundle,
  pickLanguage,
  t,
  useLanguage,
  type Sources,
} from './texts.svelte';

const folder = (name: string): URL => new URL(`../../../../locales/${name}/`, import.meta.url);
const read = (name: string, file: string): string => readFileSync(new URL(file, folder(name)), 'utf8');
const files = readdirSync(folder('en')).filter((file) => file.endsWith('.ftl'));

const sources: Sources = {
  en: () => Promise.resolve([read('en', 'shared.ftl'), read('en', 'app.ftl')]),
  fr: () => Promise.resolve([read('fr', 'shared.ftl'), read('fr', 'app.ftl')]),
};

describe.each(LANGUAGES)('the texts in %s', (tongue) => {
  it.each(files)('%s is whole: the parser drops nothing', (file) => {
    const source = read(tongue, file);
    const written = [...source.matchAll(/^-?[a-z][a-zA-Z0-9-]* *=/gm)].length;
    expect(new FluentResource(source).body.length).toBe(written);
  });

  it('are formatted without an error', () => {
    const bundle = makeBundle(
      tongue,
      files.map((file) => read(tongue, file)),
    );
    for (const id of bundle._messages.keys()) {
      const pattern = bundle.getMessage(id)?.value;
      const errors: Error[] = [];
      if (pattern) bundle.formatPattern(pattern, anyArguments(), errors);
      expect(errors, id).toEqual([]);
    }
  });
});

describe('French', () => {
  const whole = files.map((file) => read('fr', file)).join('\n');
  const texts = whole.replaceAll(/^#.*$/gm, '');

  it('has typographic apostrophes', () => {
    expect(texts.match(/\p{L}'\p{L}/gu) ?? []).toEqual([]);
  });

  it('has no-break spaces before : ; ? ! » and after «', () => {
    expect(texts.match(/\S* [:;?!»]|« |[\p{L})][;?!»](?=\s|$)/gu) ?? []).toEqual([]);
  });

  it('has ellipses, not three dots', () => {
    expect(whole).not.toContain('...');
  });
});

describe('the language', () => {
  it.each([
    [['fr-CA', 'en'], 'fr'],
    [['de-DE', 'fr'], 'fr'],
    [['EN-gb'], 'en'],
    [['de'], 'en'],
    [[], 'en'],
  ])('for %j is %s', (asked, picked) => {
    expect(pickLanguage(asked)).toBe(picked);
  });

  it('changes while one looks; of two changes the later wins', async () => {
    await useLanguage('en', sources);
    expect([language(), t('back')]).toEqual(['en', 'Back']);
    const slow: Sources = { ...sources, fr: () => new Promise((done) => setTimeout(() => done([]), 30)) };
    await Promise.all([useLanguage('fr', slow), useLanguage('en', sources)]);
    expect(language()).toBe('en');
    await useLanguage('fr', sources);
    expect([language(), t('back')]).toEqual(['fr', 'Retour']);
  });

  it('brings along the texts of a screen that was loaded later', async () => {
    await useLanguage('en', sources);
    expect(has('connect-title')).toBe(false);
    const screen: Sources = {
      en: () => Promise.resolve([read('en', 'connect.ftl')]),
      fr: () => Promise.resolve([read('fr', 'connect.ftl')]),
    };
    // The language changes while they are on their way.
    const slow: Sources = {
      ...screen,
      en: () => new Promise((done) => setTimeout(() => void screen.en().then(done), 30)),
    };
    await Promise.all([addTexts(slow), useLanguage('fr', sources)]);
    expect(t('connect-title')).toBe('Relier votre assistance');
    await addTexts(slow);
    await useLanguage('en', sources);
    expect([t('connect-title'), t('back')]).toEqual(['Connect your helpdesk', 'Back']);
  });

  it('is not turned around by what stands in it', async () => {
    await useLanguage('en', sources);
    expect(t('request-title', { number: '7' })).toBe('Request 7');
    expect(t('request-title', { number: '\u202e7\u2069' })).toBe('Request \u20687\u2069');
    expect(t('request-title', { number: 'שלום' })).toBe('Request \u2068שלום\u2069');
  });

  it('counts in its own way', async () => {
    await useLanguage('fr', sources);
    expect(t('home-requests-open', { count: 1 })).toBe('1 demande en cours');
    expect(t('home-requests-open', { count: 0 })).toBe('0 demande en cours');
    await useLanguage('en', sources);
    expect(t('home-requests-open', { count: 0 })).toBe('0 requests under way');
  });
});

/** Values for whatever variables there are: what is asked for is a number, which both kinds of use accept. */
function anyArguments(): Record<string, number> {
  return new Proxy(
    {},
    {
      get: () => 2,
      getOwnPropertyDescriptor: () => ({ value: 2, configurable: true, enumerable: true }),
      has: () => true,
    },
  );
}
