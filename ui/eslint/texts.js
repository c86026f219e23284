// Two rules that keep the interface's words in locales/: no literal text in markup, and no id without a text in both
// languages. TypeScript checks the ids too, against the generated list; this one reads the sources themselves.
import { readdirSync, readFileSync } from 'node:fs';

const LOCALES = new URL('../../locales/', import.meta.url);
const LANGUAGES = ['en', 'fr'];
/** Attributes that people read or hear. */
const SPOKEN = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-placeholder',
  'aria-roledescription',
  'label',
  'placeholder',
  'title',
]);

/** The ids of a language's texts. */
function idsOf(language) {
  const folder = new URL(`${language}/`, LOCALES);
  const ids = new Set();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.ftl')) continue;
    for (const match of readFileSync(new URL(file, folder), 'utf8').matchAll(/^([a-z][a-z0-9-]*) *=/gm))
      ids.add(match[1]);
  }
  return ids;
}

const IDS = LANGUAGES.map((language) => ({ language, ids: idsOf(language) }));
const holdsWords = (text) => /\p{L}/u.test(text);

/** @type {import('eslint').Rule.RuleModule} */
const noLiteral = {
  meta: { type: 'problem', schema: [], messages: { literal: 'Words belong in locales/*.ftl: “{{ text }}”' } },
  create(context) {
    const report = (node, text) =>
      context.report({ node, messageId: 'literal', data: { text: text.trim().slice(0, 40) } });
    return {
      SvelteText(node) {
        if (node.parent?.type === 'SvelteStyleElement' || node.parent?.type === 'SvelteScriptElement') return;
        if (holdsWords(node.value)) report(node, node.value);
      },
      SvelteAttribute(node) {
        if (!SPOKEN.has(node.key.name)) return;
        for (const value of node.value) {
          if (value.type === 'SvelteLiteral' && holdsWords(value.value)) report(value, value.value);
          if (
            value.type === 'SvelteMustacheTag' &&
            value.expression.type === 'Literal' &&
            typeof value.expression.value === 'string' &&
            holdsWords(value.expression.value)
          )
            report(value, value.expression.value);
        }
      },
      SvelteMustacheTag(node) {
        if (node.parent?.type !== 'SvelteElement') return;
        const { expression } = node;
        if (
          expression.type === 'Literal' &&
          typeof expression.value === 'string' &&
          holdsWords(expression.value)
        )
          report(node, expression.value);
      },
    };
  },
};

/** @type {import('eslint').Rule.RuleModule} */
const knownId = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { unknown: 'No text “{{ id }}” in locales/{{ language }}' },
  },
  create(context) {
    return {
      CallExpression(node) {
        if (node.callee.type !== 'Identifier' || node.callee.name !== 't') return;
        const [first] = node.arguments;
        if (first?.type === 'Literal' && typeof first.value === 'string') {
          for (const { language, ids } of IDS) {
            if (!ids.has(first.value))
              context.report({ node: first, messageId: 'unknown', data: { id: first.value, language } });
          }
        } else if (first?.type === 'TemplateLiteral') {
          // Of an id that is put together, at least one text must begin and end as it does.
          const start = first.quasis[0].value.cooked;
          const end = first.quasis.at(-1).value.cooked;
          for (const { language, ids } of IDS) {
            const known = [...ids].some((id) => id.startsWith(start) && id.endsWith(end));
            if (!known)
              context.report({
                node: first,
                messageId: 'unknown',
                data: { id: `${start}…${end}`, language },
              });
          }
        }
      },
    };
  },
};

export default { rules: { 'no-literal': noLiteral, 'known-id': knownId } };
