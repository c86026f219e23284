// Who is signed in. A lost session does not take the page away: a sign-in lies over it, and what waited goes on after it.
import type { Session } from '../../shared/protocol';
import { Client, type SessionKeeper } from '../api/client';
import { hubOver, type Hub } from '../api/hub';
import { ApiError, asApiError } from '../api/problem';

/** How it stands with the session. */
export type SessionState =
  | { readonly kind: 'asking' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'signed-in'; readonly session: Session }
  /** The hub forgot the session while this person was at work. */
  | { readonly kind: 'lost'; readonly session: Session };

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: ApiError) => void;
}

class SessionStore implements SessionKeeper {
  state: SessionState = $state.raw({ kind: 'asking' });
  #waiting: Waiting[] = [];

  /** The signed-in person's session, also while it has to be renewed. */
  get session(): Session | undefined {
    return this.state.kind === 'signed-in' || this.state.kind === 'lost' ? this.state.session : undefined;
  }

  get administrator(): boolean {
    return this.session?.person.role === 'administrator';
  }

  csrfToken(): string {
    return this.session?.csrf_token ?? '';
  }

  renew(): Promise<void> {
    if (this.state.kind === 'signed-in') this.state = { kind: 'lost', session: this.state.session };
    if (this.state.kind !== 'lost')
      return Promise.reject(new ApiError('unauthorized', 401, 'nobody is signed in'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async refreshToken(): Promise<boolean> {
    const before = this.csrfToken();
    try {
      const session = await hub.session();
      if (session.person.login !== this.session?.person.login) return false;
      this.state = { kind: 'signed-in', session };
      return session.csrf_token !== before;
    } catch {
      return false;
    }
  }

  /** Asks the hub who is signed in. */
  async ask(): Promise<void> {
    this.state = { kind: 'asking' };
    try {
      this.state = { kind: 'signed-in', session: await hub.session() };
    } catch (thrown) {
      const error = asApiError(thrown);
      this.state = error.status === 401 ? { kind: 'nobody' } : { kind: 'failed', error };
    }
  }

  /**
   * Signs in, for the first time or again.
   * @throws {ApiError} the hub does not accept it, asks to wait, or does not answer
   */
  async signIn(login: string, password: string): Promise<void> {
    const session = await hub.signIn({ login, password });
    const before = this.session;
    this.state = { kind: 'signed-in', session };
    const waiting = this.#waiting;
    this.#waiting = [];
    // Somebody else at the same screen must not send what the first person wrote.
    const same = before === undefined || before.person.login === session.person.login;
    for (const one of waiting) {
      if (same) one.resolve();
      else one.reject(new ApiError('unauthorized', 401, 'somebody else signed in'));
    }
  }

  /** @throws {ApiError} the present password is wrong, the new one too short, or the hub does not answer */
  async changePassword(current: string, next: string): Promise<void> {
    this.state = { kind: 'signed-in', session: await hub.changePassword({ current, new: next }) };
  }

  /** Signs out here; the hub is told, and a hub that does not answer is not waited for. */
  async signOut(): Promise<void> {
    await hub.signOut().catch(() => undefined);
    for (const one of this.#waiting) one.reject(new ApiError('unauthorized', 401, 'signed out'));
    this.#waiting = [];
    this.state = { kind: 'nobody' };
  }
}

export const session = new SessionStore();

/** The hub, with the session that is signed in here. */
export const hub: Hub = hubOver(new Client(session));
