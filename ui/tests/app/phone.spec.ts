// Without a network, a phone carries the report: what its camera would read from the screen.
import jsQR from 'jsqr';
import { Desk } from './support/desk';
import { expect, test } from './support/test';

const SCALE = 4;

/** What a camera reads: the squares as they are drawn on the page. */
function read(size: number, path: string): string | undefined {
  const width = size * SCALE;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < SCALE; row += 1) {
      const from = ((Number(y) * SCALE + row) * width + Number(x) * SCALE) * 4;
      for (let pixel = 0; pixel < SCALE; pixel += 1) pixels.fill(0, from + pixel * 4, from + pixel * 4 + 3);
    }
  }
  return jsQR(pixels, width, width)?.data;
}

test('a request that waits can be carried by a phone', async ({ page, window }) => {
  const desk = new Desk({ policy: "helpdesk_email = 'help@example.org'\n" });
  try {
    await desk.start();
    const text = 'Plus de réseau à l’étage 3 : câble débranché ?';
    const client_id = await desk.submit(text);
    const route = encodeURIComponent(JSON.stringify({ screen: 'request', client_id }));
    await page.goto(`${desk.url}/?route=${route}`);
    await page.getByRole('button', { name: 'Send it with your phone' }).click();

    const code = page.getByRole('img', { name: /^Code with your request/ });
    await expect(code).toBeVisible();
    await window.expectAccessible('the code for a phone');
    await page.setViewportSize({ width: 320, height: 640 });
    await window.expectNoSidewaysScroll('the code for a phone at 320 px');

    const size = Number((await code.getAttribute('viewBox'))?.split(' ')[2]);
    const address = new URL(
      read(size, (await code.locator('path').getAttribute('d')) ?? '') ?? 'about:blank',
    );
    expect(address.protocol + address.pathname).toBe('mailto:help@example.org');
    const body = address.searchParams.get('body');
    expect(body).toContain(text);
    expect(body).toContain(`Deskside reference: ${client_id.split('-')[0]}`);

    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Send it with your phone' })).toBeFocused();
  } finally {
    await desk.remove();
  }
});
