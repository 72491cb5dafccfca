// What a live run's page asks its server for while a view wants it: what clients waited for, the network's
// counts. Both are bounded there; an answer replaces the one before it.
import type { MessageWindow, Seconds } from "../data/types";
import type { Range } from "../store";
import type { ViewContext } from "./view";

const most_requests = 5000;

/** At most two questions a second, one at a time; ends with the view. */
class LiveFeed {
  private timer = 0;
  private asking = false;
  private ended = false;

  constructor(private readonly ask: () => Promise<void>, private readonly changed: () => void) {}

  want(): void {
    if (this.timer || this.asking || this.ended) return;
    this.asking = true;
    void this.ask()
      .catch(() => {}) // the stream says it too, when the server is gone
      .then(() => {
        this.asking = false;
        if (this.ended) return;
        this.timer = window.setTimeout(() => { this.timer = 0; }, 500);
        this.changed();
      });
  }

  destroy(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}

/** Fills recording.requests with those of a range. */
export function requestFeed(context: ViewContext, changed: () => void) {
  let range: { from: Seconds; to: Seconds } = context.store.state.range;
  const feed = new LiveFeed(async () => {
    const { recording } = context.data;
    const found = await context.source.requests?.(range.from, range.to, most_requests);
    // The run may be over by now, and have all of them.
    if (!found || !recording || !context.live) return;
    recording.requests = { t: found.t, client: found.client, latency: found.latency };
    recording.truncated["requests"] = found.total - found.t.length;
  }, changed);
  return {
    want(wanted: Range) {
      range = wanted;
      if (context.live && context.source.requests) feed.want();
    },
    destroy: () => feed.destroy(),
  };
}

/**
 * The end of a live run, so long that about `most` messages are in it: where nobody has chosen a part of the run,
 * the whole of it would show too many.
 */
export function latestRange(context: ViewContext, most: number): Range {
  const { whole, range } = context.store.state;
  if (!context.live || range.to < whole.to) return range;
  const rates = (context.data.series?.message_rate ?? []).slice(-20);
  const rate = rates.reduce((sum, r) => sum + r, 0) / Math.max(1, rates.length);
  // In steps, so that the scale stands still while the rate wavers.
  const width = rate > 0 ? 2 ** Math.round(Math.log2(most / rate)) : 1;
  return { from: Math.max(range.from, whole.to - width), to: whole.to };
}

/** The same as far as it has been answered: time goes on while a question is under way. */
export function answeredRange(context: ViewContext, answer: MessageWindow | null, most: number): Range {
  const { whole, range } = context.store.state;
  return context.live && answer && range.to >= whole.to
    ? { from: answer.from, to: answer.to }
    : latestRange(context, most);
}

/** Keeps data.network up to date. */
export function networkFeed(context: ViewContext, changed: () => void) {
  const feed = new LiveFeed(async () => {
    const found = await context.source.network?.();
    if (found && context.live) context.data.network = found;
  }, changed);
  return {
    want() {
      if (context.live && context.source.network) feed.want();
    },
    destroy: () => feed.destroy(),
  };
}
