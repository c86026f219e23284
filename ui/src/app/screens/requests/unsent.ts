import type { ClientId } from '$shared/protocol';

/**
 * Answers that are being written, by request, while the window lives. They are not kept by the agent (it keeps drafts
 * of requests, and a reply's files): closing the window with a half-written answer loses its text.
 */
export const unsent = new Map<ClientId, string>();
