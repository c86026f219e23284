import { expect, PASSWORD, test } from './support/test';
import { DeviceClient, PersonClient } from './support/hub';
import { ticketDocument } from './support/documents';

test('a token is made, shown once, lets a computer in, and is withdrawn', async ({
  administrator: page,
  world,
}) => {
  await page.goto('/console/enrolment');
  await page.getByRole('button', { name: 'New token' }).click();
  await expect(page.getByLabel('What it is for')).toBeFocused();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await expect(page.getByText('Say what it is for, so that you know it again.')).toBeVisible();
  await page.getByLabel('What it is for').fill('Meeting rooms');
  await page.getByLabel('For how many devices').fill('2');
  await page.getByRole('button', { name: 'Make the token' }).click();

  await expect(page.getByRole('heading', { name: 'The token “Meeting rooms” is made' })).toBeFocused();
  const token = await page.locator('code').first().innerText();
  await expect(page.locator('code').nth(1)).toContainText(
    `deskside enrol --hub ${world.hub.url} --token ${token}`,
  );
  const enrolled = await fetch(`${world.hub.url}/api/v1/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, device_name: 'room-4', platform: 'linux' }),
  });
  expect(enrolled.ok).toBe(true);

  await page.reload();
  const row = page.getByRole('row').filter({ hasText: 'Meeting rooms' });
  await expect(row).toContainText('1 of 2');
  await expect(page.getByText(token)).toHaveCount(0);
  await row.getByRole('button', { name: /Withdraw/ }).click();
  const ask = page.getByRole('dialog', { name: 'Withdraw the token “Meeting rooms”?' });
  await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await ask.getByRole('button', { name: 'Withdraw' }).click();
  await expect(row).toContainText('Withdrawn');
  const refused = await fetch(`${world.hub.url}/api/v1/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, device_name: 'room-5', platform: 'linux' }),
  });
  expect(refused.ok).toBe(false);
});

test('a device whose access is withdrawn can send nothing more', async ({ administrator: page, world }) => {
  const lost = await DeviceClient.enrol(world.hub.url, world.admin, 'lost-laptop');
  await lost.ticket(ticketDocument({ text: 'Sent before it was lost' }));
  await page.goto('/console/devices');
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('lost');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: /Withdraw/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await expect(page.getByRole('row').last()).toContainText('Withdrawn');
  await expect(lost.ticket(ticketDocument({ text: 'Sent by a thief' }))).rejects.toThrow(/401/);
  await page.getByRole('link', { name: /1 – lost-laptop/ }).click();
  await expect(page.locator('a.item')).toHaveCount(1);
});

test('a person is added, given another role, and locked out', async ({ administrator: page, world }) => {
  await page.goto('/console/people');
  await page.getByRole('button', { name: 'Add a person' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Inès Moreau');
  await page.getByLabel('Sign-in name').fill('lea');
  await page.getByLabel('First password').fill('for the very first day');
  await page.getByRole('button', { name: 'Add a person' }).click();
  await expect(page.getByText('This sign-in name exists already.')).toBeVisible();
  await page.getByLabel('Sign-in name').fill('ines');
  await page.getByRole('button', { name: 'Add a person' }).click();

  const row = page.getByRole('row').filter({ hasText: 'Inès Moreau' });
  await expect(row).toBeVisible();
  const ines = new PersonClient(world.hub.url);
  await ines.signIn('ines', 'for the very first day');
  expect(ines.session?.must_change_password).toBe(true);

  await row.getByRole('combobox', { name: 'Role of Inès Moreau' }).selectOption('administrator');
  await expect
    .poll(async () => (await ines.call<{ person: { role: string } }>('GET', '/session')).person.role)
    .toBe('administrator');
  await row.getByRole('button', { name: /Lock out/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Lock out' }).click();
  await expect(row).toContainText('Cannot sign in');
  await expect(ines.call('GET', '/session')).rejects.toThrow(/401/);
});

test('a forgotten password is reset, an account is removed, and the journal tells it', async ({
  administrator: page,
  world,
}) => {
  const first = 'for the very first day';
  await world.admin.call('POST', '/people', {
    login: 'noor',
    display_name: 'Noor Haddad',
    role: 'technician',
    password: first,
  });
  const noor = new PersonClient(world.hub.url);
  await noor.signIn('noor', first);
  await noor.call('POST', '/session/password', { current: first, new: PASSWORD });

  await page.goto('/console/people');
  const row = page.getByRole('row').filter({ hasText: 'Noor Haddad' });
  await row.getByRole('button', { name: /New password/ }).click();
  const ask = page.getByRole('dialog', { name: 'Give Noor Haddad a new password?' });
  await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await ask.getByRole('button', { name: 'New password' }).click();
  await expect(page.getByRole('heading', { name: 'A one-time password for Noor Haddad' })).toBeFocused();
  const made = await page.locator('code').innerText();
  await expect(noor.call('GET', '/session')).rejects.toThrow(/401/);
  await noor.signIn('noor', made);
  expect(noor.session?.must_change_password).toBe(true);
  await expect(noor.call('GET', '/tickets')).rejects.toThrow(/403/);
  await page.getByRole('button', { name: 'I have passed it on' }).click();
  await page.reload();
  await expect(page.getByText(made)).toHaveCount(0);

  await row.getByRole('button', { name: /Remove/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
  await expect(noor.call('GET', '/session')).rejects.toThrow(/401/);

  await page.getByRole('link', { name: 'Journal' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Journal' })).toBeFocused();
  const lines = page.getByRole('row').filter({ hasText: 'noor' });
  await expect(lines).toHaveText([
    /Removed the account noor.*admin/,
    /Gave noor a one-time password.*admin/,
    /noor chose a new password.*noor/,
    /Added the account noor.*admin/,
  ]);
});

test('a technician sees no pages for administrators', async ({ signedIn: page }) => {
  await page.goto('/console/people');
  await expect(
    page.getByRole('heading', { level: 1, name: 'This page is for administrators' }),
  ).toBeVisible();
  await expect(page.getByRole('link', { name: 'Devices' })).toHaveCount(0);
});

test('language and colours are chosen and kept; the password is changed; one signs out', async ({
  page,
  world,
}) => {
  await world.admin.call('POST', '/people', {
    login: 'omar',
    display_name: 'Omar',
    role: 'technician',
    password: 'for the very first day',
  });
  const omar = new PersonClient(world.hub.url);
  await omar.signIn('omar', 'for the very first day');
  await omar.call('POST', '/session/password', { current: 'for the very first day', new: PASSWORD });
  await page.context().addCookies([omar.cookie]);
  await page.goto('/console/account');
  await page.getByText('Français', { exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Votre compte' })).toBeVisible();
  await page.getByText('Sombre', { exact: true }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await page.getByLabel('Mot de passe actuel').fill('not the present one');
  await page.getByLabel('Nouveau mot de passe', { exact: true }).fill('another good password');
  await page.getByLabel('Nouveau mot de passe, une seconde fois').fill('another good password');
  await page.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await expect(page.getByRole('alert')).toContainText('Le mot de passe actuel est incorrect.');
  await page.getByLabel('Mot de passe actuel').fill(PASSWORD);
  await page.getByRole('button', { name: 'Changer le mot de passe' }).click();
  await expect(page.getByText('Le mot de passe est changé.').first()).toBeVisible();

  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Se connecter' })).toBeVisible();
});

test('what there is of a person is found, saved as a file, and erased', async ({
  administrator: page,
  world,
}) => {
  const device = await DeviceClient.enrol(world.hub.url, world.admin, 'her-laptop');
  const document = ticketDocument({ text: 'Something of Zoé alone' });
  await device.ticket({ ...document, requester: { ...document.requester, login: 'ZOE.K' } });

  await page.goto('/console/journal');
  await page.getByRole('link', { name: 'Privacy' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Privacy' })).toBeFocused();
  await expect(page.getByText('1,095 days')).toBeVisible();
  await expect(page.getByText('180 days')).toHaveCount(2);

  await page.getByLabel('Name they sign in with on their computer').fill('nobody.such');
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(page.getByText('There is nothing of “nobody.such” here.')).toBeVisible();
  await page.getByLabel('Name they sign in with on their computer').fill('zoe.k');
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(page.getByRole('heading', { name: /zoe\.k/ })).toBeFocused();
  await expect(page.getByText('1 ticket, 1 open')).toBeVisible();
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save everything as a file' }).click();
  expect((await saved).suggestedFilename()).toBe('zoe.k.tar');

  await page.getByRole('button', { name: 'Erase everything' }).click();
  const ask = page.getByRole('dialog', { name: 'Erase everything of zoe.k?' });
  await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await ask.getByRole('button', { name: 'Erase everything' }).click();
  await expect(page.getByRole('heading', { name: /zoe\.k/ })).toHaveCount(0);
  await page.getByLabel('Name they sign in with on their computer').fill('zoe.k');
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(page.getByText('There is nothing of “zoe.k” here.')).toBeVisible();

  await page.getByRole('link', { name: 'Journal' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Erased what there was of a person' })).toBeVisible();
  await expect(page.getByText('zoe.k')).toHaveCount(0);
});
