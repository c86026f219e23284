import { describe, expect, it } from 'vitest';
import type { Facts, Memory } from '$shared/protocol';
import { changesBetween } from './changes';

const at = '2026-11-23T10:00:00Z';
const memory = (total_bytes: number, available_bytes: number): Facts => {
  const data: Memory = {
    total_bytes,
    available_bytes,
    swap_total_bytes: 0,
    swap_used_bytes: 0,
    pressure_percent: null,
    killed_for_memory: null,
  };
  return { memory: { state: 'collected', at, took_ms: 1, data } };
};

describe('what changed about a computer', () => {
  it('names what differs, with both values', () => {
    expect(changesBetween(memory(16, 8), memory(8, 8))).toEqual([
      { section: 'memory', field: 'total_bytes', before: 16, after: 8 },
    ]);
  });

  it('says nothing of what always moves', () => {
    expect(changesBetween(memory(16, 8), memory(16, 1))).toEqual([]);
  });

  it('says nothing of a section that one of the two lacks or could not read', () => {
    const failed: Facts = { memory: { state: 'failed', at, why: 'timed-out', detail: '' } };
    expect(changesBetween(failed, memory(16, 8))).toEqual([]);
    expect(changesBetween({}, memory(16, 8))).toEqual([]);
  });

  it('does not mind the order of things of a kind', () => {
    const printers = (...names: string[]): Facts => ({
      printers: {
        state: 'collected',
        at,
        took_ms: 1,
        data: {
          printers: names.map((name) => ({
            name,
            location: null,
            model: null,
            default: name === 'a',
            state: 'idle',
            reasons: [],
            accepting: null,
            jobs: null,
            uri: null,
          })),
        },
      },
    });
    expect(changesBetween(printers('a', 'b'), printers('b', 'a'))).toEqual([]);
    expect(changesBetween(printers('a'), printers('a', 'b'))).toHaveLength(1);
  });
});
