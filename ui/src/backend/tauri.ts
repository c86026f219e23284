// The only file that imports @tauri-apps: everything the interface asks of the window's shell passes here.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { ErrorCode, Event, Request, Response } from '$shared/protocol';
import {
  AgentError,
  type AgentLink,
  type Backend,
  type Beginning,
  type FileDrag,
  type OfferedFile,
  type Unsubscribe,
} from './backend';
import { download } from './download';

declare global {
  interface Window {
    /** What the shell puts there before the page (`src-tauri/src/shell.rs`). */
    readonly __DESKSIDE_BEGINNING__?: Beginning;
  }
}

/** A file as the shell offers it (`src-tauri/src/offered.rs`). */
interface Offer {
  id: number;
  name: string;
  size_bytes: number;
  refused: ErrorCode | null;
}

type ShellDrag = { drag: 'over' } | { drag: 'gone' } | { drag: 'dropped'; files: Offer[] };

/** Longest wait for a file to be written, in milliseconds. */
const SAVING_MS = 30_000;

/** The backend inside the real window. */
export class TauriBackend implements Backend {
  async request(request: Request): Promise<Response> {
    try {
      return await invoke<Response>('request', { payload: request });
    } catch (thrown) {
      throw AgentError.from(thrown);
    }
  }

  onEvent(listener: (event: Event) => void): Unsubscribe {
    return subscribe<Event>('agent-event', listener);
  }

  onLink(listener: (link: AgentLink) => void): Unsubscribe {
    const stops = [
      subscribe('agent-lost', () => listener('lost')),
      subscribe('agent-back', () => listener('connected')),
    ];
    return () => stops.forEach((stop) => stop());
  }

  beginning(): Beginning {
    return window.__DESKSIDE_BEGINNING__ ?? { route: { screen: 'home' }, settings: null };
  }

  hideForCapture(): Promise<void> {
    return invoke('hide_for_capture');
  }

  showAfterCapture(): Promise<void> {
    return invoke('show_after_capture');
  }

  onFileDrag(listener: (drag: FileDrag) => void): Unsubscribe {
    return subscribe<ShellDrag>('file-drag', (told) =>
      listener(told.drag === 'dropped' ? { drag: 'dropped', files: told.files.map(offered) } : told),
    );
  }

  async pastedFiles(): Promise<OfferedFile[]> {
    return (await invoke<Offer[]>('pasted_files')).map(offered);
  }

  async save(name: string, content: Blob): Promise<string | null> {
    let stop: Unsubscribe | undefined;
    let late: ReturnType<typeof setTimeout> | undefined;
    try {
      let told: (path: string | null) => void = () => undefined;
      const saved = new Promise<string | null>((resolve) => (told = resolve));
      stop = await listen<{ path: string | null }>('file-saved', ({ payload }) => told(payload.path));
      late = setTimeout(() => told(null), SAVING_MS);
      download(name, content);
      const path = await saved;
      if (path === null)
        throw new AgentError({ code: 'store-unwritable', detail: 'the file was not written' });
      return path;
    } catch (thrown) {
      throw AgentError.from(thrown);
    } finally {
      clearTimeout(late);
      stop?.();
    }
  }

  closeWindow(): Promise<void> {
    return invoke('close_window');
  }
}

function offered({ id, name, size_bytes, refused }: Offer): OfferedFile {
  return {
    name,
    size: size_bytes,
    type: '',
    refused,
    async read() {
      try {
        return new File([await invoke<ArrayBuffer>('read_offered', { id })], name);
      } catch (thrown) {
        throw AgentError.from(thrown);
      }
    },
  };
}

/** Tauri subscribes asynchronously; the caller may have left before it has. */
function subscribe<T>(name: string, listener: (payload: T) => void): Unsubscribe {
  const pending = listen<T>(name, (event) => listener(event.payload));
  return () => void pending.then((stop) => stop());
}
