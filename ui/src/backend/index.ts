import type { Backend } from './backend';

/** The backend of where this page runs. Only the one that is needed is loaded. */
export async function connect(): Promise<Backend> {
  if ('__TAURI_INTERNALS__' in window) return new (await import('./tauri')).TauriBackend();
  return new (await import('./http')).HttpBackend();
}
