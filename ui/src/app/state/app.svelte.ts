// What the whole window knows: the way to the agent, the settings in force, where we are and how we came here.
// It holds nothing that matters: kill the window at any moment, and the agent has it all.
import { tick } from 'svelte';
import { ask } from '$backend/ask';
import type { AgentLink, Backend } from '$backend/backend';
import { AgentError } from '$backend/backend';
import type { ErrorCode, ClientId, DraftId, Event, Request, Route, SettingsView } from '$shared/protocol';
import { LANGUAGES, pickLanguage, t, useLanguage } from '$shared/texts/texts.svelte';
import { SOURCES } from '../texts';

/** A place in the window: those the agent can send us to, and two that only follow from another screen. */
export type View = Route | { screen: 'preview'; draft: DraftId } | { screen: 'sent'; client_id: ClientId };

interface Visited {
  view: View;
  /** The control that led away, to put the focus back on. */
  focus: string | null;
}

class App {
  /** Where we are. */
  view = $state.raw<View>({ screen: 'home' });
  /** Whether the agent answers. */
  link = $state<AgentLink>('connected');
  /** Why it does not answer, where that needs more than patience. */
  lostWhy = $state<ErrorCode | null>(null);
  /** What is in force, once the agent has said it. */
  settings = $state.raw<SettingsView>();
  /** The last sentence for the polite live region. */
  announcement = $state('');
  /** Counts the agent's returns; what shows the agent's data loads again when it changes. */
  returns = $state(0);

  #backend: Backend | undefined;
  #visited = $state.raw<Visited[]>([]);
  /** What a screen still has to keep before it is left. */
  readonly #leaving = new Set<() => Promise<void> | void>();

  get backend(): Backend {
    if (!this.#backend) throw new Error('the window has not started');
    return this.#backend;
  }

  /** Whether there is a screen to go back to. */
  get canGoBack(): boolean {
    return this.view.screen !== 'home';
  }

  /** Connects the window: texts, settings, first screen. Works without an agent, and says so. */
  async start(backend: Backend): Promise<void> {
    this.#backend = backend;
    backend.onLink((link) => this.#onLink(link));
    backend.onEvent((event) => this.#onEvent(event));
    const { route, settings } = backend.beginning();
    // A change between the making of the window and now was told to nobody: the agent is asked even so.
    const asked = this.#askSettings();
    if (settings) await this.#take(settings);
    else {
      // The system's language is nearly always the one in force: its texts load while the agent is asked.
      const guess = pickLanguage(navigator.languages);
      await Promise.all([SOURCES[guess](), asked]);
      if (!this.settings) await useLanguage(guess, SOURCES);
    }
    this.#arrive(route);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.settle();
    });
    window.addEventListener('blur', () => void this.settle());
  }

  async #askSettings(): Promise<void> {
    try {
      await this.#take(await this.ask({ request: 'settings' }));
    } catch (thrown) {
      this.link = 'lost';
      this.lostWhy = AgentError.from(thrown).report.code;
    }
  }

  /** Asks the agent; see `ask`. */
  ask<R extends Request>(request: R): ReturnType<typeof ask<R>> {
    return ask(this.backend, request);
  }

  /** Says one sentence to screen readers, politely. */
  announce(sentence: string): void {
    // The same sentence twice is two events: an empty region in between makes it be read again.
    this.announcement = '';
    void tick().then(() => (this.announcement = sentence));
  }

  /**
   * Goes to another screen; the way back remembers where the focus was. `from` is what the way back leads to, where that
   * is known better than from how we came (a draft that had no name yet when its screen opened).
   */
  async go(view: View, from = this.view): Promise<void> {
    const focus = document.activeElement?.id || null;
    await this.settle();
    this.#visited = [...this.#visited, { view: from, focus }];
    this.restoreFocus = null;
    this.view = view;
  }

  /** Shows another place of the same kind instead of this one: the way back stays. */
  async replace(view: View): Promise<void> {
    await this.settle();
    this.restoreFocus = null;
    this.view = view;
  }

  /** Goes to another screen from which the way back is Home: what was before is done with. */
  async finish(view: View): Promise<void> {
    await this.settle();
    this.#arrive(view);
  }

  /** Goes back to where we came from; Home if we came from nowhere. */
  async back(): Promise<void> {
    if (!this.canGoBack) return;
    await this.settle();
    const last = this.#visited.at(-1) ?? { view: { screen: 'home' } as const, focus: null };
    this.#visited = this.#visited.slice(0, -1);
    this.restoreFocus = last.focus;
    this.view = last.view;
  }

  /** The id of the control that the screen being opened should focus, if it is a return. Taken once. */
  restoreFocus: string | null = null;

  /** Registers what must be kept before the screen is left or hidden. Returns how to stop. */
  beforeLeaving(keep: () => Promise<void> | void): () => void {
    this.#leaving.add(keep);
    return () => this.#leaving.delete(keep);
  }

  /** Keeps everything that is still to be kept. Never fails: what could not be kept says so on its screen. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#leaving].map((keep) => keep()));
  }

  /** Subscribes to the agent's events; for `$effect`. */
  onEvent(listener: (event: Event) => void): () => void {
    return this.backend.onEvent(listener);
  }

  /** Puts settings in force, wherever they came from. */
  async #take(view: SettingsView): Promise<void> {
    this.settings = view;
    const { theme } = view.settings;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const language = LANGUAGES.find((known) => known === view.language) ?? pickLanguage([view.language]);
    await useLanguage(language, SOURCES);
  }

  /** Settings after a change made here; others come as an event. */
  async applySettings(view: SettingsView): Promise<void> {
    await this.#take(view);
  }

  #arrive(view: View): void {
    this.#visited = view.screen === 'home' ? [] : [{ view: { screen: 'home' }, focus: null }];
    this.restoreFocus = null;
    this.view = view;
  }

  #onEvent(event: Event): void {
    if (event.event === 'navigate') void this.#navigate(event.route);
    else if (event.event === 'settings-changed') void this.#take(event.view);
  }

  /** The tray, a notification or a second start sends us somewhere. Nobody is taken away from what they are writing. */
  async #navigate(route: Route): Promise<void> {
    const writing = this.view.screen === 'report' || this.view.screen === 'preview';
    if (writing && route.screen === 'home') return;
    if (writing && route.screen === 'report' && route.capture === null && route.draft === null) return;
    if (route.screen === 'home') return this.finish(route);
    if (JSON.stringify(route) === JSON.stringify(this.view)) return;
    if (this.view.screen === 'home' || writing) return this.go(route);
    return this.finish(route);
  }

  /** An agent of another version is there and does not talk to us: waiting does not help, restarting does. */
  async #askWhy(): Promise<void> {
    try {
      await this.ask({ request: 'settings' });
    } catch (thrown) {
      if (this.link === 'lost') this.lostWhy = AgentError.from(thrown).report.code;
    }
  }

  #onLink(link: AgentLink): void {
    if (link === this.link) return;
    this.link = link;
    this.lostWhy = null;
    if (link === 'lost') return void this.#askWhy();
    this.returns += 1;
    this.announce(t('agent-back'));
    void this.settle();
    void this.ask({ request: 'settings' })
      .then((view) => this.#take(view))
      .catch((thrown: unknown) => void AgentError.from(thrown));
  }
}

/** The one window. */
export const app = new App();
