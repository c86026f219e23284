import { describe, expect, it } from 'vitest';
import { Client, type SessionKeeper } from './client';
import { newId } from './id';
import { ApiError, errorOfAnswer, readRetryAfter } from './problem';

interface Sent {
  url: string;
  method: string;
  csrf: string | null;
}

/** A hub that gives these answers, one after the other, and what it was sent. */
function hub(answers: (Response | Error)[]): { sent: Sent[]; fetch: typeof fetch } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      sent.push({ url: String(input), method: init?.method ?? 'GET', csrf: headers.get('X-CSRF-Token') });
      const next = answers.shift();
      return next instanceof Response
        ? Promise.resolve(next)
        : Promise.reject(next ?? new Error('asked too often'));
    },
  };
}

function keeper(more: Partial<SessionKeeper> = {}): SessionKeeper {
  return {
    csrfToken: () => 'token',
    renew: () => Promise.resolve(),
    refreshToken: () => Promise.resolve(false),
    ...more,
  };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = {
    type: `urn:deskside:problem:${code}`,
    title: code,
    status,
    detail: 'why',
    code,
    request_id: 'r1',
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
}

describe('a request', () => {
  it('sends the CSRF token only with what changes something', async () => {
    const { sent, fetch } = hub([new Response('{}'), new Response(null, { status: 204 })]);
    const client = new Client(keeper(), fetch);
    await client.request('GET', '/console/tickets');
    expect(await client.request('PATCH', '/console/tickets/1', { body: {} })).toBeUndefined();
    expect(sent).toEqual([
      { url: '/api/v1/console/tickets', method: 'GET', csrf: null },
      { url: '/api/v1/console/tickets/1', method: 'PATCH', csrf: 'token' },
    ]);
  });

  it('waits for a new sign-in when the session is lost, and is then sent once more', async () => {
    const { sent, fetch } = hub([problem(401, 'unauthorized'), new Response('{"done":true}')]);
    let renewed = 0;
    const client = new Client(
      keeper({
        renew: () => {
          renewed += 1;
          return Promise.resolve();
        },
      }),
      fetch,
    );
    expect(await client.request('POST', '/console/tickets/1/follow-ups', { body: { text: 'kept' } })).toEqual(
      { done: true },
    );
    expect(renewed).toBe(1);
    expect(sent).toHaveLength(2);
  });

  it('takes a refused sign-in as the answer, not as a lost session', async () => {
    const { sent, fetch } = hub([problem(401, 'unauthorized')]);
    const client = new Client(keeper({ renew: () => Promise.reject(new Error('must not be asked')) }), fetch);
    await expect(client.request('POST', '/console/session', { aboutSession: true })).rejects.toMatchObject({
      status: 401,
    });
    expect(sent).toHaveLength(1);
  });

  it('tries once more when another tab signed in and the token is another one now', async () => {
    const { sent, fetch } = hub([problem(403, 'forbidden'), new Response('{}')]);
    const client = new Client(keeper({ refreshToken: () => Promise.resolve(true) }), fetch);
    await client.request('PATCH', '/console/tickets/1', { body: {} });
    expect(sent).toHaveLength(2);
  });

  it('says that the hub cannot be reached, or that something else answered', async () => {
    const { fetch } = hub([new TypeError('Failed to fetch'), new Response('<html>', { status: 200 })]);
    const client = new Client(keeper(), fetch);
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ code: 'unreachable', status: 0 });
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ code: 'bad-answer' });
  });

  it('keeps what a problem document says', async () => {
    const { fetch } = hub([problem(429, 'busy', { 'Retry-After': '12' })]);
    const error: unknown = await new Client(keeper(), fetch)
      .request('GET', '/x')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 'busy',
      status: 429,
      message: 'why',
      retryAfterSeconds: 12,
      requestId: 'r1',
    });
  });
});

describe('an answer that is not ours', () => {
  it.each([
    [502, '<h1>Bad gateway</h1>', 'unreachable'],
    [503, '', 'busy'],
    [500, '{"no":"code"}', 'internal'],
    [418, 'null', 'bad-answer'],
  ])('with status %i is told by its status', (status, body, code) => {
    expect(errorOfAnswer(status, body, null).code).toBe(code);
  });

  it.each([
    ['30', 30],
    [' 5 ', 5],
    ['999999', 3600],
    ['-1', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    [null, undefined],
  ])('Retry-After %s is %s', (header, seconds) => {
    expect(readRetryAfter(header)).toBe(seconds);
  });
});

describe('an identity', () => {
  it('is a UUID of version 7 that sorts by time', () => {
    const earlier = newId(1_700_000_000_000);
    const later = newId(1_700_000_000_001);
    expect(earlier).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(earlier < later).toBe(true);
    expect(Number.parseInt(earlier.replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
    expect(new Set(Array.from({ length: 1000 }, () => newId())).size).toBe(1000);
  });
});
