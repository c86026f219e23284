// The picture of the screen: taken, cut, marked and redacted in the page, kept flattened by the real agent.
import { byteLength } from '../../src/shared/format';
import type { AttachmentMeta, Request } from '../../src/shared/protocol';
import type { Desk } from './support/desk';
import { expect, test, type Window } from './support/test';

test.use({ display: true });

/** A blank virtual screen is black; what is hidden is painted in this. */
const SCREEN = [0, 0, 0];
const HIDDEN = [0x1c, 0x19, 0x17];

/** Opens the editor on a picture of the whole screen. */
async function openEditor(window: Window): Promise<void> {
  await window.open({ screen: 'report', draft: null, capture: null });
  await window.page.getByRole('button', { name: 'Add a screenshot' }).click();
  await expect(window.page.getByRole('radio', { name: /The whole screen/ })).toBeChecked();
}

const picture = (window: Window) => window.page.getByRole('application', { name: /Picture of the screen/ });

/** Keeps the picture and returns what the agent made of it. */
async function keep(window: Window, desk: Desk): Promise<{ meta: AttachmentMeta; png: Buffer }> {
  await window.page.getByRole('button', { name: 'Use this picture' }).click();
  await expect(window.page.getByRole('dialog')).toBeHidden();
  await expect(window.page.getByText('Picture of the screen').first()).toBeVisible();
  const draft = await desk.ask({ request: 'open-draft', draft: null });
  const meta = draft.attachments[0];
  if (!meta) throw new Error('the draft has no file');
  const { data_base64 } = await desk.ask({
    request: 'read-blob',
    blob: { blob: 'attachment', attachment: meta.id },
    offset: 0,
  });
  return { meta, png: Buffer.from(data_base64, 'base64') };
}

/** Colours at some points, and the size, as the browser decodes the file. */
async function look(window: Window, png: Buffer, points: [number, number][]) {
  return window.page.evaluate(
    async ({ data, points }) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(image, 0, 0);
      return {
        width: image.width,
        height: image.height,
        colours: points.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]),
      };
    },
    { data: png.toString('base64'), points },
  );
}

/** The names of a PNG's chunks (PNG specification, section 5.3). */
function chunks(png: Buffer): string[] {
  const names = [];
  for (let at = 8; at + 8 <= png.length; at += 12 + png.readUInt32BE(at))
    names.push(png.toString('latin1', at + 4, at + 8));
  return names;
}

test('by keyboard alone: hidden pixels are gone from the file, and it has no metadata', async ({
  window,
  desk,
}) => {
  const { page } = window;
  await openEditor(window);
  await page.keyboard.press('Enter');
  await picture(window).focus();
  await page.keyboard.press('h');
  await page.keyboard.press('Enter');
  // In the middle, a quarter wide, a sixth high: 480..800 and 333..467.
  await expect(page.getByRole('status').filter({ hasText: 'Hide 1: 480 from the left' })).toBeAttached();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Escape');
  const { meta, png } = await keep(window, desk);

  expect(meta).toMatchObject({ media_type: 'image/png', screenshot: true });
  expect(meta.name).toMatch(/^screen-\d{4}-\d\d-\d\d-\d{6}\.png$/);
  expect(chunks(png).filter((name) => !['IHDR', 'IDAT', 'IEND'].includes(name))).toEqual([]);
  const inside: [number, number][] = [
    [464, 333],
    [783, 333],
    [464, 481],
    [783, 481],
    [620, 400],
  ];
  const outside: [number, number][] = [
    [463, 400],
    [784, 400],
    [620, 332],
    [620, 483],
  ];
  const seen = await look(window, png, [...inside, ...outside]);
  expect(seen).toMatchObject({ width: 1280, height: 800 });
  expect(seen.colours.slice(0, inside.length)).toEqual(inside.map(() => HIDDEN));
  expect(seen.colours.slice(inside.length)).toEqual(outside.map(() => SCREEN));
});

test('Enter counts before the picture has come', async ({ window }) => {
  const { page } = window;
  let come = (): void => undefined;
  const here = new Promise<void>((done) => (come = done));
  await page.route('**/request', async (route) => {
    if ((route.request().postDataJSON() as Request).request === 'read-blob') await here;
    await route.continue();
  });
  await openEditor(window);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('radio', { name: /The whole screen/ })).toBeHidden();
  come();
  await expect(picture(window)).toBeVisible();
});

test('by pointer: only the part that was drawn is kept', async ({ window, desk }) => {
  const { page } = window;
  await openEditor(window);
  await page.getByRole('radio', { name: /A part of the screen/ }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('radio', { name: 'Crop' })).toBeChecked();
  const frame = await picture(window).boundingBox();
  if (!frame) throw new Error('the picture has no place');
  await page.mouse.move(frame.x + frame.width * 0.25, frame.y + frame.height * 0.25);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width * 0.75, frame.y + frame.height * 0.5, { steps: 4 });
  await page.mouse.up();
  await page.getByRole('radio', { name: 'Box' }).click();
  const { png } = await keep(window, desk);

  const seen = await look(window, png, []);
  expect(seen.width).toBeGreaterThan(630);
  expect(seen.width).toBeLessThan(650);
  expect(seen.height).toBeGreaterThan(195);
  expect(seen.height).toBeLessThan(207);
});

test('marks can be undone, listed, named and removed; text is typed', async ({ window }) => {
  const { page } = window;
  await openEditor(window);
  await page.getByRole('button', { name: 'Continue' }).click();
  await picture(window).focus();
  for (const tool of ['a', 'b']) {
    await page.keyboard.press(tool);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('t');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Text on the picture')).toBeFocused();
  await page.keyboard.type('Here it stops');
  await page.keyboard.press('Enter');
  await expect(picture(window)).toBeFocused();

  const marks = page.getByRole('list', { name: 'What you have drawn' }).getByRole('listitem');
  await expect(marks).toHaveCount(3);
  await expect(marks.nth(2)).toContainText('Here it stops');
  await page.keyboard.press('Control+z');
  await expect(marks).toHaveCount(2);
  await page.keyboard.press('Control+y');
  await expect(marks).toHaveCount(3);
  await page.getByRole('button', { name: 'Remove Arrow 1' }).click();
  await expect(marks).toHaveCount(2);
});

test('a picture that is not wanted is forgotten, and nothing is attached', async ({ window, desk }) => {
  const { page } = window;
  await openEditor(window);
  await page.getByRole('button', { name: 'No picture' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  const draft = await desk.ask({ request: 'open-draft', draft: null });
  expect(draft.attachments).toEqual([]);
  const { text } = await desk.ask({ request: 'export-data' });
  expect(byteLength(text)).toBeLessThan(100_000);
});

for (const theme of ['light', 'dark'] as const) {
  for (const language of ['en', 'fr'] as const) {
    test(`the editor is accessible, ${theme}, ${language}, also narrow and with large text`, async ({
      window,
      desk,
    }) => {
      const { page } = window;
      await desk.settings({ theme, language });
      await window.open({ screen: 'report', draft: null, capture: null });
      await page.getByRole('button', { name: /^(Add a screenshot|Ajouter une capture)/ }).click();
      await expect(page.getByRole('dialog').getByRole('radio').first()).toBeChecked();
      await window.expectAccessible('choosing a part');
      await page.getByRole('button', { name: /^Continu/ }).click();
      await page.locator('canvas[role=application]').focus();
      await page.keyboard.press('b');
      await page.keyboard.press('Enter');
      await window.expectAccessible('drawing');
      await page.setViewportSize({ width: 320, height: 640 });
      await window.expectNoSidewaysScroll('drawing at 320 px');
      await page.setViewportSize({ width: 880, height: 1360 });
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
      await window.expectNoSidewaysScroll('drawing with large text');
    });
  }
}
