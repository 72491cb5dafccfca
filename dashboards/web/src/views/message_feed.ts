// The messages of the shown range, fetched when the range comes to rest; the last answer is kept, and used
// again while it covers the range. Of a live run the latest are on the server, and a range at its end is asked
// for again until what was under way then has arrived.
import type { MessageRows, MessageWindow } from "../data/types";
import type { Range } from "../store";
import type { ViewContext } from "./view";

export const most_messages = 3000;

export class MessageFeed {
  window: MessageWindow | null = null;
  /** For the reader: why there are none. */
  trouble: string | null = null;
  waiting = false;
  private asked = "";
  /** Nothing can come that would change the answer. */
  private settled = true;
  private timer = 0;
  private ended = false;
  private range: Range = { from: 0, to: 0 };
  private sent = 0;
  private answered = 0;

  constructor(
    private readonly context: ViewContext,
    private readonly changed: () => void,
    private readonly limit = most_messages,
  ) {}

  /** At most one question in a while, for the latest range: a live run moves it ten times a second. */
  want(range: Range): void {
    const key = `${this.context.data.id} ${range.from} ${range.to}`;
    if (key === this.asked && this.settled) return;
    const { live } = this.context;
    const covered = this.covers(range) && this.asked.startsWith(`${this.context.data.id} `);
    this.asked = key;
    this.range = range;
    if (covered || this.timer) return;
    this.waiting = true;
    const pause = live ? (this.window ? 250 : 0) : this.window ? 120 : 0;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.fetch(this.range);
    }, pause);
  }

  destroy(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private covers(range: Range): boolean {
    const w = this.window;
    return (
      this.settled &&
      w !== null &&
      w.rows !== null &&
      w.rows.sent.length >= w.total &&
      w.from <= range.from &&
      w.to >= range.to
    );
  }

  private async fetch(range: Range): Promise<void> {
    const number = ++this.sent;
    const { live, store } = this.context;
    // Long enough ago for all that was under way to have arrived.
    const settled = !live || store.state.whole.to >= range.to + Math.max(1, (range.to - range.from) * 0.1);
    let found: MessageWindow | null = null,
      trouble: string | null = null;
    try {
      found = await this.context.source.messages(this.context.data.id, range.from, range.to, this.limit);
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
    // Answers may come out of order; an old one does not replace a new one.
    if (this.ended || number < this.answered) return;
    this.answered = number;
    this.settled = settled;
    this.window = found;
    this.trouble = trouble;
    this.waiting = this.timer !== 0;
    this.changed();
  }
}

export const no_rows: MessageRows = {
  sent: [],
  at: [],
  from: [],
  to: [],
  kind: [],
  view: [],
  height: [],
  block: [],
  bytes: [],
  dropped: [],
};

export function describeMessage(
  w: MessageWindow,
  rows: MessageRows,
  i: number,
  moment: (t: number) => string,
): string[] {
  const at = rows.at[i],
    height = rows.height[i],
    view = rows.view[i],
    block = rows.block[i];
  const about = [
    view !== null && `view ${view}`,
    height !== null && `height ${height}`,
    block !== null && `block ${block.slice(0, 8)}`,
  ]
    .filter(Boolean)
    .join(", ");
  return [
    `${w.kinds[rows.kind[i]]}  r${rows.from[i]} → r${rows.to[i]}`,
    ...(about ? [about] : []),
    `sent ${moment(rows.sent[i])}`,
    at === null
      ? `lost: ${(rows.dropped[i] ?? "unknown").replace("_", " ")}`
      : `arrived ${moment(at)}, after ${((at - rows.sent[i]) * 1000).toFixed(1)} ms`,
    `${rows.bytes[i]} bytes`,
  ];
}
