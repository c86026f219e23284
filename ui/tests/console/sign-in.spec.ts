import { expect, PASSWORD, test } from './support/test';
import { PersonClient } from './support/hub';

test('a wrong name and a wrong password are told apart by nobody', async ({ page }) => {
  await page.goto('/console/');
  const form = page.getByRole('main');
  const refusals: string[] = [];
  for (const [login, password] of [
    ['nobody-here', 'not the password'],
    ['lea', 'not the password'],
  ] as const) {
    await form.getByLabel('Sign-in name').fill(login);
    await form.getByLabel('Password', { exact: true }).fill(password);
    await form.getByRole('button', { name: 'Sign in' }).click();
    const alert = form.getByRole('alert');
    await expect(alert).toBeVisible();
    refusals.push((await alert.innerText()).trim());
    await expect(form.getByLabel('Password', { exact: true })).toHaveValue('');
    await expect(form.getByLabel('Password', { exact: true })).toBeFocused();
    await expect(form.getByLabel('Sign-in name')).toHaveValue(login);
  }
  expect(refusals[0]).toBe('The sign-in name or the password is wrong.');
  expect(refusals[1]).toBe(refusals[0]);
});

test('an empty form says beside the field what is missing', async ({ page }) => {
  await page.goto('/console/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Enter your sign-in name.')).toBeVisible();
  await expect(page.getByLabel('Sign-in name')).toBeFocused();
  await expect(page.getByLabel('Sign-in name')).toHaveAttribute('aria-invalid', 'true');
});

test('whoever was given a password chooses one of their own first', async ({ page, world }) => {
  await world.admin.call('POST', '/people', {
    login: 'noor',
    display_name: 'Noor Haddad',
    role: 'technician',
    password: 'made for the first day',
  });
  await page.goto(`/console/tickets/${world.printer.number}`);
  await page.getByLabel('Sign-in name').fill('noor');
  await page.getByLabel('Password', { exact: true }).fill('made for the first day');
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { name: 'Choose your own password' })).toBeVisible();
  await page.getByLabel('Present password').fill('made for the first day');
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('At least 12 characters are needed.')).toBeVisible();
  await page.getByLabel('New password', { exact: true }).fill('a password of my own');
  await page.getByLabel('New password, once more').fill('a password of my own');
  await page.getByRole('button', { name: 'Change the password' }).click();

  // The address that was asked for is still the one that opens.
  await expect(page.getByRole('heading', { level: 1, name: /imprimante/ })).toBeVisible();
  const again = new PersonClient(world.hub.url);
  await again.signIn('noor', 'a password of my own');
  expect(again.session?.must_change_password).toBe(false);
});

test('too many failures are asked to wait, and say so', async ({ page, world }) => {
  await world.admin.call('POST', '/people', {
    login: 'guessed',
    display_name: 'Somebody guessed at',
    role: 'technician',
    password: 'made for the first day',
  });
  const guess = new PersonClient(world.hub.url);
  for (let tries = 0; tries < 40; tries += 1) {
    const refused = await guess.signIn('guessed', `guess ${tries}`).then(
      () => '',
      (error: unknown) => String(error),
    );
    if (refused.includes(': 429 ')) break;
  }
  await page.goto('/console/');
  await page.getByLabel('Sign-in name').fill('guessed');
  await page.getByLabel('Password', { exact: true }).fill('made for the first day');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Too many attempts. Try again in');
});

test('a session that ends under somebody loses nothing of what they wrote', async ({ page, world }) => {
  const { number, document } = await world.send({ text: 'The session ends in the middle of this' });
  const person = new PersonClient(world.hub.url);
  await person.signIn('lea', PASSWORD);
  await page.context().addCookies([person.cookie]);
  await page.goto(`/console/tickets/${number}`);
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Your reply').fill('Written before the session ended.');
  await person.call('DELETE', '/session');
  await page.getByRole('button', { name: 'Send reply' }).click();

  const dialog = page.getByRole('dialog', { name: 'Please sign in again' });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();

  await expect(dialog).toBeHidden();
  await expect(page.getByRole('article').getByText('Written before the session ended.')).toBeVisible();
  const view = await world.laptop.view(document.client_id);
  expect(view.thread.filter((entry) => entry.text === 'Written before the session ended.')).toHaveLength(1);
});
