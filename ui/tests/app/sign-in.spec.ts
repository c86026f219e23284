// A helpdesk that wants to know who it is: Home says so, keeps what was written, and opens the browser.
import { join } from 'node:path';
import type { Language, Theme } from '../../src/shared/protocol';
import { expect, test } from './support/test';

const FOLDER = process.env.DESKSIDE_SCREENS;

// The provider is not there: what the employee sees before and when it fails is looked at here. That it works is shown
// with a real one in crates/agent/tests/sign_in.rs.
const NOWHERE = 'http://127.0.0.1:9/';
test.use({
  hubArguments: ['--sign-in-issuer', NOWHERE, '--sign-in-client-id', 'deskside', '--sign-in-required'],
});

const WORDS = {
  en: { notice: 'The helpdesk wants to know that it is you.', sign: 'Sign in' },
  fr: { notice: 'L’assistance doit s’assurer que c’est bien vous.', sign: 'Se connecter' },
};

for (const language of ['en', 'fr'] as const satisfies Language[]) {
  for (const theme of ['light', 'dark'] as const satisfies Theme[]) {
    test(`who must sign in is told, and nothing is lost, in ${language}, ${theme}`, async ({
      window,
      desk,
    }) => {
      const { page } = window;
      const words = WORDS[language];
      await desk.settings({ language, theme });
      const client_id = await desk.submit('The projector stays black');
      await window.open({ screen: 'home' });
      await expect(page.getByText(words.notice)).toBeVisible({ timeout: 20_000 });

      for (const [name, width, size] of [
        ['', 440, '100%'],
        ['-320px', 320, '100%'],
        ['-200-percent', 440, '200%'],
      ] as const) {
        await page.setViewportSize({ width, height: 680 });
        await page.evaluate((to) => document.documentElement.style.setProperty('font-size', to), size);
        await window.expectNoSidewaysScroll(`sign in${name}`);
        await window.expectAccessible(`sign in${name}, ${language}, ${theme}`);
        if (FOLDER && (name === '' || (language === 'fr' && theme === 'light'))) {
          const what = name === '' ? `-${language}-${theme}` : name;
          await page.screenshot({ path: join(FOLDER, `sign-in${what}.png`) });
        }
      }

      await page.setViewportSize({ width: 440, height: 680 });
      await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
      await page.getByRole('button', { name: words.sign }).focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('.failed[role=status]')).not.toBeEmpty();
      await window.expectAccessible(`a sign-in that failed, ${language}, ${theme}`);
      if (FOLDER) await page.screenshot({ path: join(FOLDER, `sign-in-failed-${language}-${theme}.png`) });
      const { row } = await desk.ask({ request: 'thread', client_id });
      expect(row.delivery.delivery).not.toBe('delivered');
    });
  }
}
