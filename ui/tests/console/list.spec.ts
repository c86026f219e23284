import { expect, test } from './support/test';

test('the list pages by itself and knows how many there are', async ({ signedIn: page }) => {
  await page.goto('/console/');
  const rows = page.locator('a.item');
  await expect(rows).toHaveCount(50);
  await rows.last().scrollIntoViewIfNeeded();
  await expect.poll(() => rows.count()).toBeGreaterThan(60);
  const numbers = await rows.evaluateAll((links) =>
    links.map((link) => (link as HTMLElement).dataset.number),
  );
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('filters and search are in the address, and the address brings them back', async ({
  signedIn: page,
  world,
}) => {
  await page.goto('/console/tickets');
  await page.getByText('Mine', { exact: true }).click();
  await expect(page).toHaveURL(/whose=me/);
  await expect(page.locator(`a.item[data-number="${world.printer.number}"]`)).toBeVisible();
  await expect(page.locator('a.item').filter({ hasNotText: /Assigned to:\s*Me/ })).toHaveCount(0);

  await page.getByText('All', { exact: true }).click();
  await page.getByRole('combobox', { name: 'State' }).selectOption('solved');
  await expect(page).toHaveURL(/state=solved/);
  await expect(page.locator('a.item').first()).toContainText('Solved');

  await page.getByRole('combobox', { name: 'State' }).selectOption('open');
  await page.getByRole('searchbox', { name: /Search in number/ }).fill('reseau introuvable comptabilite');
  await expect(page.getByText('Nothing fits this search.')).toBeVisible();
  await page.getByRole('searchbox', { name: /Search in number/ }).fill('comptabilite introuvable');
  await expect(page).toHaveURL(/q=comptabilite/);
  await expect(page.locator('a.item').first()).toContainText('Comptabilité');

  await page.reload();
  await expect(page.getByRole('searchbox', { name: /Search in number/ })).toHaveValue(
    'comptabilite introuvable',
  );
  await expect(page.locator('a.item').first()).toContainText('Comptabilité');
});

test('a search is one request, not one per letter', async ({ signedIn: page }) => {
  await page.goto('/console/tickets');
  await expect(page.locator('a.item')).toHaveCount(50);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('q=')) asked.push(request.url());
  });
  await page.getByRole('searchbox').pressSequentially('payroll', { delay: 30 });
  await expect(page.locator('a.item').first()).toContainText('payroll');
  expect(asked).toHaveLength(1);
});

test('a new ticket and a reply arrive without a reload, in every tab', async ({ signedIn: page, world }) => {
  const { number, document } = await world.send({ text: 'Before the second tab opens' });
  await page.goto('/console/tickets');
  const second = await page.context().newPage();
  await second.goto(`/console/tickets/${number}`);
  await expect(second.getByRole('heading', { level: 1, name: 'Before the second tab opens' })).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(second.getByText('Live', { exact: true })).toBeVisible();

  const fresh = await world.send({
    text: `Arrived while looking ${number}`,
    canWork: 'no',
    affected: 'others',
  });
  const row = page.locator(`a.item[data-number="${fresh.number}"]`);
  await expect(row).toBeVisible();
  await expect(row).toContainText('Urgent');
  await expect(row).toContainText('Several people');
  await expect(row).toHaveClass(/unread/);

  await page.locator(`a.item[data-number="${number}"]`).click();
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Your reply').fill('Said in the first tab.');
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(second.getByRole('article').getByText('Said in the first tab.')).toBeVisible();

  await world.laptop.reply(document.client_id, 'Said by the requester.');
  await expect(page.getByRole('article').getByText('Said by the requester.')).toBeVisible();
  await expect(second.getByRole('article').getByText('Said by the requester.')).toBeVisible();
});

test('the hub goes away and comes back: the page says so, and catches up', async ({
  signedIn: page,
  world,
}) => {
  test.setTimeout(90_000);
  await page.goto('/console/tickets');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await world.hub.stop();
  await expect(page.getByText('Reconnecting…')).toBeVisible();
  await page.getByText('Nobody’s', { exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('The hub cannot be reached.');
  await world.hub.start();
  const { number } = await world.send({ text: 'Sent after the hub came back' });
  await expect(page.locator(`a.item[data-number="${number}"]`)).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toBeHidden();
});
