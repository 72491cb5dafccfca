// `byzlab view` and `run --serve`: the page asks the server it came from, and no other.
import type { Source } from "./source";
import type { ComparisonData, LiveDelta, MessageWindow, RunData, RunRow, Seconds } from "./types";

export class HttpSource implements Source {
  runs(): Promise<RunRow[]> {
    return ask<RunRow[]>("api/runs", {});
  }

  run(id: string): Promise<RunData> {
    return ask<RunData>("api/run", { id });
  }

  messages(id: string, from: Seconds, to: Seconds, limit: number): Promise<MessageWindow> {
    return ask<MessageWindow>("api/messages", { id, from, to, limit });
  }

  comparison(id: string): Promise<ComparisonData> {
    return ask<ComparisonData>("api/comparison", { id });
  }
}

/** A run that is still going: the same, and a stream. The browser reconnects by itself. */
export class LiveSource extends HttpSource implements Source {
  live(on: (delta: LiveDelta) => void): () => void {
    const stream = new EventSource("api/stream");
    stream.onmessage = (event) => on(JSON.parse(event.data as string) as LiveDelta);
    return () => stream.close();
  }
}

async function ask<T>(path: string, query: Record<string, string | number>): Promise<T> {
  const parameters = Object.entries(query)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
  const answer = await fetch(parameters ? `${path}?${parameters}` : path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim() || `${path}: ${answer.status} ${answer.statusText}`);
  return JSON.parse(text) as T;
}
