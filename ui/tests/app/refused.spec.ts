// What the helpdesk refuses is its writer's again: to change, to try again, to let go. Nothing of it is lost.
import type { ConsoleTicket } from '../../src/shared/protocol';
import { Desk } from './support/desk';
import { Gate } from './support/gate';
import { delivered, enrol, expect, test as base } from './support/test';

/** A desk whose way to the hub leads through a gate. */
const test = base.extend<{ gate: Gate }>({
  gate: async ({ helpdesk }, use) => {
    const gate = new Gate(helpdesk.hub.url);
    await use(gate);
    gate.close();
  },
  desk: async ({ helpdesk, gate }, use, info) => {
    const desk = new Desk();
    try {
      await desk.start();
      await enrol(desk, helpdesk, await gate.open());
      await use(desk);
      if (info.status !== info.expectedStatus) await info.attach('programs', { body: desk.log });
    } finally {
      await desk.remove();
    }
  },
});

test('a refused request is changed and sent, and another one discarded', async ({ window, desk, gate }) => {
  const { page } = window;
  gate.refusing = true;
  const client_id = await desk.submit('The coffee machine swears');
  await window.open({ screen: 'request', client_id });
  await expect(page.getByText('The helpdesk did not take this request.')).toBeVisible({ timeout: 20_000 });
  await window.expectAccessible('a request that was refused');

  // Tried again, it is refused again, and still here.
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Change it' })).toBeVisible({ timeout: 20_000 });

  await page.getByRole('button', { name: 'Change it' }).click();
  await expect(page.getByLabel('What is happening?')).toHaveValue('The coffee machine swears');
  gate.refusing = false;
  await page.getByLabel('What is happening?').fill('The coffee machine leaks');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'It is sent' })).toBeVisible({ timeout: 20_000 });
  const requests = async (): Promise<string[]> =>
    (await desk.ask({ request: 'requests' })).requests.map((row) => row.title);
  expect(await requests()).toEqual(['The coffee machine leaks']);

  gate.refusing = true;
  const unwanted = await desk.submit('Never mind');
  await window.open({ screen: 'request', client_id: unwanted });
  await page.getByRole('button', { name: 'Discard' }).click({ timeout: 20_000 });
  await window.expectAccessible('the question whether to discard');
  await page.getByRole('button', { name: 'Yes, discard it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'My requests' })).toBeVisible();
  await expect(page.getByText('Never mind')).toHaveCount(0);
  expect(await requests()).toEqual(['The coffee machine leaks']);
});

test('a refused reply goes back to where replies are written', async ({ window, desk, gate, helpdesk }) => {
  const { page } = window;
  const client_id = await desk.submit('The lift stops at every floor');
  const number = await delivered(desk, client_id);
  await helpdesk.technician.reply(number, 'Since when?', {});
  await window.open({ screen: 'request', client_id });
  await expect(page.getByText('Since when?')).toBeVisible({ timeout: 20_000 });
  // The technician answered without a state: it does not stand there as if nobody had read it.
  await expect(page.getByText('The helpdesk has answered.')).toBeVisible();

  gate.refusing = true;
  await page.getByLabel('Your answer').fill('Since the bloody Monday');
  await page.getByRole('button', { name: 'Send the answer' }).click();
  const mine = page.getByRole('article').filter({ hasText: 'Since the bloody Monday' });
  await expect(mine).toContainText('Could not be delivered', { timeout: 20_000 });
  await mine.getByRole('button', { name: 'Take back and change' }).click();
  await expect(page.getByLabel('Your answer')).toHaveValue('Since the bloody Monday');
  await expect(page.getByLabel('Your answer')).toBeFocused();
  await expect(mine).toHaveCount(0);

  gate.refusing = false;
  await page.getByLabel('Your answer').fill('Since Monday');
  await page.getByRole('button', { name: 'Send the answer' }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Since Monday' })).toContainText('Delivered', {
    timeout: 20_000,
  });
  const ticket = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(ticket.thread.map((entry) => entry.text)).toEqual(['Since when?', 'Since Monday']);
});
