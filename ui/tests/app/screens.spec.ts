// Every screen, in both themes and both languages: axe finds nothing, nothing scrolls sideways at 320 px or with text
// twice as large. With DESKSIDE_SCREENS=FOLDER each screen is also photographed there.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Language, Route, Theme } from '../../src/shared/protocol';
import { delivered, expect, test, type Window } from './support/test';

const FOLDER = process.env.DESKSIDE_SCREENS;

interface Place {
  name: string;
  route: Route;
  /** Whether the picture shows what `then` scrolled to, and not the head of the page. */
  within?: boolean;
  /** Goes on from where the route leads. */
  then?: (page: Page) => Promise<void>;
}

const PROBLEM = {
  en: 'The printer on floor 3 prints blank pages since this morning',
  fr: 'L’imprimante du 3e étage sort des pages blanches depuis ce matin',
};

const write = async (page: Page): Promise<void> => {
  const french = (await page.locator('html').getAttribute('lang')) === 'fr';
  await page.locator('#report-text').fill(PROBLEM[french ? 'fr' : 'en']);
};

const toPreview = async (page: Page): Promise<void> => {
  await write(page);
  await page.locator('input[value=with-difficulty]').check();
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#sections')).toBeVisible();
  await expect(page.locator('[role=status]').filter({ hasText: /Still looking|continue/ })).toBeHidden({
    timeout: 15_000,
  });
};

const report: Route = { screen: 'report', draft: null, capture: null };

/** Every screen. `read` is a request with an answer, `asked` one that is said to be solved. */
function places(read: string, asked: string): Place[] {
  return [
    { name: 'home', route: { screen: 'home' } },
    {
      name: 'report',
      route: report,
      then: write,
    },
    { name: 'preview', route: report, then: toPreview },
    {
      name: 'preview-open',
      within: true,
      route: report,
      then: async (page) => {
        await toPreview(page);
        await page
          .locator('#section-disks-values')
          .locator('xpath=preceding-sibling::*[1]')
          .getByRole('button')
          .click();
        await page
          .locator('#section-log-values')
          .locator('xpath=preceding-sibling::*[1]')
          .getByRole('button')
          .click();
        await page
          .locator('#section-disks-values')
          .evaluate((values) => values.scrollIntoView({ block: 'center' }));
      },
    },
    { name: 'requests', route: { screen: 'requests' } },
    { name: 'request', route: { screen: 'request', client_id: read } },
    { name: 'request-solved', route: { screen: 'request', client_id: asked } },
    { name: 'privacy', route: { screen: 'privacy' } },
    { name: 'settings', route: { screen: 'settings' } },
    { name: 'computer', route: { screen: 'computer' } },
    {
      name: 'sent',
      route: report,
      then: async (page) => {
        await toPreview(page);
        await page.locator('#preview-send').click();
        await expect(page.locator('.outcome.sent')).toBeVisible({ timeout: 20_000 });
      },
    },
    {
      name: 'suggested',
      route: { screen: 'suggested', text: 'The badge reader on floor 2 does not open', category: 'access' },
    },
    {
      // Last: there is nothing to point at before the computer was looked at twice.
      name: 'report-moment',
      within: true,
      route: report,
      then: async (page) => {
        await page.locator('#report-moment').check({ timeout: 40_000 });
        await page.locator('#moment-slider').evaluate((slider) => slider.scrollIntoView({ block: 'center' }));
      },
    },
  ];
}

async function visit(window: Window, place: Place): Promise<void> {
  await window.open(place.route);
  await place.then?.(window.page);
  await expect(window.page.locator('[aria-busy=true]')).toHaveCount(0);
}

for (const language of ['en', 'fr'] as const satisfies Language[]) {
  for (const theme of ['light', 'dark'] as const satisfies Theme[]) {
    test(`every screen in ${language}, ${theme}`, async ({ window, desk, helpdesk }) => {
      test.setTimeout(180_000);
      const { page } = window;
      const french = language === 'fr';
      await desk.settings({ language, theme });
      const read = await desk.submit(
        french ? 'La messagerie est très lente depuis hier' : 'Mail has been very slow since yesterday',
      );
      const asked = await desk.submit(
        french
          ? 'L’imprimante du 3e étage sort des pages blanches'
          : 'The printer on floor 3 prints blank pages',
      );
      await helpdesk.technician.reply(
        await delivered(desk, read),
        french
          ? 'Bonjour, cela concerne-t-il aussi la version web ?'
          : 'Hello, is the web version slow as well?',
        { state: 'in-progress' },
      );
      await helpdesk.technician.reply(
        await delivered(desk, asked),
        french ? 'La cartouche a été changée.' : 'The cartridge has been changed.',
        { state: 'solved' },
      );
      await expect
        .poll(async () => (await desk.ask({ request: 'home' })).unread_requests, { timeout: 20_000 })
        .toBe(2);

      for (const place of places(read, asked)) {
        await test.step(place.name, async () => {
          await page.setViewportSize({ width: 440, height: 680 });
          await visit(window, place);
          await window.expectAccessible(`${place.name}, ${language}, ${theme}`);
          await window.expectNoSidewaysScroll(`${place.name} at 440 px`);
          if (FOLDER) {
            if (!place.within) await page.evaluate(() => globalThis.scrollTo(0, 0));
            await page.screenshot({
              path: join(FOLDER, `${place.name}-${language}-${theme}.png`),
            });
          }

          await page.setViewportSize({ width: 320, height: 568 });
          await window.expectNoSidewaysScroll(`${place.name} at 320 px`);
          if (FOLDER && language === 'fr' && theme === 'light') {
            await page.screenshot({ path: join(FOLDER, `${place.name}-320px.png`) });
          }

          await page.setViewportSize({ width: 440, height: 680 });
          await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
          await window.expectNoSidewaysScroll(`${place.name} with text at 200 %`);
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          if (FOLDER && language === 'fr' && theme === 'light') {
            await page.screenshot({ path: join(FOLDER, `${place.name}-200-percent.png`) });
          }
          await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));

          if (FOLDER && theme === 'light') {
            await page.setViewportSize({ width: 1280, height: 800 });
            await page.screenshot({ path: join(FOLDER, `${place.name}-${language}-wide.png`) });
          }
        });
      }
    });
  }
}

test('forced colours and raised contrast keep every control visible', async ({ window }) => {
  const { page } = window;
  await page.emulateMedia({ forcedColors: 'active', contrast: 'more', reducedMotion: 'reduce' });
  await window.open(report);
  await toPreview(page);
  await window.expectAccessible('preview in forced colours');
  const switched = page.getByRole('switch', { name: 'This computer' });
  const edge = await switched.evaluate((element) => getComputedStyle(element).borderTopStyle);
  expect(edge).toBe('solid');
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
