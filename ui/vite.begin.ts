import { createServer, type Plugin, type UserConfig } from 'vite';

/** What `prerender.ts` gives. */
interface Prerendered {
  home(language: string): Promise<string>;
}

/**
 * Puts Home into the page as markup, in each language, so that the window paints it before any script has run. Which one
 * is seen, if any, the window says (`begin.css`); the real one takes its place.
 */
export function begin(config: UserConfig): Plugin {
  return {
    name: 'deskside-begin',
    apply: 'build',
    async transformIndexHtml(html) {
      const server = await createServer({
        ...config,
        configFile: false,
        appType: 'custom',
        logLevel: 'error',
        server: { ...config.server, middlewareMode: true, ws: false },
      });
      try {
        const { home } = (await server.ssrLoadModule('/begin/prerender.ts')) as unknown as Prerendered;
        const languages = ['en', 'fr'];
        const drawn: string[] = [];
        for (const language of languages) drawn.push(`<div lang="${language}">${await home(language)}</div>`);
        return html.replace(
          '<div id="app">',
          () => `<div id="begin" aria-hidden="true" inert>${drawn.join('')}</div><div id="app">`,
        );
      } finally {
        await server.close();
      }
    },
  };
}
