// Runs when the page is built, never in the window: Home as it is before the agent has said anything, as markup.
import { useLanguage, type Language } from '$shared/texts/texts.svelte';
import { render } from 'svelte/server';
import Home from '../screens/home/Home.svelte';
import { SOURCES } from '../texts';

/** Home in a language. Without identities, which belong to the real one that takes its place. */
export async function home(language: Language): Promise<string> {
  await useLanguage(language, SOURCES);
  const { body } = await render(Home);
  return body.replace(/<!--.*?-->/gs, '').replace(/ (?:id|aria-labelledby)="[^"]*"/g, '');
}
