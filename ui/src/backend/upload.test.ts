import { describe, expect, it } from 'vitest';
import { LIMITS, type Request, type Response } from '$shared/protocol';
import { readBlob } from './blobs';
import { base64, fromBase64, mediaType, pieces, upload } from './upload';

const OWNER = { owner: 'draft', draft: 'd' } as const;

/** The receiving end of the protocol: puts pieces together as the agent must, and refuses what does not follow on. */
class Receiver {
  readonly requests: Request[] = [];
  bytes = Buffer.alloc(0);

  request(request: Request): Promise<Response> {
    this.requests.push(request);
    switch (request.request) {
      case 'begin-upload':
        return Promise.resolve({ response: 'upload', body: { upload: 'u' } });
      case 'upload-piece': {
        const piece = fromBase64(request.data_base64);
        if (request.offset !== this.bytes.length) return Promise.reject(new Error('a gap'));
        if (piece.length > LIMITS.chunkBytes) return Promise.reject(new Error('too large a piece'));
        this.bytes = Buffer.concat([this.bytes, piece]);
        return Promise.resolve({ response: 'done' });
      }
      case 'finish-upload': {
        const attachment = {
          id: 'a',
          name: 'n',
          media_type: '',
          size_bytes: this.bytes.length,
          sha256: '0'.repeat(64),
          screenshot: false,
        };
        return Promise.resolve({ response: 'attached', body: { attachment } });
      }
      default:
        return Promise.reject(new Error(request.request));
    }
  }
}

describe('a file on its way to the agent', () => {
  it.each([0, 1, LIMITS.chunkBytes - 1, LIMITS.chunkBytes, LIMITS.chunkBytes + 1, 3 * LIMITS.chunkBytes])(
    'of %i bytes is cut into pieces that follow on and are none too large',
    (size) => {
      const cuts = pieces(size);
      expect(cuts.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(size);
      let at = 0;
      for (const { start, end } of cuts) {
        expect(start).toBe(at);
        expect(end - start).toBeGreaterThan(0);
        expect(end - start).toBeLessThanOrEqual(LIMITS.chunkBytes);
        at = end;
      }
    },
  );

  it('arrives as it was, byte for byte, with its name, type and size said first', async () => {
    const bytes = new Uint8Array(LIMITS.chunkBytes + 5000).map((_, index) => (index * 31) % 256);
    const receiver = new Receiver();
    const progress: number[] = [];
    const file = new File([bytes], 'photo.png', { type: 'image/png' });
    const kept = await upload(receiver, OWNER, file, { onProgress: (sent) => progress.push(sent) });
    expect(kept.size_bytes).toBe(bytes.length);
    // Compared as bytes: an element at a time takes seconds for a megabyte.
    expect(receiver.bytes.equals(bytes)).toBe(true);
    expect(receiver.requests[0]).toEqual({
      request: 'begin-upload',
      owner: OWNER,
      name: 'photo.png',
      media_type: 'image/png',
      size_bytes: bytes.length,
      screenshot: false,
    });
    expect(progress).toEqual([LIMITS.chunkBytes, bytes.length]);
  });

  it('that the agent refuses is not sent at all', async () => {
    const asked: string[] = [];
    const refusing = {
      request: (request: Request): Promise<Response> => {
        asked.push(request.request);
        return Promise.reject(new Error('file-type'));
      },
    };
    await expect(upload(refusing, OWNER, new File(['x'], 'x.exe'))).rejects.toThrow('file-type');
    expect(asked).toEqual(['begin-upload']);
  });

  it('survives base64 with every byte there is', () => {
    const every = new Uint8Array(70_000).map((_, index) => index % 256);
    expect(Buffer.from(every).equals(fromBase64(base64(every)))).toBe(true);
    expect(base64(new Uint8Array([0xff, 0xfe, 0]))).toBe('//4A');
    expect(base64(new Uint8Array())).toBe('');
  });

  it.each([
    ['boot.log', '', 'text/plain'],
    ['settings.JSON', 'application/json', 'text/plain'],
    ['mail.eml', '', 'message/rfc822'],
    ['photo.jpg', 'image/jpeg', 'image/jpeg'],
    ['page.csv', 'text/csv;charset=utf-8', 'text/csv'],
    ['unknown.bin', '', ''],
  ])('%s (%s) is announced as %s', (name, type, announced) => {
    expect(mediaType({ name, type })).toBe(announced);
  });
});

describe('a picture that the agent holds', () => {
  const agent = (whole: Uint8Array, step: number, total = whole.length) => ({
    request: (request: Request): Promise<Response> => {
      if (request.request !== 'read-blob') return Promise.reject(new Error('?'));
      const data_base64 = base64(whole.subarray(request.offset, request.offset + step));
      return Promise.resolve({ response: 'piece', body: { data_base64, total_bytes: total } });
    },
  });

  it('is read whole, piece by piece', async () => {
    const whole = new Uint8Array(2500).map((_, index) => index % 251);
    const blob = await readBlob(agent(whole, 1000), { blob: 'capture', capture: 'c' }, 'image/png');
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(whole);
    expect(blob.type).toBe('image/png');
  });

  it('that ends early, or claims to be endless, is an error and not an endless loop', async () => {
    const whole = new Uint8Array(10);
    await expect(readBlob(agent(whole, 4, 99), { blob: 'capture', capture: 'c' }, '')).rejects.toThrow(
      'ended at 10',
    );
    await expect(readBlob(agent(whole, 4, 1e12), { blob: 'capture', capture: 'c' }, '')).rejects.toThrow(
      'announced',
    );
  });
});
