import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import type { MessageArguments, MessageId } from './messages';

export type { MessageId };

/** The languages there are texts in. */
export const LANGUAGES = ['en', 'fr'] as const;
/** One of them. */
export type Language = (typeof LANGUAGES)[number];
/** Fetches the Fluent sources of a page in a language; a page names its own, so that no other's are loaded. */
export type Sources = Record<Language, () => Promise<string[]>>;
interface Texts {
  language: Language;
  bundle: FluentBundle;
}

/** Replaced as a whole when the language changes: everything on screen that called {@link t} is written anew. */
let texts = $state.raw<Texts>();
let wanted: Language | undefined;
/** Sources of screens that were opened: they follow the language from then on. */
const added: Sources[] = [];

/** The language that fits what the system asks for, best first; English if none does. */
export function pickLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    const base = tag.toLowerCase().split('-')[0];
    const found = LANGUAGES.find((language) => language === base);
    if (found) return found;
  }
  return 'en';
}

/** Reads sources into a bundle. Throws on a source that is not Fluent: a typo in a text must not reach anybody. */
export function makeBundle(language: Language, sources: readonly string[]): FluentBundle {
  // No isolation marks around everything, which end up in what people copy: only where something turns, see `apart`.
  const bundle = new FluentBundle(language, { useIsolating: false });
  addSources(bundle, sources);
  return bundle;
}

function addSources(bundle: FluentBundle, sources: readonly string[]): void {
  for (const source of sources) {
    const errors = bundle.addResource(new FluentResource(source));
    if (errors[0]) throw errors[0];
  }
}

/** Changes the language of the page. Of two changes in flight, the later call wins. */
export async function useLanguage(language: Language, sources: Sources): Promise<void> {
  wanted = language;
  if (texts?.language === language) return;
  let files: string[][];
  let known: number;
  do {
    known = added.length;
    files = await Promise.all([sources, ...added].map((one) => one[language]()));
    // A screen may have brought texts meanwhile.
  } while (known !== added.length);
  if (wanted !== language) return;
  texts = { language, bundle: makeBundle(language, files.flat()) };
  if (typeof document !== 'undefined') document.documentElement.lang = language;
}

/** Adds the texts of a screen that is loaded later than the page. Resolves when they are there, in the language on screen. */
export async function addTexts(sources: Sources): Promise<void> {
  if (added.includes(sources)) return;
  let loaded: Language;
  let files: string[];
  do {
    loaded = language();
    files = await sources[loaded]();
    // The language may have changed meanwhile.
  } while (loaded !== language());
  if (added.includes(sources)) return;
  added.push(sources);
  if (!texts) return;
  addSources(texts.bundle, files);
  texts = { ...texts };
}

/** The language on screen. */
export function language(): Language {
  return texts?.language ?? 'en';
}

/**
 * The language on screen with the region of this computer, for dates and numbers: somebody in London and somebody in
 * Boston read the same texts and write the date differently.
 */
export function locale(): string {
  const here = typeof navigator === 'undefined' ? [] : navigator.languages;
  return (
    here.find((tag) => tag.toLowerCase().startsWith(`${language()}-`)) ??
    (language() === 'en' ? 'en-GB' : 'fr-FR')
  );
}

/** Whether there is such a text. For words that come from data: codes of a newer agent, values of a field. */
export function has(id: string): id is MessageId {
  return texts?.bundle.hasMessage(id) ?? false;
}

/**
 * The text of a message, in the language on screen. Ids and variables are checked when the page is built; ids that are
 * put together from codes are unions of ids, so a code without a text does not compile.
 */
export function t<K extends MessageId>(id: K, ...args: MessageArguments<K>): string {
  return anyText(id, args[0] as Record<string, FluentVariable> | undefined);
}

/** The text of an id that only data knows; ask {@link has} first. A missing text shows its id. */
export function anyText(id: string, args?: Record<string, FluentVariable>): string {
  const pattern = texts?.bundle.getMessage(id)?.value;
  if (!texts || !pattern) return id;
  // With an error list, a missing variable shows its name instead of throwing.
  return texts.bundle.formatPattern(pattern, args && apart(args), []);
}

/** Letters that are written from right to left, and the marks that change the direction (Unicode Standard Annex 9). */
const TURNS =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const MARKS = /[\u202a-\u202e\u2066-\u2069]/g;
/** First strong isolate, and its end; as numbers, for the compiler warns of marks that turn the source around. */
const [APART, TOGETHER] = [String.fromCharCode(0x2068), String.fromCharCode(0x2069)];

/** Names and words of others set apart from the text that they stand in, where they would turn it around. */
function apart(args: Record<string, FluentVariable>): Record<string, FluentVariable> {
  let set = args;
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string' && TURNS.test(value))
      set = { ...set, [name]: APART + value.replace(MARKS, '') + TOGETHER };
  }
  return set;
}
