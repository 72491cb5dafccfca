// A run as the views want it: rows of the recording sorted by replica, faults as spans with the pairs they
// cut, the blocks a violation is about. Made once a run; plain values, nothing here draws.
import type { Recording, RunData } from "../data/types";

export interface Span {
  from: number;
  to: number;
}
export interface ViewSpan extends Span {
  view: number;
  leader: number;
  height: number;
}
export interface DownSpan extends Span {
  state: "crashed" | "paused";
}
/** A fault that keeps replicas apart: `side[r]` is the side of r, -1 when it stands on none. */
export interface CutSpan extends Span {
  label: string;
  action: string;
  text: string;
  side: Int16Array;
  oneWay: boolean;
  /** What is cut where it is not all between two sides. */
  links: { from: Set<number>; to: Set<number> }[] | null;
}
export interface FaultSpan extends Span {
  label: string;
  action: string;
  text: string;
  meaning: string;
  sides?: number[][];
  links?: { from: number[]; to: number[] }[];
}

export interface RunModel {
  n: number;
  end: number;
  /** Commits after this are not in the recording, which is bounded. */
  known_until: number;
  quorum: number;
  byzantine: boolean[];
  regions: string[];
  recording: Recording;
  views: ViewSpan[][]; // by replica, in time
  down: DownSpan[][];
  cuts: CutSpan[];
  faults: FaultSpan[];
  commits: Int32Array[]; // by replica: rows of recording.commits, in time
  notes: Int32Array[]; // by replica: rows of recording.notes, in time
  children: Groups; // by block
  at_height: Groups; // blocks by height
  commits_at: Groups; // rows of recording.commits by height of their block
  blockOf: (id: string) => number;
}

interface Known {
  of: Recording | undefined;
  requests: Recording["requests"];
  size: string;
  model: RunModel;
}
const models = new WeakMap<RunData, Known>();

/** Made anew only when the run has grown (a live run keeps its object). */
export function modelOf(data: RunData): RunModel {
  const r = data.recording;
  const size = r
    ? [r.forgotten ?? 0, ...[r.commits.t, r.views.t, r.states.t, r.notes.t, r.blocks.id].map((c) => c.length)].join() +
      data.summary?.faults?.reduce((sum, f) => sum + f.windows.length + f.windows.filter((w) => w.to !== null).length, 0)
    : "";
  const known = models.get(data);
  if (known?.size === size && known.of === r && known.requests === r?.requests) return known.model;
  const model = makeModel(data);
  models.set(data, { of: r, requests: r?.requests, size, model });
  return model;
}

function makeModel(data: RunData): RunModel {
  const recording: Recording = { ...emptyRecording(), ...data.recording };
  const summary: any = data.summary ?? {};
  const n = Math.max(recording.replicas || 0, summary.protocol?.n ?? 0);
  const byzantine = new Array<boolean>(n).fill(false);
  for (const r of recording.byzantine.length ? recording.byzantine : (summary.bound?.replicas ?? []))
    if (r < n) byzantine[r] = true;
  const end = runEnd(data, recording);
  const top = recording.blocks.height.reduce((most, h) => Math.max(most, h), 0);
  const faults = faultSpans(summary.faults ?? [], end);
  return {
    known_until:
      (recording.truncated as Record<string, number>).commits > 0
        ? (recording.commits.t[recording.commits.t.length - 1] ?? 0)
        : Infinity,
    n,
    end,
    byzantine,
    recording,
    faults,
    quorum: Math.min(n, summary.protocol?.quorum || Math.floor((2 * n) / 3) + 1),
    regions: recording.regions ?? [],
    views: viewSpans(recording, n, end),
    down: downSpans(recording, n, end),
    cuts: faults.flatMap((f) => cutOf(f, n)),
    // Not those of a block that is no longer there.
    commits: rowsBy(recording.commits.replica.map((r, i) => (recording.commits.block[i] < 0 ? -1 : r)), n),
    notes: rowsBy(recording.notes.replica, n),
    children: grouped(recording.blocks.parent, recording.blocks.id.length),
    at_height: grouped(recording.blocks.height, top + 1),
    commits_at: grouped(
      recording.commits.block.map((b) => recording.blocks.height[b] ?? -1),
      top + 1,
    ),
    blockOf: finder(recording.blocks.id),
  };
}

export function emptyRecording(): Recording {
  return {
    schema: 1,
    replicas: 0,
    byzantine: [],
    blocks: {
      id: [],
      parent: [],
      height: [],
      view: [],
      proposer: [],
      tx: [],
      seen: [],
      committed: [],
      commits: [],
      reverted: [],
      adversary: [],
      published: [],
    },
    commits: { t: [], replica: [], block: [] },
    views: { t: [], replica: [], view: [], leader: [], height: [] },
    states: { t: [], replica: [], state: [] },
    notes: { t: [], replica: [], what: [], view: [], value: [], block: [] },
    truncated: {},
  } as Recording;
}

/** Rows 0..n-1 grouped by their key; rows keep their order. Keys outside 0..groups-1 are left out. */
export function rowsBy(key: ArrayLike<number>, groups: number): Int32Array[] {
  const count = new Int32Array(groups);
  for (let i = 0; i < key.length; i++) if (key[i] >= 0 && key[i] < groups) count[key[i]]++;
  const rows = Array.from(count, (c) => new Int32Array(c));
  count.fill(0);
  for (let i = 0; i < key.length; i++) {
    const k = key[i];
    if (k >= 0 && k < groups) rows[k][count[k]++] = i;
  }
  return rows;
}

/** Rows by a small whole number, in two arrays: those of k are rows[start[k]] up to before rows[start[k + 1]]. */
export interface Groups {
  start: Int32Array;
  rows: Int32Array;
}

export function grouped(key: ArrayLike<number>, groups: number): Groups {
  const start = new Int32Array(groups + 1);
  const inside = (k: number) => k >= 0 && k < groups;
  for (let i = 0; i < key.length; i++) if (inside(key[i])) start[key[i] + 1]++;
  for (let k = 0; k < groups; k++) start[k + 1] += start[k];
  const next = start.slice(),
    rows = new Int32Array(start[groups]);
  for (let i = 0; i < key.length; i++) if (inside(key[i])) rows[next[key[i]]++] = i;
  return { start, rows };
}

/** The rows of keys from..to, both included; a view, not a copy. */
export function groupsFrom(of: Groups, from: number, to: number): Int32Array {
  const last = of.start.length - 2;
  if (to < 0 || from > last || to < from) return of.rows.subarray(0, 0);
  return of.rows.subarray(
    of.start[Math.max(0, Math.ceil(from))],
    of.start[Math.min(last, Math.floor(to)) + 1],
  );
}

/** First index whose value (by `of`) is not below `x`, among `length` values in order. */
export function lowerBound(length: number, x: number, of: (i: number) => number): number {
  let low = 0,
    high = length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (of(mid) < x) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The latest of the replica's rows that is not after `t`, or -1. */
export function latestRow(rows: Int32Array, t: number, times: ArrayLike<number>): number {
  const i = lowerBound(rows.length, t, (k) => (times[rows[k]] <= t ? -Infinity : Infinity));
  return i === 0 ? -1 : rows[i - 1];
}

export function spanAt<S extends Span>(spans: S[], t: number): S | undefined {
  let i = lowerBound(spans.length, t, (k) => (spans[k].from <= t ? -Infinity : Infinity)) - 1;
  for (; i >= 0; i--) if (spans[i].to > t) return spans[i];
  return undefined;
}

/** Whether a cut that holds at `t` stands between the two. */
export function isCut(model: RunModel, a: number, b: number, t: number): boolean {
  return model.cuts.some(
    (c) =>
      c.from <= t &&
      t < c.to &&
      (c.links
        ? c.links.some((l) => (l.from.has(a) && l.to.has(b)) || (l.from.has(b) && l.to.has(a)))
        : c.side[a] !== c.side[b]),
  );
}

function runEnd(data: RunData, recording: Recording): number {
  const summary: any = data.summary ?? {};
  if (summary.simulated_seconds > 0) return summary.simulated_seconds;
  const last = (t: ArrayLike<number> | undefined) => (t && t.length ? t[t.length - 1] : 0);
  return Math.max(
    1e-9,
    last(data.series?.t),
    last(recording.commits.t),
    last(recording.views.t),
    last(recording.notes.t),
  );
}

function viewSpans(recording: Recording, n: number, end: number): ViewSpan[][] {
  const { t, replica, view, leader, height } = recording.views;
  const spans: ViewSpan[][] = Array.from({ length: n }, () => []);
  for (let i = 0; i < t.length; i++) {
    const of = spans[replica[i]];
    if (!of) continue;
    const before = of[of.length - 1];
    if (before) before.to = t[i];
    of.push({ from: t[i], to: end, view: view[i], leader: leader[i], height: height[i] });
  }
  return spans;
}

function downSpans(recording: Recording, n: number, end: number): DownSpan[][] {
  const { t, replica, state } = recording.states;
  const spans: DownSpan[][] = Array.from({ length: n }, () => []);
  for (let i = 0; i < t.length; i++) {
    const of = spans[replica[i]];
    if (!of) continue;
    const open = of[of.length - 1];
    if (open && open.to === Infinity) open.to = t[i];
    if (state[i] === "crashed" || state[i] === "paused")
      of.push({ from: t[i], to: Infinity, state: state[i] as DownSpan["state"] });
  }
  for (const of of spans) for (const s of of) s.to = Math.min(s.to, end);
  return spans;
}

function faultSpans(faults: any[], end: number): FaultSpan[] {
  return faults
    .flatMap((f) =>
      (f.windows ?? []).map((w: any) => ({
        label: f.label,
        action: f.action,
        text: f.text,
        from: w.from,
        to: w.to ?? end,
        meaning: f.meaning ?? "",
        sides: w.sides ?? f.sides,
        links: w.links ?? f.links,
      })),
    )
    .filter((f) => f.action !== "mark")
    .sort((a, b) => a.from - b.from);
}

/** Whom a fault of links met keeps apart: sides of a partition or an isolation, or links one by one. */
export function cutOf(fault: FaultSpan, n: number): CutSpan[] {
  const { sides, links } = fault;
  const span = { from: fault.from, to: fault.to, label: fault.label, action: fault.action, text: fault.text };
  const side = new Int16Array(n).fill(-1);
  if (sides?.length) {
    sides.forEach((members, i) => members.forEach((r) => (side[r] = i)));
    return [{ ...span, side, oneWay: false, links: null }];
  }
  if (fault.meaning !== "cuts" || !links?.length) return [];
  for (const l of links) {
    for (const r of l.to) side[r] = 1;
    for (const r of l.from) side[r] = 0;
  }
  const sets = links.map((l) => ({ from: new Set(l.from), to: new Set(l.to) }));
  const cuts = (a: number, b: number) => sets.some((l) => l.from.has(a) && l.to.has(b));
  const oneWay = links.some((l) => l.from.some((a) => l.to.some((b) => a !== b && !cuts(b, a))));
  return [{ ...span, side, oneWay, links: sets }];
}

/** Ids are prefixes of one another in text: "a41f90" of a story names the block "a41f90c2". */
function finder(ids: string[]): (id: string) => number {
  let sorted: number[] | null = null;
  return (id) => {
    sorted ??= ids.map((_, i) => i).sort((a, b) => (ids[a] < ids[b] ? -1 : 1));
    const at = lowerBound(sorted.length, 0, (k) => (ids[sorted![k]] < id ? -1 : 0));
    const found = sorted[at];
    if (found !== undefined && ids[found].startsWith(id)) return found;
    const before = sorted[at - 1];
    return before !== undefined && id.startsWith(ids[before]) ? before : -1;
  };
}

export interface Conflict {
  id: string;
  text: string;
  at: number;
  a: number;
  b: number;
  bound: string;
  lines: string[];
}

/** Violations whose explanation names two blocks: two commits at one height, or a coin spent twice. */
export function conflictsOf(data: RunData, model: RunModel): Conflict[] {
  const found: Conflict[] = [];
  for (const e of ((data.summary as any)?.expectations ?? []) as any[]) {
    if (!e.explanation?.length) continue;
    const named: number[] = [];
    for (const line of e.explanation.slice(0, 2) as string[]) {
      const block = [...line.matchAll(/\b[0-9a-f]{6,16}\b/g)]
        .map((m) => model.blockOf(m[0]))
        .find((b) => b >= 0);
      if (block !== undefined && !named.includes(block)) named.push(block);
    }
    if (named.length === 2)
      found.push({
        id: e.id,
        text: e.text,
        at: e.at ?? 0,
        a: named[0],
        b: named[1],
        bound: e.bound,
        lines: e.explanation,
      });
  }
  return found;
}
