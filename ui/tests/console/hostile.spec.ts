// Everything that others write, fed to the console as several hundred hostile texts: each stands there letter for
// letter, and none does anything else. The same texts go through the real window in `tests/e2e`.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import type { ConsoleTicket, Facts, Finding, TicketDocument } from '../../src/shared/protocol';
import { ago, announced, laptopFacts, ticketDocument } from './support/documents';
import { DeviceClient, Hub, PersonClient } from './support/hub';
import { expect, PASSWORD, test } from './support/test';

const FOLDER = resolve(import.meta.dirname, '../../../tests/e2e/hostile');
const WATCH = join(FOLDER, 'watch.js');

interface Case {
  readonly class: string;
  readonly text: string;
  /** What it begins with, and how often. */
  readonly repeat?: readonly [string, number];
}

const CASES = (JSON.parse(readFileSync(join(FOLDER, 'texts.json'), 'utf8')) as Case[]).map((one) => ({
  kind: one.class,
  text: (one.repeat === undefined ? '' : one.repeat[0].repeat(one.repeat[1])) + one.text,
}));
/** Those with something to see: a hub takes no text of blanks alone. */
const TEXTS = CASES.map((one) => one.text).filter((text) => /[^\s\u0085]/.test(text));

/** What `watch.js` gives a page. */
interface Watched {
  watch: {
    faults(): string[];
    take(): string[];
    missing(texts: string[]): string[];
    texts(css: string): string[];
  };
}

const faults = (page: Page): Promise<string[]> =>
  page.evaluate(() => (window as unknown as Watched).watch.faults());
const missing = (page: Page, texts: string[]): Promise<string[]> =>
  page.evaluate((all) => (window as unknown as Watched).watch.missing(all), texts);

/** Hostile texts one after the other, from the beginning again when they are used up. */
class Supply {
  #at = 0;
  constructor(readonly texts: readonly string[]) {}
  next(chars = Infinity): string {
    for (;;) {
      const text = this.texts[this.#at++ % this.texts.length] ?? '';
      // A hub cuts names and titles: cut here, they are still compared letter for letter.
      const cut = [...text].slice(0, chars).join('');
      if (/[^\s\u0085]/.test(cut)) return cut;
    }
  }
}

/** A computer of whose words none is harmless, and all that is unusual about it. */
function hostileFacts(supply: Supply): { facts: Facts; findings: Finding[] } {
  const facts = laptopFacts();
  const data = <T>(section: { state: string; data?: T } | null | undefined): T => {
    if (section?.data === undefined) throw new Error('the laptop says everything');
    return section.data;
  };
  const device = data(facts.device);
  for (const field of ['host_name', 'maker', 'model', 'serial', 'firmware'] as const)
    device[field] = supply.next();
  const system = data(facts.system);
  for (const field of ['name', 'version', 'build', 'kernel', 'architecture', 'desktop'] as const)
    system[field] = supply.next();
  system.restart_reasons = [supply.next(), supply.next()];
  data(facts.processor).model = supply.next();
  for (const printer of data(facts.printers).printers) {
    for (const field of ['name', 'location', 'model', 'uri'] as const) printer[field] = supply.next();
    printer.reasons = [supply.next()];
  }
  data(facts.media).sound = [supply.next(), supply.next()];
  data(facts.media).cameras = [supply.next()];
  for (const program of data(facts.programs).by_processor) program.name = supply.next();
  data(facts.services).failed = Array.from({ length: 20 }, () => ({
    name: supply.next(),
    description: supply.next(),
    result: supply.next(),
    since: ago(5),
    of_user: false,
  }));
  data(facts.log).lines = Array.from({ length: 150 }, () => ({
    at: ago(4),
    source: supply.next(40),
    severity: 3,
    message: supply.next(),
    times: 1,
  }));
  for (const crash of data(facts.crashes).crashes) crash.program = supply.next();
  const user = data(facts.user);
  for (const field of ['login', 'display_name', 'domain'] as const) user[field] = supply.next();
  user.groups = [supply.next(), supply.next()];
  const findings = Array.from({ length: 150 }, (): Finding => ({
    code: 'service-failed',
    section: 'services',
    severity: 'warning',
    subject: supply.next(),
    value: null,
  }));
  return { facts, findings };
}

/** Each of these done, a few at a time. */
async function each<T>(all: readonly T[], what: (one: T, index: number) => Promise<unknown>): Promise<void> {
  const left = [...all.entries()];
  const hand = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await what(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, hand));
}

test('what is fed here runs where it is taken for more than text', async ({ browser }) => {
  const page = await browser.newPage();
  await page.addInitScript({ path: WATCH });
  await page.goto('about:blank');
  const dangerous = CASES.filter((one) => /^(event handler|svg)/.test(one.kind)).map((one) => one.text);
  await page.evaluate((texts) => {
    for (const text of texts) {
      const place = document.createElement('div');
      document.body.append(place);
      place.innerHTML = text;
    }
  }, dangerous);
  const ran = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let count = 0;
        const look = setInterval(() => {
          const { watch } = window as unknown as Watched;
          count += watch.take().filter((what) => what.includes('ran')).length;
          if (count < 30) return;
          clearInterval(look);
          done(count);
        }, 50);
      }),
  );
  expect(ran).toBeGreaterThanOrEqual(30);
  expect((await faults(page)).join('\n')).toContain('an element of a text');

  // The watch sees the rest as well: a neighbour that is turned around, a page that is burst, a call elsewhere.
  const shows = async (markup: string, fault: string): Promise<void> => {
    await page.evaluate((text) => (document.body.innerHTML = text), markup);
    await expect.poll(async () => (await faults(page)).join('\n')).toContain(fault);
  };
  await shows('<p>\u202eA name <i>Our words</i></p>', 'turned around: "Our words"');
  await shows(`<p style="width: 1000em">${'w'.repeat(4000)}</p>`, 'the page is');
  await shows('<img src="http://127.0.0.1:9/p.png">', 'a request to http://127.0.0.1:9/p.png');
  await page.close();
});

test('no text of anybody is ever more than a text', async ({ page }) => {
  // Several hundred answers and a dozen pages, on a machine that does ten other things.
  test.setTimeout(240_000);
  const hub = new Hub();
  try {
    await hub.start();
    await feed(hub, page);
  } finally {
    await hub.remove();
  }
});

async function feed(hub: Hub, page: Page): Promise<void> {
  const admin = new PersonClient(hub.url);
  await admin.signIn(hub.first.login, hub.first.password);
  admin.session = await admin.call('POST', '/session/password', {
    current: hub.first.password,
    new: PASSWORD,
  });
  const supply = new Supply(TEXTS);
  await admin.call('PATCH', '/people/admin', { display_name: '\u202e<img src=x onerror=canary()>' });
  const second = new PersonClient(hub.url);
  await admin.call('POST', '/people', {
    login: 'mallory',
    display_name: '<script>canary()</script>\u2067',
    role: 'administrator',
    password: 'made for the first day',
  });
  await second.signIn('mallory', 'made for the first day');
  second.session = await second.call('POST', '/session/password', {
    current: 'made for the first day',
    new: PASSWORD,
  });

  // One conversation of all texts: of a requester, of technicians, and their notes.
  const device = await DeviceClient.enrol(hub.url, admin, '"><img src=x onerror=canary()>\u202egpj.cp');
  const talk = ticketDocument({
    text: '<svg/onload=canary()>\u202e turned',
    requester: {
      login: '<b>login</b>',
      name: '\u2067<i onclick=canary()>',
      language: '"><script>canary()</script>',
    },
  });
  const number = await device.ticket(talk);
  await each(TEXTS, (text, index) =>
    index % 3 === 0
      ? device.reply(talk.client_id, text)
      : (index % 3 === 1 ? admin : second).reply(number, text, { internal: index % 2 === 0 }),
  );

  // Files of all sorts of names, and a list of tickets that hold the rest in titles and names.
  const names = new Supply(CASES.filter((one) => one.kind === 'names').map((one) => one.text));
  const documents: TicketDocument[] = [];
  const second_device = await DeviceClient.enrol(hub.url, admin, supply.next(60));
  for (let index = 0; index < 40; index += 1) {
    const bytes = Buffer.from(`file ${index}`);
    const document = ticketDocument({
      text: supply.next(),
      requester: { login: supply.next(60), name: supply.next(60), language: supply.next(20) },
      attachments:
        index < 4 ? Array.from({ length: 8 }, () => announced(names.next(), 'text/plain', bytes)) : [],
    });
    documents.push({ ...document, title: supply.next(110) });
  }
  await each(documents, (document) =>
    second_device.ticket(
      document,
      document.attachments.map(() => Buffer.from(`file ${documents.indexOf(document)}`)),
    ),
  );
  const computer = await device.ticket({
    ...ticketDocument({ text: 'A computer', ...hostileFacts(supply) }),
    made_by: '<script>canary()</script>',
  });
  for (let index = 0; index < 12; index += 1) {
    await admin.call('POST', '/enrolment-tokens', {
      label: supply.next(60),
      uses: 1,
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    });
    await admin.call('POST', '/people', {
      login: `person${index}`,
      display_name: supply.next(60),
      role: 'technician',
      password: 'made for the first day',
    });
  }

  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && origin !== hub.url) elsewhere.push(request.url());
  });
  page.on('dialog', (dialog) => {
    elsewhere.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript({ path: WATCH });
  await page.context().addCookies([admin.cookie]);

  // The conversation: every text is there as it was sent.
  const kept = await admin.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(kept.thread.map((entry) => entry.text).sort()).toEqual(
    TEXTS.map((text) => text.replaceAll('\0', '')).sort(),
  );
  await page.goto(`${hub.url}/console/tickets/${number}`);
  await expect(page.locator('article.entry')).toHaveCount(TEXTS.length, { timeout: 60_000 });
  const shown = await page.evaluate(() =>
    (window as unknown as Watched).watch.texts('article.entry > .plain-text'),
  );
  expect(shown).toEqual(kept.thread.map((entry) => entry.text));
  expect(await faults(page)).toEqual([]);

  // In the list, and one ticket after the other that has files.
  for (const row of [5, 1, 2, 3, 4]) {
    const link = page.locator('a.item').nth(row);
    await link.click();
    await expect(link).toHaveAttribute('aria-current', 'true');
    await expect(page.locator('article.ticket h1')).toBeVisible();
    expect(await faults(page)).toEqual([]);
  }

  // What the computer says of itself, section by section, and as the document that it came in.
  await page.goto(`${hub.url}/console/tickets/${computer}`);
  const pane = page.getByRole('region', { name: 'Computer', exact: true });
  await expect(pane.getByRole('heading', { name: 'What is unusual' })).toBeVisible();
  await pane.locator('details').evaluateAll((all) => {
    for (const one of all) (one as HTMLDetailsElement).open = true;
  });
  const said = await admin.call<ConsoleTicket>('GET', `/tickets/${computer}`);
  const lines = said.document.facts.log?.state === 'collected' ? said.document.facts.log.data.lines : [];
  expect(lines.length).toBeGreaterThan(100);
  await expect
    .poll(() =>
      missing(
        page,
        lines.map((line) => line.message),
      ),
    )
    .toEqual([]);
  expect(await faults(page)).toEqual([]);
  await page.getByRole('link', { name: 'See the raw document' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'The raw document' })).toBeFocused();
  expect(await faults(page)).toEqual([]);

  for (const path of ['people', 'devices', 'enrolment', 'journal']) {
    await page.goto(`${hub.url}/console/${path}`);
    await expect(page.getByRole('row').nth(2)).toBeVisible();
    expect(await faults(page), path).toEqual([]);
  }
  // Narrow, as beside another window: nothing reaches out at the side.
  await page.setViewportSize({ width: 400, height: 800 });
  for (const path of [`tickets/${number}`, `tickets/${computer}`, 'people']) {
    await page.goto(`${hub.url}/console/${path}`);
    await expect(page.getByRole('heading').first()).toBeVisible();
    expect(await faults(page), `narrow ${path}`).toEqual([]);
  }
  expect(elsewhere).toEqual([]);
}
