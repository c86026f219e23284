// Connecting a helpdesk by the screen that does it: what is found, what fails and what is said of it, signing in again,
// letting go. With DESKSIDE_SCREENS=FOLDER its stages are also photographed there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { CreatedEnrolmentToken, DeviceRow, Language, Theme } from '../../src/shared/protocol';
import { Hub, PersonClient } from '../console/support/hub';
import { Desk } from './support/desk';
import { RequestTracker, whyNoRequestTracker } from './support/rt';
import { delivered, expect, test as base, type Helpdesk, type Window } from './support/test';

const FOLDER = process.env.DESKSIDE_SCREENS;

/** A desk that nobody has connected yet. */
const test = base.extend<{ policy: string | undefined }>({
  policy: [undefined, { option: true }],
  desk: async ({ policy }, use, info) => {
    const desk = new Desk(policy === undefined ? {} : { policy });
    try {
      await desk.start();
      await use(desk);
      if (info.status !== info.expectedStatus) await info.attach('programs', { body: desk.log });
    } finally {
      await desk.remove();
    }
  },
});

/** A token that enrols computers, as IT makes it. */
async function enrolmentToken({ technician }: Helpdesk, uses = 1): Promise<string> {
  const { token } = await technician.call<CreatedEnrolmentToken>('POST', '/enrolment-tokens', {
    label: 'browser tests',
    uses,
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
  });
  return token;
}

const address = (page: Page): Locator => page.locator('#connect-address');
const token = (page: Page): Locator => page.locator('#connect-token');

/** From Home to the question for the address. */
async function begin({ page, open }: Window): Promise<void> {
  await open();
  await page.getByRole('button', { name: 'Connect to the helpdesk' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Connect your helpdesk' })).toBeVisible();
  await expect(address(page)).toBeFocused();
}

/** Looks at an address until something is said about it. */
async function look(page: Page, host: string): Promise<void> {
  await address(page).fill(host);
  await address(page).press('Enter');
}

/** Whoever looks, at every size: nothing is cut off, axe finds nothing. Photographed, if a folder is named for that. */
async function looksRight(window: Window, name: string, language: Language, theme: Theme): Promise<void> {
  const { page } = window;
  const heading = page.getByRole('heading', { level: 1 });
  for (const [size, width, text] of [
    ['', 440, '100%'],
    ['-320px', 320, '100%'],
    ['-200-percent', 440, '200%'],
  ] as const) {
    await page.setViewportSize({ width, height: 680 });
    await page.evaluate((to) => document.documentElement.style.setProperty('font-size', to), text);
    await window.expectNoSidewaysScroll(`${name}${size}`);
    await expect(heading).toBeVisible();
    if (size === '') await window.expectAccessible(`${name}, ${language}, ${theme}`);
    if (FOLDER && (size === '' || (language === 'fr' && theme === 'light'))) {
      const what = size === '' ? `-${language}-${theme}` : size;
      await page.screenshot({ path: join(FOLDER, `${name}${what}.png`) });
    }
  }
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
  if (FOLDER && theme === 'light') {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.screenshot({ path: join(FOLDER, `${name}-${language}-wide.png`) });
  }
  await page.setViewportSize({ width: 440, height: 680 });
}

for (const language of ['en', 'fr'] as const satisfies Language[]) {
  for (const theme of ['light', 'dark'] as const satisfies Theme[]) {
    test(`every stage looks right in ${language}, ${theme}`, async ({ window, desk, helpdesk }) => {
      test.setTimeout(120_000);
      const { page } = window;
      await desk.settings({ language, theme });
      await window.open({ screen: 'connect' });
      await expect(address(page)).toBeFocused();
      await looksRight(window, 'connect', language, theme);

      await look(page, 'helpdesk.invalid');
      await expect(page.locator('#connect-problem')).toBeVisible({ timeout: 30_000 });
      await page.locator('#connect-problem summary').click();
      await looksRight(window, 'connect-failed', language, theme);

      await look(page, new URL(helpdesk.hub.url).host);
      await expect(token(page)).toBeVisible({ timeout: 30_000 });
      await looksRight(window, 'connect-found', language, theme);

      await token(page).fill(await enrolmentToken(helpdesk));
      await token(page).press('Enter');
      await expect(page.locator('#connect-done')).toBeVisible({ timeout: 30_000 });
      await looksRight(window, 'connect-done', language, theme);

      await window.open({ screen: 'settings' });
      await page.locator('#desk-leave').scrollIntoViewIfNeeded();
      await looksRight(window, 'settings-helpdesk', language, theme);
      await page.locator('#desk-leave').click();
      await looksRight(window, 'settings-disconnect', language, theme);
    });
  }
}

test('a hub is found by its address, and a wrong code is not its end', async ({ window, desk, helpdesk }) => {
  const { page } = window;
  // Written before there is a helpdesk, it leaves when there is one.
  const client_id = await desk.submit('Written before anybody connected anything');
  await begin(window);

  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(address(page)).toBeFocused();
  await expect(address(page)).toHaveAccessibleDescription(/type or paste the address/);

  await look(page, `  ${new URL(helpdesk.hub.url).host}/console/tickets `);
  await expect(page.locator('#connect-found')).toContainText('Deskside hub', { timeout: 30_000 });
  await expect(page.locator('#connect-found')).toBeFocused();
  await expect(page.getByRole('status').filter({ hasText: 'Found: Deskside hub' })).toHaveCount(1);
  const checked = page.locator('details').filter({ hasText: 'What was checked' });
  await expect(checked).not.toHaveAttribute('open');
  await checked.locator('summary').click();
  await expect(checked).toContainText('Well: Server reached');

  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(token(page)).toBeFocused();
  await expect(token(page)).toHaveAccessibleDescription(/paste the code first/);

  // Hidden from those who look on, shown to whoever wants to see.
  await token(page).fill('a code of somebody else');
  await expect(token(page)).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show it' }).click();
  await expect(token(page)).toHaveAttribute('type', 'text');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const problem = page.locator('#connect-problem');
  await expect(problem).toContainText('Nothing was changed. What you wrote is kept.', { timeout: 30_000 });
  await expect(token(page)).toBeFocused();
  await window.expectAccessible('a wrong code');
  expect((await desk.ask({ request: 'settings' })).enrolled).toBe(false);

  await token(page).fill(await enrolmentToken(helpdesk));
  await token(page).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'You are connected' })).toBeFocused({
    timeout: 30_000,
  });
  await expect(page.getByText('Your requests go to Helpdesk from now on')).toBeVisible();
  const view = await desk.ask({ request: 'settings' });
  expect([view.helpdesk_kind, view.enrolled]).toEqual(['hub', true]);
  await delivered(desk, client_id);

  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Good/ })).toBeVisible();
  await expect(page.getByText('not connected to a helpdesk')).toBeHidden();
});

test('what fails is said in words, and what IT needs can be copied', async ({ window, context }) => {
  const { page } = window;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await begin(window);

  const problem = page.locator('#connect-problem');
  await look(page, 'helpdesk.invalid');
  await expect(problem).toContainText('There is no server of this name', { timeout: 30_000 });
  const details = problem.locator('details');
  await expect(details).not.toHaveAttribute('open');
  await details.locator('summary').click();
  await expect(details).toContainText('Address: helpdesk.invalid');
  await page.getByRole('button', { name: 'Copy this for IT' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Paste it into a mail' })).toHaveCount(1);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ['helpdesk.invalid', 'dns-unknown', 'name servers of this computer', 'Deskside 0.'])
    expect(copied).toContain(part);

  // Nothing listens there.
  await look(page, '127.0.0.1:9');
  await expect(problem).toContainText('no helpdesk runs on it', { timeout: 30_000 });
  await window.expectAccessible('nothing listens');

  // A page of something else.
  const other = createServer((_, answer) => answer.end('<h1>The canteen</h1>'));
  await new Promise<void>((opened) => other.listen(0, '127.0.0.1', opened));
  try {
    await look(page, `http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    await expect(problem).toContainText('no helpdesk that Deskside knows', { timeout: 30_000 });
  } finally {
    other.close();
  }

  await look(page, 'two words');
  await expect(problem).toContainText('This is not an address.');
  await expect(address(page)).toBeFocused();
});

test('a sign-in that is not accepted any more is given again, and the address is kept', async ({
  window,
  desk,
  helpdesk,
}) => {
  const { page } = window;
  const url = helpdesk.hub.url;
  await desk.ask({ request: 'enrol', url, token: await enrolmentToken(helpdesk) });
  const devices = await helpdesk.technician.call<DeviceRow[]>('GET', '/devices');
  const newest = devices.toSorted((a, b) => a.enrolled_at.localeCompare(b.enrolled_at)).at(-1);
  await helpdesk.technician.call('POST', `/devices/${newest?.id}/revoke`);
  const client_id = await desk.submit('Written while it was not accepted');

  await window.open();
  await expect(page.getByText('does not accept your sign-in any more')).toBeVisible({ timeout: 30_000 });
  await window.expectAccessible('a sign-in that is not accepted');
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in to your helpdesk again' })).toBeVisible();
  // The address is not asked for again.
  await expect(token(page)).toBeVisible({ timeout: 30_000 });
  await expect(address(page)).toHaveCount(0);
  await window.expectAccessible('signing in again');
  await token(page).fill(await enrolmentToken(helpdesk));
  await token(page).press('Control+Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'You are connected' })).toBeVisible({
    timeout: 30_000,
  });
  await delivered(desk, client_id);
});

test('Settings let go of a helpdesk after asking, and what waits is kept', async ({
  window,
  desk,
  helpdesk,
}) => {
  const { page } = window;
  await desk.ask({ request: 'enrol', url: helpdesk.hub.url, token: await enrolmentToken(helpdesk) });
  await window.open({ screen: 'settings' });
  const card = page.getByRole('region', { name: 'Your helpdesk' });
  await expect(card).toContainText('Connected', { timeout: 20_000 });
  await expect(card).toContainText(new URL(helpdesk.hub.url).host);

  await card.getByRole('button', { name: 'Disconnect' }).click();
  const dialog = page.getByRole('dialog', { name: 'Disconnect from Helpdesk?' });
  await expect(dialog).toContainText('What waits to be sent goes on waiting');
  await page.keyboard.press('Escape');
  await expect(card.getByRole('button', { name: 'Disconnect' })).toBeFocused();
  expect((await desk.ask({ request: 'settings' })).enrolled).toBe(true);

  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Yes, disconnect' }).click();
  await expect(card).toContainText('No helpdesk is connected yet.');
  await expect(page.getByRole('status').filter({ hasText: 'Disconnected.' })).toHaveCount(1);
  await window.expectAccessible('no helpdesk in Settings');
  const view = await desk.ask({ request: 'settings' });
  expect([view.helpdesk_url, view.enrolled]).toEqual([null, false]);

  const client_id = await desk.submit('Written after letting go');
  await card.getByRole('button', { name: 'Connect a helpdesk' }).click();
  await look(page, new URL(helpdesk.hub.url).host);
  await token(page).fill(await enrolmentToken(helpdesk), { timeout: 30_000 });
  await token(page).press('Enter');
  await expect(page.getByRole('button', { name: 'Done' })).toBeVisible({ timeout: 30_000 });
  await delivered(desk, client_id);
});

test('a request at the helpdesk of before can be read, and says where it is', async ({
  window,
  desk,
  helpdesk,
}) => {
  const { page } = window;
  await desk.ask({ request: 'enrol', url: helpdesk.hub.url, token: await enrolmentToken(helpdesk) });
  const client_id = await desk.submit('Asked at the first helpdesk');
  await delivered(desk, client_id);
  const hub = new Hub();
  try {
    await hub.start();
    const technician = new PersonClient(hub.url);
    await technician.signIn(hub.first.login, hub.first.password);
    const next = 'another long password';
    const change = { current: hub.first.password, new: next };
    technician.session = await technician.call('POST', '/session/password', change);

    // Another one, in its place, by the screen.
    await window.open({ screen: 'settings' });
    await page.getByRole('button', { name: 'Use another helpdesk' }).click();
    await look(page, new URL(hub.url).host);
    await token(page).fill(await enrolmentToken({ hub, technician }), { timeout: 30_000 });
    await token(page).press('Enter');
    await expect(page.getByRole('button', { name: 'Done' })).toBeVisible({ timeout: 30_000 });

    await window.open({ screen: 'request', client_id });
    await expect(page.getByText('Asked at the first helpdesk').first()).toBeVisible();
    await expect(page.getByText('at the helpdesk that was connected before')).toBeVisible({
      timeout: 20_000,
    });
    await expect(page.getByLabel('Your answer')).toHaveCount(0);
    await window.expectAccessible('a request at the helpdesk of before');
  } finally {
    await hub.remove();
  }
});

test.describe('where IT has chosen the helpdesk', () => {
  test.use({ policy: 'hub_url = "http://127.0.0.1:9/"\n' });

  test('it is shown with a lock, and no other can be connected', async ({ window }) => {
    const { page } = window;
    await window.open({ screen: 'settings' });
    const card = page.getByRole('region', { name: 'Your helpdesk' });
    await expect(card).toContainText('Set by your IT department');
    await expect(card.getByRole('button', { name: 'Disconnect' })).toHaveCount(0);
    await expect(card.getByRole('button', { name: 'Use another helpdesk' })).toHaveCount(0);
    await card.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Your IT department has chosen your helpdesk.')).toBeVisible();
    await expect(page.locator('#connect-problem')).toBeVisible({ timeout: 30_000 });
    await expect(address(page)).toHaveJSProperty('readOnly', true);
    await expect(page.getByText('Set by your IT department')).toBeVisible();
    await window.expectAccessible('a helpdesk of IT’s choice');
  });
});

test('by keyboard alone', async ({ window, helpdesk }) => {
  const { page } = window;
  await begin(window);
  await page.keyboard.type(new URL(helpdesk.hub.url).host);
  await page.keyboard.press('Enter');
  const focused = page.locator(':focus');
  await expect(page.locator('#connect-found')).toBeFocused({ timeout: 30_000 });
  for (let press = 0; press < 20 && (await focused.getAttribute('id')) !== 'connect-token'; press += 1)
    await page.keyboard.press('Tab');
  await expect(token(page)).toBeFocused();
  await page.keyboard.type(await enrolmentToken(helpdesk));
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'You are connected' })).toBeFocused({
    timeout: 30_000,
  });
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { level: 1, name: /Good/ })).toBeVisible();
});

test.describe('a real Request Tracker', () => {
  let rt: RequestTracker;
  test.skip(() => whyNoRequestTracker() !== undefined, whyNoRequestTracker() ?? '');
  test.describe.configure({ mode: 'serial' });
  test.beforeAll(async () => {
    test.setTimeout(300_000);
    rt = new RequestTracker();
    await rt.start();
  });
  test.afterAll(() => rt?.remove());

  test('is found, takes its token, a request and a reply, and what it cannot do is not offered', async ({
    window,
    desk,
  }) => {
    test.setTimeout(180_000);
    const { page } = window;
    await begin(window);
    await look(page, rt.host);
    // It tells its version to those who have signed in.
    await expect(page.locator('#connect-found')).toContainText('Request Tracker', { timeout: 30_000 });
    await expect(page.getByRole('list', { name: 'Where do I find my token?' })).toContainText('Auth Tokens');
    await expect(page.getByText(`${rt.url}Prefs/AuthTokens.html`)).toBeVisible();
    // Also when the language changes while one looks.
    for (const [language, theme, heading] of [
      ['fr', 'dark', 'Relier votre assistance'],
      ['en', 'light', 'Connect your helpdesk'],
    ] as const) {
      await desk.settings({ language, theme });
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      await looksRight(window, 'connect-token', language, theme);
    }

    await token(page).fill('1-14-0123456789abcdef0123456789abcdef');
    await token(page).press('Enter');
    await expect(page.locator('#connect-problem')).toContainText('does not know this token', {
      timeout: 30_000,
    });
    await token(page).fill(rt.token('alice'));
    await token(page).press('Enter');
    await page.getByRole('button', { name: 'Report a problem' }).click({ timeout: 60_000 });

    await page.getByLabel('What is happening?').fill('The scanner draws a line through every page');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible({ timeout: 60_000 });
    const { requests } = await desk.ask({ request: 'requests' });
    const number = await delivered(desk, requests[0]?.client_id ?? '');
    expect(await rt.subjects()).toEqual(['The scanner draws a line through every page']);

    await page.getByRole('button', { name: 'Follow this request' }).click();
    await rt.ask('POST', `ticket/${number}/correspond`, {
      Content: 'Please clean the glass.',
      ContentType: 'text/plain',
    });
    await rt.ask('PUT', `ticket/${number}`, { Status: 'resolved' });
    await desk.ask({ request: 'send-now' });
    await expect(page.getByText('Please clean the glass.')).toBeVisible({ timeout: 90_000 });
    await expect(page.getByRole('button', { name: 'No, it does not' })).toBeVisible({ timeout: 30_000 });
    // Request Tracker has no ratings.
    await expect(page.getByText('How did it go?')).toHaveCount(0);
    await window.expectAccessible('a request in Request Tracker');
  });
});
