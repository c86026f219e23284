import type { Event, Request, Response, Route } from '$shared/protocol';
import {
  AgentError,
  type AgentLink,
  type Backend,
  type Beginning,
  type FileDrag,
  type OfferedFile,
  type Unsubscribe,
} from './backend';
import { atHand } from './at-hand';
import { download } from './download';

/**
 * The backend in a browser: devhost passes the same requests to the same agent (`crates/devhost`). It is how tests
 * reach every screen; there is no window to hide or close.
 */
export class HttpBackend implements Backend {
  readonly #events = new EventTarget();
  readonly #source: EventSource;
  #link: AgentLink = 'connected';

  constructor(base = document.baseURI) {
    this.#base = base;
    this.#source = new EventSource(new URL('events', base));
    this.#source.onopen = () => this.#setLink('connected');
    this.#source.onerror = () => this.#setLink('lost');
    this.#source.onmessage = (message: MessageEvent<string>) => {
      const detail = JSON.parse(message.data) as Event;
      this.#events.dispatchEvent(new CustomEvent('agent', { detail }));
    };
  }

  readonly #base: string;

  async request(request: Request): Promise<Response> {
    let answer: globalThis.Response;
    try {
      answer = await fetch(new URL('request', this.#base), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
    } catch (thrown) {
      this.#setLink('lost');
      throw AgentError.from(thrown);
    }
    if (answer.ok) return (await answer.json()) as Response;
    if (answer.status === 422) {
      const error = AgentError.from(await answer.json());
      if (error.report.code === 'agent-lost') this.#setLink('lost');
      throw error;
    }
    this.#setLink('lost');
    throw new AgentError({ code: 'internal', detail: `devhost answered ${answer.status}` });
  }

  onEvent(listener: (event: Event) => void): Unsubscribe {
    const heard = (event: globalThis.Event): void => listener((event as CustomEvent<Event>).detail);
    this.#events.addEventListener('agent', heard);
    return () => this.#events.removeEventListener('agent', heard);
  }

  onLink(listener: (link: AgentLink) => void): Unsubscribe {
    const heard = (event: globalThis.Event): void => listener((event as CustomEvent<AgentLink>).detail);
    this.#events.addEventListener('link', heard);
    return () => this.#events.removeEventListener('link', heard);
  }

  /** `?route=` holds a route as JSON, as the window's `--route` does. */
  beginning(): Beginning {
    const asked = new URLSearchParams(location.search).get('route');
    const route: Route = asked === null ? { screen: 'home' } : (JSON.parse(asked) as Route);
    return { route, settings: null };
  }

  hideForCapture(): Promise<void> {
    return Promise.resolve();
  }

  showAfterCapture(): Promise<void> {
    return Promise.resolve();
  }

  onFileDrag(listener: (drag: FileDrag) => void): Unsubscribe {
    const stop = new AbortController();
    const { signal } = stop;
    const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent): void => {
      if (holdsFiles(event)) listener({ drag: 'over' });
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) listener({ drag: 'gone' });
    };
    const drop = (event: DragEvent): void => {
      listener({ drag: 'gone' });
      if (!holdsFiles(event)) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      listener({ drag: 'dropped', files: files.map(atHand) });
    };
    window.addEventListener('dragenter', over, { signal });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal });
    return () => stop.abort();
  }

  /** A browser gives copied files to the page, with the paste itself. */
  pastedFiles(): Promise<OfferedFile[]> {
    return Promise.resolve([]);
  }

  save(name: string, content: Blob): Promise<string | null> {
    download(name, content);
    return Promise.resolve(null);
  }

  closeWindow(): Promise<void> {
    return Promise.resolve();
  }

  #setLink(link: AgentLink): void {
    if (link === this.#link) return;
    this.#link = link;
    this.#events.dispatchEvent(new CustomEvent('link', { detail: link }));
  }
}
