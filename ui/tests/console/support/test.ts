// The story every test begins with: a hub that runs, people, devices, tickets; and a page that is signed in.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test as base, expect, type Browser, type Page } from '@playwright/test';
import type { TicketDocument } from '../../../src/shared/protocol';
import { announced, laptopFacts, laptopFindings, ticketDocument, type TicketIdea } from './documents';
import { DeviceClient, Hub, PersonClient } from './hub';

export { expect };

/** What everybody signs in with, once it is changed. */
export const PASSWORD = 'correct horse battery';
const FIRST_PASSWORD = 'made for the first day';

/** A hub with something in it. */
export interface World {
  readonly hub: Hub;
  readonly admin: PersonClient;
  readonly technician: PersonClient;
  readonly laptop: DeviceClient;
  readonly desktop: DeviceClient;
  /** The printer's ticket: a picture, a file, every section, a conversation. */
  readonly printer: { number: number; document: TicketDocument };
  /** Sends a new ticket from the laptop. */
  send(idea: TicketIdea): Promise<{ number: number; document: TicketDocument }>;
}

/** A picture of a screen with something wrong on it, drawn by the browser itself. */
async function screenPicture(browser: Browser): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  await page.setContent(readFileSync(new URL('screen.html', import.meta.url), 'utf8'));
  const picture = await page.screenshot();
  await page.close();
  return picture;
}

const PEOPLE = [
  { login: 'crobert', name: 'Camille Robert', language: 'fr' },
  { login: 'jsmith', name: 'Jordan Smith', language: 'en' },
  { login: 'anguyen', name: 'An Nguyen', language: 'en' },
  { login: 'mdupont', name: 'Maxime Dupont-Lefebvre', language: 'fr' },
] as const;

const IDEAS: readonly TicketIdea[] = [
  {
    text: 'Outlook asks for my password again and again',
    canWork: 'with-difficulty',
    affected: 'only-me',
    category: 'mail',
  },
  {
    text: 'VPN disconnects every ten minutes\nSince yesterday evening, at home only.',
    canWork: 'with-difficulty',
    affected: 'unknown',
    category: 'network',
  },
  {
    text: 'Le partage « Comptabilité » est introuvable',
    canWork: 'no',
    affected: 'others',
    category: 'access',
  },
  { text: 'No sound in Teams meetings', canWork: 'yes', affected: 'only-me', category: 'meetings' },
  {
    text: 'Écran externe non détecté après la mise en veille',
    canWork: 'yes',
    affected: 'only-me',
    category: 'computer',
  },
  {
    text: 'The payroll program closes by itself when I press Save',
    canWork: 'no',
    affected: 'unknown',
    category: 'program',
  },
];

async function build(browser: Browser): Promise<World> {
  const hub = new Hub();
  await hub.start();
  const admin = new PersonClient(hub.url);
  await admin.signIn(hub.first.login, hub.first.password);
  admin.session = await admin.call('POST', '/session/password', {
    current: hub.first.password,
    new: PASSWORD,
  });
  for (const [login, display_name] of [
    ['lea', 'Léa Martin'],
    ['sam', 'Sam Okafor'],
  ] as const) {
    await admin.call('POST', '/people', {
      login,
      display_name,
      role: 'technician',
      password: FIRST_PASSWORD,
    });
  }
  const technician = new PersonClient(hub.url);
  await technician.signIn('lea', FIRST_PASSWORD);
  technician.session = await technician.call('POST', '/session/password', {
    current: FIRST_PASSWORD,
    new: PASSWORD,
  });

  const laptop = await DeviceClient.enrol(hub.url, admin, 'pc-compta-042');
  const desktop = await DeviceClient.enrol(hub.url, admin, 'ws-design-07', 'windows');
  await DeviceClient.enrol(hub.url, admin, 'mac-direction-01', 'macos');

  for (let index = 0; index < 64; index += 1) {
    const idea = IDEAS[index % IDEAS.length];
    const person = PEOPLE[index % PEOPLE.length];
    if (idea === undefined || person === undefined) continue;
    await desktop.ticket(
      ticketDocument({ ...idea, requester: person, facts: index % 3 === 0 ? laptopFacts() : {} }),
    );
  }

  // An earlier ticket of the laptop, when less was wrong with it: what changed since is shown.
  const before = laptopFacts();
  if (before.system?.state === 'collected') before.system.data.kernel = '6.1.0-35-amd64';
  if (before.network?.state === 'collected') before.network.data.vpn_up = false;
  const earlier = ticketDocument({
    text: 'Firefox se ferme tout seul',
    canWork: 'yes',
    affected: 'only-me',
    facts: before,
  });
  const earlierNumber = await laptop.ticket(earlier);
  await technician.reply(earlierNumber, 'C’est réparé : le cache était plein.', { state: 'solved' });
  await laptop.rate(earlier.client_id, 4, 'Merci, rapide !');

  const picture = await screenPicture(browser);
  const list = Buffer.from('job;pages;state\n1187;12;stopped\n1188;1;pending\n');
  const document = ticketDocument({
    text: 'L’imprimante de l’étage 3 imprime des pages blanches\n\nDepuis ce matin, tout ce que j’envoie sort blanc, ou ne sort pas. J’ai des factures à envoyer avant midi. <b>Le voyant</b> clignote en orange.',
    canWork: 'with-difficulty',
    affected: 'others',
    category: 'printing',
    facts: laptopFacts(),
    findings: laptopFindings(),
    attachments: [
      announced('screen.png', 'image/png', picture, true),
      announced('file d’attente.csv', 'text/csv', list),
    ],
  });
  const number = await laptop.ticket(document, [picture, list]);
  await technician.call('PATCH', `/tickets/${number}`, { assignee: 'lea', state: 'in-progress' });
  await technician.reply(
    number,
    'Bonjour Camille, je regarde la file d’attente de l’imprimante. Pouvez-vous ouvrir le capot avant et me dire s’il reste une feuille coincée ?',
    { state: 'waiting-for-requester' },
  );
  await technician.reply(
    number,
    'Bourrage signalé 7 fois dans cupsd. Toner bas : en commander un (réf. W2030A).',
    { internal: true },
  );
  await laptop.reply(
    document.client_id,
    'Oui ! Il y avait une feuille tout au fond. Je l’ai retirée, mais les pages sortent encore blanches.',
  );

  return {
    hub,
    admin,
    technician,
    laptop,
    desktop,
    printer: { number, document },
    async send(idea) {
      const made = ticketDocument({ facts: laptopFacts(), findings: laptopFindings(), ...idea });
      return { number: await laptop.ticket(made), document: made };
    },
  };
}

interface Fixtures {
  /** A page at the hub's address, signed in as the technician Léa. */
  signedIn: Page;
  /** The same for the administrator. */
  administrator: Page;
}

export const test = base.extend<Fixtures, { world: World }>({
  world: [
    async ({ browser }, use) => {
      const world = await build(browser);
      await use(world);
      await world.hub.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: async ({ world }, use) => use(world.hub.url),
  page: async ({ page }, use) => {
    const complaints: string[] = [];
    // Whatever the policy blocks or a script throws fails the test that it happens in.
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await use(page);
    expect(complaints).toEqual([]);
  },
  signedIn: async ({ page, world }, use) => {
    await page.context().addCookies([world.technician.cookie]);
    await use(page);
  },
  administrator: async ({ page, world }, use) => {
    await page.context().addCookies([world.admin.cookie]);
    await use(page);
  },
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** No violation of WCAG 2.2 A and AA or of good practice, as axe sees it, on the page as it is now. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // Animations end first: half-faded text has half its contrast.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => undefined)),
    ),
  );
  // Through the debugger's world: the page's policy allows no script from elsewhere.
  await page.evaluate(AXE);
  const result = await page.evaluate(async () => {
    const axe = (
      window as unknown as { axe: { run: (context: unknown, options: unknown) => Promise<AxeResult> } }
    ).axe;
    return axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
  });
  const told = result.violations.map(
    (violation) =>
      `${violation.id}: ${violation.help}\n${violation.nodes.map((node) => `  ${node.html}\n  ${node.failureSummary ?? ''}`).join('\n')}`,
  );
  expect(told, name).toEqual([]);
}

/** The page does not scroll sideways. */
export async function expectNoSidewaysScroll(page: Page, name: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    const culprits = [...document.querySelectorAll<HTMLElement>('body *')]
      .filter(
        (element) => element.checkVisibility() && element.closest('.visually-hidden, pre, .stage') === null,
      )
      .filter(
        (element) =>
          element.scrollWidth > element.clientWidth + 1 &&
          ['auto', 'scroll'].includes(getComputedStyle(element).overflowX),
      )
      .map(
        (element) =>
          `${element.tagName}.${element.className} scrolls ${element.scrollWidth} in ${element.clientWidth}`,
      );
    return document.documentElement.scrollWidth > limit
      ? [`the page is ${document.documentElement.scrollWidth} wide in ${limit}`, ...culprits]
      : culprits;
  });
  expect(wide, name).toEqual([]);
}
