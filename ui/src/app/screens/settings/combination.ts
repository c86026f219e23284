// The keys of a shortcut, between the keyboard, the screen and the agent. What can be a shortcut is what the agent says
// (crates/protocol/src/shortcut.rs); here a person is told why keys cannot be one, before the agent is asked.
/** A key that was pressed, as the browser tells it. */
export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

export type Heard =
  /** Modifiers alone: a key is still to come. */
  | { heard: 'modifiers'; held: string[] }
  | { heard: 'keys'; keys: string }
  | { heard: 'too-common' | 'reserved' | 'unknown' };

const MODIFIERS = new Set([
  'Control',
  'Alt',
  'AltGraph',
  'Shift',
  'Meta',
  'Super',
  'Hyper',
  'OS',
  'CapsLock',
  'Dead',
]);
const NAMED = new Set(['Insert', 'Home', 'End', 'PageUp', 'PageDown', 'Pause']);

/** What was pressed. */
export function heard(pressed: Pressed): Heard {
  const held = [
    ...(pressed.ctrlKey ? ['Ctrl'] : []),
    ...(pressed.altKey ? ['Alt'] : []),
    ...(pressed.shiftKey ? ['Shift'] : []),
    ...(pressed.metaKey ? ['Super'] : []),
  ];
  if (MODIFIERS.has(pressed.key)) return { heard: 'modifiers', held };
  const key = nameOf(pressed);
  if (key === null) return { heard: 'unknown' };
  const types = /^[A-Z\d]$/.test(key);
  if (!(pressed.ctrlKey || pressed.altKey || pressed.metaKey) || (types && held.length < 2)) {
    return { heard: 'too-common' };
  }
  const closes = key === 'F4' && pressed.altKey && !pressed.ctrlKey;
  const console = /^F(\d|1[0-2])$/.test(key) && pressed.altKey && pressed.ctrlKey;
  if (!pressed.metaKey && (closes || console)) return { heard: 'reserved' };
  return { heard: 'keys', keys: [...held, key].join('+') };
}

/** What the agent calls the key, or null if it cannot be part of a shortcut. */
function nameOf({ key, code }: Pressed): string | null {
  // With Ctrl+Break some keyboards say so.
  if (key === 'Cancel') return 'Pause';
  if (NAMED.has(key) || /^F([1-9]|1\d|2[0-4])$/.test(key)) return key;
  if (/^[a-z\d]$/i.test(key)) return key.toUpperCase();
  // With other modifiers the key types something else (¶, é, !), or its letters are not Latin: then its place tells.
  return /^(?:Key([A-Z])|Digit(\d))$/.exec(code)?.slice(1).find(Boolean) ?? null;
}

const MESSAGES: Record<string, string> = {
  Ctrl: 'key-ctrl',
  Alt: 'key-alt',
  Shift: 'key-shift',
  Super: 'key-super',
  Insert: 'key-insert',
  Home: 'key-home',
  End: 'key-end',
  PageUp: 'key-page-up',
  PageDown: 'key-page-down',
  Pause: 'key-pause',
};
const APPLE: Record<string, string> = { Alt: 'key-option', Super: 'key-command' };

/** The text of a key's name on this kind of computer; null where the name is the same in every language. */
export function nameMessage(name: string, apple: boolean): string | null {
  return (apple ? APPLE[name] : undefined) ?? MESSAGES[name] ?? null;
}
