// Which files are shown as pictures. Only types that the hub serves as pictures and that hold nothing but pixels.
import type { AttachmentMeta, ConsoleTicket } from '$shared/protocol';

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether a file can be looked at here. */
export function isPicture(file: Pick<AttachmentMeta, 'media_type'>): boolean {
  return PICTURES.has(file.media_type);
}

/** All pictures of a ticket whose bytes are here, in the order of the conversation, and whose each is. */
export function picturesOf(ticket: ConsoleTicket): readonly { file: AttachmentMeta; from: string }[] {
  const here = new Set(ticket.arrived);
  const own = ticket.document.attachments.map((file) => ({ file, from: ticket.row.requester }));
  const later = ticket.thread.flatMap((entry) =>
    entry.attachments.map((file) => ({ file, from: entry.author_name ?? ticket.row.requester })),
  );
  return [...own, ...later].filter(({ file }) => isPicture(file) && here.has(file.id));
}
