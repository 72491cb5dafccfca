// Replica timelines as shapes: what stands where on each replica's row between two moments, in pixels. As
// much as there are pixels for: spans narrower than a few are merged and say how many they are.
import { groupsFrom, lowerBound, type RunModel } from "./run_model";
import type { Range } from "../store";

export interface ViewShape {
  x0: number;
  x1: number;
  view: number;
  leader: number;
  height: number;
  many: number;
  last: number;
}
export interface Box {
  x0: number;
  x1: number;
  kind: "crashed" | "paused" | "cut";
  text: string;
}
export interface Mark {
  x: number;
  what: string;
  count: number;
  note: number;
}
export interface TimelineRow {
  replica: number;
  views: ViewShape[];
  boxes: Box[];
  marks: Mark[];
  commits: { x: number; count: number }[];
  /** Committed height: corners of a step line, x in pixels, h in heights. */
  steps: { x: number; h: number }[];
}

export const NARROW = 4;
/** Marks worth a place of their own; votes and certificates are as many as messages. */
export const MARKED = [
  "proposed",
  "timeout",
  "view_change",
  "new_view",
  "reorg",
  "equivocation",
  "state_transfer",
  "withheld",
  "published",
];

export function timelineRow(model: RunModel, replica: number, range: Range, width: number): TimelineRow {
  const x = (t: number) => ((t - range.from) / (range.to - range.from)) * width;
  return {
    replica,
    views: viewShapes(model, replica, range, x, width),
    boxes: boxes(model, replica, range, x, width),
    marks: marks(model, replica, range, x),
    commits: commitTicks(model, replica, range, x),
    steps: heightSteps(model, replica, range, x, width),
  };
}

function viewShapes(
  model: RunModel,
  replica: number,
  range: Range,
  x: (t: number) => number,
  width: number,
): ViewShape[] {
  const spans = model.views[replica] ?? [];
  const shapes: ViewShape[] = [];
  let i = Math.max(
    0,
    lowerBound(spans.length, 0, (k) => (spans[k].to <= range.from ? -1 : 1)),
  );
  for (; i < spans.length && spans[i].from < range.to; i++) {
    const s = spans[i];
    const x0 = Math.max(0, x(s.from)),
      x1 = Math.min(width, x(s.to));
    const before = shapes[shapes.length - 1];
    if (
      before &&
      x1 - x0 < NARROW &&
      before.many > 0 &&
      (before.many > 1 || before.x1 - before.x0 < NARROW)
    ) {
      before.x1 = x1;
      before.many++;
      before.last = s.view;
    } else {
      shapes.push({ x0, x1, view: s.view, leader: s.leader, height: s.height, many: 1, last: s.view });
    }
  }
  return shapes;
}

function boxes(
  model: RunModel,
  replica: number,
  range: Range,
  x: (t: number) => number,
  width: number,
): Box[] {
  const inside = (s: { from: number; to: number }) => s.from < range.to && s.to > range.from;
  const box = (s: { from: number; to: number }, kind: Box["kind"], text: string): Box => ({
    x0: Math.max(0, x(s.from)),
    x1: Math.min(width, Math.max(x(s.to), x(s.from) + 1)),
    kind,
    text,
  });
  return [
    ...model.cuts
      .filter((c) => inside(c) && c.side[replica] >= 0)
      .map((c) => box(c, "cut", `${c.label}: ${c.text}`)),
    ...(model.down[replica] ?? []).filter(inside).map((d) => box(d, d.state, d.state)),
  ];
}

function marks(model: RunModel, replica: number, range: Range, x: (t: number) => number): Mark[] {
  const rows = model.notes[replica] ?? new Int32Array(0);
  const { t, what } = model.recording.notes;
  const taken = new Map<string, Mark>();
  for (
    let k = lowerBound(rows.length, range.from, (i) => t[rows[i]]);
    k < rows.length && t[rows[k]] <= range.to;
    k++
  ) {
    const kind = what[rows[k]];
    if (!MARKED.includes(kind)) continue;
    const at = x(t[rows[k]]);
    const key = `${kind} ${Math.floor(at / 7)}`;
    const there = taken.get(key);
    if (there) there.count++;
    else taken.set(key, { x: at, what: kind, count: 1, note: rows[k] });
  }
  return [...taken.values()];
}

function commitTicks(
  model: RunModel,
  replica: number,
  range: Range,
  x: (t: number) => number,
): { x: number; count: number }[] {
  const rows = model.commits[replica] ?? new Int32Array(0);
  const { t } = model.recording.commits;
  const ticks: { x: number; count: number }[] = [];
  for (
    let k = lowerBound(rows.length, range.from, (i) => t[rows[i]]);
    k < rows.length && t[rows[k]] <= range.to;
    k++
  ) {
    const at = Math.floor(x(t[rows[k]])) + 0.5;
    const before = ticks[ticks.length - 1];
    if (before && before.x === at) before.count++;
    else ticks.push({ x: at, count: 1 });
  }
  return ticks;
}

function heightSteps(
  model: RunModel,
  replica: number,
  range: Range,
  x: (t: number) => number,
  width: number,
): { x: number; h: number }[] {
  const rows = model.commits[replica] ?? new Int32Array(0);
  const { t, block } = model.recording.commits;
  const { height } = model.recording.blocks;
  let k = lowerBound(rows.length, range.from, (i) => t[rows[i]]);
  const steps = [{ x: 0, h: k > 0 ? (height[block[rows[k - 1]]] ?? 0) : 0 }];
  for (; k < rows.length && t[rows[k]] <= range.to; k++) {
    const at = x(t[rows[k]]),
      h = height[block[rows[k]]] ?? 0;
    const before = steps[steps.length - 1];
    if (at - before.x < 1 && steps.length > 1) before.h = h;
    else steps.push({ x: at, h });
  }
  steps.push({ x: width, h: steps[steps.length - 1].h });
  return steps;
}

/** Least and greatest height of the rows' lines, so that all share one scale. */
export function heightScale(rows: TimelineRow[]): { low: number; high: number } {
  let low = Infinity,
    high = -Infinity;
  for (const row of rows)
    for (const s of row.steps) {
      low = Math.min(low, s.h);
      high = Math.max(high, s.h);
    }
  return low <= high ? { low, high: Math.max(high, low + 1) } : { low: 0, high: 1 };
}

// ------------------------------------------------------------- agreement strip

export interface AgreementColumn {
  from: number; // heights from..to
  to: number;
  x0: number;
  x1: number;
  /** By replica: -1 nothing committed, else which of the blocks of that height, in order of appearance. */
  cells: Int8Array;
  conflict: boolean;
  /** Blocks of the height (one column a height only), in order of appearance. */
  blocks: number[];
}
export interface Agreement {
  columns: AgreementColumn[];
  from: number;
  to: number;
  conflicts: number[];
  taken_back: number[];
  left_out: number;
}

/** What each replica holds committed at `range.to`, for the heights committed between the two moments. */
export function agreement(model: RunModel, range: Range, width: number, narrowest = 5): Agreement {
  const { commits, blocks } = model.recording;
  const end = lowerBound(commits.t.length, 0, (i) => (commits.t[i] <= range.to ? -1 : 1));
  const window = heightsIn(model, range, end);
  if (!window) return { columns: [], from: 0, to: 0, conflicts: [], taken_back: [], left_out: 0 };
  const heights = window.to - window.from + 1;
  const per = Math.max(1, Math.ceil(heights / Math.max(1, Math.floor(width / narrowest))));
  const many = Math.ceil(heights / per),
    step = Math.min(34, width / many);
  const taken_back = new Set<number>();
  const held = new Map<number, { order: number[]; cells: Int32Array }>();
  for (const i of groupsFrom(model.commits_at, window.from, window.to)) {
    const b = commits.block[i],
      r = commits.replica[i],
      h = blocks.height[b];
    if (i >= end || r >= model.n) continue;
    let at = held.get(h);
    if (!at) held.set(h, (at = { order: [], cells: new Int32Array(model.n).fill(-1) }));
    let which = at.order.indexOf(b);
    if (which < 0) which = at.order.push(b) - 1;
    if (at.cells[r] >= 0 && at.cells[r] !== which && !model.byzantine[r]) taken_back.add(h);
    at.cells[r] = which;
  }
  const columns: AgreementColumn[] = [];
  const conflicts: number[] = [];
  for (let c = 0; c < many; c++) {
    const from = window.from + c * per,
      to = Math.min(window.to, from + per - 1);
    const cells = new Int8Array(model.n).fill(-1);
    let conflict = false;
    for (let h = from; h <= to; h++) {
      const at = held.get(h);
      if (!at) continue;
      for (let r = 0; r < model.n; r++) cells[r] = Math.max(cells[r], Math.min(6, at.cells[r]));
      if (disagrees(at.cells, model.byzantine)) {
        conflict = true;
        conflicts.push(h);
      }
    }
    columns.push({
      from,
      to,
      x0: c * step,
      x1: (c + 1) * step,
      cells,
      conflict,
      blocks: per === 1 ? (held.get(from)?.order ?? []) : [],
    });
  }
  return {
    columns,
    from: window.from,
    to: window.to,
    conflicts,
    taken_back: [...taken_back],
    left_out: model.recording.truncated.commits ?? 0,
  };
}

/** Two honest replicas hold different blocks. */
function disagrees(cells: Int32Array, byzantine: boolean[]): boolean {
  let one = -1;
  for (let r = 0; r < cells.length; r++) {
    if (byzantine[r] || cells[r] < 0) continue;
    if (one >= 0 && cells[r] !== one) return true;
    one = cells[r];
  }
  return false;
}

/** Heights committed in the range; where there are none, the last twenty before it. */
function heightsIn(model: RunModel, range: Range, end: number): { from: number; to: number } | null {
  const { commits, blocks } = model.recording;
  let from = Infinity,
    to = -Infinity;
  for (let i = lowerBound(commits.t.length, range.from, (k) => commits.t[k]); i < end; i++) {
    const h = blocks.height[commits.block[i]];
    if (h < from) from = h;
    if (h > to) to = h;
  }
  if (from <= to) return { from, to };
  let top = -Infinity;
  for (let i = 0; i < end; i++) top = Math.max(top, blocks.height[commits.block[i]] ?? -Infinity);
  return isFinite(top) ? { from: Math.max(0, top - 19), to: top } : null;
}
