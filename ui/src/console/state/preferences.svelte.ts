// What this person chose for this browser: language, colours, one-letter keys.

export type Theme = 'system' | 'light' | 'dark';
export type Language = 'en' | 'fr';

const KEY = 'deskside.console';

interface Kept {
  language?: unknown;
  theme?: unknown;
  keys?: unknown;
}

function kept(): Kept {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function browserLanguage(): Language {
  for (const language of navigator.languages) {
    if (/^fr\b/i.test(language)) return 'fr';
    if (/^en\b/i.test(language)) return 'en';
  }
  return 'en';
}

class Preferences {
  language: Language = $state('en');
  theme: Theme = $state('system');
  /** One-letter keys (WCAG 2.1.4: they can be switched off). */
  keys = $state(true);

  constructor() {
    const before = kept();
    this.language =
      before.language === 'fr' || before.language === 'en' ? before.language : browserLanguage();
    this.theme = before.theme === 'light' || before.theme === 'dark' ? before.theme : 'system';
    this.keys = before.keys !== false;
  }

  set(change: { language?: Language; theme?: Theme; keys?: boolean }): void {
    if (change.language !== undefined) this.language = change.language;
    if (change.theme !== undefined) this.theme = change.theme;
    if (change.keys !== undefined) this.keys = change.keys;
    try {
      localStorage.setItem(
        KEY,
        JSON.stringify({ language: this.language, theme: this.theme, keys: this.keys }),
      );
    } catch {
      // Storage full or forbidden: the choice lasts as long as the page.
    }
  }
}

export const preferences = new Preferences();
