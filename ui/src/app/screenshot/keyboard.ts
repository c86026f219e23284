// What a key means in the editor. The names of the tools are the same in both languages' key hints, so that a
// technician can say "press B" on the telephone.

import type { Point } from './geometry';
import type { MarkKind } from './picture';

/** What the pointer does. */
export type Tool = 'select' | 'crop' | MarkKind;

export const TOOLS: readonly Tool[] = ['select', 'crop', 'arrow', 'box', 'text', 'redaction'];

/** The letter of each tool. */
export const TOOL_KEY: Record<Tool, string> = {
  select: 'V',
  crop: 'C',
  arrow: 'A',
  box: 'B',
  text: 'T',
  redaction: 'H',
};

/** How far an arrow key goes, in pixels of the picture; with Alt, one pixel. */
export const STRIDE = 16;

export type Command =
  | { do: 'tool'; tool: Tool }
  | { do: 'place' }
  | { do: 'move'; by: Point }
  | { do: 'resize'; by: Point }
  | { do: 'next'; step: 1 | -1 }
  | { do: 'remove' }
  | { do: 'undo' }
  | { do: 'redo' }
  | { do: 'deselect' };

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** The command of a key pressed on the picture, or null: the key is not ours and does what it always does. */
export function commandOf(event: Key): Command | null {
  const letter = event.key.toUpperCase();
  if (event.ctrlKey || event.metaKey) {
    if (letter === 'Z') return { do: event.shiftKey ? 'redo' : 'undo' };
    if (letter === 'Y') return { do: 'redo' };
    return null;
  }
  const direction = DIRECTION[event.key];
  if (direction) {
    const stride = event.altKey ? 1 : STRIDE;
    const by = { x: direction.x * stride, y: direction.y * stride };
    return { do: event.shiftKey ? 'resize' : 'move', by };
  }
  if (event.altKey) return null;
  switch (event.key) {
    case 'Enter':
    case ' ':
      return { do: 'place' };
    case 'PageDown':
      return { do: 'next', step: 1 };
    case 'PageUp':
      return { do: 'next', step: -1 };
    case 'Delete':
    case 'Backspace':
      return { do: 'remove' };
    case 'Escape':
      return { do: 'deselect' };
  }
  const tool = TOOLS.find((name) => TOOL_KEY[name] === letter);
  return tool ? { do: 'tool', tool } : null;
}

const DIRECTION: Record<string, Point | undefined> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
