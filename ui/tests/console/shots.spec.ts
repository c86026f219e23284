// Pictures of every page, for the eye and for docs/screens. Runs only when asked: DESKSIDE_SHOTS=folder.
import { test } from './support/test';

const FOLDER = process.env.DESKSIDE_SHOTS;
test.setTimeout(180_000);

const LOOKS = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'fr', theme: 'light' },
  { language: 'fr', theme: 'dark' },
] as const;

for (const { language, theme } of LOOKS) {
  test(`pictures, ${language}, ${theme}`, async ({ administrator: page, world }) => {
    await page.addInitScript(
      (kept) => localStorage.setItem('deskside.console', kept),
      JSON.stringify({ language, theme, keys: true }),
    );
    const shot = async (name: string): Promise<void> => {
      await page.waitForTimeout(700);
      await page.screenshot({ path: `${FOLDER ?? ''}/console-${name}-${language}-${theme}.png` });
    };
    const go = async (path: string): Promise<void> => {
      await page.goto(`/console/${path}`, { waitUntil: 'domcontentloaded' });
      await page.locator('main h1').first().waitFor();
    };
    const number = world.printer.number;

    await page.setViewportSize({ width: 1440, height: 900 });
    await go('tickets');
    await shot('list');
    await go(`tickets/${number}`);
    await page.locator('article.ticket').waitFor();
    await shot('ticket');
    await page.locator('section.thread').scrollIntoViewIfNeeded();
    await page.locator('section.thread li').last().scrollIntoViewIfNeeded();
    await shot('thread');
    await page.keyboard.press('n');
    await page.keyboard.type('Toner commandé, livraison demain.');
    for (const section of ['disks', 'network']) await page.locator(`#section-${section} > summary`).click();
    await shot('note');
    await page
      .locator('form input[type=file]')
      .setInputFiles([
        { name: 'rapport-imprimante.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(81_000) },
      ]);
    await page.locator('form li.here').waitFor();
    await shot('files');
    await page.keyboard.press('Escape');
    await page.goto(`/console/tickets/${number}/document`);
    await shot('document');
    await page.goto(`/console/tickets/${number}`);
    await page.locator('section .pictures a').first().click();
    await shot('viewer');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await shot('keys');
    await go('devices');
    await shot('devices');
    await go('enrolment');
    await page.locator('header button').last().click();
    await page.locator('#token-label').fill('Portables de l’équipe commerciale');
    await page.locator('form button[type=submit]').click();
    await shot('enrolment');
    await go('people');
    await page.locator('header button').last().click();
    await shot('people');
    await go('people');
    await page.locator('.actions button').first().click();
    await page.locator('dialog button').last().click();
    await page.locator('code').waitFor();
    await shot('password');
    await go('privacy');
    await page.locator('#requester-login').fill('crobert');
    await page.locator('form button').click();
    await page.locator('#found-title, main [role=status] > *').first().waitFor();
    await shot('privacy');
    await go('journal');
    await shot('journal');
    await go('account');
    await shot('account');

    await page.setViewportSize({ width: 390, height: 844 });
    await go('tickets');
    await shot('phone-list');
    await page.goto(`/console/tickets/${number}`);
    await page.locator('article.ticket').waitFor();
    await shot('phone-ticket');
    await page.goto(`/console/tickets/${number}/computer`);
    await shot('phone-computer');
    await go('devices');
    await shot('phone-devices');

    await page.setViewportSize({ width: 1440, height: 900 });
    await page.context().clearCookies();
    await page.goto('/console/');
    await shot('sign-in');
  });
}
