// How a computer was over some minutes, as rows to draw and to read. Pure: the language and the words are arguments.
import * as format from '$shared/format';
import type { HealthSample, HealthSlice } from '$shared/protocol';

/** The things that are measured, in the order they are shown. */
export const MEASURES = ['processor', 'memory', 'disk', 'network'] as const;
/** One of them. */
export type Measure = (typeof MEASURES)[number];

/** Words of the page's language. */
export interface Words {
  unknown: string;
  down: string;
  silent: string;
  noHelpdesk: string;
  milliseconds: (ms: number) => string;
  between: (low: string, high: string) => string;
  lost: (count: number) => string;
}

/** A point of a curve: across 0 to 1, up 0 to 1; `null` up is a break in the curve. */
export interface Point {
  across: number;
  up: number | null;
}

/** One measure. */
export interface Row {
  measure: Measure;
  /** At the moment, in words. */
  now: string;
  /** Over all of it, in words; empty if that says no more. */
  range: string;
  points: Point[];
  /** Where the network gave no answer, across 0 to 1. */
  lost: number[];
}

/** A slow answer of a gateway; the curve of the network reaches at least this high, so that a good one stays low. */
const SLOW_MS = 100;

/** The sample nearest to a moment. */
export function nearest(samples: readonly HealthSample[], moment: string): HealthSample | undefined {
  const at = Date.parse(moment);
  return samples.reduce<HealthSample | undefined>((best, sample) => {
    if (!best) return sample;
    return Math.abs(Date.parse(sample.at) - at) < Math.abs(Date.parse(best.at) - at) ? sample : best;
  }, undefined);
}

/** The rows of a slice. */
export function rows(language: string, words: Words, { moment, samples }: HealthSlice): Row[] {
  const here = nearest(samples, moment);
  const from = Date.parse(samples[0]?.at ?? moment);
  const to = Date.parse(samples.at(-1)?.at ?? moment);
  const across = (at: string): number => (to > from ? (Date.parse(at) - from) / (to - from) : 0.5);
  return MEASURES.map((measure) => {
    const values = samples.map((sample) => value(sample, measure));
    const known = values.filter((one) => one !== null);
    const top = measure === 'network' ? Math.max(SLOW_MS, ...known) : 100;
    const write = (one: number): string =>
      measure === 'network' ? words.milliseconds(one) : format.percent(language, one);
    const lost = measure === 'network' ? samples.filter((sample) => isLost(sample)) : [];
    return {
      measure,
      now: here ? state(here, measure, write, words) : words.unknown,
      range: range(known, write, lost.length, words),
      points: samples.map((sample, index) => {
        const one = values[index] ?? null;
        return { across: across(sample.at), up: one === null ? null : one / top };
      }),
      lost: lost.map((sample) => across(sample.at)),
    };
  });
}

function value(sample: HealthSample, measure: Measure): number | null {
  if (measure !== 'network') return sample[`${measure}_percent`];
  return sample.gateway?.echo === 'answered' ? sample.gateway.ms : null;
}

function isLost(sample: HealthSample): boolean {
  return sample.link === false || sample.gateway?.echo === 'silent';
}

function state(
  sample: HealthSample,
  measure: Measure,
  write: (value: number) => string,
  words: Words,
): string {
  const one = value(sample, measure);
  if (measure !== 'network') return one === null ? words.unknown : write(one);
  if (sample.link === false) return words.down;
  if (sample.gateway?.echo === 'silent') return words.silent;
  if (sample.helpdesk === false) return words.noHelpdesk;
  return one === null ? words.unknown : write(one);
}

function range(known: number[], write: (value: number) => string, lost: number, words: Words): string {
  if (lost > 0) return words.lost(lost);
  if (known.length === 0) return '';
  const [low, high] = [Math.min(...known), Math.max(...known)];
  // One value all the time is said already.
  return low === high ? '' : words.between(write(low), write(high));
}

/** The unbroken pieces of a curve, as the `points` of SVG polylines in a box of this size. */
export function lines(points: readonly Point[], width: number, height: number): string[] {
  const pieces: string[][] = [[]];
  for (const { across, up } of points) {
    if (up === null) pieces.push([]);
    else pieces.at(-1)?.push(`${(across * width).toFixed(1)},${((1 - Math.min(1, up)) * height).toFixed(1)}`);
  }
  // A piece of one point is a dot: drawn as a line to itself, with round ends.
  return pieces
    .filter((piece) => piece.length > 0)
    .map((piece) => (piece[1] ? piece : [...piece, ...piece]).join(' '));
}
