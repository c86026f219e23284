// What is on the screen before any script has run: Home as it was drawn when the page was built. The real one takes its
// place without anything moving.
import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/test';

const ENTRIES = {
  en: ['Report a problem', 'My requests', 'Privacy', 'Settings'],
  fr: ['Signaler un problème', 'Mes demandes', 'Vie privée', 'Réglages'],
};

/** As the window begins: with what the shell puts before the page's own scripts. */
async function asTheWindowBegins(page: Page, beginning: object): Promise<void> {
  await page.addInitScript(`window.__DESKSIDE_BEGINNING__ = ${JSON.stringify(beginning)};`);
  await page.addInitScript({ path: resolve(import.meta.dirname, '../../../src-tauri/src/beginning.js') });
}

/** Where the words of the entries are, in pixels from their list: what there is to say comes above it when it is known. */
const places = (page: Page): Promise<string[]> =>
  page.locator('nav:visible').evaluate((nav) =>
    [...nav.querySelectorAll('.entry .label')].map((label) => {
      const { x, y, width } = label.getBoundingClientRect();
      const from = nav.getBoundingClientRect();
      return [
        label.textContent.trim(),
        Math.round(x - from.x),
        Math.round(y - from.y),
        Math.round(width),
      ].join(' ');
    }),
  );

for (const language of ['en', 'fr'] as const) {
  test(`Home is there without a script, and does not move when it comes to life (${language})`, async ({
    page,
    desk,
  }) => {
    await desk.settings({ language });
    const settings = await desk.ask({ request: 'settings' });
    await asTheWindowBegins(page, { route: { screen: 'home' }, settings });
    await page.route('**/*.js', (route) => route.abort());
    await page.goto(desk.url);
    await expect(page.locator('nav .entry .label:visible')).toHaveText(ENTRIES[language]);
    const drawn = await places(page);

    await page.unroute('**/*.js');
    await page.goto(desk.url);
    await expect(page.getByRole('button', { name: ENTRIES[language][0] })).toBeVisible();
    await expect(page.locator('#begin')).toHaveCount(0);
    expect(await places(page)).toEqual(drawn);
  });
}

test('a page that is not told where it begins shows nothing that may be wrong', async ({ page, desk }) => {
  await page.route('**/*.js', (route) => route.abort());
  await page.goto(desk.url);
  await expect(page.locator('#begin')).toBeHidden();
});

test('a click on what is drawn, before it comes to life, is not lost', async ({ page, desk }) => {
  await desk.settings({ language: 'en' });
  const settings = await desk.ask({ request: 'settings' });
  await asTheWindowBegins(page, { route: { screen: 'home' }, settings });
  // A slow computer: the words of the real one are still being loaded.
  let load = (): void => undefined;
  const loaded = new Promise<void>((done) => (load = done));
  await page.route('**/assets/shared-*.js', async (route) => {
    await loaded;
    await route.continue();
  });
  const asked = page.waitForRequest('**/assets/shared-*.js');
  await page.goto(desk.url);
  await asked;
  const place = await page.locator('#begin .label:visible').getByText('Privacy').boundingBox();
  if (!place) throw new Error('nothing is drawn');
  await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
  await expect(page.locator('#begin')).toBeVisible();
  load();
  await expect(page.getByRole('heading', { level: 1, name: 'Privacy' })).toBeVisible();
});
