import { describe, expect, it } from 'vitest';
import * as format from './format';

/** Spaces that do not break, as ordinary ones: which of them a language uses is the browser's business. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('sizes', () => {
  it.each([
    ['en', 0, '0 bytes'],
    ['en', 25 * 1024 * 1024, '25 MB'],
    ['fr', 25 * 1024 * 1024, '25 Mo'],
    ['fr', 1.5 * 1024 ** 3, '1,5 Go'],
    ['en', 16 * 1024 ** 3, '16 GB'],
  ])('in %s, %d bytes are %s', (language, count, words) => {
    expect(plain(format.bytes(language, count))).toBe(words);
  });
});

describe('shares and units', () => {
  it('are written as the language does', () => {
    expect(format.percent('en', 12.4)).toBe('12%');
    expect(plain(format.percent('fr', 12.4))).toBe('12 %');
    expect(plain(format.percent('fr', 0.4))).toBe('0,4 %');
    expect(plain(format.withUnit('fr', 2800, 'MHz'))).toBe('2 800 MHz');
  });
});

describe('how long ago', () => {
  const now = Date.parse('2026-11-23T15:00:00Z');
  const ago = (language: string, seconds: number): string =>
    plain(format.ago(language, new Date(now - seconds * 1000), now, '·'));

  it.each([
    ['en', 20, '·'],
    ['en', 60, '1 minute ago'],
    ['fr', 3 * 60, 'il y a 3 minutes'],
    ['en', 2 * 3600 + 1200, '2 hours ago'],
    ['en', 86_400, 'yesterday'],
    ['fr', 86_400, 'hier'],
    ['en', -240, 'in 4 minutes'],
    ['fr', 30 * 86_400, '24 octobre'],
    ['en', 400 * 86_400, 'October 19, 2025'],
  ])('in %s, %d seconds are “%s”', (language, seconds, words) => {
    expect(ago(language, seconds)).toBe(words);
  });
});

describe('the greeting', () => {
  it.each([
    [5, 'morning'],
    [11, 'morning'],
    [12, 'afternoon'],
    [17, 'afternoon'],
    [18, 'evening'],
    [0, 'evening'],
    [4, 'evening'],
  ])('at %d h is for the %s', (hour, part) => {
    expect(format.partOfDay(hour)).toBe(part);
  });
});

it('counts bytes of UTF-8, not letters', () => {
  expect(format.byteLength('é…')).toBe(5);
});
