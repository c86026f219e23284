import type { ConsoleTicket } from '../../src/shared/protocol';
import { delivered, expect, test } from './support/test';

test('nothing asked yet: it says what will be here, and offers the one thing to do', async ({ window }) => {
  await window.open({ screen: 'requests' });
  await expect(window.page.getByText('Your requests and the helpdesk’s answers will be here.')).toBeVisible();
  await window.expectAccessible('no requests');
  await window.page.getByRole('button', { name: 'Report a problem' }).click();
  await expect(window.page.getByLabel('What is happening?')).toBeFocused();
});

test('an answer comes in by itself, is read, and is answered with a file', async ({
  window,
  desk,
  helpdesk,
}) => {
  const { page } = window;
  const client_id = await desk.submit('The door badge does not open');
  const number = await delivered(desk, client_id);
  await window.open();
  await helpdesk.technician.reply(number, 'Which door is it?', { state: 'waiting-for-requester' });
  await expect(page.getByRole('button', { name: /My requests/ })).toContainText('1 new answer', {
    timeout: 20_000,
  });

  await page.getByRole('button', { name: /My requests/ }).click();
  const row = page.getByRole('button', { name: /The door badge/ });
  await expect(row).toContainText('New answer');
  await expect(row).toContainText('Your answer is needed');
  await row.click();
  await expect(page.getByRole('heading', { level: 1, name: `Request ${number}` })).toBeFocused();
  await expect(page.getByText('Which door is it?')).toBeVisible();

  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'door.txt', mimeType: 'text/plain', buffer: Buffer.from('B2') });
  await expect(page.getByRole('list', { name: 'Files added' })).toContainText('door.txt');
  await page.getByLabel('Your answer').fill('Door B2');
  await page.getByLabel('Your answer').press('Control+Enter');
  const mine = page.getByRole('article').filter({ hasText: 'Door B2' });
  await expect(mine).toContainText('Delivered', { timeout: 20_000 });
  await expect(mine).toContainText('door.txt');
  await expect(page.getByLabel('Your answer')).toHaveValue('');

  const ticket = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(ticket.thread.filter((entry) => entry.author === 'requester').map((entry) => entry.text)).toEqual([
    'Door B2',
  ]);

  // Back, the focus is on the request that was read, and it is no longer new.
  await page.keyboard.press('Escape');
  await expect(row).toBeFocused();
  await expect(row).not.toContainText('New answer');
});

test('internal notes stay with the helpdesk, and an answer that comes while one reads is announced', async ({
  window,
  desk,
  helpdesk,
}) => {
  const { page } = window;
  const client_id = await desk.submit('The screen flickers');
  const number = await delivered(desk, client_id);
  await window.open({ screen: 'request', client_id });
  await expect(page.getByText('No answer yet.')).toBeVisible();
  await helpdesk.technician.reply(number, 'Probably the cable again', { internal: true });
  await helpdesk.technician.reply(number, 'Please change the cable.\n<b>Then</b> restart.');
  await expect(page.getByText('Please change the cable.')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('status').filter({ hasText: 'A new answer has arrived.' })).toHaveCount(1);
  // Text from a server is shown as text.
  await expect(page.getByText('<b>Then</b> restart.')).toBeVisible();
  await expect(page.getByText('Probably the cable')).toBeHidden();
});

test('solved: not quite, reopened; solved again, confirmed and rated', async ({ window, desk, helpdesk }) => {
  const { page } = window;
  const client_id = await desk.submit('The keyboard types twice');
  const number = await delivered(desk, client_id);
  await helpdesk.technician.reply(number, 'New driver installed.', { state: 'solved' });
  await window.open({ screen: 'request', client_id });
  await expect(page.getByText('Does it work again?')).toBeVisible({ timeout: 20_000 });
  await window.expectAccessible('solved');

  await page.getByRole('button', { name: 'No, it does not' }).click();
  await expect(page.getByLabel('What still fails?')).toBeFocused();
  await page.getByRole('button', { name: 'Open it again' }).click();
  await expect(page.getByLabel('What still fails?')).toHaveAccessibleDescription(/a few words/);
  await page.getByLabel('What still fails?').fill('The E key');
  await page.getByRole('button', { name: 'Open it again' }).click();
  const state = async (): Promise<string> =>
    (await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`)).row.state;
  await expect.poll(state, { timeout: 20_000 }).not.toBe('solved');
  await expect(page.getByText('Does it work again?')).toBeHidden({ timeout: 20_000 });

  await helpdesk.technician.reply(number, 'New keyboard.', { state: 'solved' });
  await page.getByRole('button', { name: 'Yes, it works' }).click({ timeout: 20_000 });
  await expect.poll(state, { timeout: 20_000 }).toBe('closed');
  await page.getByText('4 stars: good').first().click({ force: true });
  await page.getByLabel('Would you like to add something?').fill('Quick');
  await page.getByRole('button', { name: 'Send my rating' }).click();
  await expect(page.getByText('You gave 4 stars out of 5.')).toBeVisible({ timeout: 20_000 });
  await expect
    .poll(async () => (await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`)).rating, {
      timeout: 20_000,
    })
    .toEqual({ stars: 4, comment: 'Quick' });
});

test('what waits says why and can be tried now', async ({ window, desk, helpdesk }) => {
  const { page } = window;
  await helpdesk.hub.stop();
  let client_id: string | undefined;
  const waiting = async () => {
    const { requests } = await desk.ask({ request: 'requests' });
    const delivery = requests.find((one) => one.client_id === client_id)?.delivery;
    return delivery?.delivery === 'waiting' ? delivery : undefined;
  };
  try {
    client_id = await desk.submit('Nothing works');
    await window.open({ screen: 'requests' });
    await expect(page.getByRole('button', { name: /Nothing works/ })).toContainText(
      'Kept here, not sent yet',
    );
    await page.getByRole('button', { name: /Nothing works/ }).click();
    await expect(page.getByText(/will be sent/).first()).toBeVisible();
    await window.expectAccessible('waiting');
    // While the hub is away, or the agent might have sent it by itself; and while the agent's own next try is far.
    const untilNextTry = async () => Date.parse((await waiting())?.next_try_at ?? '') - Date.now();
    await expect.poll(untilNextTry, { timeout: 40_000 }).toBeGreaterThan(6000);
    const tries = (await waiting())?.tries ?? 0;
    await page.getByRole('button', { name: 'Try to send it now' }).click();
    await expect.poll(async () => (await waiting())?.tries, { timeout: 5000 }).toBe(tries + 1);
  } finally {
    await helpdesk.hub.start();
  }
  const number = await delivered(desk, client_id);
  await expect(page.getByRole('heading', { level: 1, name: `Request ${number}` })).toBeVisible();
});

test('wide, the list stays beside the request that is read', async ({ window, desk }) => {
  const { page } = window;
  const first = await desk.submit('The first');
  const second = await desk.submit('The second');
  await Promise.all([delivered(desk, first), delivered(desk, second)]);
  await page.setViewportSize({ width: 1280, height: 800 });
  await window.open({ screen: 'requests' });
  await expect(page.getByText('Choose a request to read it here.')).toBeVisible();
  await page.getByRole('button', { name: /The first/ }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'The first' })).toBeVisible();
  await page.getByRole('button', { name: /The second/ }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'The second' })).toBeVisible();
  await expect(page.getByRole('button', { name: /The second/ })).toHaveAttribute('aria-current', 'true');
  await window.expectAccessible('two columns');
});

test('many requests: a screenful at a time, and each can be found', async ({ window, desk, helpdesk }) => {
  test.setTimeout(120_000);
  const { page } = window;
  await helpdesk.hub.stop();
  try {
    for (let index = 1; index <= 34; index += 1) await desk.submit(`Problem k${index} of many`);
  } finally {
    await helpdesk.hub.start();
  }
  await window.open({ screen: 'requests' });
  const rows = page.getByRole('button', { name: /Problem k/ });
  await expect(rows).toHaveCount(30);
  await page.getByRole('button', { name: 'Show 4 more' }).click();
  await expect(rows).toHaveCount(34);
  await page.getByLabel('Find a request').fill('k17');
  await expect(rows).toHaveCount(1);
  await expect(page.getByText('1 request found')).toBeVisible();
  await page.getByLabel('Find a request').fill('nothing like it');
  await expect(page.getByText('No request found')).toBeVisible();
  await window.expectAccessible('no request found');
});

test('a half-written answer is still there when the window comes back', async ({ window, desk }) => {
  const { page } = window;
  const client_id = await desk.submit('The projector stays dark');
  await delivered(desk, client_id);
  await window.open({ screen: 'request', client_id });
  await page.getByLabel('Your answer').fill('It is the one in room 4');
  // The agent has it before the window is gone.
  await expect(async () => {
    const { reply_text } = await desk.ask({ request: 'thread', client_id });
    expect(reply_text).toBe('It is the one in room 4');
  }).toPass();
  await window.open({ screen: 'request', client_id });
  await expect(page.getByLabel('Your answer')).toHaveValue('It is the one in room 4');
});
