import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TicketState } from '$shared/protocol';
import { nextStates } from './transitions';

const STATES: readonly TicketState[] = [
  'new',
  'in-progress',
  'waiting-for-requester',
  'on-hold',
  'solved',
  'closed',
];
const hubs = readFileSync(new URL('../../../../crates/hub/src/transitions.rs', import.meta.url), 'utf8');

describe('the states a technician may choose', () => {
  it('never hold the present one or "new"', () => {
    for (const state of STATES) {
      expect(nextStates(state)).not.toContain(state);
      expect(nextStates(state)).not.toContain('new');
      expect(new Set(nextStates(state)).size).toBe(nextStates(state).length);
    }
  });

  it('are those that the hub allows', () => {
    const allowing = hubs.slice(hubs.indexOf('fn technician_may'), hubs.indexOf('=> true'));
    const word = (name: string): string =>
      name
        .trim()
        .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
        .toLowerCase();
    const pairs = [...allowing.matchAll(/\(\s*([A-Z][\w\s|]*),\s*([A-Z][\w\s|]*),?\s*\)/g)].flatMap(
      ([, from = '', to = '']) =>
        from.split('|').flatMap((one) => to.split('|').map((other) => `${word(one)} to ${word(other)}`)),
    );
    const moving = pairs.filter((pair) => new Set(pair.split(' to ')).size === 2);
    expect(moving.length).toBeGreaterThan(0);
    expect(STATES.flatMap((from) => nextStates(from).map((to) => `${from} to ${to}`)).toSorted()).toEqual(
      moving.toSorted(),
    );
  });
});
