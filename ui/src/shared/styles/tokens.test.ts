import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const [usual = '', raised = ''] = css.split('@media (prefers-contrast: more)');

type Colours = Record<string, [light: string, dark: string]>;

/** The colour tokens of a part of the style sheet. */
function colours(part: string): Colours {
  const pattern = /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g;
  return Object.fromEntries(
    [...part.matchAll(pattern)].map(([, name, light, dark]) => [name, [light, dark]]),
  );
}

const USUAL = colours(usual);
const RAISED = { ...USUAL, ...colours(raised.split('@media')[0] ?? '') };

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const PAIRS: [text: string, ground: string, least: number][] = [
  ...['bg', 'surface', 'surface-sunken', 'surface-hover'].flatMap((ground): [string, string, number][] => [
    ['text', ground, 7],
    ['text-muted', ground, 4.5],
    ['accent-text', ground, 4.5],
    ['good', ground, 4.5],
    ['warn', ground, 4.5],
    ['bad', ground, 4.5],
  ]),
  ['text', 'accent-soft', 7],
  ['text-muted', 'accent-soft', 4.5],
  ['accent-text', 'accent-soft', 4.5],
  ['text', 'good-soft', 7],
  ['good', 'good-soft', 4.5],
  ['text', 'warn-soft', 7],
  ['warn', 'warn-soft', 4.5],
  ['text', 'bad-soft', 7],
  ['bad', 'bad-soft', 4.5],
  ['on-accent', 'accent', 7],
  ['on-accent', 'accent-hover', 7],
  // Edges of controls and the focus ring.
  ['edge', 'bg', 3],
  ['edge', 'surface', 3],
  ['edge', 'surface-sunken', 3],
  ['focus', 'bg', 3],
  ['focus', 'surface', 3],
];

describe.each([
  ['usual', USUAL],
  ['raised', RAISED],
] as const)('%s contrast', (_, tokens) => {
  it.each(PAIRS)('%s on %s is at least %d : 1', (text, ground, least) => {
    const [front, back] = [tokens[text], tokens[ground]];
    if (!front || !back) throw new Error(`${text} or ${ground} is no colour token`);
    for (const theme of [0, 1] as const) {
      const ratio = contrast(front[theme], back[theme]);
      expect(ratio, theme === 0 ? 'light' : 'dark').toBeGreaterThanOrEqual(least);
    }
  });
});
