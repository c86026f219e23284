// The one place that touches the History API.
import { readRoute, writeRoute, type Route } from './routes';

function here(): Route {
  return readRoute(window.location.pathname, window.location.search);
}

class Router {
  /** The page in front. */
  current: Route = $state.raw(here());
  /** Where one came from inside the console, so that Escape can lead back there. */
  previous: Route | undefined = $state.raw(undefined);

  constructor() {
    window.addEventListener('popstate', () => {
      this.previous = this.current;
      this.current = here();
    });
  }

  /** Goes to a page and keeps the present one in the history. */
  go(route: Route): void {
    const address = writeRoute(route);
    if (address === window.location.pathname + window.location.search) return;
    window.history.pushState(null, '', address);
    this.previous = this.current;
    this.current = route;
  }

  /** Goes to a page in place of the present one: typing in the search box must not fill the history. */
  replace(route: Route): void {
    window.history.replaceState(null, '', writeRoute(route));
    this.current = route;
  }

  /** For `onclick` of a link: stays in the page unless the browser was asked for a new tab or window. */
  follow = (event: MouseEvent, route: Route): void => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    this.go(route);
  };
}

export const router = new Router();
