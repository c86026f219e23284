import { defineConfig } from 'vite';
import { page } from './vite.shared.ts';

// The window serves the page from its own scheme and devhost from a port: addresses are relative to work in both.
export default defineConfig(page('app', './'));
