import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AttachmentMeta, Delivery, Home, RequestRow } from '$shared/protocol';
import { LIMITS } from '$shared/protocol';
import { useLanguage } from '$shared/texts/texts.svelte';
import { judge, largest, namesFiles } from './files/files';
import { hostOf, pageOf } from './screens/connect/kinds';
import { noticesFor, noticesOf } from './notices/notices';
import { requestsLine } from './screens/home/home';
import { missing } from './screens/privacy/export';
import { understood } from './screens/preview/understood';
import { find, isOver, standing } from './screens/requests/list';
import { outcome } from './screens/sent/outcome';

const locale = (name: string): string[] =>
  ['shared.ftl', 'app.ftl'].map((file) =>
    readFileSync(new URL(`../../../locales/${name}/${file}`, import.meta.url), 'utf8'),
  );
const sources = { en: () => Promise.resolve(locale('en')), fr: () => Promise.resolve(locale('fr')) };

beforeAll(() => useLanguage('en', sources));

describe('what we understood', () => {
  const document = {
    description: 'The printer prints blank pages',
    can_work: 'with-difficulty',
    affected: 'others',
    category: 'printing',
    findings: [
      { code: 'printer-stopped', section: 'printers', severity: 'critical', subject: 'Floor3', value: null },
      { code: 'disk-nearly-full', section: 'disks', severity: 'warning', subject: '/', value: 4.6 },
    ],
  } as const;

  it('rephrases the words, the choices and what the machine shows', () => {
    expect(understood({ ...document, findings: [...document.findings] })).toEqual({
      said: 'The printer prints blank pages',
      chosen: [
        'You can work, with difficulty.',
        'Others are affected too.',
        'It is about: Printing and scanning.',
      ],
      shows: ['The printer Floor3 has stopped.', 'The disk / is nearly full: 5% left.'],
    });
  });

  it('says so when nothing was chosen, instead of guessing', () => {
    const bare = understood({ ...document, can_work: null, affected: null, category: null, findings: [] });
    expect(bare.chosen).toEqual(['You did not say whether you can still work.']);
    expect(bare.shows).toEqual([]);
  });
});

describe('a paste', () => {
  const clipboard = (kinds: Record<string, string>) => ({
    types: Object.keys(kinds),
    getData: (kind: string) => kinds[kind] ?? '',
  });

  it('of copied files is told from one of words', () => {
    expect(namesFiles(clipboard({ 'text/uri-list': '' }))).toBe(true);
    expect(namesFiles(clipboard({ 'text/uri-list': 'file:///home/ada/notes.txt' }))).toBe(true);
    expect(namesFiles(clipboard({ 'text/plain': 'file:///home/ada/notes%20(1).txt' }))).toBe(true);
    expect(namesFiles(clipboard({ 'text/plain': 'x-special/nautilus-clipboard\ncopy\nfile:///a\n' }))).toBe(
      true,
    );
    expect(namesFiles(clipboard({ 'text/uri-list': 'https://intranet.example/' }))).toBe(false);
    expect(namesFiles(clipboard({ 'text/plain': 'The file file:///home/ada/x is gone' }))).toBe(false);
    expect(namesFiles(clipboard({ 'text/plain': 'copy the files' }))).toBe(false);
    expect(namesFiles(clipboard({}))).toBe(false);
  });
});

describe('a file', () => {
  const there = (count: number, size_bytes: number): AttachmentMeta[] =>
    Array.from({ length: count }, (_, index) => ({
      id: String(index),
      name: 'x',
      media_type: 'text/plain',
      size_bytes,
      sha256: '',
      screenshot: false,
    }));

  it.each([
    ['photo.png', 'image/png', 10, [], null],
    ['boot.log', '', 10, [], null],
    ['film.mp4', 'video/mp4', 10, [], 'file-type'],
    ['big.zip', 'application/zip', LIMITS.attachmentBytes + 1, [], 'file-too-large'],
    ['last.zip', 'application/zip', LIMITS.attachmentBytes, there(2, 20 * 1024 * 1024), 'file-too-large'],
    ['one.txt', 'text/plain', 10, there(LIMITS.attachments, 1), 'too-many-files'],
  ] as const)('%s (%s, %d bytes) is judged before it is brought', (name, type, size, before, verdict) => {
    expect(judge({ name, type, size }, before)).toBe(verdict);
  });
});

describe('a file, where the helpdesk takes less than Deskside', () => {
  it('is judged by the smaller limit', () => {
    const file = { name: 'log.txt', type: 'text/plain', size: 3_000_000 };
    expect(judge(file, [], largest({ file_bytes: 2_097_152 }))).toBe('file-too-large');
    expect(judge(file, [], largest({ file_bytes: 4_000_000 }))).toBe(null);
    expect(largest({ file_bytes: Number.MAX_SAFE_INTEGER })).toBe(LIMITS.attachmentBytes);
  });
});

describe('an address', () => {
  it.each([
    ['helpdesk.example.com', 'helpdesk.example.com'],
    [' https://it.example/glpi/front/central.php?x=1 ', 'it.example'],
    ['127.0.0.1:8080', '127.0.0.1:8080'],
    ['two words', 'two words'],
    ['', ''],
  ])('%j is said as %j', (typed, said) => {
    expect(hostOf(typed)).toBe(said);
  });

  it('leads to the page where tokens are made, below its folder', () => {
    expect(pageOf('https://it.example/glpi', 'front/preference.php')).toBe(
      'https://it.example/glpi/front/preference.php',
    );
    expect(pageOf('https://rt.example/', 'Prefs/AuthTokens.html')).toBe(
      'https://rt.example/Prefs/AuthTokens.html',
    );
    expect(pageOf('not an address', 'page')).toBe('page');
  });
});

describe('Home', () => {
  const home: Home = {
    name: 'Jo',
    connection: 'online',
    open_requests: 0,
    unread_requests: 0,
    waiting: 0,
    parked: 0,
    draft: null,
    findings: [],
    notices: [],
  };

  it('says once, and calmly, that the helpdesk is away', () => {
    const notices = [{ code: 'timed-out' as const, detail: '' }];
    expect(noticesOf({ connection: 'offline', notices: [] })).toEqual([
      { code: 'unreachable', tone: 'info' },
    ]);
    expect(noticesOf({ connection: 'offline', notices })).toEqual([{ code: 'timed-out', tone: 'info' }]);
    expect(noticesOf({ connection: 'online', notices: [] })).toEqual([]);
  });

  it('says on each screen what matters there, and on Home everything', () => {
    const notices = [
      { code: 'store-unwritable' as const, detail: '' },
      { code: 'keyring-unavailable' as const, detail: '' },
    ];
    const state: Pick<Home, 'notices' | 'connection'> = { connection: 'offline', notices };
    const on = (screen: Parameters<typeof noticesFor>[0]): string[] =>
      noticesFor(screen, state).map(({ code }) => code);
    expect(noticesOf(state).map(({ code }) => code)).toHaveLength(3);
    expect(on('report')).toEqual(['store-unwritable', 'unreachable']);
    expect(on('request')).toEqual(['store-unwritable', 'unreachable']);
    expect(on('connect')).toEqual(['store-unwritable', 'keyring-unavailable']);
    expect(on('settings')).toEqual(['store-unwritable', 'keyring-unavailable']);
    expect(on('privacy')).toEqual(['store-unwritable']);
    expect(on('computer')).toEqual([]);
  });

  it('says the most pressing thing about requests', () => {
    expect(requestsLine(home)).toBe('What you asked for, and the answers');
    expect(requestsLine({ ...home, open_requests: 2 })).toBe('2 requests under way');
    expect(requestsLine({ ...home, open_requests: 2, waiting: 1 })).toBe('1 request waits to be sent');
    expect(requestsLine({ ...home, waiting: 1, unread_requests: 3 })).toBe('3 new answers');
    expect(requestsLine({ ...home, unread_requests: 3, parked: 1 })).toBe('1 request needs a look');
  });
});

describe('after sending', () => {
  const waiting: Delivery = { delivery: 'waiting', tries: 0, next_try_at: null, last_error: null };

  it('there is the number, or the promise that it is kept', () => {
    expect(outcome({ delivery: 'delivered', number: 4127 }, 'online')).toMatchObject({
      kind: 'sent',
      number: 4127,
    });
    expect(outcome({ delivery: 'sending' }, 'online').kind).toBe('sending');
    expect(outcome(waiting, 'online').kind).toBe('sending');
    expect(outcome(waiting, 'offline').kind).toBe('kept');
    expect(outcome({ ...waiting, tries: 1, last_error: 'unreachable' }, 'online').kind).toBe('kept');
    expect(outcome(waiting, 'not-enrolled').next[0]).toContain('not connected to a helpdesk');
    const error = { code: 'refused' as const, detail: '' };
    expect(outcome({ delivery: 'parked', error, number: null, refused: [] }, 'online').kind).toBe('parked');
  });
});

describe('the list of requests', () => {
  const row = (change: Partial<RequestRow>): RequestRow => ({
    client_id: 'c',
    title: 'The printer is broken',
    delivery: { delivery: 'delivered', number: 4127 },
    state: 'new',
    assignee: null,
    created_at: '2026-11-23T15:00:00Z',
    updated_at: '2026-11-23T15:00:00Z',
    unread: false,
    answered: false,
    former: false,
    ...change,
  });

  it('is searched by words, number and who takes care, in any order', () => {
    const rows = [
      row({}),
      row({ title: 'No sound', assignee: 'Zoé Martin', delivery: { delivery: 'sending' } }),
    ];
    expect(find(rows, 'broken printer', 'en')).toEqual([rows[0]]);
    expect(find(rows, '4127', 'en')).toEqual([rows[0]]);
    expect(find(rows, 'zoé', 'fr')).toEqual([rows[1]]);
    expect(find(rows, '  ', 'en')).toEqual(rows);
    expect(find(rows, 'printer sound', 'en')).toEqual([]);
  });

  it('keeps what is closed but not delivered among those under way', () => {
    expect(isOver(row({ state: 'closed' }))).toBe(true);
    expect(isOver(row({ state: 'solved' }))).toBe(false);
    expect(isOver(row({ state: 'closed', delivery: { delivery: 'sending' } }))).toBe(false);
  });

  it('says where a request is before it says how it stands', () => {
    const waiting: Delivery = { delivery: 'waiting', tries: 3, next_try_at: null, last_error: 'unreachable' };
    expect(standing(row({ delivery: waiting, state: 'new' }), true).words).toBe('Kept here, not sent yet');
    expect(standing(row({ state: 'in-progress' }), false).words).toBe('A technician has taken it on.');
    expect(standing(row({ state: null }), true).words).toBe('Arrived');
  });
});

describe('a copy of what is kept', () => {
  it('says what it does not hold', () => {
    expect(missing('{"complete":true,"left_out":{"drafts":0}}')).toBe(0);
    expect(missing('{"complete":false,"left_out":{"drafts":1,"requests":4,"documents":0}}')).toBe(5);
    expect(missing('{"complete":false}')).toBe(1);
  });
});
