// report.html: everything there is stands in the file. Messages are known around violations only.
import type { Source } from "./source";
import type {
  ComparisonData, MessageRows, MessageWindow, RunData, RunRow, Seconds, Violation,
} from "./types";

export class InlineSource implements Source {
  constructor(
    private readonly run_: RunData | null,
    private readonly comparison_: ComparisonData | null,
    private readonly violations: readonly Violation[] = [],
  ) {}

  runs(): Promise<RunRow[]> {
    return Promise.resolve([]);
  }

  run(): Promise<RunData> {
    return this.run_ ? Promise.resolve(this.run_) : Promise.reject(new Error("This file holds no run."));
  }

  comparison(): Promise<ComparisonData> {
    return this.comparison_
      ? Promise.resolve(this.comparison_)
      : Promise.reject(new Error("This file holds no comparison."));
  }

  messages(_id: string, from: Seconds, to: Seconds, limit: number): Promise<MessageWindow> {
    const known = this.violations
      .map((v) => v.window)
      .find((w) => w.rows && w.from < to && w.to > from);
    if (!known?.rows) {
      const how = this.run_?.summary.transport === "tcp"
        ? "`byzlab view` shows those that were kept." : "`byzlab view` re-runs the scenario and shows any moment.";
      return Promise.reject(new Error(
        this.violations.length > 0
          ? `This file holds messages around violations only; ${how}`
          : `This file holds no messages; ${how}`));
    }
    return Promise.resolve(cut(known, known.rows, from, to, limit));
  }
}

/** The part of a window that touches [from, to]. */
export function cut(
  window: MessageWindow, rows: MessageRows, from: Seconds, to: Seconds, limit: number,
): MessageWindow {
  const inside: number[] = [];
  for (let i = 0; i < rows.sent.length; ++i) {
    if (rows.sent[i] <= to && (rows.at[i] ?? rows.sent[i]) >= from) inside.push(i);
  }
  const kept = inside.slice(0, limit);
  const pick = <T>(column: T[]): T[] => kept.map((i) => column[i]);
  return {
    from: Math.max(from, window.from),
    to: Math.min(to, window.to),
    total: inside.length,
    kinds: window.kinds,
    rows: {
      sent: pick(rows.sent), at: pick(rows.at), from: pick(rows.from), to: pick(rows.to),
      kind: pick(rows.kind), view: pick(rows.view), height: pick(rows.height),
      block: pick(rows.block), bytes: pick(rows.bytes), dropped: pick(rows.dropped),
    },
    bundles: null,
  };
}
