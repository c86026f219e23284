import { describe, expect, it } from 'vitest';
import { EVERYTHING_OPEN, readRoute, writeRoute, type Route } from './routes';

function read(address: string): Route {
  const url = new URL(address, 'http://hub.example');
  return readRoute(url.pathname, url.search);
}

describe('addresses', () => {
  const picture = '01a2091b-f3f2-745b-9f49-3a9f49d3f786';
  const filter = { state: 'on-hold', whose: 'nobody', words: 'réseau & 100 %' } as const;

  it.each<Route>([
    { page: 'tickets', filter: EVERYTHING_OPEN },
    { page: 'tickets', filter },
    { page: 'tickets', filter: { ...EVERYTHING_OPEN, state: 'all' } },
    { page: 'ticket', number: 4127, filter, view: { kind: 'thread' } },
    { page: 'ticket', number: 1, filter: EVERYTHING_OPEN, view: { kind: 'computer' } },
    { page: 'ticket', number: 1, filter: EVERYTHING_OPEN, view: { kind: 'document' } },
    { page: 'ticket', number: 1, filter, view: { kind: 'picture', attachment: picture } },
    { page: 'devices' },
    { page: 'enrolment' },
    { page: 'people' },
    { page: 'privacy' },
    { page: 'account' },
  ])('are read as they were written: %o', (route) => {
    expect(read(writeRoute(route))).toEqual(route);
  });

  it.each([
    '/console',
    '/console/',
    '/console/tickets',
    '/console/tickets/',
    '/console/tickets?state=nonsense&whose=x',
  ])('the list opens at %s', (address) => {
    expect(read(address)).toEqual({ page: 'tickets', filter: EVERYTHING_OPEN });
  });

  it.each([
    '/',
    '/elsewhere',
    '/consoles',
    '/console/tickets/0',
    '/console/tickets/-1',
    '/console/tickets/1e3',
    '/console/tickets/12345678901234567890',
    '/console/tickets/1/picture',
    '/console/tickets/1/picture/..%2f..%2fsecret',
    '/console/tickets/1/thread',
    '/console/devices/1',
    '/console/%3Cscript%3E',
  ])('there is nothing at %s', (address) => {
    expect(read(address).page).toBe('unknown');
  });

  it('cuts a search that is longer than the hub takes', () => {
    const route = read(`/console/tickets?q=${'x'.repeat(5000)}`);
    expect(route.page === 'tickets' && route.filter.words.length).toBe(200);
  });
});
