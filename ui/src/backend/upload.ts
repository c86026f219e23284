import { LIMITS, type AttachmentMeta, type UploadOwner } from '$shared/protocol';
import { ask } from './ask';
import type { Backend } from './backend';

/** A file as the browser hands it over; `File` is one, and so is a `Blob` with a name. */
export interface Uploadable {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  slice(start: number, end: number): Blob;
}

/** What else can be said about an upload. */
export interface UploadOptions {
  /** Whether it is a flattened picture of the screen; the agent encodes it anew, without metadata. */
  screenshot?: boolean;
  /** Hears how much has arrived, in bytes. */
  onProgress?: (sent: number) => void;
}

/** The pieces a file of this size is cut into: offset and end, in bytes. An empty file has none. */
export function pieces(size: number, piece = LIMITS.chunkBytes): { start: number; end: number }[] {
  const cuts = [];
  for (let start = 0; start < size; start += piece) cuts.push({ start, end: Math.min(start + piece, size) });
  return cuts;
}

/** RFC 4648, section 4. In runs, because `String.fromCharCode` takes its bytes as arguments and those are limited. */
export function base64(bytes: Uint8Array): string {
  const RUN = 0x8000;
  let binary = '';
  for (let i = 0; i < bytes.length; i += RUN) binary += String.fromCharCode(...bytes.subarray(i, i + RUN));
  return btoa(binary);
}

/** The other way round. Throws on what is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * Brings a file to the agent, piece by piece, one after the other: the agent takes each where the last one ended.
 *
 * @throws AgentError what the agent says about type, size or number of files.
 */
export async function upload(
  backend: Pick<Backend, 'request'>,
  owner: UploadOwner,
  file: Uploadable,
  { screenshot = false, onProgress }: UploadOptions = {},
): Promise<AttachmentMeta> {
  const { upload: id } = await ask(backend, {
    request: 'begin-upload',
    owner,
    name: file.name,
    media_type: mediaType(file),
    size_bytes: file.size,
    screenshot,
  });
  for (const { start, end } of pieces(file.size)) {
    const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
    await ask(backend, { request: 'upload-piece', upload: id, offset: start, data_base64: base64(bytes) });
    onProgress?.(end);
  }
  const { attachment } = await ask(backend, { request: 'finish-upload', upload: id });
  return attachment;
}

/** Text by its name, where browsers name no type or one of their own: logs and settings are what technicians ask for. */
const TEXT_ENDINGS = /\.(log|txt|text|conf|cfg|ini|json|xml|ya?ml|md|toml)$/i;

/** The media type to announce; empty where nobody knows, and the agent judges by the content. */
export function mediaType(file: Pick<Uploadable, 'name' | 'type'>): string {
  if (TEXT_ENDINGS.test(file.name)) return 'text/plain';
  if (/\.eml$/i.test(file.name)) return 'message/rfc822';
  return file.type.split(';')[0]?.trim().toLowerCase() ?? '';
}
