// The story every test of the window begins with: a hub, a technician, an employee's desk, and a page on it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test as base, expect, type Page } from '@playwright/test';
import type { CreatedEnrolmentToken, Route } from '../../../src/shared/protocol';
import { Hub, PersonClient } from '../../console/support/hub';
import { Desk } from './desk';

export { expect };

const PASSWORD = 'correct horse battery';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A hub with somebody who answers. */
export interface Helpdesk {
  readonly hub: Hub;
  readonly technician: PersonClient;
}

/** The window, in a browser. */
export interface Window {
  readonly page: Page;
  /** Opens it there. */
  open(route?: Route): Promise<void>;
  /** Fails on any violation that axe finds. `what` names the screen in the message. */
  expectAccessible(what: string): Promise<void>;
  /** Fails if the page scrolls sideways. */
  expectNoSidewaysScroll(what: string): Promise<void>;
}

interface Worlds {
  /** What the hub is told besides. */
  hubArguments: string[];
  helpdesk: Helpdesk;
}

interface Stories {
  /** Whether the desk has a screen that can be photographed. */
  display: boolean;
  /** An employee's computer, enrolled. */
  desk: Desk;
  window: Window;
}

export const test = base.extend<Stories, Worlds>({
  hubArguments: [[], { option: true, scope: 'worker' }],

  helpdesk: [
    async ({ hubArguments }, use) => {
      const hub = new Hub(hubArguments);
      try {
        await hub.start();
        const technician = new PersonClient(hub.url);
        await technician.signIn(hub.first.login, hub.first.password);
        technician.session = await technician.call('POST', '/session/password', {
          current: hub.first.password,
          new: PASSWORD,
        });
        await use({ hub, technician });
      } finally {
        await hub.remove();
      }
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  display: [false, { option: true }],

  desk: async ({ helpdesk, display }, use, info) => {
    const desk = new Desk({ screen: display });
    try {
      await desk.start();
      await enrol(desk, helpdesk);
      await use(desk);
      if (info.status !== info.expectedStatus) await info.attach('programs', { body: desk.log });
    } finally {
      await desk.remove();
    }
  },

  window: async ({ desk, page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // A lost agent shows as a failed request; everything else on the console is a fault, a refused style among them.
      const network = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !network) faults.push(message.text());
    });
    await use({
      page,
      async open(route) {
        const asked = route === undefined ? '' : `?route=${encodeURIComponent(JSON.stringify(route))}`;
        await page.goto(`${desk.url}/${asked}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      },
      async expectAccessible(what) {
        expect(await violations(page), what).toEqual([]);
      },
      async expectNoSidewaysScroll(what) {
        const wide = await page.evaluate(() => ({
          page: document.documentElement.scrollWidth - window.innerWidth,
          widest: [...document.querySelectorAll<HTMLElement>('body *')]
            .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
            .filter((element) => !element.closest('.visually-hidden'))
            .slice(0, 3)
            .map((element) => element.outerHTML.slice(0, 120)),
        }));
        expect(wide.page, `${what}: ${wide.widest.join('\n')}`).toBeLessThanOrEqual(0);
      },
    });
    expect(faults).toEqual([]);
  },
});

/** Connects a desk to the helpdesk, with a token as IT makes it; by another way than straight to it if one is given. */
export async function enrol(desk: Desk, { hub, technician }: Helpdesk, way = hub.url): Promise<void> {
  const { token } = await technician.call<CreatedEnrolmentToken>('POST', '/enrolment-tokens', {
    label: 'browser tests',
    uses: 1,
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
  });
  await desk.ask({ request: 'enrol', url: way, token });
}

interface Violation {
  id: string;
  help: string;
  where: string[];
}

/** What axe finds: WCAG 2.2 AA and its best practices. The script runs beside the page, which its policy allows not. */
async function violations(page: Page): Promise<Violation[]> {
  // What is on its way in is half transparent for a moment; contrast is judged when it is there.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))),
  );
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run: (options: object) => Promise<{
          violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
        }>;
      };
    };
    const found = await axe.run({ resultTypes: ['violations'] });
    return found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} — ${node.failureSummary}`),
    }));
  });
}

/** Waits until the request has its number. */
export async function delivered(desk: Desk, client_id: string): Promise<number> {
  let number = 0;
  await expect
    .poll(
      async () => {
        const { row } = await desk.ask({ request: 'thread', client_id });
        if (row.delivery.delivery === 'delivered') number = row.delivery.number;
        return row.delivery.delivery;
      },
      { timeout: 20_000 },
    )
    .toBe('delivered');
  return number;
}
