import { defineConfig } from 'vite';
import { begin } from './vite.begin.ts';
import { page } from './vite.shared.ts';

// The window serves the page from its own scheme and devhost from a port: addresses are relative to work in both.
const config = page('app', './');
export default defineConfig({ ...config, plugins: [...(config.plugins ?? []), begin(config)] });
