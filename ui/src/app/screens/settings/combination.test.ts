import { describe, expect, it } from 'vitest';
import { heard, nameMessage } from './combination';

type Held = Partial<Record<'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey', boolean>>;
const press = (key: string, code: string, held: Held = {}) =>
  heard({ key, code, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...held });

describe('keys for a shortcut', () => {
  it('are written as the agent reads them', () => {
    const all = { ctrlKey: true, altKey: true, shiftKey: true };
    expect(press('H', 'KeyH', all)).toEqual({ heard: 'keys', keys: 'Ctrl+Alt+Shift+H' });
    expect(press('F9', 'F9', { ctrlKey: true })).toEqual({ heard: 'keys', keys: 'Ctrl+F9' });
    expect(press('PageUp', 'PageUp', { metaKey: true })).toEqual({ heard: 'keys', keys: 'Super+PageUp' });
    expect(press('Cancel', 'Pause', { ctrlKey: true })).toEqual({ heard: 'keys', keys: 'Ctrl+Pause' });
  });

  it('are named by what they type, and by their place where they type something else', () => {
    const held = { ctrlKey: true, shiftKey: true };
    expect(press('a', 'KeyQ', held)).toEqual({ heard: 'keys', keys: 'Ctrl+Shift+A' });
    expect(press('&', 'Digit1', held)).toEqual({ heard: 'keys', keys: 'Ctrl+Shift+1' });
    expect(press('р', 'KeyH', held)).toEqual({ heard: 'keys', keys: 'Ctrl+Shift+H' });
  });

  it('wait for a key while modifiers alone are held', () => {
    expect(press('Control', 'ControlLeft', { ctrlKey: true })).toEqual({
      heard: 'modifiers',
      held: ['Ctrl'],
    });
  });

  it('are refused where people need them', () => {
    expect(press('h', 'KeyH')).toEqual({ heard: 'too-common' });
    expect(press('c', 'KeyC', { ctrlKey: true })).toEqual({ heard: 'too-common' });
    expect(press('F5', 'F5', { shiftKey: true })).toEqual({ heard: 'too-common' });
    expect(press('F4', 'F4', { altKey: true })).toEqual({ heard: 'reserved' });
    expect(press('F2', 'F2', { altKey: true, ctrlKey: true })).toEqual({ heard: 'reserved' });
    expect(press('Delete', 'Delete', { altKey: true, ctrlKey: true })).toEqual({ heard: 'unknown' });
    expect(press('ù', 'Quote', { altKey: true, ctrlKey: true })).toEqual({ heard: 'unknown' });
  });

  it('have the names that stand on the keyboard', () => {
    expect(nameMessage('Super', false)).toBe('key-super');
    expect(nameMessage('Super', true)).toBe('key-command');
    expect(nameMessage('H', true)).toBeNull();
  });
});
