import { defineConfig } from 'vite';
import { page } from './vite.shared.ts';

// The hub serves the console at /console/, and its addresses can be shared: deep paths need an absolute base.
export default defineConfig(page('console', '/console/'));
