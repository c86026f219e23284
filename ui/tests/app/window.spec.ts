import { expect, test } from './support/test';

test('a killed agent loses nothing: typed words stay, are kept when it is back, and are said to be', async ({
  window,
  desk,
}) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  const field = page.getByLabel('What is happening?');
  await field.fill('Before the crash');
  await expect.poll(async () => (await desk.ask({ request: 'home' })).draft?.text).toBe('Before the crash');

  await desk.killAgent();
  await expect(page.getByText('Nothing is lost')).toBeVisible();
  await field.fill('Before the crash, and after it');
  await expect(page.getByText('Your text is not kept yet.')).toBeVisible();
  await window.expectAccessible('agent lost');

  await desk.startAgent();
  await expect(page.getByText('Nothing is lost')).toBeHidden({ timeout: 20_000 });
  await expect(field).toHaveValue('Before the crash, and after it');
  await expect
    .poll(async () => (await desk.ask({ request: 'home' })).draft?.text, { timeout: 20_000 })
    .toBe('Before the crash, and after it');
});

test('opened without an agent, it says so and goes on by itself when there is one', async ({
  window,
  desk,
}) => {
  const { page } = window;
  await window.open();
  await desk.killAgent();
  await page.reload();
  await expect(page.getByText('Nothing is lost')).toBeVisible();
  await desk.startAgent();
  await expect(page.getByText('Nothing is lost')).toBeHidden({ timeout: 20_000 });
  await page.getByRole('button', { name: /Report a problem/ }).click();
  await expect(page.getByLabel('What is happening?')).toBeVisible();
});

test('language and theme change in front of one’s eyes, without a reload', async ({ window, desk }) => {
  const { page } = window;
  await window.open({ screen: 'requests' });
  await page.evaluate(() => Object.assign(globalThis, { mark: 1 }));
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await desk.settings({ language: 'fr', theme: 'dark' });
  await expect(page.getByRole('heading', { level: 1, name: 'Mes demandes' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(page).toHaveTitle('Mes demandes – Deskside');
  expect(await ground()).not.toBe(light);
  expect(await page.evaluate(() => 'mark' in globalThis)).toBe(true);
});

test('the tray sends the window somewhere, but never away from writing', async ({ window, desk }) => {
  const { page } = window;
  await window.open();
  await desk.ask({ request: 'show-window', route: { screen: 'requests' } });
  await expect(page.getByRole('heading', { level: 1, name: 'My requests' })).toBeVisible();

  await desk.ask({ request: 'show-window', route: { screen: 'report', draft: null, capture: null } });
  await page.getByLabel('What is happening?').fill('Do not take me away');
  await desk.ask({ request: 'show-window', route: { screen: 'home' } });
  await page.waitForTimeout(300);
  await expect(page.getByLabel('What is happening?')).toHaveValue('Do not take me away');
});

test('the focus goes to the new screen’s title and comes back', async ({ window }) => {
  const { page } = window;
  await window.open();
  for (const [entry, title] of [
    ['My requests', 'My requests'],
    ['Privacy', 'Privacy'],
    ['Settings', 'Settings'],
    ['Details of this computer', 'This computer'],
  ] as const) {
    const control = page.getByRole('button', { name: new RegExp(entry) });
    await control.click();
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(control).toBeFocused();
  }
});

test('only one language is loaded, nothing comes from elsewhere, and the policy holds', async ({
  window,
}) => {
  const { page } = window;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await window.open();
  const origin = new URL(page.url()).origin;
  expect(asked.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
  const texts = asked.filter((url) => /\/(shared|app)-[\w-]+\.js$/.test(url));
  expect(texts).toHaveLength(2);
});
