// Whom a ticket can be given to, and how they are called.
import type { Person } from '$shared/protocol';
import { hub, session } from './session.svelte';

class Colleagues {
  #people: readonly Person[] = $state.raw([]);

  /** Fetches them. A technician who may not see the list can still take tickets on and give them up. */
  async load(): Promise<void> {
    try {
      this.#people = await hub.people();
    } catch {
      this.#people = [];
    }
  }

  /** A login's name as people say it, or the login itself. */
  name(login: string): string {
    const person = this.#people.find((one) => one.login === login);
    if (person !== undefined) return person.display_name;
    return session.session?.person.login === login ? session.session.person.display_name : login;
  }

  /** Who can be chosen: who can sign in, oneself first, and whoever has the ticket now. */
  choices(assignee: string | null): readonly { login: string; display_name: string }[] {
    const me = session.session?.person;
    const others = this.#people.filter((person) => person.active && person.login !== me?.login);
    const choices = [...(me === undefined ? [] : [me]), ...others];
    if (assignee !== null && !choices.some((person) => person.login === assignee)) {
      return [...choices, { login: assignee, display_name: this.name(assignee) }];
    }
    return choices;
  }
}

export const colleagues = new Colleagues();
