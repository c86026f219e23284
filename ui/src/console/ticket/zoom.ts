// The arithmetic of looking at a picture: where it lies, how large, and what a zoom about a point does. Pure.

/** Width and height, in CSS pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** Where the picture's top left corner lies in the stage, and how many CSS pixels one of its pixels takes. */
export interface Place {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** Smallest and largest scale. */
export const SCALE_MIN = 0.05;
export const SCALE_MAX = 8;

/** The scale at which all of the picture is seen; never more than one, which would only blur it. */
export function fitScale(natural: Box, room: Box): number {
  if (natural.width <= 0 || natural.height <= 0 || room.width <= 0 || room.height <= 0) return 1;
  return Math.max(SCALE_MIN, Math.min(1, room.width / natural.width, room.height / natural.height));
}

/** In the middle, or at the top left corner where it is larger than the room. */
export function centred(natural: Box, room: Box, scale: number): Place {
  return {
    scale,
    x: Math.max(0, (room.width - natural.width * scale) / 2),
    y: Math.max(0, (room.height - natural.height * scale) / 2),
  };
}

/** At least this much of the picture stays in sight, in CSS pixels. */
const IN_SIGHT = 48;

function hold(at: number, size: number, room: number): number {
  return Math.min(room - IN_SIGHT, Math.max(IN_SIGHT - size, at));
}

/** Zooms by a factor about a point of the stage, which keeps its place under the pointer. The picture stays in sight. */
export function zoomAt(place: Place, factor: number, x: number, y: number, natural: Box, room: Box): Place {
  const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, place.scale * factor));
  const real = scale / place.scale;
  return {
    scale,
    x: hold(x - (x - place.x) * real, natural.width * scale, room.width),
    y: hold(y - (y - place.y) * real, natural.height * scale, room.height),
  };
}
