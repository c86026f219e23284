import type { ErrorCode, ErrorReport, Event, Request, Response, Route, SettingsView } from '$shared/protocol';

/** Whether the agent answers at all. Without it nothing is lost: what it keeps is on disk, what is typed stays here. */
export type AgentLink = 'connected' | 'lost';

/** Stops a subscription. */
export type Unsubscribe = () => void;

/** A file that the user dropped on the window or pasted. The window system named it; the page never does. */
export interface OfferedFile {
  readonly name: string;
  readonly size: number;
  /** Its media type, empty where nobody has said it. */
  readonly type: string;
  /** Why it cannot be added, if it cannot. */
  readonly refused: ErrorCode | null;
  /** Reads it, once. Rejects with an {@link AgentError}. */
  read(): Promise<File>;
}

/** What the page knows before it has asked anything. */
export interface Beginning {
  /** Where the window was asked to open. */
  readonly route: Route;
  /** What was in force when the window was made; null where nobody has said it. */
  readonly settings: SettingsView | null;
}

/** What files do that are dragged over the window. */
export type FileDrag = { drag: 'over' } | { drag: 'gone' } | { drag: 'dropped'; files: OfferedFile[] };

/**
 * The one port between the interface and the agent. `tauri.ts` speaks through the window's shell, `http.ts` through
 * devhost in a browser; nothing else in the interface knows which.
 */
export interface Backend {
  /** Asks the agent. Rejects with an {@link AgentError}, never with anything else. */
  request(request: Request): Promise<Response>;
  /** Hears what the agent tells every window. */
  onEvent(listener: (event: Event) => void): Unsubscribe;
  /** Hears when the agent goes and comes back; not called for the state at the start. */
  onLink(listener: (link: AgentLink) => void): Unsubscribe;
  /** What the window was opened with. */
  beginning(): Beginning;
  /** Takes the window off the screen, so that it is not in the picture that is about to be taken. */
  hideForCapture(): Promise<void>;
  /** Brings it back, whatever came of the picture. */
  showAfterCapture(): Promise<void>;
  /** Hears when files are dragged over the window or dropped on it. */
  onFileDrag(listener: (drag: FileDrag) => void): Unsubscribe;
  /** The copied files that the user has just pasted, where the web view does not give them to the page. */
  pastedFiles(): Promise<OfferedFile[]>;
  /**
   * Saves what this page made as a file of the user's, over no other. Resolves with where it is, or with null where the
   * browser tells the user. Rejects with an {@link AgentError} if it could not be written.
   */
  save(name: string, content: Blob): Promise<string | null>;
  /** Closes the window. */
  closeWindow(): Promise<void>;
}

/** What the agent said instead of an answer, or that it said nothing. */
export class AgentError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport) {
    super(`${report.code}: ${report.detail}`);
    this.name = 'AgentError';
    this.report = report;
  }

  /** Whatever was thrown, as an error with a code; what has none is a fault of ours. */
  static from(thrown: unknown): AgentError {
    if (thrown instanceof AgentError) return thrown;
    if (isReport(thrown)) return new AgentError(thrown);
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return new AgentError({ code: 'internal', detail });
  }
}

function isReport(value: unknown): value is ErrorReport {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'detail' in value
  );
}
