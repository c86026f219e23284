import type { Backend } from './backend';
import { TauriBackend } from './tauri';

/** The backend of where this page runs. The window's comes with the page, which would otherwise wait for one file more. */
export async function connect(): Promise<Backend> {
  if ('__TAURI_INTERNALS__' in window) return new TauriBackend();
  return new (await import('./http')).HttpBackend();
}
