import { LIMITS, type Blob as BlobName } from '$shared/protocol';
import { ask } from './ask';
import { AgentError, type Backend } from './backend';
import { fromBase64 } from './upload';

/** Pictures of the screen are larger than attachments may be: two 8K displays, as PNG, stay below this. */
const CAPTURE_BYTES = 8 * LIMITS.attachmentBytes;

/**
 * Reads a picture or file that the agent holds, whole.
 *
 * @throws AgentError `file-unreadable` if it is larger than anything the agent should hold, or ends early.
 */
export async function readBlob(
  backend: Pick<Backend, 'request'>,
  blob: BlobName,
  mediaType: string,
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (;;) {
    const piece = await ask(backend, { request: 'read-blob', blob, offset });
    if (piece.total_bytes > CAPTURE_BYTES) throw unreadable(`announced ${piece.total_bytes} bytes`);
    const bytes = fromBase64(piece.data_base64);
    parts.push(bytes);
    offset += bytes.length;
    if (offset >= piece.total_bytes) return new Blob(parts, { type: mediaType });
    if (bytes.length === 0) throw unreadable(`ended at ${offset} of ${piece.total_bytes} bytes`);
  }
}

function unreadable(detail: string): AgentError {
  return new AgentError({ code: 'file-unreadable', detail });
}
