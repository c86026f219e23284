import { defineConfig } from '@playwright/test';

/** Debian's own Chromium: nothing is downloaded, and it is the engine that technicians and WebView2 have. */
const CHROMIUM = process.env.DESKSIDE_CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: './tests',
  // Pictures for the eye prove nothing: they are taken when a folder is named for them.
  testIgnore: process.env.DESKSIDE_SHOTS === undefined ? ['**/shots.spec.ts'] : [],
  outputDir: './test-results',
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // A test that passes at the second try hides a fault; `cargo xtask test` may ask for one, and names it.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'line',
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    launchOptions: { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] },
    trace: 'retain-on-failure',
  },
});
