import { expect, test } from './support/test';

test('a ticket is found, taken on, noted and answered without a mouse', async ({ signedIn: page, world }) => {
  const { number, document } = await world.send({ text: `Keyboard only, please ${Date.now()}` });
  await page.goto('/console/tickets');
  await expect(page.locator('a.item').first()).toBeVisible();

  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('keyboard only');
  await expect(page.locator('a.item')).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  await expect(page.locator(`a.item[data-number="${number}"]`)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: /Keyboard only/ })).toBeFocused();

  await page.keyboard.press('a');
  await expect(page.getByRole('combobox', { name: 'Assigned to' })).toHaveValue('lea');
  await page.keyboard.press('n');
  await expect(page.getByLabel('Your internal note')).toBeFocused();
  await page.keyboard.type('j, k and r are letters in here?');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('article').getByText('j, k and r are letters in here?')).toBeVisible();

  await page.keyboard.press('r');
  await page.keyboard.type('Done with keys alone.');
  await page.keyboard.press('Control+Enter');
  await expect
    .poll(async () => JSON.stringify(await world.laptop.view(document.client_id)))
    .toContain('Done with keys alone.');
  await expect(page.getByRole('button', { name: 'Reply', exact: true })).toBeFocused();

  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/console\/tickets\?q=/);
  await expect(page.locator(`a.item[data-number="${number}"]`)).toBeFocused();
});

test('j and k walk the list, and from ticket to ticket', async ({ signedIn: page }) => {
  await page.goto('/console/tickets');
  const rows = page.locator('a.item');
  await expect(rows.first()).toBeVisible();
  await page.keyboard.press('j');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('article.ticket h1')).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(2)).toHaveAttribute('aria-current', 'true');
  await expect(page.locator('article.ticket h1')).toBeFocused();
});

test('the keys are explained, and can be switched off', async ({ signedIn: page }) => {
  await page.goto('/console/tickets');
  await expect(page.locator('a.item').first()).toBeVisible();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await expect(help).toBeVisible();
  await help.getByRole('checkbox', { name: 'One-letter keys are on' }).uncheck();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).not.toBeFocused();
});

test('the focus goes to the title of a new page', async ({ administrator: page }) => {
  await page.goto('/console/tickets');
  await page.getByRole('link', { name: 'Devices' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Tickets' })).toBeFocused();
});

test('on a phone: one pane at a time, and a way back from each', async ({ signedIn: page, world }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/console/tickets?q=imprimante');
  await page.locator('a.item').first().click();
  await expect(page.locator('article.ticket')).toBeVisible();
  await expect(page.getByRole('searchbox')).toBeHidden();
  await page.getByRole('link', { name: 'Computer' }).click();
  await expect(page.getByRole('heading', { name: 'What is unusual' })).toBeVisible();
  await expect(page.locator('article.ticket')).toBeHidden();
  await page
    .getByRole('region', { name: 'Computer', exact: true })
    .getByRole('link', { name: 'Tickets' })
    .click();
  await expect(page.locator(`a.item[data-number="${world.printer.number}"]`)).toBeFocused();
  await page.getByRole('button', { name: 'Pages' }).click();
  await expect(page.getByRole('link', { name: 'Tickets' })).toBeVisible();
});
