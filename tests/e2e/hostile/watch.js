// Runs in a page under test, before what is hostile comes: the real window's web view, and the console in a browser.
// `watch.faults()` then says everything on the page that a text must not be able to do. `texts.json` beside this file is
// what is fed to it; `canary()` is what its scripts call, `evil.example` the computer that its addresses name.
(() => {
  const happened = [];
  window.canary = () => happened.push('a script of a text ran');
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
    window[name] = () => happened.push(`something called ${name}()`);
  addEventListener(
    'securitypolicyviolation',
    (event) => happened.push(`the policy stopped ${event.effectiveDirective} ${event.blockedURI}`),
    true,
  );

  // What the pages are made of. An element that is not here has come from a text, or belongs into this list.
  const ELEMENTS = new Set(
    `html head meta title link script body div span p a b bdi strong em small code pre kbd time h1 h2 h3 h4 ul ol li dl dt dd
     table caption thead tbody tr th td header footer main nav section article aside form fieldset legend label input textarea
     select option button details summary dialog output figure figcaption img canvas hr br blockquote svg g path circle ellipse line
     polyline polygon rect`.split(/\s+/),
  );
  /** Attributes that make a page load or go somewhere. */
  const ADDRESSES = new Set(
    `href src srcset action formaction poster background cite ping data manifest srcdoc xlink:href longdesc classid codebase
     usemap profile dynsrc lowsrc`.split(/\s+/),
  );

  const inside = (address, element) => {
    if (!URL.canParse(address, document.baseURI)) return false;
    const url = new URL(address, document.baseURI);
    if (url.origin === location.origin || url.protocol === 'blob:') return true;
    // Pictures of our own are in style sheets and drawn codes.
    const picture = element.localName === 'img' && /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(address);
    return picture || (element.matches('head > link[rel=icon]') && address === 'data:,');
  };

  /** What is in the page that no template of ours puts there. */
  function strangers() {
    const found = [];
    for (const element of document.querySelectorAll('*')) {
      const name = element.localName;
      const told = () => `${name}: ${element.outerHTML.slice(0, 160)}`;
      if (!ELEMENTS.has(name)) found.push(`an element of a text, ${told()}`);
      for (const { name: attribute, value } of element.attributes) {
        if (/^on/i.test(attribute)) found.push(`a handler of a text, ${told()}`);
        if (ADDRESSES.has(attribute) && !inside(value, element)) found.push(`an address of a text, ${told()}`);
        if (attribute === 'style' && /url\(|position:\s*fixed/i.test(value)) found.push(`a style of a text, ${told()}`);
      }
      if (name === 'script' && !element.src) found.push(`a script in the page, ${told()}`);
      if (name === 'meta' && /refresh|set-cookie|base/i.test(element.httpEquiv)) found.push(`an order, ${told()}`);
    }
    return found;
  }

  // Letters that are written from right to left, and the marks that change the direction (Unicode Standard Annex 9).
  const TURNS =
    /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

  /** Words that read backwards because of a text beside them. */
  function turned() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const word = TURNS.test(node.data) ? null : /[A-Za-z0-9][A-Za-z0-9]/.exec(node.data);
      if (!word || !node.parentElement?.checkVisibility?.()) continue;
      const place = (at) => {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect();
      };
      const [first, second] = [place(word.index), place(word.index + 1)];
      const sameLine = first.width > 0 && second.width > 0 && Math.abs(first.top - second.top) < 2;
      if (sameLine && second.left < first.left - 0.5)
        found.push(`turned around: ${JSON.stringify(node.data.slice(0, 80))} in ${node.parentElement.outerHTML.slice(0, 160)}`);
    }
    return found;
  }

  /** Texts that reach out of the page sideways, or lie over what is beside them. */
  function burst() {
    const found = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth + 1) {
      const wide = [...document.querySelectorAll('body *')].filter(
        (element) => element.checkVisibility() && element.getBoundingClientRect().right > page.clientWidth + 1,
      );
      const first = wide.filter((element) => !element.children.length).slice(0, 4);
      const told = first.map((element) => `${element.parentElement?.outerHTML.slice(0, 300)}`);
      found.push(`the page is ${page.scrollWidth} wide in ${page.clientWidth}: ${told.join(' | ')}`);
    }
    for (const element of document.querySelectorAll('body *')) {
      if (element.scrollWidth <= element.clientWidth + 1 || element.matches('pre, input, textarea, .stage, .visually-hidden'))
        continue;
      const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.checkVisibility();
      if (scrolls) found.push(`${element.scrollWidth} wide in ${element.clientWidth}: ${element.outerHTML.slice(0, 160)}`);
    }
    return found;
  }

  /** Requests that went elsewhere, as far as the page is told. */
  function calls() {
    return performance
      .getEntriesByType('resource')
      .filter((entry) => URL.canParse(entry.name, document.baseURI))
      .map((entry) => new URL(entry.name, document.baseURI))
      .filter((url) => ['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol))
      .filter((url) => url.origin !== location.origin && url.hostname !== 'ipc.localhost')
      .map((url) => `a request to ${url}`);
  }

  window.watch = {
    /** Everything that a text has done, and shows. */
    faults: () => [...happened, ...strangers(), ...turned(), ...burst(), ...calls()].slice(0, 20),
    /** Takes and forgets what has happened so far. */
    take: () => happened.splice(0),
    /** Of these texts, those that the page does not hold letter for letter. */
    missing: (texts) => {
      const all = document.body.textContent;
      return texts.filter((text) => !all.includes(text)).slice(0, 20);
    },
    /** The texts of elements. */
    texts: (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent),
  };
})();
