import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { alias } from './vite.shared.ts';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias },
  test: { include: ['src/**/*.test.ts', 'eslint/**/*.test.ts'], environment: 'node' },
});
