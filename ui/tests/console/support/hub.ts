// The real hub, started for the tests: its own folder, its own port, nothing of it left behind.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type {
  Changes,
  CreatedEnrolmentToken,
  Enrolled,
  Facts,
  Finding,
  FollowUpReceipt,
  Receipt,
  Session,
  TicketDocument,
  TicketView,
} from '../../../src/shared/protocol';
import { newId } from '../../../src/console/api/id';

const PROGRAMS = process.env.DESKSIDE_PROGRAMS ?? resolve(import.meta.dirname, '../../../../target/debug');
const START_MS = 30_000;

/** What this machine says of itself, asked of the agent that was built; `undefined` if none was. */
export async function thisMachine(): Promise<{ facts: Facts; findings: Finding[] } | undefined> {
  const agent = join(PROGRAMS, 'deskside');
  if (!existsSync(agent)) return undefined;
  const { stdout } = await promisify(execFile)(agent, ['facts', '--json'], {
    timeout: 30_000,
    maxBuffer: 8_000_000,
  });
  return JSON.parse(stdout) as { facts: Facts; findings: Finding[] };
}

/** A hub that runs. */
export class Hub {
  /** Where it listens, `http://127.0.0.1:PORT`. */
  url = '';
  /** The sign-in that it made at its first start. */
  first = { login: '', password: '' };
  readonly #folder = mkdtempSync(join(tmpdir(), 'deskside-hub-'));
  readonly #arguments: string[];
  #process: ChildProcess | undefined;

  /** `more`: what `serve` is told besides. */
  constructor(more: string[] = []) {
    this.#arguments = more;
  }

  /** Starts it; again after `stop`, on the same data and the same port. */
  async start(): Promise<void> {
    const listen = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const child = spawn(
      join(PROGRAMS, 'deskside-hub'),
      [
        'serve',
        '--listen',
        listen,
        '--data',
        this.#folder,
        '--helpdesk-name',
        'Helpdesk',
        ...this.#arguments,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#process = child;
    let said = '';
    let complained = '';
    child.stderr.on('data', (piece: Buffer) => (complained = (complained + piece.toString()).slice(-4000)));
    await new Promise<void>((done, fail) => {
      const limit = setTimeout(() => fail(new Error(`the hub does not start: ${complained}`)), START_MS);
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(`the hub ended with ${code}: ${complained}`)));
      child.stdout.on('data', (piece: Buffer) => {
        said += piece.toString();
        const first = /^first sign-in: (\S+) (\S+)$/m.exec(said);
        if (first?.[1] !== undefined && first[2] !== undefined)
          this.first = { login: first[1], password: first[2] };
        const at = /^listening on (\S+)$/m.exec(said);
        if (at?.[1] !== undefined) {
          this.url = at[1].replace(/\/$/, '');
          clearTimeout(limit);
          done();
        }
      });
    });
  }

  /** Stops it and keeps its data. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 12_000);
    await gone;
    clearTimeout(patience);
  }

  /** Stops it and takes its data away. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function answered<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A person who speaks to the hub without a browser. */
export class PersonClient {
  readonly #url: string;
  #cookie = '';
  session: Session | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** The session's cookie as a browser keeps it. */
  get cookie(): { name: string; value: string; url: string } {
    const [name = '', value = ''] = this.#cookie.split('=');
    return { name, value, url: this.#url };
  }

  async signIn(login: string, password: string): Promise<void> {
    const answer = await fetch(`${this.#url}/api/v1/console/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ login, password }),
    });
    this.#cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    this.session = await answered<Session>(answer);
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return answered<T>(
      await fetch(`${this.#url}/api/v1/console${path}`, {
        method,
        headers: {
          Cookie: this.#cookie,
          'X-CSRF-Token': this.session?.csrf_token ?? '',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  /** Replies to a ticket, or notes something on it. */
  async reply(
    number: number,
    text: string,
    more: { internal?: boolean; state?: string } = {},
  ): Promise<void> {
    await this.call('POST', `/tickets/${number}/follow-ups`, {
      id: newId(),
      text,
      internal: more.internal ?? false,
      new_state: more.state ?? null,
      attachments: [],
    });
  }
}

/** A device that is enrolled, and speaks as an agent does. */
export class DeviceClient {
  readonly #url: string;
  readonly #credential: string;

  private constructor(url: string, credential: string) {
    this.#url = url;
    this.#credential = credential;
  }

  static async enrol(
    url: string,
    administrator: PersonClient,
    name: string,
    platform = 'linux',
  ): Promise<DeviceClient> {
    const made = await administrator.call<CreatedEnrolmentToken>('POST', '/enrolment-tokens', {
      label: `for ${name}`,
      uses: 1,
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    });
    const enrolled = await answered<Enrolled>(
      await fetch(`${url}/api/v1/enrol`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ token: made.token, device_name: name, platform }),
      }),
    );
    return new DeviceClient(url, enrolled.credential);
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    return answered<T>(
      await fetch(`${this.#url}/api/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${this.#credential}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  /** Sends a ticket and its files; gives its number. */
  async ticket(document: TicketDocument, files: readonly Buffer[] = []): Promise<number> {
    const receipt = await this.#send<Receipt>('POST', '/tickets', document);
    for (const [index, bytes] of files.entries()) {
      const id = document.attachments[index]?.id ?? '';
      await answered(
        await fetch(`${this.#url}/api/v1/tickets/${document.client_id}/attachments/${id}`, {
          method: 'PUT',
          headers: {
            Authorization: `Bearer ${this.#credential}`,
            'Content-Type': 'application/octet-stream',
          },
          body: new Uint8Array(bytes),
        }),
      );
    }
    return receipt.number;
  }

  async reply(clientId: string, text: string): Promise<void> {
    await this.#send<FollowUpReceipt>('POST', `/tickets/${clientId}/follow-ups`, {
      id: newId(),
      text,
      attachments: [],
    });
  }

  async rate(clientId: string, stars: number, comment: string): Promise<void> {
    await this.#send('POST', `/tickets/${clientId}/verdicts`, {
      id: newId(),
      verdict: { verdict: 'rate', stars, comment },
    });
  }

  /** The bytes of a file. */
  async file(clientId: string, id: string): Promise<Buffer> {
    const answer = await fetch(`${this.#url}/api/v1/tickets/${clientId}/attachments/${id}`, {
      headers: { Authorization: `Bearer ${this.#credential}` },
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  /** A ticket as the requester may see it. */
  async view(clientId: string): Promise<TicketView> {
    let cursor: string | undefined;
    for (;;) {
      const changes: Changes = await this.#send(
        'GET',
        `/tickets${cursor === undefined ? '' : `?since=${encodeURIComponent(cursor)}`}`,
      );
      const found = changes.tickets.find((ticket) => ticket.client_id === clientId);
      if (found !== undefined) return found;
      if (!changes.more) throw new Error(`the device has no ticket ${clientId}`);
      cursor = changes.cursor;
    }
  }
}
