import { RuleTester } from 'eslint';
import svelteParser from 'svelte-eslint-parser';
import { describe, it } from 'vitest';
import texts from './texts.js';

RuleTester.describe = describe;
RuleTester.it = it;

const svelte = new RuleTester({ languageOptions: { parser: svelteParser } });
const script = new RuleTester();

svelte.run('no literal text in markup', texts.rules['no-literal'], {
  valid: [
    `<p>{t('back')}</p>`,
    `<p>{name} · {size} – 12</p>`,
    `<img alt={t('back')} src="picture.png" class="large" />`,
    `<style>.a { color: red }</style><script>const words = 'not markup';</script>`,
  ],
  invalid: [
    { code: `<p>Back</p>`, errors: [{ messageId: 'literal' }] },
    { code: `<button aria-label="Back"></button>`, errors: [{ messageId: 'literal' }] },
    { code: `<input placeholder="Écrire ici" />`, errors: [{ messageId: 'literal' }] },
    { code: `<p>{'Back'}</p>`, errors: [{ messageId: 'literal' }] },
    { code: `<img alt={'A cat'} />`, errors: [{ messageId: 'literal' }] },
  ],
});

script.run('every id has a text in both languages', texts.rules['known-id'], {
  valid: [`t('back')`, 't(`section-${name}-purpose`)', `other('no-such-text')`],
  invalid: [
    // Missing in both languages: an error for each.
    { code: `t('no-such-text')`, errors: [{ messageId: 'unknown' }, { messageId: 'unknown' }] },
    { code: 't(`no-such-${thing}`)', errors: [{ messageId: 'unknown' }, { messageId: 'unknown' }] },
  ],
});
