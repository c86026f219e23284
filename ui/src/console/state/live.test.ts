import { expect, it } from 'vitest';
import { retryDelay } from './live.svelte';

it('comes back soon at first, then patiently, and never all consoles at once', () => {
  expect(retryDelay(0, () => 1)).toBe(1_000);
  expect(retryDelay(3, () => 1)).toBe(8_000);
  for (const attempt of [5, 10, 1_000]) expect(retryDelay(attempt, () => 1)).toBe(30_000);
  expect(retryDelay(3, () => 0)).toBe(4_000);
});
