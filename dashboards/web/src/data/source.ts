// Where a page has its data from: the file itself, a server, or a live run on a server.
import type { ComparisonData, LiveDelta, MessageWindow, RunData, RunRow, Seconds } from "./types";

export interface Source {
  runs(): Promise<RunRow[]>;
  run(id: string): Promise<RunData>;
  /** Rows, or bundles when there are more than `limit`. Rejects with a sentence for the reader. */
  messages(id: string, from: Seconds, to: Seconds, limit: number): Promise<MessageWindow>;
  comparison(id: string): Promise<ComparisonData>;
  /** Calls `on` for every delta until the returned function is called. */
  live?(on: (delta: LiveDelta) => void): () => void;
}
