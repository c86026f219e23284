// Runs before the page's own scripts, after `__DESKSIDE_BEGINNING__` (`shell.rs`, `Beginning`). Where the window opens Home,
// the root says so, in the language and theme in force: then Home as it was drawn when the page was built
// (`ui/src/app/begin`) is on the screen before any script of the page runs.
(() => {
  const { route, settings } = window.__DESKSIDE_BEGINNING__;
  if (route.screen !== 'home' || !settings) return;
  const tell = () => {
    const root = document.documentElement;
    if (!root) return false;
    root.lang = root.dataset.begin = settings.language;
    if (settings.settings.theme !== 'system') root.dataset.theme = settings.settings.theme;
    return true;
  };
  // Some web views run this before there is a root.
  if (!tell()) new MutationObserver((_, watch) => tell() && watch.disconnect()).observe(document, { childList: true });
})();
