// What the editor says about marks and places, for people who do not see the picture.

import { t } from '$shared/texts/texts.svelte';
import { frameOf, type Mark, type Picture } from './picture';

/** "Arrow 2", or the beginning of a text. */
export function nameMark(mark: Mark): string {
  if (mark.kind === 'text' && mark.text.trim())
    return t('screenshot-mark-text', { text: mark.text.slice(0, 40) });
  return t('screenshot-mark', { kind: t(`screenshot-tool-${mark.kind}`), number: mark.id });
}

/** What it is and where, measured from the upper left corner of what is kept. */
export function describeMark(mark: Mark, picture: Picture): string {
  const frame = frameOf(mark, picture.size);
  return t('screenshot-said-place', {
    mark: nameMark(mark),
    left: Math.round(frame.x - picture.crop.x),
    top: Math.round(frame.y - picture.crop.y),
    width: Math.round(frame.width),
    height: Math.round(frame.height),
  });
}

/** Which part of the picture is kept. */
export function describeCrop(picture: Picture): string {
  const { crop } = picture;
  return t('screenshot-said-crop', {
    left: Math.round(crop.x),
    top: Math.round(crop.y),
    width: Math.round(crop.width),
    height: Math.round(crop.height),
  });
}
