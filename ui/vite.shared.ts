import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { UserConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The short names of the folders that both pages import from; `tsconfig.json` says the same. */
export const alias = {
  $shared: here('./src/shared'),
  $backend: here('./src/backend'),
};

/**
 * What the two builds have in common.
 *
 * Both pages run under a policy that allows scripts and styles from files only, so nothing may be inlined: no `data:`
 * assets, no preload helper that writes markup, no style attribute in templates.
 */
export function page(name: 'app' | 'console', base: string): UserConfig {
  return {
    root: here(`./src/${name}`),
    base,
    publicDir: false,
    plugins: [svelte({ configFile: here('./svelte.config.js') })],
    resolve: { alias },
    server: { fs: { allow: [here('..')] } },
    build: {
      outDir: here(`./dist/${name}`),
      emptyOutDir: true,
      // The oldest web view we meet: WebKitGTK 2.50 (Safari 26), WebView2 and Chromium of the last two years. It keeps
      // `light-dark()` in the style sheets, which holds each colour's two values in one place.
      target: ['es2022', 'safari17.5', 'chrome123'],
      cssTarget: ['safari17.5', 'chrome123'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
      rolldownOptions: {
        output: {
          // What the first screen needs comes in one piece: each file is a question to the process that holds them, and
          // the window waits for the last of them.
          codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] },
        },
      },
    },
  };
}
