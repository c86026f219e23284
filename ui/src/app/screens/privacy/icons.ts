// What was done, as a picture beside its words.
import CalendarX2 from '@lucide/svelte/icons/calendar-x-2';
import Camera from '@lucide/svelte/icons/camera';
import Download from '@lucide/svelte/icons/download';
import FileText from '@lucide/svelte/icons/file-text';
import Inbox from '@lucide/svelte/icons/inbox';
import Link from '@lucide/svelte/icons/link';
import Reply from '@lucide/svelte/icons/reply';
import Send from '@lucide/svelte/icons/send';
import Settings from '@lucide/svelte/icons/settings';
import Trash2 from '@lucide/svelte/icons/trash-2';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import Undo2 from '@lucide/svelte/icons/undo-2';
import Unlink from '@lucide/svelte/icons/unlink';
import type { LedgerAction } from '$shared/protocol';
import type { Component } from 'svelte';

const ICONS: Record<LedgerAction, Component<{ size?: number }>> = {
  submitted: Send,
  delivered: Inbox,
  replied: Reply,
  'screen-captured': Camera,
  enrolled: Link,
  disconnected: Unlink,
  'settings-changed': Settings,
  exported: Download,
  erased: Trash2,
  'store-set-aside': TriangleAlert,
  'taken-back': Undo2,
  expired: CalendarX2,
};

/** The icon of what the list of deeds tells; an agent that is newer may tell of other deeds. */
export function iconOf(action: LedgerAction): Component<{ size?: number }> {
  return Object.hasOwn(ICONS, action) ? ICONS[action] : FileText;
}
