import type { Sources } from '$shared/texts/texts.svelte';

/** The texts of the window. Each language is a file of its own in the build: only one is loaded. */
export const SOURCES: Sources = {
  en: () => texts(import('../../../locales/en/shared.ftl?raw'), import('../../../locales/en/app.ftl?raw')),
  fr: () => texts(import('../../../locales/fr/shared.ftl?raw'), import('../../../locales/fr/app.ftl?raw')),
};

/** The texts of connecting a helpdesk, which few people ever need: they come with the screens that do it. */
export const CONNECT: Sources = {
  en: () => texts(import('../../../locales/en/connect.ftl?raw')),
  fr: () => texts(import('../../../locales/fr/connect.ftl?raw')),
};

async function texts(...files: Promise<{ default: string }>[]): Promise<string[]> {
  return (await Promise.all(files)).map((file) => file.default);
}
