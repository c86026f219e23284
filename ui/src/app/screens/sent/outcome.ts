// What became of a request, in words: the same whether it is looked at a second or a day later.
import type { Connection, Delivery } from '$shared/protocol';
import { errorText } from '$shared/texts/codes';
import { t } from '$shared/texts/texts.svelte';

/** What to say after sending. */
export interface Outcome {
  kind: 'sent' | 'sending' | 'kept' | 'parked';
  title: string;
  /** The number people use, once there is one. */
  number: number | null;
  /** What happens next, a sentence each. */
  next: string[];
}

/** Says what became of a request. `connection` tells "on its way" from "waits for the network" before the first try. */
export function outcome(delivery: Delivery, connection: Connection): Outcome {
  switch (delivery.delivery) {
    case 'delivered':
      return { kind: 'sent', title: t('sent-title'), number: delivery.number, next: [t('sent-next')] };
    case 'sending':
      return sending();
    case 'parked':
      return {
        kind: 'parked',
        title: t('sent-parked-title'),
        number: null,
        next: [errorText(delivery.error)],
      };
    case 'waiting': {
      if (connection === 'not-enrolled') return kept(t('sent-not-enrolled-next'));
      const firstTryIsComing = delivery.tries === 0 && connection === 'online';
      return firstTryIsComing ? sending() : kept(t('sent-kept-next'));
    }
  }
}

function sending(): Outcome {
  return { kind: 'sending', title: t('sent-sending-title'), number: null, next: [t('sent-sending-next')] };
}

function kept(next: string): Outcome {
  return { kind: 'kept', title: t('sent-kept-title'), number: null, next: [next] };
}
