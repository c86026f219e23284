// What everybody must be able to use: axe on every page in every look, narrow, enlarged, in forced colours.
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test, type World } from './support/test';

interface Stop {
  readonly name: string;
  go(page: Page, world: World): Promise<void>;
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(`/console/${path}`);
  await page.locator('main h1').first().waitFor();
}

async function ticket(page: Page, world: World, below = ''): Promise<void> {
  await page.goto(`/console/tickets/${world.printer.number}${below}`);
  await page.locator('article.ticket, .facts .inside, pre').first().waitFor({ state: 'attached' });
}

const STOPS: readonly Stop[] = [
  { name: 'list', go: (page) => open(page, 'tickets') },
  { name: 'nothing found', go: (page) => open(page, 'tickets?q=zzzz') },
  { name: 'ticket', go: (page, world) => ticket(page, world) },
  {
    name: 'ticket with every section open and a note being written',
    async go(page, world) {
      await ticket(page, world);
      await page.locator('article.ticket').waitFor();
      await page.evaluate(() =>
        document.querySelectorAll('details').forEach((details) => (details.open = true)),
      );
      await page.keyboard.press('n');
      await page.locator('textarea').waitFor();
    },
  },
  { name: 'computer', go: (page, world) => ticket(page, world, '/computer') },
  { name: 'document', go: (page, world) => ticket(page, world, '/document') },
  {
    name: 'viewer',
    async go(page, world) {
      await ticket(page, world, `/picture/${world.printer.document.attachments[0]?.id ?? ''}`);
      await page.locator('dialog[open] img').waitFor();
    },
  },
  {
    name: 'keys',
    async go(page) {
      await open(page, 'tickets');
      await page.keyboard.press('?');
      await page.locator('dialog[open]').waitFor();
    },
  },
  { name: 'devices', go: (page) => open(page, 'devices') },
  {
    name: 'enrolment',
    async go(page) {
      await open(page, 'enrolment');
      await page.locator('.page header button').click();
      await page.locator('form').waitFor();
    },
  },
  {
    name: 'a one-time password',
    async go(page) {
      await open(page, 'people');
      await page.getByRole('row', { name: /sam/ }).locator('.actions button').first().click();
      await page.locator('dialog button').last().click();
      await page.locator('code').waitFor();
    },
  },
  {
    name: 'privacy',
    async go(page) {
      await open(page, 'privacy');
      await page.locator('dl').waitFor();
      await page.locator('#requester-login').fill('crobert');
      await page.locator('form button').click();
      await page.locator('#found-title, main [role=status] > *').first().waitFor();
    },
  },
  {
    name: 'journal',
    async go(page) {
      await open(page, 'journal');
      await page.locator('table').waitFor();
    },
  },
  {
    name: 'files of a reply',
    async go(page, world) {
      await ticket(page, world);
      await page.locator('article.ticket').waitFor();
      await page.keyboard.press('r');
      const files = [
        'notes.txt',
        'a-very-long-name-that-somebody-gave-to-a-file-without-thinking-of-narrow-screens.pdf',
      ];
      await page
        .locator('form input[type=file]')
        .setInputFiles(files.map((name) => ({ name, mimeType: '', buffer: Buffer.from('x') })));
      await page.locator('form li.here').nth(1).waitFor();
      await page.locator('form .buttons button').first().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'people',
    async go(page) {
      await open(page, 'people');
      await page.locator('table').waitFor();
      await page.locator('.page header button').click();
      await page.locator('form').waitFor();
    },
  },
  { name: 'account', go: (page) => open(page, 'account') },
  { name: 'nowhere', go: (page) => open(page, 'nowhere') },
];

async function look(page: Page, language: 'en' | 'fr', theme: 'light' | 'dark'): Promise<void> {
  await page.addInitScript(
    (kept) => localStorage.setItem('deskside.console', kept),
    JSON.stringify({ language, theme, keys: true }),
  );
}

for (const language of ['en', 'fr'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    test(`no page has an accessibility violation (${language}, ${theme})`, async ({
      administrator: page,
      world,
    }) => {
      test.setTimeout(180_000);
      await look(page, language, theme);
      for (const stop of STOPS) {
        await stop.go(page, world);
        await expectAccessible(page, stop.name);
      }
      await page.context().clearCookies();
      await page.goto('/console/');
      await page.locator('main h1').waitFor();
      await expectAccessible(page, 'sign-in');
      await page.locator('form button[type=submit]').click();
      await expectAccessible(page, 'sign-in with complaints');
    });
  }
}

test('320 px wide: nothing scrolls sideways, and nothing is lost', async ({ administrator: page, world }) => {
  test.setTimeout(120_000);
  await page.setViewportSize({ width: 320, height: 640 });
  await look(page, 'fr', 'light');
  for (const stop of STOPS) {
    await stop.go(page, world);
    await expectNoSidewaysScroll(page, stop.name);
    await expectAccessible(page, `${stop.name} at 320 px`);
  }
});

for (const width of [1280, 640]) {
  test(`text at 200 %, ${width} px wide: nothing scrolls sideways`, async ({
    administrator: page,
    world,
  }) => {
    test.setTimeout(120_000);
    await page.setViewportSize({ width, height: 800 });
    await look(page, 'en', 'light');
    await page.addInitScript(() => {
      // What a browser's text size does: the root's size, which every size of ours is counted from.
      const enlarge = (): void => document.documentElement?.style.setProperty('font-size', '200%');
      enlarge();
      document.addEventListener('DOMContentLoaded', enlarge);
    });
    for (const stop of STOPS) {
      await stop.go(page, world);
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('32px');
      await expectNoSidewaysScroll(page, stop.name);
    }
  });
}

test('forced colours: state is still told', async ({ administrator: page, world }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await ticket(page, world);
  await page.locator('article.ticket').waitFor();
  await expectAccessible(page, 'ticket in forced colours');
  const note = page.getByRole('article').filter({ hasText: 'Internal note, never shown' }).last();
  expect(await note.evaluate((element) => getComputedStyle(element).borderTopStyle)).toBe('dashed');
});

test('very long words and hundreds of entries stay inside', async ({ administrator: page, world }) => {
  test.setTimeout(120_000);
  const endless = 'Donaudampfschifffahrtsgesellschaft'.repeat(12);
  const made = await world.send({
    text: `${endless}\n${`${endless}\n`.repeat(40)}`,
    requester: { login: endless.slice(0, 80), name: endless, language: 'de' },
  });
  for (let index = 0; index < 120; index += 1)
    await world.laptop.reply(made.document.client_id, `Reply ${index}: ${endless.slice(0, index)}`);
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`/console/tickets/${made.number}`);
    await expect(page.getByText('Reply 119:')).toBeAttached();
    await expectNoSidewaysScroll(page, `long ticket at ${width}`);
  }
});
