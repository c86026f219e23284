// The real agent of one employee, with a screen of its own and the host that lets a browser drive it. Nothing of it is
// this machine's: its own home, its own runtime folder, no session bus, nothing left behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ask } from '../../../src/backend/ask';
import type { Request, Response as Answer, Settings } from '../../../src/shared/protocol';

const ROOT = resolve(import.meta.dirname, '../../../..');
const PROGRAMS = process.env.DESKSIDE_PROGRAMS ?? join(ROOT, 'target/debug');
const START_MS = 30_000;
const END_MS = 12_000;

/** What a desk can be told before it starts. */
export interface DeskOptions {
  /** A virtual screen, so that a picture of it can be taken. */
  screen?: boolean;
  /** IT's policy, TOML. */
  policy?: string;
}

/** An employee's computer, as far as tests need it. */
export class Desk {
  /** Where the browser finds the interface. */
  url = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'deskside-desk-'));
  readonly #options: DeskOptions;
  #display: string | undefined;
  #xvfb: Program | undefined;
  #agent: Program | undefined;
  #host: Program | undefined;

  constructor(options: DeskOptions = {}) {
    this.#options = options;
  }

  /** Starts everything; resolves when the agent answers. */
  async start(): Promise<void> {
    for (const name of ['home', 'run', 'data', 'config']) mkdirSync(join(this.#folder, name));
    // A runtime folder that others can look into is no runtime folder (XDG Base Directory Specification).
    chmodSync(join(this.#folder, 'run'), 0o700);
    if (this.#options.policy !== undefined)
      writeFileSync(join(this.#folder, 'policy.toml'), this.#options.policy);
    if (this.#options.screen) {
      this.#xvfb = new Program(
        'Xvfb',
        ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
        {},
      );
      this.#display = `:${await this.#xvfb.says(/^(\d+)$/m)}`;
    }
    await this.startAgent();
    this.#host = new Program(
      join(PROGRAMS, 'deskside-devhost'),
      ['--listen', '127.0.0.1:0', '--ui', join(ROOT, 'ui/dist/app')],
      this.#environment(),
    );
    this.url = (await this.#host.says(/^listening on (\S+)$/m)).replace(/\/$/, '');
    await this.#answering();
  }

  /** Starts the agent alone; again after `killAgent`, on the same store. */
  async startAgent(): Promise<void> {
    this.#agent = new Program(join(PROGRAMS, 'deskside'), [], this.#environment());
    if (this.url !== '') await this.#answering();
  }

  /** Ends the agent as a crash or a power cut does. */
  async killAgent(): Promise<void> {
    await this.#agent?.end('SIGKILL');
  }

  /** Asks the agent, as the window does. */
  ask<R extends Request>(request: R): ReturnType<typeof ask<R>> {
    const backend = {
      request: async (asked: Request): Promise<Answer> => {
        const answer = await fetch(`${this.url}/request`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(asked),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${asked.request}: ${answer.status} ${text}`);
        return JSON.parse(text) as Answer;
      },
    };
    return ask(backend, request);
  }

  /** Changes some settings, through the agent. */
  async settings(change: Partial<Settings>): Promise<void> {
    const { settings } = await this.ask({ request: 'settings' });
    await this.ask({ request: 'change-settings', settings: { ...settings, ...change } });
  }

  /** Sends a request without the interface, for tests that begin later. Returns its identity. */
  async submit(text: string): Promise<string> {
    const draft = await this.ask({ request: 'new-draft' });
    await this.ask({ request: 'save-draft', draft: draft.id, change: { text, can_work: 'yes' } });
    const { document } = await this.ask({ request: 'preview', draft: draft.id });
    // Facts come in while we look: what is sent must be what was shown, so ask until it holds still.
    for (let shown = document; ;) {
      const document_sha256 = createHash('sha256').update(shown).digest('hex');
      try {
        return (await this.ask({ request: 'submit', draft: draft.id, document_sha256 })).client_id;
      } catch (thrown) {
        if (!String(thrown).includes('preview-changed')) throw thrown;
        shown = (await this.ask({ request: 'preview', draft: draft.id })).document;
      }
    }
  }

  /** Ends everything and takes its folder away. */
  async remove(): Promise<void> {
    await this.#host?.end();
    await this.#agent?.end();
    await this.#xvfb?.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the agent and the host said, for a test that failed. */
  get log(): string {
    return `agent:\n${this.#agent?.complaints}\nhost:\n${this.#host?.complaints}`;
  }

  #environment(): NodeJS.ProcessEnv {
    const at = (name: string): string => join(this.#folder, name);
    return {
      HOME: at('home'),
      XDG_RUNTIME_DIR: at('run'),
      XDG_CONFIG_HOME: at('config'),
      XDG_DATA_HOME: at('data'),
      DESKSIDE_DATA: at('data/deskside'),
      DESKSIDE_CONFIG: at('config/deskside'),
      DESKSIDE_POLICY: at('policy.toml'),
      DESKSIDE_SOCKET: at('run/agent.sock'),
      // No window opens: the browser is it.
      DESKSIDE_WINDOW: '/bin/true',
      ...(this.#display === undefined ? {} : { DISPLAY: this.#display }),
      LANG: 'en_GB.UTF-8',
    };
  }

  async #answering(): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        await this.ask({ request: 'settings' });
        return;
      } catch (thrown) {
        if (Date.now() > until)
          throw new Error(`the agent does not answer (${String(thrown)})\n${this.log}`, { cause: thrown });
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }
}

/** A program that a test started. */
class Program {
  complaints = '';
  #said = '';
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #gone: Promise<number | null>;

  constructor(path: string, args: string[], environment: NodeJS.ProcessEnv) {
    this.#name = path.split('/').at(-1) ?? path;
    this.#child = spawn(path, args, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#gone = new Promise((done) => {
      this.#child.once('exit', done);
      this.#child.once('error', (error) => {
        this.complaints += String(error);
        done(null);
      });
    });
    this.#child.stdout?.on('data', (piece: Buffer) => (this.#said += piece.toString()));
    this.#child.stderr?.on(
      'data',
      (piece: Buffer) => (this.complaints = (this.complaints + piece.toString()).slice(-4000)),
    );
  }

  /** Waits until it says something of this form on its output; returns the form's first group. */
  async says(form: RegExp): Promise<string> {
    const until = Date.now() + START_MS;
    for (;;) {
      const found = form.exec(this.#said)?.[1];
      if (found !== undefined) return found;
      const ended = this.#child.exitCode !== null;
      if (ended || Date.now() > until) {
        throw new Error(
          `${this.#name} ${ended ? 'ended' : 'says nothing'}: ${this.#said}\n${this.complaints}`,
        );
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#gone;
    clearTimeout(patience);
  }
}
