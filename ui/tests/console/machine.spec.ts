// A ticket with what this very machine says of itself, section by section, as its collectors wrote it.
import { expect, expectAccessible, test } from './support/test';
import { thisMachine } from './support/hub';

test('every section of a real machine opens, whatever it could and could not say', async ({
  signedIn: page,
  world,
}) => {
  const real = await thisMachine();
  test.skip(real === undefined, 'the agent is not built: there is nobody to ask');
  if (real === undefined) return;
  const { number } = await world.send({
    text: 'Sent by a real machine',
    facts: real.facts,
    findings: real.findings,
  });
  await page.goto(`/console/tickets/${number}`);
  const computer = page.getByRole('region', { name: 'Computer', exact: true });
  await expect(computer.getByRole('heading', { name: 'What is unusual' })).toBeVisible();
  for (const [section, found] of Object.entries(real.facts)) {
    const details = computer.locator(`#section-${section}`);
    await details.locator('summary').click();
    await expect(details.getByText('Collected')).toBeVisible();
    if (found.state === 'failed') await expect(details).toContainText(found.detail.slice(0, 60));
  }
  await expectAccessible(page, 'a real machine');
});
