// What the window knows of each kind of helpdesk: its name, its sign and where its tokens are made.
import Bug from '@lucide/svelte/icons/bug';
import Headset from '@lucide/svelte/icons/headset';
import MonitorCog from '@lucide/svelte/icons/monitor-cog';
import Ticket from '@lucide/svelte/icons/ticket';
import type { HelpdeskKind } from '$shared/protocol';
import type { MessageId, PlainMessageId } from '$shared/texts/messages';
import { anyText, has, t } from '$shared/texts/texts.svelte';
import type { Component } from 'svelte';

/** The sign of each kind. Their own logos are their makers'. */
export const ICONS: Record<HelpdeskKind, Component<{ size?: number }>> = {
  hub: Headset,
  glpi: MonitorCog,
  mantis: Bug,
  'request-tracker': Ticket,
};

/** Where one's token is made, step by step; and what to do where that cannot be found. */
export interface Guide {
  steps: PlainMessageId[];
  absent: PlainMessageId;
  /** The page of the helpdesk, below its address. */
  page: string;
}

/**
 * Where tokens of one's own are made: GLPI 10 and 11 (`front/preference.php`), MantisBT 2.28 (`api_tokens_page.php`),
 * Request Tracker 5 (`Prefs/AuthTokens.html`). A hub has none.
 */
export const GUIDES: Partial<Record<HelpdeskKind, Guide>> = {
  glpi: {
    steps: ['connect-where-glpi-1', 'connect-where-glpi-2', 'connect-where-glpi-3', 'connect-where-glpi-4'],
    absent: 'connect-where-glpi-absent',
    page: 'front/preference.php',
  },
  mantis: {
    steps: ['connect-where-mantis-1', 'connect-where-mantis-2', 'connect-where-mantis-3'],
    absent: 'connect-where-mantis-absent',
    page: 'api_tokens_page.php',
  },
  'request-tracker': {
    steps: [
      'connect-where-request-tracker-1',
      'connect-where-request-tracker-2',
      'connect-where-request-tracker-3',
    ],
    absent: 'connect-where-request-tracker-absent',
    page: 'Prefs/AuthTokens.html',
  },
};

/** "GLPI 11.0.6", "MantisBT". */
export function whatItIs(kind: HelpdeskKind, version: string | null): string {
  const name = t(`helpdesk-kind-${kind}`);
  return version === null ? name : t('connect-kind-version', { kind: name, version });
}

/** The host of an address as people say it; the address itself while it is none. */
export function hostOf(address: string): string {
  const written = address.trim();
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(written) ? written : `https://${written}`;
  return URL.canParse(url) ? new URL(url).host : written;
}

/** A page of the helpdesk, below its address. */
export function pageOf(address: string, page: string): string {
  return URL.canParse(address) ? new URL(page, address.endsWith('/') ? address : `${address}/`).href : page;
}

/** What a field of the helpdesk is called. */
export function fieldName(name: string): string {
  return textOf(`helpdesk-field-${name.replaceAll('_', '-')}`, name);
}

/** The text of an id that the agent's words make; those of a newer agent are shown as they are. */
export function textOf(id: string, otherwise: string): string {
  return has(id) ? anyText(id satisfies MessageId) : otherwise;
}
