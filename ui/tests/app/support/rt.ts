// A real Request Tracker of Debian's packages, on a database of its own, and the technician who works in it.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SERVERS = resolve(import.meta.dirname, '../../../../xtask/servers/rt');
/** It makes its database first. */
const START_MS = 240_000;
const END_MS = 12_000;

/** Why there is no Request Tracker here, if there is none. */
export function whyNoRequestTracker(): string | undefined {
  if (!existsSync('/usr/share/request-tracker5/libexec/rt-server'))
    return 'SKIPPED: Request Tracker is not installed';
  if (process.getuid?.() !== 0) return 'SKIPPED: Request Tracker runs as www-data, which takes root';
  return undefined;
}

/** Request Tracker, with people who have tokens (`xtask/servers/rt/seed.pl`). */
export class RequestTracker {
  /** Its address, without a scheme: as people type it. */
  host = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'deskside-rt-'));
  #process: ChildProcess | undefined;
  #log = '';

  /** Starts it; resolves when it answers. */
  async start(): Promise<void> {
    chmodSync(this.#folder, 0o755);
    this.host = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'bash',
      [
        join(SERVERS, 'serve.sh'),
        join(this.#folder, 'rt'),
        new URL(this.url).port,
        'a password for tests',
        join(SERVERS, 'seed.pl'),
      ],
      // A process group of its own: the server ends with its workers.
      { env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    this.#process = child;
    child.stderr.on('data', (piece: Buffer) => (this.#log = (this.#log + piece.toString()).slice(-4000)));
    const until = Date.now() + START_MS;
    for (;;) {
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`Request Tracker does not start: ${this.#log}`);
      // Without a token it says so: it is there.
      const answer = await fetch(`${this.url}REST/2.0/rt`, { signal: AbortSignal.timeout(20_000) }).catch(
        () => undefined,
      );
      if (answer?.status === 401) return;
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** Its address. */
  get url(): string {
    return `http://${this.host}/`;
  }

  /** The token of somebody: alice and bob ask, the technician answers. */
  token(name: 'alice' | 'bob' | 'technician'): string {
    return readFileSync(join(this.#folder, 'rt', `token.${name}`), 'utf8');
  }

  /** Asks it as the technician. */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(new URL(path, `${this.url}REST/2.0/`), {
      method,
      headers: { authorization: `token ${this.token('technician')}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as unknown;
  }

  /** The subjects of all tickets. */
  async subjects(): Promise<string[]> {
    const found = (await this.ask('GET', 'tickets?query=id>0&per_page=100&fields=Subject')) as {
      items: { Subject: string }[];
    };
    return found.items.map((item) => item.Subject);
  }

  /** Ends it and takes its data away. */
  async remove(): Promise<void> {
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null) {
      const gone = new Promise((done) => child.once('exit', done));
      process.kill(-child.pid, 'SIGTERM');
      const patience = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), END_MS);
      await gone;
      clearTimeout(patience);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((opened) => server.listen(0, '127.0.0.1', opened));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
