// Points and rectangles, in pixels of the picture. Nothing here knows about the screen or a canvas.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Point, Size {}

/** The rectangle between two corners, whichever was drawn first. */
export function between(a: Point, b: Point): Rect {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

/** The point, moved inside the rectangle if it lies outside. */
export function clampPoint(point: Point, bounds: Rect): Point {
  return {
    x: clamp(point.x, bounds.x, bounds.x + bounds.width),
    y: clamp(point.y, bounds.y, bounds.y + bounds.height),
  };
}

/** The rectangle on whole pixels, grown outward so that no pixel it touches is left out, and cut at the bounds. */
export function snapOutward(rect: Rect, bounds: Rect): Rect {
  const left = clamp(Math.floor(rect.x), bounds.x, bounds.x + bounds.width);
  const top = clamp(Math.floor(rect.y), bounds.y, bounds.y + bounds.height);
  const right = clamp(Math.ceil(rect.x + rect.width), left, bounds.x + bounds.width);
  const bottom = clamp(Math.ceil(rect.y + rect.height), top, bounds.y + bounds.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The rectangle moved by a distance, kept whole inside the bounds. */
export function moveWithin(rect: Rect, by: Point, bounds: Rect): Rect {
  return {
    ...rect,
    x: clamp(rect.x + by.x, bounds.x, Math.max(bounds.x, bounds.x + bounds.width - rect.width)),
    y: clamp(rect.y + by.y, bounds.y, Math.max(bounds.y, bounds.y + bounds.height - rect.height)),
  };
}

/** The rectangle with its lower right corner moved, at least `smallest` in both directions, inside the bounds. */
export function resizeWithin(rect: Rect, by: Point, bounds: Rect, smallest: number): Rect {
  const widest = bounds.x + bounds.width - rect.x;
  const highest = bounds.y + bounds.height - rect.y;
  return {
    ...rect,
    width: clamp(rect.width + by.x, Math.min(smallest, widest), widest),
    height: clamp(rect.height + by.y, Math.min(smallest, highest), highest),
  };
}

/** Whether the point lies in the rectangle, grown by `margin` on every side. */
export function contains(rect: Rect, point: Point, margin = 0): boolean {
  return (
    point.x >= rect.x - margin &&
    point.x <= rect.x + rect.width + margin &&
    point.y >= rect.y - margin &&
    point.y <= rect.y + rect.height + margin
  );
}

/** Distance from a point to the line between two others. */
export function distanceToLine(point: Point, from: Point, to: Point): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : clamp(((point.x - from.x) * dx + (point.y - from.y) * dy) / length, 0, 1);
  return Math.hypot(point.x - from.x - along * dx, point.y - from.y - along * dy);
}

/** The two outer corners of an arrow's head. */
export function arrowHead(from: Point, to: Point, size: number): [Point, Point] {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const corner = (turn: number): Point => ({
    x: to.x - size * Math.cos(angle + turn),
    y: to.y - size * Math.sin(angle + turn),
  });
  return [corner(Math.PI / 7), corner(-Math.PI / 7)];
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
