// One sentence at a time for screen readers, politely. `shell/Announcements.svelte` holds the live region.
class Announcer {
  sentence = $state('');
  #clear: number | undefined;

  /** Says a sentence; the same one twice is said twice. */
  say(sentence: string): void {
    window.clearTimeout(this.#clear);
    this.sentence = '';
    window.setTimeout(() => {
      this.sentence = sentence;
    }, 50);
    this.#clear = window.setTimeout(() => {
      this.sentence = '';
    }, 8_000);
  }
}

export const announcer = new Announcer();
