// `byzlab view` and `run --serve`: the page asks the server it came from, and no other.
import type { Command, CommandDone, Fork, Source } from "./source";
import type {
  ComparisonData, LiveDelta, MessageWindow, NetworkData, RequestWindow, RunData, RunRow, Seconds, SweepData,
} from "./types";

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

  sweep(id: string): Promise<SweepData> {
    return ask<SweepData>("api/sweep", { id });
  }

  fork(fork: Fork): Promise<{ id: string }> {
    return tell<{ id: string }>("api/fork", fork);
  }
}

/** A run that is still going: the same, and a stream. The browser reconnects by itself. */
export class LiveSource extends HttpSource implements Source {
  requests(from: Seconds, to: Seconds, limit: number): Promise<RequestWindow> {
    return ask<RequestWindow>("api/requests", { from, to, limit });
  }

  network(): Promise<NetworkData> {
    return ask<NetworkData>("api/network", {});
  }

  live(on: (delta: LiveDelta) => void): () => void {
    const stream = new EventSource("api/stream");
    stream.onmessage = (event) => {
      const delta = JSON.parse(event.data as string) as LiveDelta;
      on(delta);
      // The server ends the stream then; without this the browser would ask again and again.
      if (delta.finished) stream.close();
    };
    return () => stream.close();
  }

  command(command: Command): Promise<CommandDone> {
    return tell<CommandDone>("api/command", command);
  }
}

function ask<T>(path: string, query: Record<string, string | number>): Promise<T> {
  const parameters = Object.entries(query)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
  return answered<T>(fetch(parameters ? `${path}?${parameters}` : path), path);
}

function tell<T>(path: string, what: object): Promise<T> {
  return answered<T>(fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(what),
  }), path);
}

async function answered<T>(asked: Promise<Response>, path: string): Promise<T> {
  const answer = await asked;
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim() || `${path}: ${answer.status} ${answer.statusText}`);
  return JSON.parse(text) as T;
}
