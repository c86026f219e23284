// What the console asks of the hub: the paths and types of `crates/protocol/src/desk.rs`, one function for each.
import type {
  AttachmentMeta,
  ChangePassword,
  ConsoleReply,
  ConsoleTicket,
  CreatedEnrolmentToken,
  DeviceRow,
  EnrolmentTokenInfo,
  ErasedRequester,
  EraseRequester,
  JournalPage,
  MadePassword,
  NewEnrolmentToken,
  NewPerson,
  Person,
  PersonChange,
  RequesterSummary,
  Retention,
  Session,
  SignIn,
  TicketChange,
  TicketPage,
} from '../../shared/protocol';
import type { ListFilter } from '../routing/routes';
import type { Client } from './client';

/** Rows of a page of the list, unless more are asked for. */
export const PAGE_ROWS = 50;
/** Most rows that the hub gives at a time. */
export const PAGE_ROWS_LIMIT = 100;

/** The query of a filter (`TicketQuery`). */
export function listQuery(filter: ListFilter, limit: number, after?: string): string {
  const query = new URLSearchParams();
  if (filter.state === 'all') query.set('closed', 'true');
  else if (filter.state !== 'open') query.set('state', filter.state);
  if (filter.whose !== 'anyone') query.set('assignee', filter.whose);
  if (filter.words.trim() !== '') query.set('q', filter.words.trim());
  if (after !== undefined) query.set('after', after);
  query.set('limit', String(limit));
  return query.toString();
}

/** Address of a file's bytes, for links and pictures. The hub serves it so that nothing in it runs. */
export function attachmentAddress(id: string): string {
  return `/api/v1/console/attachments/${encodeURIComponent(id)}`;
}

/** Address of everything that the hub has of somebody who asks, as a file to save. */
export function exportAddress(login: string): string {
  return `/api/v1/console/requester/export?login=${encodeURIComponent(login)}`;
}

/** Address of the live updates (server-sent events). */
export const EVENTS_ADDRESS = '/api/v1/console/events';

/** A file on its way to an answer. */
export interface OutgoingFile {
  readonly name: string;
  /** One of the types that are taken. */
  readonly mediaType: string;
  readonly blob: Blob;
}

function filePath(number: number, id: string, file: OutgoingFile): string {
  const query = new URLSearchParams({ name: file.name, media_type: file.mediaType });
  return `/console/tickets/${number}/files/${encodeURIComponent(id)}?${query.toString()}`;
}

/** `Content-Digest` (RFC 9530), where the browser can make it: without TLS it has no `subtle`. The hub checks it. */
async function digestHeader(blob: Blob): Promise<Record<string, string>> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle;
  if (subtle === undefined) return {};
  const digest = new Uint8Array(await subtle.digest('SHA-256', await blob.arrayBuffer()));
  return { 'Content-Digest': `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}

/** The hub, as the console's pages see it. */
export function hubOver(client: Client) {
  return {
    session: () => client.request<Session>('GET', '/console/session', { aboutSession: true }),
    signIn: (body: SignIn) =>
      client.request<Session>('POST', '/console/session', { body, aboutSession: true }),
    signOut: () => client.request<unknown>('DELETE', '/console/session', { aboutSession: true }),
    changePassword: (body: ChangePassword) =>
      client.request<Session>('POST', '/console/session/password', { body, aboutSession: true }),

    tickets: (filter: ListFilter, limit: number, after?: string, signal?: AbortSignal) =>
      client.request<TicketPage>('GET', `/console/tickets?${listQuery(filter, limit, after)}`, { signal }),
    ticket: (number: number, signal?: AbortSignal) =>
      client.request<ConsoleTicket>('GET', `/console/tickets/${number}`, { signal }),
    reply: (number: number, body: ConsoleReply) =>
      client.request<unknown>('POST', `/console/tickets/${number}/follow-ups`, { body }),
    bringFile: (number: number, id: string, file: OutgoingFile, signal?: AbortSignal) =>
      digestHeader(file.blob).then((headers) =>
        client.request<AttachmentMeta>('PUT', filePath(number, id, file), {
          bytes: file.blob,
          headers,
          signal,
        }),
      ),
    takeFileBack: (number: number, id: string) =>
      client.request<unknown>('DELETE', `/console/tickets/${number}/files/${encodeURIComponent(id)}`),
    change: (number: number, body: Partial<TicketChange>) =>
      client.request<unknown>('PATCH', `/console/tickets/${number}`, { body }),

    devices: (signal?: AbortSignal) => client.request<DeviceRow[]>('GET', '/console/devices', { signal }),
    revokeDevice: (id: string) => client.request<unknown>('POST', `/console/devices/${id}/revoke`),

    tokens: (signal?: AbortSignal) =>
      client.request<EnrolmentTokenInfo[]>('GET', '/console/enrolment-tokens', { signal }),
    createToken: (body: NewEnrolmentToken) =>
      client.request<CreatedEnrolmentToken>('POST', '/console/enrolment-tokens', { body }),
    revokeToken: (id: string) => client.request<unknown>('POST', `/console/enrolment-tokens/${id}/revoke`),

    people: (signal?: AbortSignal) => client.request<Person[]>('GET', '/console/people', { signal }),
    changePerson: (login: string, body: Partial<PersonChange>) =>
      client.request<unknown>('PATCH', `/console/people/${encodeURIComponent(login)}`, { body }),
    addPerson: (body: NewPerson) => client.request<Person>('POST', '/console/people', { body }),
    resetPassword: (login: string) =>
      client.request<MadePassword>('POST', `/console/people/${encodeURIComponent(login)}/reset-password`),
    removePerson: (login: string) =>
      client.request<unknown>('DELETE', `/console/people/${encodeURIComponent(login)}`),

    retention: (signal?: AbortSignal) => client.request<Retention>('GET', '/console/retention', { signal }),
    requester: (login: string) =>
      client.request<RequesterSummary>('GET', `/console/requester?login=${encodeURIComponent(login)}`),
    eraseRequester: (body: EraseRequester) =>
      client.request<ErasedRequester>('POST', '/console/requester/erase', { body }),

    journal: (before?: string, signal?: AbortSignal) =>
      client.request<JournalPage>(
        'GET',
        before === undefined ? '/console/journal' : `/console/journal?before=${encodeURIComponent(before)}`,
        { signal },
      ),
  };
}

/** See `hubOver`. */
export type Hub = ReturnType<typeof hubOver>;
