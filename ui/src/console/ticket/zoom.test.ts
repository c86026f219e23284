import { describe, expect, it } from 'vitest';
import { centred, fitScale, SCALE_MAX, SCALE_MIN, zoomAt } from './zoom';

const screen = { width: 1920, height: 1080 };
const room = { width: 960, height: 600 };

describe('looking at a picture', () => {
  it('fits all of it, and never enlarges a small one', () => {
    expect(fitScale(screen, room)).toBe(0.5);
    expect(fitScale({ width: 100, height: 50 }, room)).toBe(1);
    expect(fitScale({ width: 0, height: 0 }, room)).toBe(1);
  });

  it('lies in the middle, or begins at the corner where it is larger', () => {
    expect(centred(screen, room, 0.5)).toEqual({ scale: 0.5, x: 0, y: 30 });
    expect(centred(screen, room, 1)).toEqual({ scale: 1, x: 0, y: 0 });
  });

  it('keeps what is under the pointer there', () => {
    const before = centred(screen, room, 0.5);
    const after = zoomAt(before, 2, 480, 300, screen, room);
    const under = (place: typeof before): [number, number] => [
      (480 - place.x) / place.scale,
      (300 - place.y) / place.scale,
    ];
    expect(under(after)).toEqual(under(before));
  });

  it('never loses the picture out of sight, however far it is dragged or zoomed', () => {
    for (const [x, y] of [
      [1e6, 1e6],
      [-1e6, -1e6],
    ] as const) {
      const place = zoomAt({ scale: 1, x, y }, 1, 0, 0, screen, room);
      expect(place.x).toBeLessThan(room.width);
      expect(place.x + screen.width * place.scale).toBeGreaterThan(0);
      expect(place.y).toBeLessThan(room.height);
      expect(place.y + screen.height * place.scale).toBeGreaterThan(0);
    }
    expect(zoomAt({ scale: 1, x: 0, y: 0 }, 1e9, 0, 0, screen, room).scale).toBe(SCALE_MAX);
    expect(zoomAt({ scale: 1, x: 0, y: 0 }, 1e-9, 0, 0, screen, room).scale).toBe(SCALE_MIN);
  });
});
