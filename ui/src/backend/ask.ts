import type { Request, Response } from '$shared/protocol';
import { AgentError, type Backend } from './backend';

/** Which answer belongs to which request; the arrows in `crates/protocol/src/local.rs`. */
const ANSWERS = {
  home: 'home',
  'open-draft': 'draft',
  'new-draft': 'draft',
  'save-draft': 'draft',
  'discard-draft': 'done',
  'take-capture': 'capture',
  'open-capture': 'capture',
  'window-hidden': 'done',
  'drop-capture': 'done',
  'begin-upload': 'upload',
  'upload-piece': 'done',
  'finish-upload': 'attached',
  'remove-attachment': 'done',
  'read-blob': 'piece',
  preview: 'preview',
  'set-section': 'preview',
  health: 'health',
  'set-moment': 'draft',
  submit: 'submitted',
  requests: 'requests',
  thread: 'thread',
  'save-reply': 'done',
  reply: 'done',
  'give-verdict': 'done',
  'send-now': 'done',
  'retry-parked': 'done',
  'take-back': 'taken-back',
  facts: 'facts',
  privacy: 'privacy',
  'sent-document': 'document',
  'export-data': 'document',
  'erase-data': 'done',
  settings: 'settings',
  'change-settings': 'settings',
  'set-up-shortcut': 'done',
  enrol: 'settings',
  'sign-in': 'done',
  'probe-helpdesk': 'helpdesk-report',
  'connect-helpdesk': 'helpdesk-report',
  'disconnect-helpdesk': 'settings',
  'search-articles': 'articles',
  categories: 'categories',
  doctor: 'doctor',
  'show-window': 'done',
  quit: 'done',
} as const satisfies Record<Request['request'], Response['response']>;

type Answers = typeof ANSWERS;

type Named<K extends Response['response']> = Extract<Response, { response: K }>;
type Body<K extends Response['response']> = Named<K> extends { body: infer B } ? B : undefined;

/**
 * Asks the agent and returns the body of the answer that belongs to the request.
 *
 * @throws AgentError what the agent reports; `bad-answer` if it answers something else than what was asked for.
 */
export async function ask<R extends Request>(
  backend: Pick<Backend, 'request'>,
  request: R,
): Promise<Body<Answers[R['request']]>> {
  const answer = await backend.request(request);
  const expected = ANSWERS[request.request];
  if (answer.response !== expected) {
    throw new AgentError({
      code: 'bad-answer',
      detail: `the agent answered ${answer.response} to ${request.request}`,
    });
  }
  return ('body' in answer ? answer.body : undefined) as Body<Answers[R['request']]>;
}
