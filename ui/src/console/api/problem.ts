// What can go wrong between console and hub, as one type with the stable code that texts are found by.
import type { ErrorCode, Problem } from '../../shared/protocol';

/** A request that failed: the hub's problem document (RFC 9457), or our own account of a hub that did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The kind, what programs and texts decide on. */
  readonly code: ErrorCode;
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** Seconds to wait before trying again, if the hub said so. */
  readonly retryAfterSeconds: number | undefined;
  /** The request's identity in the hub's log. */
  readonly requestId: string | undefined;

  constructor(
    code: ErrorCode,
    status: number,
    detail: string,
    more: { retryAfterSeconds?: number | undefined; requestId?: string | undefined } = {},
  ) {
    super(detail);
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.requestId = more.requestId;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

/** Most seconds that a `Retry-After` can make us say; the hub's own limit is the same. */
const RETRY_AFTER_LIMIT = 3600;

/** Reads `Retry-After` (RFC 9110, section 10.2.3) in its form of seconds; dates are not used by the hub. */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null || !/^\d{1,6}$/.test(header.trim())) return undefined;
  return Math.min(Number(header), RETRY_AFTER_LIMIT);
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'timed-out',
  413: 'file-too-large',
  429: 'busy',
  502: 'unreachable',
  503: 'busy',
  504: 'timed-out',
};

/** Makes an error of an answer that is not a success. A proxy's error page has no problem document: its status speaks. */
export function errorOfAnswer(status: number, body: string, retryAfter: string | null): ApiError {
  const retryAfterSeconds = readRetryAfter(retryAfter);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  if (isProblem(parsed)) {
    return new ApiError(parsed.code, status, parsed.detail ?? parsed.title, {
      retryAfterSeconds,
      requestId: parsed.request_id ?? undefined,
    });
  }
  return new ApiError(
    BY_STATUS[status] ?? (status >= 500 ? 'internal' : 'bad-answer'),
    status,
    `HTTP ${status}`,
    { retryAfterSeconds },
  );
}

/** Whatever was thrown, as an `ApiError`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError('internal', 0, thrown instanceof Error ? thrown.message : String(thrown));
}
