// Where a page has its data from: the file itself, a server, or a live run on a server.
import type {
  ComparisonData, LiveDelta, MessageWindow, NetworkData, RequestWindow, RunData, RunRow, Seconds,
} from "./types";

export interface Source {
  runs(): Promise<RunRow[]>;
  run(id: string): Promise<RunData>;
  /** Rows, or bundles when there are more than `limit`. Rejects with a sentence for the reader. */
  messages(id: string, from: Seconds, to: Seconds, limit: number): Promise<MessageWindow>;
  comparison(id: string): Promise<ComparisonData>;
  /** Calls `on` for every delta until the returned function is called. */
  live?(on: (delta: LiveDelta) => void): () => void;
  /** Of a live run: what its clients waited for lately; of more than `limit` every so many. */
  requests?(from: Seconds, to: Seconds, limit: number): Promise<RequestWindow>;
  /** Of a live run, as of now. */
  network?(): Promise<NetworkData>;
  /** To a live run that lets itself be disturbed. Rejects with a sentence for the reader. */
  command?(command: Command): Promise<CommandDone>;
  /** The same seed with one more fault; the id of the new run. */
  fork?(fork: Fork): Promise<{ id: string }>;
}

export type Disturbance = "crash" | "restart" | "isolate" | "heal" | "become";

export interface Command {
  command: "pause" | "resume" | "speed" | "step" | Disturbance;
  /** Simulated seconds a second; null: as fast as it goes. */
  speed?: number | null;
  /** For `step`. */
  by?: Seconds;
  replica?: number;
  /** For `become`: a behavior, such as "silent". */
  behavior?: string;
}

export interface CommandDone {
  at: Seconds;
  /** The entry of the timeline that does the same. */
  yaml?: string;
}

export interface Fork {
  id: string;
  at: Seconds;
  command: Disturbance;
  replica: number;
  behavior?: string;
}
