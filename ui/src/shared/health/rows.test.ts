import { describe, expect, it } from 'vitest';
import type { HealthSample } from '$shared/protocol';
import { lines, nearest, rows, type Words } from './rows';

const WORDS: Words = {
  unknown: 'not measured',
  down: 'not connected',
  silent: 'silent',
  noHelpdesk: 'helpdesk not reached',
  milliseconds: (ms) => `${ms} ms`,
  between: (low, high) => `${low} to ${high}`,
  lost: (count) => `${count} lost`,
};

function sample(second: number, change: Partial<HealthSample> = {}): HealthSample {
  return {
    at: new Date(Date.UTC(2026, 10, 23, 10, 42, second)).toISOString(),
    processor_percent: 10,
    memory_percent: 50,
    disk_percent: null,
    link: true,
    gateway: { echo: 'answered', ms: 3 },
    helpdesk: true,
    ...change,
  };
}

describe('the rows of a slice', () => {
  const AT = ['10:42:00', '10:42:10', '10:42:20', '10:42:30'].map((time) => `2026-11-23T${time}.000Z`);
  const at = (index: number): string => AT[index] ?? '';
  const samples = [
    sample(0),
    sample(10, { processor_percent: 97 }),
    sample(20, { gateway: { echo: 'silent' } }),
    sample(30, { link: false, gateway: null }),
  ];

  it('say what was at the moment and what was around it', () => {
    const [processor, memory, disk, network] = rows('en', WORDS, { moment: at(1), samples });
    expect(processor).toMatchObject({ now: '97%', range: '10% to 97%' });
    expect(memory).toMatchObject({ now: '50%', range: '' });
    expect(disk).toMatchObject({ now: 'not measured', range: '' });
    expect(network).toMatchObject({ now: '3 ms', range: '2 lost' });
    expect(network?.lost).toEqual([2 / 3, 1]);
  });

  it('say what was wrong with the network rather than a number', () => {
    const network = (index: number) => rows('en', WORDS, { moment: at(index), samples })[3]?.now;
    expect([network(2), network(3)]).toEqual(['silent', 'not connected']);
    const far = [sample(0, { helpdesk: false })];
    expect(rows('en', WORDS, { moment: at(0), samples: far })[3]?.now).toBe('helpdesk not reached');
  });

  it('stand with nothing measured at all', () => {
    expect(rows('en', WORDS, { moment: at(0), samples: [] })[0]).toMatchObject({
      now: 'not measured',
      range: '',
      points: [],
    });
  });
});

it('the nearest sample is the one meant', () => {
  const samples = [sample(0), sample(10), sample(20)];
  expect(nearest(samples, sample(14).at)).toBe(samples[1]);
  expect(nearest([], sample(14).at)).toBeUndefined();
});

it('a curve breaks where nothing is known', () => {
  const points = [
    { across: 0, up: 0 },
    { across: 0.5, up: 1 },
    { across: 0.6, up: null },
    { across: 1, up: 0.5 },
  ];
  expect(lines(points, 100, 20)).toEqual(['0.0,20.0 50.0,0.0', '100.0,10.0 100.0,10.0']);
});
