// "It happened at 10:42", and links that suggest a request.
import type { ConsoleTicket } from '../../src/shared/protocol';
import { delivered, expect, test } from './support/test';

test('the user points at a moment, sees what it shows, and that leaves', async ({
  window,
  helpdesk,
  desk,
}) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('Everything froze');

  // The computer is looked at every ten seconds; there is nothing to point at before it was looked at twice.
  const when = page.getByRole('switch', { name: 'Say when it happened' });
  await expect(when).toBeVisible({ timeout: 40_000 });
  await expect(when).not.toBeChecked();
  await when.focus();
  await page.keyboard.press('Space');
  const slider = page.getByRole('slider', { name: /^It happened at \d/ });
  await expect(slider).toBeVisible();
  await expect(page.getByText('Processor', { exact: true })).toBeVisible();
  await slider.press('Home');
  await window.expectAccessible('a moment in the report');
  await window.expectNoSidewaysScroll('a moment in the report');

  await page.getByRole('button', { name: 'See what will be sent' }).click();
  const around = page.getByRole('region', { name: /^Around \d/ });
  await expect(around).toContainText('Memory');
  await window.expectAccessible('a moment in the preview');
  await expect(page.getByText('Still looking at this computer')).toBeHidden();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'It is sent' })).toBeVisible();

  const [sent] = (await desk.ask({ request: 'requests' })).requests;
  const number = await delivered(desk, sent?.client_id ?? '');
  const { document } = await helpdesk.technician.call<ConsoleTicket>('GET', `/tickets/${number}`);
  expect(document.health?.samples.length).toBeGreaterThan(1);
  expect(document.health?.moment).toBe(document.health?.samples[0]?.at);
});

test('a moment that is switched off in the preview stays here', async ({ window }) => {
  const { page } = window;
  await window.open({ screen: 'report', draft: null, capture: null });
  await page.getByLabel('What is happening?').fill('It froze again');
  await page.getByRole('switch', { name: 'Say when it happened' }).check({ timeout: 40_000 });
  await expect(page.getByRole('slider')).toBeVisible();
  await page.getByRole('button', { name: 'See what will be sent' }).click();
  const around = page.getByRole('region', { name: /^Around \d/ });
  await around.getByRole('switch').click();
  await expect(around).toBeHidden();
  await page.getByText('The document, exactly as it leaves').click();
  const shown = await page.getByRole('region', { name: 'The document, exactly as it leaves' }).innerText();
  expect(JSON.parse(shown)).not.toHaveProperty('health');
});

for (const [theme, language, question] of [
  ['light', 'en', 'Use this text'],
  ['dark', 'fr', 'Utiliser ce texte'],
] as const) {
  test(`a link only suggests, ${theme}, ${language}`, async ({ window, desk }) => {
    const { page } = window;
    await desk.settings({ theme, language });
    const text = 'Badge reader\n<img src=x onerror=alert(1)> on floor 2';
    await window.open({ screen: 'suggested', text, category: 'access' });
    await expect(page.getByText('<img src=x onerror=alert(1)> on floor 2')).toBeVisible();
    await window.expectAccessible('a suggestion');
    await page.setViewportSize({ width: 320, height: 640 });
    await window.expectNoSidewaysScroll('a suggestion at 320 px');
    expect((await desk.ask({ request: 'home' })).draft).toBeNull();

    await page.getByRole('button', { name: question }).click();
    await expect(page.locator('#report-text')).toHaveValue(text);
    const { draft } = await desk.ask({ request: 'home' });
    expect(draft).not.toBeNull();
    expect((await desk.ask({ request: 'requests' })).requests).toEqual([]);
  });
}
