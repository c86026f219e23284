// What Home decides before it shows anything.
import type { Home } from '$shared/protocol';
import { t } from '$shared/texts/texts.svelte';

/** One line under "My requests": the most pressing thing there is to say. */
export function requestsLine(home: Home | undefined): string {
  if (!home) return t('home-requests-none');
  if (home.parked > 0) return t('home-requests-parked', { count: home.parked });
  if (home.unread_requests > 0) return t('home-requests-unread', { count: home.unread_requests });
  if (home.waiting > 0) return t('home-requests-waiting', { count: home.waiting });
  if (home.open_requests > 0) return t('home-requests-open', { count: home.open_requests });
  return t('home-requests-none');
}
