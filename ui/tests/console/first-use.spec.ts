// The first minutes: a hub with nothing in it, and the sign-in that it printed.
import { Hub } from './support/hub';
import { expect, expectAccessible, test } from './support/test';

test('the first sign-in leads to an own password, and to pages that say what will be here', async ({
  page,
}) => {
  const hub = new Hub();
  await hub.start();
  try {
    await page.goto(`${hub.url}/console/`);
    await page.getByLabel('Sign-in name').fill(hub.first.login);
    await page.getByLabel('Password', { exact: true }).fill(hub.first.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { name: 'Choose your own password' })).toBeVisible();
    await expectAccessible(page, 'first password');
    await page.getByLabel('Present password').fill(hub.first.password);
    await page.getByLabel('New password', { exact: true }).fill('four words in a row');
    await page.getByLabel('New password, once more').fill('four words in a row');
    await page.getByRole('button', { name: 'Change the password' }).click();

    await expect(page.getByText('No open tickets. New ones appear here by themselves.')).toBeVisible();
    await expectAccessible(page, 'no tickets');
    await page.getByRole('link', { name: 'Devices' }).click();
    await expect(page.getByText('No computer is enrolled yet.')).toBeVisible();
    await expectAccessible(page, 'no devices');
    await page.getByRole('link', { name: 'Enrolment' }).click();
    await expect(page.getByText('There is no token yet.')).toBeVisible();
    await expectAccessible(page, 'no tokens');

    await page.context().setOffline(true);
    await expect(page.getByText('Offline', { exact: true })).toBeVisible();
    await page.context().setOffline(false);
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
  } finally {
    await hub.remove();
  }
});
