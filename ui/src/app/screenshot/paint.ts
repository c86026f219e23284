// Paints a picture with its marks on a canvas, and makes the file of it.

import { arrowHead, type Rect } from './geometry';
import { frameOf, lineWidth, textHeight, type Mark, type Picture } from './picture';

/** The colour of arrows and boxes: seen on light and on dark, also by people who do not tell red from green. */
const MARK_COLOUR = '#d6006c';
/** Around marks, so that they stand out from a picture of the same colour. */
const HALO_COLOUR = '#ffffff';
/** Of hidden parts. Opaque: nothing of what is below can be seen through it or computed back. */
const REDACTION_COLOUR = '#1c1917';

type Context = CanvasRenderingContext2D;

/** Paints the part of the picture that `view` names to the canvas's upper left corner, one to one. */
export function paint(context: Context, image: ImageBitmap, picture: Picture, view: Rect): void {
  context.save();
  context.clearRect(0, 0, view.width, view.height);
  context.translate(-view.x, -view.y);
  context.drawImage(image, 0, 0);
  for (const mark of picture.marks) paintMark(context, mark, picture);
  context.restore();
}

/** Darkens what the crop leaves out, and outlines what it keeps. */
export function paintCrop(context: Context, picture: Picture, crop: Rect): void {
  const { width, height } = picture.size;
  context.save();
  context.fillStyle = 'rgb(0 0 0 / 55%)';
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(crop.x, crop.y, crop.width, crop.height);
  context.fill('evenodd');
  context.strokeStyle = HALO_COLOUR;
  context.lineWidth = lineWidth(picture.size);
  context.setLineDash([12, 8]);
  context.strokeRect(crop.x, crop.y, crop.width, crop.height);
  context.restore();
}

/** Outlines the selected mark, with a handle where it can be resized. */
export function paintSelection(context: Context, mark: Mark, picture: Picture, view: Rect): void {
  const frame = frameOf(mark, picture.size);
  const width = lineWidth(picture.size);
  const margin = width * 2;
  context.save();
  context.translate(-view.x, -view.y);
  for (const [colour, dash] of [
    [HALO_COLOUR, []],
    ['#0f5c5c', [10, 6]],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(2, width * 0.7);
    context.setLineDash([...dash]);
    context.strokeRect(
      frame.x - margin,
      frame.y - margin,
      frame.width + 2 * margin,
      frame.height + 2 * margin,
    );
  }
  if (mark.kind !== 'text') {
    const corner = handleOf(mark);
    context.setLineDash([]);
    context.beginPath();
    context.arc(corner.x, corner.y, width * 2.5, 0, 2 * Math.PI);
    context.fillStyle = HALO_COLOUR;
    context.fill();
    context.strokeStyle = '#0f5c5c';
    context.stroke();
  }
  context.restore();
}

/** Where a mark is taken to resize it. */
export function handleOf(mark: Exclude<Mark, { kind: 'text' }>): { x: number; y: number } {
  return mark.kind === 'arrow'
    ? mark.to
    : { x: mark.rect.x + mark.rect.width, y: mark.rect.y + mark.rect.height };
}

/**
 * The file that is kept: only the cropped part, with its marks painted in. What a redaction covers, and what the crop
 * leaves out, is not in it. The agent encodes it once more, so that no metadata of the browser stays.
 */
export function flatten(image: ImageBitmap, picture: Picture): Promise<Blob> {
  const { crop } = picture;
  const canvas = document.createElement('canvas');
  canvas.width = crop.width;
  canvas.height = crop.height;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no 2D canvas');
  paint(context, image, picture, crop);
  return new Promise((resolve, reject) => {
    canvas.toBlob((file) => {
      if (file) resolve(file);
      else reject(new Error('the picture could not be encoded'));
    }, 'image/png');
  });
}

function paintMark(context: Context, mark: Mark, picture: Picture): void {
  const width = lineWidth(picture.size);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  switch (mark.kind) {
    case 'redaction':
      context.fillStyle = REDACTION_COLOUR;
      context.fillRect(mark.rect.x, mark.rect.y, mark.rect.width, mark.rect.height);
      break;
    case 'box':
      for (const [colour, line] of halo(width)) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.strokeRect(mark.rect.x, mark.rect.y, mark.rect.width, mark.rect.height);
      }
      break;
    case 'arrow': {
      const [left, right] = arrowHead(mark.from, mark.to, width * 6);
      for (const [colour, line] of halo(width)) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.beginPath();
        context.moveTo(mark.from.x, mark.from.y);
        context.lineTo(mark.to.x, mark.to.y);
        context.moveTo(left.x, left.y);
        context.lineTo(mark.to.x, mark.to.y);
        context.lineTo(right.x, right.y);
        context.stroke();
      }
      break;
    }
    case 'text': {
      context.font = `600 ${textHeight(picture.size)}px system-ui, sans-serif`;
      context.textBaseline = 'top';
      context.strokeStyle = HALO_COLOUR;
      context.lineWidth = width * 2;
      context.strokeText(mark.text, mark.at.x, mark.at.y);
      context.fillStyle = MARK_COLOUR;
      context.fillText(mark.text, mark.at.x, mark.at.y);
      break;
    }
  }
}

function halo(width: number): [string, number][] {
  return [
    [HALO_COLOUR, width * 2],
    [MARK_COLOUR, width],
  ];
}
