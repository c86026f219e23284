// The only file that imports @tauri-apps: everything the interface asks of the window's shell passes here.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Event, Request, Response, Route } from '$shared/protocol';
import { AgentError, type AgentLink, type Backend, type Unsubscribe } from './backend';

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

  initialRoute(): Promise<Route> {
    return invoke<Route>('initial_route');
  }

  hideForCapture(): Promise<void> {
    return invoke('hide_for_capture');
  }

  showAfterCapture(): Promise<void> {
    return invoke('show_after_capture');
  }

  closeWindow(): Promise<void> {
    return invoke('close_window');
  }
}

/** Tauri subscribes asynchronously; the caller may have left before it has. */
function subscribe<T>(name: string, listener: (payload: T) => void): Unsubscribe {
  const pending = listen<T>(name, (event) => listener(event.payload));
  return () => void pending.then((stop) => stop());
}
