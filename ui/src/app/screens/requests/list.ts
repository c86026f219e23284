// The list of requests before it is shown: what stands where, what is found, how it is said.
import type { ClientId, RequestRow, TicketState } from '$shared/protocol';
import { t } from '$shared/texts/texts.svelte';

/** How many of a group are shown before one asks for more: a screenful or two. */
export const PAGE = 30;
/** From so many on, there is a field to find one. */
export const SEARCH_FROM = 12;

/** Whether the requester has nothing more to expect of it. */
export function isOver(row: Pick<RequestRow, 'state' | 'delivery'>): boolean {
  return row.state === 'closed' && row.delivery.delivery === 'delivered';
}

/** Those that hold all the words, in title, number or the name of who takes care. */
export function find(rows: readonly RequestRow[], words: string, language: string): RequestRow[] {
  const wanted = words.toLocaleLowerCase(language).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...rows];
  return rows.filter((row) => {
    const number = row.delivery.delivery === 'delivered' ? String(row.delivery.number) : '';
    const hay = `${row.title} ${number} ${row.assignee ?? ''}`.toLocaleLowerCase(language);
    return wanted.every((word) => hay.includes(word));
  });
}

/** How a request stands, as an icon's name, a tone and words: delivery first, then what the helpdesk says. */
export interface Standing {
  icon: 'waiting' | 'sending' | 'parked' | 'answered' | TicketState;
  tone: 'plain' | 'accent' | 'good' | 'warn' | 'bad';
  words: string;
}

const TONES: Record<TicketState, Standing['tone']> = {
  new: 'plain',
  'in-progress': 'accent',
  'waiting-for-requester': 'warn',
  'on-hold': 'plain',
  solved: 'good',
  closed: 'plain',
};

/** See {@link Standing}. `short` is for lists, the sentence for the request's own screen. */
export function standing(row: Pick<RequestRow, 'delivery' | 'state' | 'answered'>, short: boolean): Standing {
  switch (row.delivery.delivery) {
    case 'waiting':
      return { icon: 'waiting', tone: 'warn', words: t('requests-waiting') };
    case 'sending':
      return { icon: 'sending', tone: 'accent', words: t('requests-sending') };
    case 'parked':
      return row.delivery.number === null
        ? { icon: 'parked', tone: 'bad', words: t('requests-parked') }
        : { icon: 'parked', tone: 'warn', words: t('requests-files-parked') };
    case 'delivered': {
      const state = row.state ?? 'new';
      // Technicians answer without touching the state; "nobody has taken it on yet" would be wrong then.
      if (state === 'new' && row.answered) {
        const words = short ? t('requests-answered-short') : t('requests-answered');
        return { icon: 'answered', tone: 'accent', words };
      }
      return {
        icon: state,
        tone: TONES[state],
        words: short ? t(`state-${state}-short`) : t(`state-${state}`),
      };
    }
  }
}

/** The id of a request's control in the list, to put the focus back on. */
export function controlId(client_id: ClientId): string {
  return `request-${client_id}`;
}
