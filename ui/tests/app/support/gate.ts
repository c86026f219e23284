// A proxy between a computer and the hub, as companies have them, that can refuse what passes: a fake at the wire, with
// the real agent on one side and the real hub on the other.
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A gate that lets everything through until it is told otherwise. */
export class Gate {
  /** Whether requests and follow-ups are refused for good. */
  refusing = false;
  readonly #server: Server;

  constructor(hub: string) {
    const { hostname, port } = new URL(hub);
    this.#server = createServer((asked, answer) => {
      const { method = 'GET', url = '/', headers } = asked;
      if (this.refusing && method === 'POST' && url.startsWith('/api/v1/tickets')) {
        // RFC 9457, with the hub's code for "never as it is".
        asked.resume().on('end', () => {
          answer.writeHead(422, { 'content-type': 'application/problem+json' });
          const problem = {
            title: 'Refused',
            status: 422,
            code: 'refused',
            detail: 'a word that is not allowed',
          };
          answer.end(JSON.stringify({ type: 'about:blank', ...problem, request_id: 'gate' }));
        });
        return;
      }
      const passed = request({ hostname, port, method, path: url, headers }, (told) => {
        answer.writeHead(told.statusCode ?? 502, told.headers);
        told.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
  }

  /** Opens it; resolves with its address. */
  async open(): Promise<string> {
    await new Promise<void>((opened) => this.#server.listen(0, '127.0.0.1', opened));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
