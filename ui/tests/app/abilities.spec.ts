// The window follows what the helpdesk can do. Behind it are the real agent and a real hub, which can do everything; what
// the agent says of that is changed on its way to the page, where a helpdesk with less would have said it.
import { join } from 'node:path';
import type { Article, HelpdeskAbilities, Language, SettingsView, Theme } from '../../src/shared/protocol';
import { delivered, expect, test as base } from './support/test';

const FOLDER = process.env.DESKSIDE_SCREENS;

interface Told {
  /** Says of the helpdesk that it can do this, and no more than before otherwise. */
  can(change: Partial<HelpdeskAbilities>): Promise<void>;
  /** What its articles answer, and what was looked up so far. */
  articles(found: Article[]): Promise<string[]>;
}

const test = base.extend<{ told: Told }>({
  told: async ({ page }, use) => {
    let change: Partial<HelpdeskAbilities> = {};
    let found: Article[] = [];
    const lookedUp: string[] = [];
    const without = (view: SettingsView): SettingsView => ({
      ...view,
      helpdesk_can: { ...view.helpdesk_can, ...change },
    });
    await page.route('**/request', async (route) => {
      const asked = route.request().postDataJSON() as { request: string; words?: string };
      if (asked.request === 'search-articles') {
        lookedUp.push(asked.words ?? '');
        return route.fulfill({ json: { response: 'articles', body: { articles: found } } });
      }
      if (asked.request !== 'settings' && asked.request !== 'change-settings') return route.fallback();
      const answer = await route.fetch();
      const said = (await answer.json()) as { response: string; body: SettingsView };
      return route.fulfill({ response: answer, json: { ...said, body: without(said.body) } });
    });
    await use({
      can: (less) => {
        change = less;
        return Promise.resolve();
      },
      articles: (answer) => {
        found = answer;
        return Promise.resolve(lookedUp);
      },
    });
  },
});

const MIB = 1024 * 1024;
const ARTICLES: Article[] = [
  {
    id: 7,
    title: 'The printer prints blank pages: what to check first',
    text: 'Open the cover.\n\n1. Take the cartridge out.\n2. Shake it gently.\n\n<b>Put it back.</b>',
  },
  { id: 9, title: '<img src=x onerror=alert(1)>', text: 'Nothing' },
];

test('no ratings, and reopening asks for it by a message', async ({ window, desk, helpdesk, told }) => {
  const { page } = window;
  await told.can({ rate: 'not', reopen: 'by-reply', confirm: 'by-reply' });
  const client_id = await desk.submit('The door opens by itself');
  const number = await delivered(desk, client_id);
  await helpdesk.technician.reply(number, 'New spring.', { state: 'solved' });
  await window.open({ screen: 'request', client_id });
  await expect(page.getByRole('button', { name: 'Yes, it works' })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText('learns it by a message of yours')).toBeVisible();
  await expect(page.getByText('How did it go?')).toHaveCount(0);
  await page.getByRole('button', { name: 'No, it does not' }).click();
  await expect(page.getByText('Your message asks the helpdesk to open the request again')).toBeVisible();
  await window.expectAccessible('reopening by a message');
  await page.getByLabel('What still fails?').fill('It still does');
  await page.getByRole('button', { name: 'Ask to open it again' }).click();
  await expect(
    page.getByRole('status').filter({ hasText: 'It asks to open the request again.' }),
  ).toHaveCount(1);
});

test('what cannot be confirmed or reopened is not offered', async ({ window, desk, helpdesk, told }) => {
  const { page } = window;
  await told.can({ rate: 'not', reopen: 'not', confirm: 'not' });
  const client_id = await desk.submit('The lamp hums');
  const number = await delivered(desk, client_id);
  await helpdesk.technician.reply(number, 'New lamp.', { state: 'solved' });
  await window.open({ screen: 'request', client_id });
  await expect(page.getByText('If it works again, there is nothing for you to do.')).toBeVisible({
    timeout: 20_000,
  });
  await expect(page.locator('#confirm, #reopen')).toHaveCount(0);
  await expect(page.getByLabel('Your answer')).toBeVisible();
  await window.expectAccessible('solved, and nothing to offer');

  await helpdesk.technician.reply(number, 'Closed.', { state: 'closed' });
  await expect(page.getByText(`name number ${number}.`)).toBeVisible({ timeout: 20_000 });
  await window.expectAccessible('closed for good');
  await page.getByRole('button', { name: 'Report it anew' }).click();
  await expect(page.getByLabel('What is happening?')).toBeFocused();

  // Nor are answers, where it takes none.
  await told.can({ reply: false });
  const other = await desk.submit('The window is stuck');
  await delivered(desk, other);
  await window.open({ screen: 'request', client_id: other });
  await expect(page.getByText('Your helpdesk takes no answers from here.')).toBeVisible();
  await expect(page.getByLabel('Your answer')).toHaveCount(0);
});

test('a file that is larger than the helpdesk takes is refused in its own limit', async ({
  window,
  desk,
  told,
}) => {
  const { page } = window;
  // Added while more was taken; then less is.
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('See the log');
  const picker = page.locator('input[type=file]');
  const log = Buffer.from('an error\n'.repeat(150_000));
  await picker.setInputFiles({ name: 'early.log', mimeType: 'text/plain', buffer: log });
  await expect(page.getByRole('list', { name: 'Files added' })).toContainText('early.log');

  await told.can({ file_bytes: MIB });
  await window.open({ screen: 'report', draft: null, capture: null });
  await expect(page.getByText('Up to 10 files, 1 MB each')).toBeVisible();
  await picker.setInputFiles({ name: 'late.log', mimeType: 'text/plain', buffer: log });
  await expect(page.getByText('It is larger than your helpdesk takes: 1 MB each at most.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Files added' }).getByRole('listitem')).toHaveCount(1);
  await page.keyboard.press('Control+Enter');
  const files = page.getByRole('region', { name: 'Pictures and files' });
  await expect(files).toContainText('Larger than your helpdesk takes (1 MB)');
  await window.expectAccessible('a file that is too large for the helpdesk');

  await told.can({ files: false });
  await window.open({ screen: 'report', draft: null, capture: null });
  await expect(page.getByText('Your helpdesk takes no pictures and files.')).toBeVisible();
  await expect(page.locator('#add-screenshot, input[type=file]')).toHaveCount(0);
  await window.expectAccessible('no files');
  await page.keyboard.press('Control+Enter');
  await expect(files).toContainText('these stay on this computer');
  expect((await desk.ask({ request: 'home' })).draft?.text).toBe('See the log');
});

test('its articles are looked up when typing pauses, as text, and one may be enough', async ({
  window,
  desk,
  told,
}) => {
  const { page } = window;
  await told.can({ articles: true });
  const lookedUp = await told.articles(ARTICLES);
  await window.open({ screen: 'report', draft: null, capture: null });
  await expect(page.getByText('words of it are looked up among your helpdesk’s articles')).toBeVisible();
  const field = page.getByLabel('What is happening?');
  await field.fill('The');
  await expect(page.getByText('Could this help?')).toHaveCount(0);
  await field.pressSequentially(' printer prints blank pages', { delay: 20 });
  const found = page.getByRole('region', { name: 'Could this help?' });
  await expect(found.getByRole('button')).toHaveCount(2);
  // Once for the whole sentence, not at every letter.
  expect(lookedUp).toEqual(['The printer prints blank pages']);
  await expect(field).toBeFocused();
  await expect(
    page.getByRole('status').filter({ hasText: '2 articles of your helpdesk may help.' }),
  ).toHaveCount(1);
  await expect(found.getByRole('img')).toHaveCount(0);
  await window.expectAccessible('articles');

  await found.getByRole('button', { name: /blank pages/ }).click();
  const article = page.getByRole('dialog');
  await expect(article).toContainText('<b>Put it back.</b>');
  await window.expectAccessible('an article');
  await page.keyboard.press('Escape');
  await expect(found.getByRole('button', { name: /blank pages/ })).toBeFocused();
  await expect(field).toHaveValue('The printer prints blank pages');

  // Kept if somebody wants to keep it …
  await page.keyboard.press('Enter');
  await article.getByRole('button', { name: 'This solved it' }).click();
  await expect(article).toHaveAccessibleName('Good to hear that it works again');
  await window.expectAccessible('an article was enough');
  await article.getByRole('button', { name: 'No, keep it' }).click();
  await expect(page.getByRole('button', { name: /Go on writing/ })).toContainText('The printer');
  // … and gone if not.
  await page.getByRole('button', { name: /Go on writing/ }).click();
  await found.getByRole('button', { name: /blank pages/ }).click();
  await article.getByRole('button', { name: 'This solved it' }).click();
  await article.getByRole('button', { name: 'Yes, discard it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Good/ })).toBeVisible();
  expect((await desk.ask({ request: 'home' })).draft).toBeNull();
});

for (const language of ['en', 'fr'] as const satisfies Language[]) {
  for (const theme of ['light', 'dark'] as const satisfies Theme[]) {
    test(`articles look right in ${language}, ${theme}`, async ({ window, desk, told }) => {
      const { page } = window;
      await desk.settings({ language, theme });
      await told.can({ articles: true });
      const title =
        language === 'fr' ? 'L’imprimante sort des pages blanches : que vérifier' : ARTICLES[0]?.title;
      const text =
        language === 'fr'
          ? 'Ouvrez le capot.\n\n1. Retirez la cartouche.\n2. Secouez-la doucement.'
          : 'Open the cover.\n\n1. Take the cartridge out.\n2. Shake it gently.';
      await told.articles([{ id: 7, title: title ?? '', text }]);
      await window.open({ screen: 'report', draft: null, capture: null });
      await page
        .locator('#report-text')
        .fill(language === 'fr' ? 'L’imprimante sort des pages blanches' : 'The printer prints blank pages');
      await expect(page.locator('#article-7')).toBeVisible();
      for (const name of ['articles', 'article']) {
        if (name === 'article') await page.locator('#article-7').click();
        for (const [size, width, letters] of [
          ['', 440, '100%'],
          ['-320px', 320, '100%'],
          ['-200-percent', 440, '200%'],
        ] as const) {
          await page.setViewportSize({ width, height: 680 });
          await page.evaluate((to) => document.documentElement.style.setProperty('font-size', to), letters);
          await window.expectNoSidewaysScroll(`${name}${size}`);
          if (size === '') await window.expectAccessible(`${name}, ${language}, ${theme}`);
          if (FOLDER && (size === '' || (language === 'fr' && theme === 'light'))) {
            const what = size === '' ? `-${language}-${theme}` : size;
            await page.screenshot({ path: join(FOLDER, `${name}${what}.png`) });
          }
        }
        await page.setViewportSize({ width: 440, height: 680 });
        await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
      }
    });
  }
}
