import type { ConsoleTicket, TicketPage } from '../../src/shared/protocol';
import { delivered, expect, test } from './support/test';

const PROBLEM = 'The printer on floor 3 prints blank pages';

test('three actions: say it, see what will be sent, send it', async ({ window, helpdesk }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await expect(page.getByLabel('What is happening?')).toBeFocused();

  await page.keyboard.type(PROBLEM);
  await page.getByRole('button', { name: 'See what will be sent' }).click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();

  await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible();
  const number = Number(/\d+/.exec(await page.getByText(/^Request \d+$/).innerText())?.[0]);
  const ticket = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(ticket.document.description).toBe(PROBLEM);
  expect(ticket.document.facts.device).toBeDefined();
});

test('what is previewed is what arrives, to the last byte', async ({ window, helpdesk, desk }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('Mail is slow — « lente »');
  await page.getByText('With difficulty').click();
  await page.getByText('Others too').click();
  await page.getByLabel('What is it about? (optional)').selectOption('mail');
  await page.keyboard.press('Control+Enter');

  // Everything that was chosen is said back, and one section is switched off.
  const understood = page.getByRole('region', { name: 'What we understood' });
  await expect(understood).toContainText('Mail is slow — « lente »');
  await expect(understood).toContainText('You can work, with difficulty.');
  await expect(understood).toContainText('Others are affected too.');
  await expect(understood).toContainText('Mail and calendar');
  await expect(page.getByText('Still looking at this computer')).toBeHidden();
  const user = page.getByRole('switch', { name: 'Your account' });
  await expect(user).toBeChecked();
  await user.click();
  await expect(user).not.toBeChecked();

  await page.getByText('The document, exactly as it leaves').click();
  const shown = await page.getByRole('region', { name: 'The document, exactly as it leaves' }).innerText();
  expect(JSON.parse(shown)).not.toHaveProperty('facts.user');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible();

  const { client_id } = JSON.parse(shown) as { client_id: string };
  const { text: kept } = await desk.ask({ request: 'sent-document', client_id });
  expect(kept).toBe(shown);
  const number = await delivered(desk, client_id);
  const ticket = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(ticket.document).toEqual(JSON.parse(shown));
});

test('every value of a section is shown in words, sent or held back', async ({ window }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('It is slow');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Still looking at this computer')).toBeHidden();

  const raw = page.getByRole('region', { name: 'The document, exactly as it leaves' });
  await page.getByText('The document, exactly as it leaves').click();
  const document = JSON.parse(await raw.innerText()) as {
    facts: { system: { data: { name: string; kernel: string } } };
  };

  await page.getByRole('button', { name: 'Every value of Operating system' }).click();
  const values = page.locator('#section-system-values');
  await expect(values).toContainText(document.facts.system.data.name);
  await expect(values).toContainText(document.facts.system.data.kernel);

  const held = page.getByRole('switch', { name: 'Language and keyboard' });
  await expect(held).not.toBeChecked();
  await page.getByRole('button', { name: 'Every value of Language and keyboard' }).click();
  await expect(page.locator('#section-locale-values')).toContainText('This is not sent.');
});

test('the whole report by keyboard alone', async ({ window, desk }) => {
  const { page } = window;
  await window.open();
  const focused = page.locator(':focus');
  await expect(focused).toHaveRole('heading');

  /** Presses Tab until the control with this name has the focus; a person gives up sooner. */
  async function tabTo(name: RegExp, most = 80): Promise<void> {
    for (let press = 0; press < most; press += 1) {
      await page.keyboard.press('Tab');
      // Past the last control the focus leaves the page for the browser's own bar, and the next Tab comes back.
      if ((await focused.count()) === 0) continue;
      const label = await focused.evaluate((element) => {
        const labels = [...((element as HTMLInputElement).labels ?? [])].map((one) => one.textContent);
        const said = [element.getAttribute('aria-label'), ...labels].find(Boolean) ?? element.textContent;
        return said.trim();
      });
      if (name.test(label)) return;
    }
    throw new Error(`nothing called ${String(name)} in ${most} presses of Tab`);
  }

  await tabTo(/Report a problem/);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('What is happening?')).toBeFocused();
  await page.keyboard.type('No sound in meetings');
  await tabTo(/^Yes$/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'With difficulty' })).toBeChecked();
  await tabTo(/Only me/);
  await page.keyboard.press('Space');
  await tabTo(/What is it about/);
  await page.keyboard.press('S');
  await tabTo(/See what will be sent/);
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { level: 1, name: 'What will be sent' })).toBeFocused();
  await tabTo(/Correct this/);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('What is happening?')).toHaveValue('No sound in meetings');
  await expect(page.getByRole('button', { name: 'See what will be sent' })).toBeFocused();
  await page.keyboard.press('Control+Enter');

  await expect(page.getByRole('heading', { level: 1, name: 'What will be sent' })).toBeFocused();
  await tabTo(/Every value of This computer/);
  await page.keyboard.press('Enter');
  await expect(page.locator('#section-device-values')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect(page.getByRole('switch', { name: 'This computer' })).not.toBeChecked();
  await page.keyboard.press('Control+Enter');

  await expect(page.getByRole('heading', { level: 1, name: 'It is sent' })).toBeVisible();
  await tabTo(/Follow this request/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('No sound in meetings').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1, name: /Good/ })).toBeVisible();

  const { requests } = await desk.ask({ request: 'requests' });
  expect(requests.map((row) => row.title)).toEqual(['No sound in meetings']);
});

test('with the helpdesk away it is kept, and its arrival is shown without a touch', async ({
  window,
  helpdesk,
  desk,
}) => {
  const { page } = window;
  await helpdesk.hub.stop();
  try {
    await window.open({ screen: 'report', draft: null, capture: null });
    await page.getByLabel('What is happening?').fill('The network is gone');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'It is kept on this computer' })).toBeVisible({
      timeout: 30_000,
    });
    await expect(page.getByText('There is nothing for you to do')).toBeVisible();
    await window.expectAccessible('kept');
  } finally {
    await helpdesk.hub.start();
  }
  await desk.ask({ request: 'send-now' });
  await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('status').filter({ hasText: 'Your request has arrived' })).toHaveCount(1);
  const found = await helpdesk.technician.call<TicketPage>('GET', '/tickets?q=network%20is%20gone');
  expect(found.total).toBe(1);
});

test('an empty report says what is missing, beside the field', async ({ window }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByRole('button', { name: 'See what will be sent' }).click();
  const field = page.getByLabel('What is happening?');
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/Please say in a few words/);
  await window.expectAccessible('missing text');
});

test('what is typed survives a reload, and a discarded draft is gone', async ({ window, desk }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('Half a sentence about the sca');
  await expect
    .poll(async () => (await desk.ask({ request: 'home' })).draft?.text)
    .toBe('Half a sentence about the sca');

  await window.open();
  await expect(page.getByRole('button', { name: /Go on writing/ })).toContainText('Half a sentence');
  await page.getByRole('button', { name: /Go on writing/ }).click();
  await expect(page.getByLabel('What is happening?')).toHaveValue('Half a sentence about the sca');

  await page.getByRole('button', { name: 'Discard' }).click();
  const dialog = page.getByRole('dialog', { name: 'Discard this request?' });
  await expect(dialog).toBeVisible();
  await window.expectAccessible('discard dialog');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Discard' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Yes, discard it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /Good/ })).toBeVisible();
  expect((await desk.ask({ request: 'home' })).draft).toBeNull();
});

test('files are added, shown and removed; what is too much is said at once', async ({ window, desk }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('See the picture');
  await expect(page.getByText('Up to 10 files, 25 MB each, 60 MB in all')).toBeVisible();

  const picker = page.locator('input[type=file]');
  const png = await page.screenshot();
  await picker.setInputFiles([
    { name: 'photo.png', mimeType: 'image/png', buffer: png },
    { name: 'boot.log', mimeType: '', buffer: Buffer.from('an error\n'.repeat(200_000)) },
    { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.from('0') },
  ]);
  const files = page.getByRole('list', { name: 'Files added' });
  await expect(files.getByRole('listitem')).toHaveCount(2);
  await expect(page.getByText('film.mp4 was not added.')).toBeVisible();
  await expect(files.getByRole('img', { name: 'Picture: photo.png' })).toBeVisible();

  // A picture from the clipboard comes in by Ctrl+V, wherever the focus is.
  await page.evaluate(
    async (bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], 'pasted.png', { type: 'image/png' }));
      document.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }),
      );
    },
    [...png],
  );
  await expect(files.getByRole('listitem')).toHaveCount(3);
  await window.expectAccessible('files');

  await page.getByRole('button', { name: 'Remove boot.log' }).click();
  await expect(files.getByRole('listitem')).toHaveCount(2);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('region', { name: 'Pictures and files' })).toContainText('pasted.png');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible();
  const { requests } = await desk.ask({ request: 'requests' });
  const { attachments } = await desk.ask({ request: 'thread', client_id: requests[0]?.client_id ?? '' });
  expect(attachments.map((one) => one.name)).toEqual(['photo.png', 'pasted.png']);
});

test('without a screen to take a picture of, it says so and goes on', async ({ window }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByRole('button', { name: 'Add a screenshot' }).click();
  await expect(page.getByText('No picture of the screen can be taken on this computer.')).toBeVisible();
});

test.describe('on a computer with a screen', () => {
  test.use({ display: true });

  test('a picture of the screen goes with the request', async ({ window, desk, helpdesk }) => {
    const { page } = window;
    await window.open({ screen: 'report', draft: null, capture: null });
    await page.getByLabel('What is happening?').fill('Look at this');
    await page.getByRole('button', { name: 'Add a screenshot' }).click();
    const editor = page.getByRole('dialog');
    await expect(editor).toHaveAccessibleName('What should the picture show?');
    await window.expectAccessible('choosing a part of the screen');
    await editor.getByRole('button', { name: 'Continue' }).click();
    await window.expectAccessible('screenshot editor');
    await editor.getByRole('button', { name: 'Use this picture' }).click();
    await expect(editor).toBeHidden();
    await expect(page.getByRole('button', { name: 'Add a screenshot' })).toBeFocused();
    await expect(page.getByRole('list', { name: 'Files added' })).toContainText('Picture of the screen');

    await page.keyboard.press('Control+Enter');
    await expect(page.getByRole('img', { name: 'Picture of the screen' })).toBeVisible();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible();
    const { requests } = await desk.ask({ request: 'requests' });
    const number = await delivered(desk, requests[0]?.client_id ?? '');
    await expect
      .poll(
        async () =>
          (await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`)).arrived.length,
      )
      .toBe(1);
    const ticket = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
    expect(ticket.document.attachments[0]).toMatchObject({ screenshot: true, media_type: 'image/png' });
  });
});
