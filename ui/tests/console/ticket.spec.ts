import { expect, test } from './support/test';

/** The smallest picture there is. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

test('a ticket tells what is unusual first, and holds every value', async ({ signedIn: page, world }) => {
  await page.goto(`/console/tickets/${world.printer.number}`);
  const computer = page.getByRole('region', { name: 'Computer', exact: true });
  await expect(computer.getByRole('heading', { level: 3 }).first()).toHaveText('What is unusual');
  await expect(computer.getByText('The printer Etage3-Couleur has stopped.')).toBeVisible();
  await expect(computer.getByText('Changed since ticket')).toBeVisible();
  await expect(computer.getByText('6.1.0-35-amd64')).toBeVisible();

  // A finding leads to its section.
  await computer.getByRole('button', { name: 'The printer Etage3-Couleur has stopped.' }).click();
  await expect(computer.getByText('media-jam')).toBeVisible();

  const values = JSON.stringify(world.printer.document.facts);
  for (const section of Object.keys(world.printer.document.facts)) {
    const details = computer.locator(`#section-${section}`);
    if (!(await details.evaluate((element) => (element as HTMLDetailsElement).open)))
      await details.locator('summary').click();
  }
  for (const value of [
    'PF3X9K2M',
    'SAMSUNG MZVL2512HCJQ-00BL7',
    '10.20.3.42/22',
    'Bureaux-5G',
    'Jabra Evolve2 40',
    'cups-browsed.service',
    'lpadmin',
    'fr(oss)',
    'SIGSEGV',
  ]) {
    expect(values).toContain(value);
    await expect(computer.getByText(value).first()).toBeVisible();
  }
});

test('nothing from a ticket is ever markup', async ({ signedIn: page, world }) => {
  const hostile = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';
  const { number, document } = await world.send({
    text: hostile,
    requester: { login: hostile, name: hostile, language: '"><b>' },
    findings: [
      { code: 'service-failed', section: 'services', severity: 'warning', subject: hostile, value: null },
    ],
  });
  await world.laptop.reply(document.client_id, hostile);
  await page.goto(`/console/tickets/${number}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('<img src=x');
  await expect(page.locator('main img[src="x"]')).toHaveCount(0);
  await expect(page.locator('main script')).toHaveCount(0);
  expect(await page.title()).not.toBe('taken');
});

test('a reply reaches the device; an internal note never does', async ({ signedIn: page, world }) => {
  const { number, document } = await world.send({ text: 'Reply to me' });
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Internal note' }).click();
  await expect(page.getByText('Only technicians see this.')).toBeVisible();
  await page.getByLabel('Your internal note').fill('The third time this month.');
  await page.getByRole('button', { name: 'Keep note' }).click();
  const note = page.getByRole('article').filter({ hasText: 'The third time this month.' }).last();
  await expect(note).toContainText('Internal note, never shown to the requester');

  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await page.getByLabel('Your reply').fill('Please restart the printer.\nThen tell us.');
  await page.getByRole('combobox', { name: 'Then' }).selectOption('waiting-for-requester');
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByRole('combobox', { name: 'State' }).last()).toHaveValue('waiting-for-requester');

  const view = await world.laptop.view(document.client_id);
  expect(view.state).toBe('waiting-for-requester');
  expect(view.thread.map((entry) => entry.text)).toContain('Please restart the printer.\nThen tell us.');
  expect(view.thread.find((entry) => entry.text.startsWith('Please'))?.author_name).toBe('Léa Martin');
  expect(JSON.stringify(view)).not.toContain('third time');
});

test('files go with a reply: chosen, dropped, pasted, taken back; the device gets them', async ({
  signedIn: page,
  world,
}) => {
  const { number, document } = await world.send({ text: 'Where is the button' });
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(page.getByText('Up to 10 files, 25 MB each, 60 MB together.')).toBeVisible();
  const picker = page.locator('form input[type=file]');
  await picker.setInputFiles([
    { name: 'where-it-is.png', mimeType: 'image/png', buffer: PNG },
    { name: 'steps.log', mimeType: '', buffer: Buffer.from('1. open the menu') },
    { name: 'by-mistake.txt', mimeType: 'text/plain', buffer: Buffer.from('not meant for you') },
  ]);
  const list = page.getByRole('list', { name: 'Files' });
  await expect(list.getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Take by-mistake.txt back' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Add files' })).toBeFocused();

  // What is too much or of no use is said at once.
  await picker.setInputFiles([
    { name: 'virus.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ') },
    { name: 'film.zip', mimeType: 'application/zip', buffer: Buffer.alloc(25 * 1024 * 1024 + 1) },
  ]);
  await expect(page.getByRole('alert')).toContainText('virus.exe');
  await expect(page.getByRole('alert')).toContainText('film.zip');
  await expect(list.getByRole('listitem')).toHaveCount(2);

  // A picture on the clipboard, and a file that is dropped.
  const hand = (kind: 'paste' | 'drop') =>
    page.getByLabel('Your reply').evaluate((field, how) => {
      const data = new DataTransfer();
      data.items.add(new File(['brought by hand'], `${how}.txt`, { type: 'text/plain' }));
      field.dispatchEvent(
        how === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    }, kind);
  await hand('paste');
  await hand('drop');
  await expect(list.getByRole('listitem')).toHaveCount(4);
  await expect(list.getByText('on its way')).toHaveCount(0);

  // They are there after a reload, and nobody else has seen them yet.
  await page.reload();
  await page.getByRole('button', { name: 'Continue writing' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(4);
  expect((await world.laptop.view(document.client_id)).thread).toEqual([]);
  await page.getByLabel('Your reply').fill('See the picture.');
  await page.getByRole('button', { name: 'Send reply' }).click();
  const entry = page.getByRole('article').filter({ hasText: 'See the picture.' }).last();
  await expect(entry.getByRole('img', { name: /where-it-is\.png/ })).toBeVisible();
  await expect(entry.getByRole('link', { name: 'steps.log', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Reply', exact: true })).toBeVisible();

  const view = await world.laptop.view(document.client_id);
  const files = view.thread[0]?.attachments ?? [];
  expect(files.map((file) => file.name)).toEqual(['where-it-is.png', 'steps.log', 'paste.txt', 'drop.txt']);
  const picture = files[0];
  expect(await world.laptop.file(document.client_id, picture?.id ?? '')).toEqual(PNG);
});

test('a file that did not get through is tried again, and holds the reply back until then', async ({
  signedIn: page,
  world,
}) => {
  const { number } = await world.send({ text: 'A bad line' });
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await page.getByLabel('Your reply').fill('Here it is');
  await page.route('**/files/**', (route) => route.abort('connectionreset'));
  await page
    .locator('form input[type=file]')
    .setInputFiles([{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') }]);
  await expect(page.getByRole('alert')).toContainText('The hub cannot be reached.');
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByText('A file did not get through')).toBeVisible();
  await page.unroute('**/files/**');
  await page.getByRole('button', { name: 'Try again – a.txt' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByRole('article').filter({ hasText: 'Here it is' }).last()).toContainText('a.txt');
});

test('what is being written is kept for its ticket, through a reload and another ticket', async ({
  signedIn: page,
  world,
}) => {
  const first = await world.send({ text: 'First of two' });
  const second = await world.send({ text: 'Second of two' });
  await page.goto(`/console/tickets/${first.number}`);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await page.getByLabel('Your reply').fill('Half a sen');
  await page.locator(`a.item[data-number="${second.number}"]`).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Second of two' })).toBeVisible();
  await expect(page.getByText('Half a sen')).toBeHidden();
  await page.goto(`/console/tickets/${first.number}`);
  await page.getByRole('button', { name: 'Continue writing' }).click();
  await expect(page.getByLabel('Your reply')).toHaveValue('Half a sen');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Reply', exact: true })).toBeVisible();
});

test('an empty reply and one that is too long are not sent, and say why', async ({
  signedIn: page,
  world,
}) => {
  const { number } = await world.send({ text: 'Too much or nothing' });
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Reply', exact: true }).click();
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.getByText('There is no text yet. A few words are enough.')).toBeVisible();
  await expect(page.getByLabel('Your reply')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Your reply').fill('é'.repeat(10_001));
  await expect(page.getByText('The text is too long by 2 bytes.')).toBeVisible();
});

test('taking on, giving to a colleague, changing the state', async ({ signedIn: page, world }) => {
  const { number, document } = await world.send({ text: 'Whose is it' });
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Take it on' }).click();
  await expect(page.getByRole('combobox', { name: 'Assigned to' })).toHaveValue('lea');
  const taken = await world.laptop.view(document.client_id);
  // The requester must not read that nobody has taken it on.
  expect([taken.assignee, taken.state]).toEqual(['Léa Martin', 'in-progress']);
  await page.getByRole('combobox', { name: 'Assigned to' }).selectOption({ label: 'Sam Okafor' });
  await expect.poll(async () => (await world.laptop.view(document.client_id)).assignee).toBe('Sam Okafor');
  await page
    .getByRole('region', { name: 'Ticket', exact: true })
    .getByRole('combobox', { name: 'State' })
    .selectOption('solved');
  await expect.poll(async () => (await world.laptop.view(document.client_id)).state).toBe('solved');
});

test('a change that the hub refuses is taken back and explained', async ({ signedIn: page, world }) => {
  const { number } = await world.send({ text: 'Changed elsewhere' });
  await page.goto(`/console/tickets/${number}`);
  const state = page
    .getByRole('region', { name: 'Ticket', exact: true })
    .getByRole('combobox', { name: 'State' });
  await expect(state).toHaveValue('new');
  await page.route('**/api/v1/console/events', (route) => route.abort());
  await page.reload();
  await expect(state).toHaveValue('new');
  await world.technician.call('PATCH', `/tickets/${number}`, { state: 'closed' });
  await state.selectOption('on-hold');
  await expect(page.getByRole('alert')).toContainText('The ticket has moved on in the meantime.');
  await expect(state).toHaveValue('closed');
});

test('the picture of the screen: whole, near, moved, by keys', async ({ signedIn: page, world }) => {
  await page.goto(`/console/tickets/${world.printer.number}`);
  await page.getByRole('link', { name: 'Picture of Camille Robert’s screen' }).click();
  const viewer = page.getByRole('dialog', { name: /Picture of the screen/ });
  await expect(viewer).toContainText('1920 × 1080');
  const picture = viewer.getByRole('img', { name: 'Picture of Camille Robert’s screen' });
  const fitted = (await picture.boundingBox())?.width ?? 0;
  expect(fitted).toBeLessThan(1920);
  await page.keyboard.press('1');
  await expect(viewer).toContainText('100%');
  await page.keyboard.press('+');
  await expect(viewer).toContainText('125%');
  const before = await picture.boundingBox();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await picture.boundingBox())?.x).toBeLessThan(before?.x ?? 0);
  await page.keyboard.press('0');
  await expect
    .poll(async () => Math.round((await picture.boundingBox())?.width ?? 0))
    .toBe(Math.round(fitted));
  // The address is that of the picture, so that it can be shared.
  await expect(page).toHaveURL(/\/picture\/[0-9a-f-]{36}$/);
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(page).toHaveURL(new RegExp(`/tickets/${world.printer.number}$`));
});

test('files come as files', async ({ signedIn: page, world }) => {
  await page.goto(`/console/tickets/${world.printer.number}`);
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'file d’attente.csv' }).click();
  expect((await coming).suggestedFilename()).toBe('file d’attente.csv');
});

test('the raw document is there, whole, to read and to copy', async ({ signedIn: page, world }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/console/tickets/${world.printer.number}`);
  await page.getByRole('link', { name: 'See the raw document' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'The raw document' })).toBeFocused();
  await page.getByRole('button', { name: 'Copy: The raw document' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  // Moments may be written with fewer digits; they are the same moments.
  const moments = (_: string, value: unknown): unknown =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? new Date(value).getTime() : value;
  expect(JSON.parse(copied, moments)).toEqual(JSON.parse(JSON.stringify(world.printer.document), moments));
});

test('a ticket that is not there says so', async ({ signedIn: page }) => {
  await page.goto('/console/tickets/999999');
  await expect(page.getByRole('alert')).toContainText('This is not there, or no longer.');
  await page.goto('/console/nowhere');
  await expect(
    page.getByRole('heading', { level: 1, name: 'There is nothing at this address' }),
  ).toBeVisible();
});
