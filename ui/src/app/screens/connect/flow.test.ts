import type { ConnectStep, HelpdeskReport, Request, SettingsView } from '$shared/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../state/app.svelte';
import { ConnectFlow } from './flow.svelte';

const step = (name: ConnectStep['step'], health: ConnectStep['health'] = 'good'): ConnectStep => ({
  step: name,
  health,
  problem: health === 'good' ? null : 'token-wrong',
  detail: '',
});

const GLPI: HelpdeskReport = {
  kind: 'glpi',
  url: 'https://it.example/glpi/',
  version: '11.0.6',
  name: null,
  ways: ['browser', 'token'],
  fields: [],
  steps: [step('address'), step('kind')],
  outcome: 'credential-wanted',
};

/** What the agent was asked; each question gets the next answer. */
function agent(...answers: HelpdeskReport[]): Request[] {
  const asked: Request[] = [];
  vi.spyOn(app, 'ask').mockImplementation((request) => {
    asked.push(structuredClone(request));
    const next = answers.shift();
    return (next ? Promise.resolve(next) : Promise.reject(new Error('gone'))) as ReturnType<typeof app.ask>;
  });
  return asked;
}

afterEach(() => void vi.restoreAllMocks());

describe('connecting a helpdesk', () => {
  it('goes on in the browser, and is done when the agent says so', async () => {
    const asked = agent(GLPI, { ...GLPI, outcome: 'in-browser' });
    const flow = new ConnectFlow();
    flow.address = ' it.example/glpi/front/central.php ';
    flow.credential = 'not for the browser';
    await flow.look();
    expect([flow.stage, flow.way]).toEqual(['sign-in', 'browser']);
    await flow.connect();
    expect(flow.stage).toBe('browser');
    expect(asked).toMatchObject([
      { request: 'probe-helpdesk', choice: { url: 'it.example/glpi/front/central.php', credential: null } },
      {
        request: 'connect-helpdesk',
        choice: { url: GLPI.url, kind: 'glpi', way: 'browser', credential: null },
      },
    ]);

    flow.hear({
      event: 'helpdesk-reported',
      report: { ...GLPI, steps: [step('sign-in', 'broken')], outcome: 'broken' },
    });
    expect([flow.stage, flow.broken?.step]).toEqual(['sign-in', 'sign-in']);
    // What is told of a sign-in that nobody waits for changes nothing.
    flow.hear({ event: 'helpdesk-reported', report: { ...GLPI, outcome: 'connected' } });
    expect(flow.stage).toBe('sign-in');
  });

  it('shows each step as it is done, and each once', async () => {
    const flow = new ConnectFlow();
    flow.address = 'it.example';
    let answer: (report: HelpdeskReport) => void = () => undefined;
    vi.spyOn(app, 'ask').mockReturnValue(
      new Promise<HelpdeskReport>((done) => (answer = done)) as unknown as ReturnType<typeof app.ask>,
    );
    const looking = flow.look();
    for (const name of ['address', 'name', 'name'] as const)
      flow.hear({ event: 'helpdesk-step', step: step(name) });
    expect(flow.steps.map((one) => one.step)).toEqual(['address', 'name']);
    answer(GLPI);
    await looking;
    expect(flow.steps).toEqual(GLPI.steps);
    flow.hear({ event: 'helpdesk-step', step: step('rights') });
    expect(flow.steps).toEqual(GLPI.steps);
  });

  it('keeps the token until it is kept elsewhere, and sends no field that is empty', async () => {
    const refused = { ...GLPI, steps: [step('sign-in', 'broken')], outcome: 'broken' as const };
    const asked = agent(GLPI, refused, { ...GLPI, outcome: 'connected' });
    const flow = new ConnectFlow();
    flow.address = 'it.example';
    await flow.look();
    flow.way = 'token';
    flow.credential = ' qwerty\n';
    flow.fields = { entity: '3', category: '  ' };
    await flow.connect();
    expect([flow.stage, flow.credential]).toEqual(['sign-in', ' qwerty\n']);
    await flow.connect();
    expect([flow.stage, flow.credential]).toEqual(['connected', '']);
    expect(asked.at(-1)).toMatchObject({
      choice: { way: 'token', credential: 'qwerty', fields: { entity: '3' } },
    });
  });

  it('asks for the field without which the look goes no further', async () => {
    const missing: HelpdeskReport = {
      ...GLPI,
      ways: ['token'],
      fields: [{ name: 'app_token', needed: true, secret: true, choices: [] }],
      steps: [step('address'), { ...step('interface', 'broken'), problem: 'app-token-missing' }],
      outcome: 'broken',
    };
    const asked = agent(missing, { ...GLPI, outcome: 'connected' });
    const flow = new ConnectFlow();
    flow.address = 'it.example';
    await flow.look();
    expect([flow.stage, flow.found?.kind, flow.broken?.problem]).toEqual([
      'sign-in',
      'glpi',
      'app-token-missing',
    ]);
    flow.fields = { app_token: 'of the application' };
    flow.credential = 'of the user';
    await flow.connect();
    expect(flow.stage).toBe('connected');
    expect(asked.at(-1)).toMatchObject({
      choice: { kind: 'glpi', way: 'token', fields: { app_token: 'of the application' } },
    });
  });

  it('asks for the address that IT decided as it stands', async () => {
    const asked = agent(GLPI, { ...GLPI, outcome: 'connected' });
    const page = 'https://it.example/support';
    const flow = new ConnectFlow();
    flow.begin({
      helpdesk_url: page,
      helpdesk_kind: null,
      helpdesk_way: null,
      helpdesk_fields: {},
      helpdesk_decided_by_policy: { url: true },
    } as unknown as SettingsView);
    await flow.look();
    await flow.connect();
    expect(asked).toMatchObject([{ choice: { url: page } }, { choice: { url: page, kind: 'glpi' } }]);
  });

  it('goes on asking for the address where no field would help', async () => {
    agent({ ...GLPI, steps: [step('address'), step('interface', 'broken')], outcome: 'broken' });
    const flow = new ConnectFlow();
    flow.address = 'it.example';
    await flow.look();
    expect([flow.stage, flow.found]).toEqual(['address', undefined]);
  });

  it('signs in again at the same helpdesk, in the same way', async () => {
    const asked = agent(GLPI);
    const flow = new ConnectFlow();
    flow.begin({
      helpdesk_url: GLPI.url,
      helpdesk_kind: 'glpi',
      helpdesk_way: 'token',
      helpdesk_fields: { entity: '3' },
      helpdesk_decided_by_policy: { url: false },
    } as unknown as SettingsView);
    await flow.look();
    expect([flow.stage, flow.way]).toEqual(['sign-in', 'token']);
    expect(asked).toMatchObject([
      { choice: { url: GLPI.url, kind: 'glpi', way: 'token', fields: { entity: '3' } } },
    ]);
    // Another one begins from nothing.
    flow.restart();
    expect([flow.stage, flow.found, flow.fields]).toEqual(['address', undefined, {}]);
  });

  it('says that the agent did not answer, and where one was', async () => {
    agent();
    const flow = new ConnectFlow();
    flow.address = 'it.example';
    await flow.look();
    expect([flow.stage, flow.failed?.report.code]).toEqual(['address', 'internal']);
  });
});
