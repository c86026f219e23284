import { describe, expect, it } from 'vitest';
import { commandOf, STRIDE, TOOL_KEY, TOOLS } from './keyboard';

const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
const press = (key: string, held: Partial<typeof plain> = {}) => commandOf({ ...plain, ...held, key });

describe('keys on the picture', () => {
  it('choose a tool by its letter, in either case', () => {
    for (const tool of TOOLS) {
      expect(press(TOOL_KEY[tool])).toEqual({ do: 'tool', tool });
      expect(press(TOOL_KEY[tool].toLowerCase())).toEqual({ do: 'tool', tool });
    }
    expect(new Set(Object.values(TOOL_KEY)).size).toBe(TOOLS.length);
  });

  it('move by a stride, by one pixel with Alt, and resize with Shift', () => {
    expect(press('ArrowLeft')).toEqual({ do: 'move', by: { x: -STRIDE, y: 0 } });
    expect(press('ArrowDown', { altKey: true })).toEqual({ do: 'move', by: { x: 0, y: 1 } });
    expect(press('ArrowUp', { shiftKey: true })).toEqual({ do: 'resize', by: { x: 0, y: -STRIDE } });
  });

  it('undo and redo as everywhere', () => {
    expect(press('z', { ctrlKey: true })).toEqual({ do: 'undo' });
    expect(press('z', { metaKey: true, shiftKey: true })).toEqual({ do: 'redo' });
    expect(press('y', { ctrlKey: true })).toEqual({ do: 'redo' });
  });

  it('leave all other keys alone: Tab goes on, Ctrl+A does what it does', () => {
    for (const key of ['Tab', 'F5', 'x', 'Home']) expect(press(key)).toBeNull();
    expect(press('a', { ctrlKey: true })).toBeNull();
    expect(press('b', { altKey: true })).toBeNull();
  });
});
