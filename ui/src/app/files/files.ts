// Files before they go anywhere: what is too much is said at once, not after a minute of copying.
import { mediaType, type Uploadable } from '$backend/upload';
import {
  LIMITS,
  MEDIA_TYPES,
  type AttachmentMeta,
  type ErrorCode,
  type HelpdeskAbilities,
} from '$shared/protocol';

/** What a file picker offers: the types that can be sent, by type and by ending. */
export const ACCEPT = [
  ...MEDIA_TYPES.filter((type) => type !== 'application/octet-stream'),
  '.log,.txt,.csv,.eml,.zip,.pdf,.doc,.docx,.xls,.xlsx,.odt,.ods',
].join(',');

/** Largest file that the helpdesk takes, in bytes: ours where it takes more. */
export function largest(can: Pick<HelpdeskAbilities, 'file_bytes'>): number {
  return Math.min(LIMITS.attachmentBytes, can.file_bytes);
}

/**
 * Why a file cannot be added to those that are there, or null if it can. `limit` is what the helpdesk takes, in bytes. The
 * agent judges again, by content.
 */
export function judge(
  file: Pick<Uploadable, 'name' | 'size' | 'type'>,
  there: readonly AttachmentMeta[],
  limit: number = LIMITS.attachmentBytes,
): ErrorCode | null {
  if (there.length >= LIMITS.attachments) return 'too-many-files';
  const total = there.reduce((sum, one) => sum + one.size_bytes, 0);
  if (file.size > limit || total + file.size > LIMITS.attachmentsTotalBytes) return 'file-too-large';
  const type = mediaType(file);
  if (type !== '' && !MEDIA_TYPES.includes(type)) return 'file-type';
  return null;
}

/** Whether a browser can show it as a picture. */
export function isPicture(attachment: Pick<AttachmentMeta, 'media_type'>): boolean {
  return ['image/png', 'image/jpeg', 'image/gif', 'image/webp'].includes(attachment.media_type);
}

/** The files of a paste; none if it also holds text (office programs add a picture of the text they copy). */
export function pasted(clipboard: DataTransfer | null): File[] {
  return clipboard && clipboard.getData('text/plain') === '' ? [...clipboard.files] : [];
}

/**
 * Whether a paste is of the addresses of files, as file managers copy them: then the shell has the files. WebKitGTK says
 * that there are addresses and hides those of files (2.50).
 */
export function namesFiles(clipboard: Pick<DataTransfer, 'types' | 'getData'>): boolean {
  if (clipboard.types.includes('text/uri-list')) {
    const addresses = clipboard.getData('text/uri-list');
    return addresses === '' || addresses.startsWith('file:');
  }
  const text = clipboard.getData('text/plain');
  return /^(x-special\/nautilus-clipboard|file:\/\/\/\S+)\s*($|\n)/.test(text);
}

/** Pictures on the clipboard that a paste did not mention: WebKitGTK gives them only to whoever asks (2.50). */
export async function picturesOnClipboard(): Promise<File[]> {
  const files: File[] = [];
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((one) => isPicture({ media_type: one }));
    if (!type) continue;
    const name = `image.${type.slice('image/'.length)}`;
    files.push(new File([await item.getType(type)], name, { type }));
  }
  return files;
}
