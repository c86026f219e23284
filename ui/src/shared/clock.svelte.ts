/** The present moment, in milliseconds, ticking often enough for "3 minutes ago". */
class Clock {
  now = $state(Date.now());

  constructor() {
    // A window that lies hidden has nothing to tell; the tick after it comes back puts things right.
    const tick = (): void => {
      if (typeof document === 'undefined' || document.visibilityState === 'visible') this.now = Date.now();
    };
    // Only where there is a page: a build that draws one would never end.
    if (typeof window !== 'undefined') setInterval(tick, 20_000);
  }
}

export const clock = new Clock();
