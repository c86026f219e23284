// The keys that report a problem from any program, as Settings shows and changes them.
import { Desk } from './support/desk';
import { expect, test } from './support/test';

test.use({ display: true });

test('other keys are chosen by pressing them, without a mouse', async ({ window, desk }) => {
  const { page } = window;
  const kept = async (): Promise<string> => (await desk.ask({ request: 'settings' })).settings.shortcut;
  await window.open({ screen: 'settings' });
  const card = page.locator('section').filter({ has: page.locator('#settings-shortcut') });
  await expect(card.locator('kbd')).toHaveText(['Ctrl', 'Alt', 'Shift', 'H']);

  const change = page.getByRole('button', { name: 'Choose other keys' });
  const field = page.getByLabel('Press the new keys together');
  await change.focus();
  await page.keyboard.press('Enter');
  await expect(field).toBeFocused();
  await window.expectAccessible('keys are being chosen');
  await page.keyboard.press('Control+C');
  await expect(card.getByText('needed for typing and in other programs')).toBeVisible();
  await window.expectAccessible('keys that cannot be chosen');
  await page.keyboard.press('Escape');
  await expect(change).toBeFocused();
  expect(await kept()).toBe('Ctrl+Alt+Shift+H');

  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Shift+F9');
  await expect(change).toBeFocused();
  await expect(card.locator('kbd')).toHaveText(['Ctrl', 'Shift', 'F9']);
  await expect.poll(kept).toBe('Ctrl+Shift+F9');
  await expect
    .poll(async () => (await desk.ask({ request: 'settings' })).shortcut_state.state, { timeout: 20_000 })
    .toBe('listening');

  // Tab goes on, and nothing was chosen.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(field).toBeHidden();
  expect(await kept()).toBe('Ctrl+Shift+F9');

  await card.getByRole('switch').press('Space');
  await expect(card.locator('kbd')).toHaveCount(0);
  await expect.poll(kept).toBe('off');
});

test('choosing keys fits a narrow window and large text, in French too', async ({ window, desk }) => {
  const { page } = window;
  await desk.settings({ language: 'fr', theme: 'dark' });
  await window.open({ screen: 'settings' });
  await page.locator('#shortcut-change').click();
  await page.keyboard.press('Control+C');
  await window.expectAccessible('choosing keys, in French and dark');
  await page.setViewportSize({ width: 320, height: 568 });
  await window.expectNoSidewaysScroll('choosing keys at 320 px');
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
  await window.expectNoSidewaysScroll('choosing keys with text at 200 %');
});

test('what IT decided about the keys is shown with a lock', async ({ page }) => {
  const desk = new Desk({ policy: "shortcut = 'Super+F2'\n" });
  try {
    await desk.start();
    await page.goto(`${desk.url}/?route=${encodeURIComponent(JSON.stringify({ screen: 'settings' }))}`);
    const card = page.locator('section').filter({ has: page.locator('#settings-shortcut') });
    await expect(card.getByText('Set by your IT department')).toBeVisible();
    await expect(card.getByRole('switch')).toBeDisabled();
    await expect(card.locator('kbd')).toHaveText(['Windows', 'F2']);
    await expect(page.locator('#shortcut-change')).toHaveCount(0);
    // This desk has no screen, so that nobody can listen: said, and no reason to fail.
    await expect(card.getByText('There is no shortcut in this session')).toBeVisible();
  } finally {
    await desk.remove();
  }
});
