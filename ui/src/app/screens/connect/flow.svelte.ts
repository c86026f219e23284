// How a helpdesk is connected: look at the address, sign in, connect. What is seen on the way, step by step.
import { AgentError } from '$backend/backend';
import type {
  ConnectStep,
  Event,
  HelpdeskChoice,
  HelpdeskKind,
  HelpdeskReport,
  SettingsView,
  SignInWay,
} from '$shared/protocol';
import { app } from '../../state/app.svelte';

/** Where one is. */
export type Stage =
  /** The address is asked for. */
  | 'address'
  /** It is looked at. */
  | 'looking'
  /** It is known what it is: how to sign in is asked. */
  | 'sign-in'
  /** It is tried with the sign-in. */
  | 'connecting'
  /** The sign-in goes on in the system's browser. */
  | 'browser'
  /** It is done. */
  | 'connected';

/** One try to connect a helpdesk, from its address to the end. */
export class ConnectFlow {
  stage = $state<Stage>('address');
  address = $state('');
  /** What is known of the helpdesk, once the look at it went well. */
  found = $state.raw<HelpdeskReport>();
  /** What was looked at so far, in the look or try that is under way or was the last. */
  steps = $state.raw<ConnectStep[]>([]);
  /** Why there is no report at all. */
  failed = $state.raw<AgentError>();
  /** How to sign in. */
  way = $state<SignInWay>('token');
  /** What the helpdesk is told besides, by name. */
  fields = $state<Record<string, string>>({});
  /** The token. Gone from here as soon as it is kept. */
  credential = $state('');
  /** What is known already of what it is: IT's word, or that of the last time. */
  #kind: HelpdeskKind | null = null;
  #wanted: SignInWay | null = null;
  /** IT decided the address: it is asked for as it stands, wherever it led. */
  #decided = false;

  /** The step that is broken, if one is. */
  get broken(): ConnectStep | undefined {
    return this.steps.find((step) => step.health === 'broken');
  }

  /** Whether something is under way. */
  get busy(): boolean {
    return this.stage === 'looking' || this.stage === 'connecting';
  }

  /** Begins with the helpdesk that is set already: its address, and what it was told. */
  begin(view: SettingsView): void {
    this.address = view.helpdesk_url ?? '';
    this.#decided = view.helpdesk_decided_by_policy.url;
    this.#kind = view.helpdesk_kind;
    this.#wanted = view.helpdesk_way;
    this.fields = { ...view.helpdesk_fields };
  }

  /** Looks at what is at the address. */
  async look(): Promise<void> {
    if (this.busy) return;
    const report = await this.#ask('looking', 'probe-helpdesk', null);
    if (!report || (this.broken && !this.#canBeMended(report))) {
      this.stage = this.found ? 'sign-in' : 'address';
      return;
    }
    this.found = report;
    const wanted = report.ways.find((way) => way === this.#wanted);
    this.way = wanted ?? report.ways[0] ?? 'token';
    this.stage = 'sign-in';
  }

  /** Signs in and connects. */
  async connect(): Promise<void> {
    if (this.busy) return;
    const credential = this.way === 'browser' ? null : this.credential.trim();
    const report = await this.#ask('connecting', 'connect-helpdesk', credential);
    if (report) this.#came(report);
    else this.stage = 'sign-in';
  }

  /** Back to the address: it was another one. */
  restart(): void {
    this.stage = 'address';
    this.found = undefined;
    this.steps = [];
    this.failed = undefined;
    this.credential = '';
    this.fields = {};
    this.#kind = null;
    this.#wanted = null;
  }

  /** Takes in what the agent tells meanwhile. */
  hear(event: Event): void {
    if (event.event === 'helpdesk-step' && (this.busy || this.stage === 'browser')) {
      this.steps = [...this.steps.filter(({ step }) => step !== event.step.step), event.step];
    } else if (event.event === 'helpdesk-reported' && this.stage === 'browser') this.#came(event.report);
  }

  /** Whether a field is all that is missing or wrong: then it is known what is there, and the field is asked for. */
  #canBeMended(report: HelpdeskReport): boolean {
    const lacking = report.fields.some(({ name, needed }) => needed && !this.fields[name]?.trim());
    const wrong = this.broken?.problem === 'app-token-wrong' || this.broken?.problem === 'oauth-client-wrong';
    return report.kind !== null && (lacking || wrong);
  }

  #came(report: HelpdeskReport): void {
    this.steps = report.steps;
    switch (report.outcome) {
      case 'connected':
        this.credential = '';
        this.found = report;
        this.stage = 'connected';
        break;
      case 'in-browser':
        this.stage = 'browser';
        break;
      case 'broken':
      case 'credential-wanted':
      case 'ready':
        this.stage = 'sign-in';
        break;
    }
  }

  async #ask(
    stage: Stage,
    request: 'probe-helpdesk' | 'connect-helpdesk',
    credential: string | null,
  ): Promise<HelpdeskReport | undefined> {
    this.stage = stage;
    this.steps = [];
    this.failed = undefined;
    const choice: HelpdeskChoice = {
      url: this.#decided ? this.address.trim() : (this.found?.url ?? this.address.trim()),
      kind: this.found?.kind ?? this.#kind,
      way: request === 'connect-helpdesk' ? this.way : this.#wanted,
      // An empty field is as if it had not been touched.
      fields: Object.fromEntries(Object.entries(this.fields).filter(([, value]) => value.trim() !== '')),
      credential,
    };
    try {
      const report = await app.ask({ request, choice });
      this.steps = report.steps;
      return report;
    } catch (thrown) {
      this.failed = AgentError.from(thrown);
      return undefined;
    }
  }
}
