// One-letter keys: when they count, and when they are just letters.
import { preferences } from './preferences.svelte';

/** The key of an event that may steer the console, or `undefined` where the letter belongs to what is being typed. */
export function steeringKey(event: KeyboardEvent): string | undefined {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
    return undefined;
  if (document.querySelector('dialog[open]') !== null) return undefined;
  const target = event.target;
  if (target instanceof HTMLElement) {
    if (target.isContentEditable || target.matches('textarea, select')) return undefined;
    if (
      target instanceof HTMLInputElement &&
      !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
    )
      return undefined;
  }
  if (!preferences.keys && event.key.length === 1) return undefined;
  return event.key;
}
