// The space-time diagram as shapes: lanes across, time down, a message an arrow. Also what follows from
// the messages: which came from a liar's two mouths, where a quorum stood, what led to what.
import type { MessageRows, MessageWindow } from "../data/types";
import { lowerBound, type RunModel } from "./run_model";
import type { Range } from "../store";

export interface Filters {
  /** Lanes that are not shown. */
  hidden: ReadonlySet<number>;
  /** Kinds that are not shown, by name. */
  kinds: ReadonlySet<string>;
  height: number | null;
  /** Rows of the window; null: all. */
  only: ReadonlySet<number> | null;
  ordered: boolean;
}

export interface Arrow {
  row: number;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  kind: number;
  dropped: boolean;
  twofold: boolean;
}
export interface QuorumBar {
  y: number;
  t: number;
  kind: number;
  label: string;
  voters: number[];
  xs: number[];
  at: number;
}
export interface SpaceTime {
  arrows: Arrow[];
  bars: QuorumBar[];
  lanes: { replica: number; x: number }[];
  left_out: number;
  time_at: (y: number) => number;
  y_of: (t: number) => number;
}

export function spaceTime(
  window: MessageWindow,
  rows: MessageRows,
  replicas: number[],
  quorum: number,
  range: Range,
  width: number,
  height: number,
  filters: Filters,
): SpaceTime {
  const shown = replicas.filter((r) => !filters.hidden.has(r));
  const gap = width / Math.max(1, shown.length);
  const lane_x = new Map(shown.map((r, i) => [r, (i + 0.5) * gap]));
  const kept: number[] = [];
  for (let i = 0; i < rows.sent.length; i++)
    if (passes(window, rows, i, range, filters, lane_x)) kept.push(i);
  const axis = filters.ordered ? orderedAxis(rows, kept, range, height) : linearAxis(range, height);
  const doubled = twofold(rows);
  const arrows = kept.map((i): Arrow => {
    const x0 = lane_x.get(rows.from[i]) as number,
      end = lane_x.get(rows.to[i]) as number;
    const at = rows.at[i],
      y0 = axis.y(rows.sent[i]);
    const lost = at === null;
    return {
      row: i,
      x0,
      y0,
      kind: rows.kind[i],
      dropped: lost,
      twofold: doubled.has(i),
      x1: lost ? x0 + (end - x0) * 0.55 : end,
      y1: lost ? y0 + Math.min(26, height * 0.04) : axis.y(at),
    };
  });
  const bars = quorums(rows, quorum).filter(
    (q) =>
      q.t >= range.from &&
      q.t <= range.to &&
      (filters.height === null || q.height === filters.height) &&
      !filters.kinds.has(window.kinds[q.kind]) &&
      lane_x.has(q.at) &&
      (!filters.only || q.rows.some((r) => filters.only?.has(r))),
  );
  return {
    arrows,
    lanes: shown.map((r) => ({ replica: r, x: lane_x.get(r) as number })),
    left_out: rows.sent.length - kept.length,
    bars: bars.map((q) => ({
      y: axis.y(q.t),
      t: q.t,
      kind: q.kind,
      voters: q.voters,
      at: q.at,
      label: `${window.kinds[q.kind]} ${q.voters.length}/${replicas.length}${q.height === null ? "" : ` · height ${q.height}`}`,
      xs: q.voters.filter((v) => lane_x.has(v)).map((v) => lane_x.get(v) as number),
    })),
    time_at: axis.time,
    y_of: axis.y,
  };
}

function passes(
  window: MessageWindow,
  rows: MessageRows,
  i: number,
  range: Range,
  filters: Filters,
  lanes: Map<number, number>,
): boolean {
  if (rows.sent[i] > range.to || (rows.at[i] ?? rows.sent[i]) < range.from) return false;
  if (!lanes.has(rows.from[i]) || !lanes.has(rows.to[i])) return false;
  if (filters.only && !filters.only.has(i)) return false;
  if (filters.height !== null && rows.height[i] !== filters.height) return false;
  return !filters.kinds.has(window.kinds[rows.kind[i]]);
}

interface Axis {
  y(t: number): number;
  time(y: number): number;
}

function linearAxis(range: Range, height: number): Axis {
  const span = range.to - range.from;
  return { y: (t) => ((t - range.from) / span) * height, time: (y) => range.from + (y / height) * span };
}

/** Every instant at which something happens has the same room. */
function orderedAxis(rows: MessageRows, kept: number[], range: Range, height: number): Axis {
  const moments = new Set<number>();
  for (const i of kept) {
    moments.add(rows.sent[i]);
    const at = rows.at[i];
    if (at !== null) moments.add(at);
  }
  const sorted = Float64Array.from(moments)
    .sort()
    .filter((t) => t >= range.from && t <= range.to);
  if (sorted.length < 2) return linearAxis(range, height);
  const y = (t: number) => {
    const k = lowerBound(sorted.length, t, (i) => sorted[i]);
    if (k === 0) return t < sorted[0] ? -10 : 8;
    if (k === sorted.length) return height + 10;
    const part = (t - sorted[k - 1]) / (sorted[k] - sorted[k - 1]);
    return 8 + ((k - 1 + part) / (sorted.length - 1)) * (height - 16);
  };
  return {
    y,
    time: (at) =>
      sorted[
        Math.max(0, Math.min(sorted.length - 1, Math.round(((at - 8) / (height - 16)) * (sorted.length - 1))))
      ],
  };
}

/** Rows of senders that say two things: same kind, view and height, different blocks. */
export function twofold(rows: MessageRows): Set<number> {
  const said = new Map<string, { block: string; rows: number[]; two: boolean }>();
  for (let i = 0; i < rows.sent.length; i++) {
    const block = rows.block[i];
    if (block === null || rows.view[i] === null || rows.height[i] === null) continue;
    const key = `${rows.from[i]} ${rows.kind[i]} ${rows.view[i]} ${rows.height[i]}`;
    const there = said.get(key);
    if (!there) said.set(key, { block, rows: [i], two: false });
    else {
      there.rows.push(i);
      if (there.block !== block) there.two = true;
    }
  }
  const found = new Set<number>();
  for (const s of said.values()) if (s.two) for (const r of s.rows) found.add(r);
  return found;
}

export interface Quorum {
  t: number;
  kind: number;
  view: number | null;
  height: number | null;
  block: string;
  voters: number[];
  at: number;
  rows: number[];
}

/**
 * The first moment a replica has heard the same of a quorum. It counts itself, and the sender of another kind
 * of message on the block (the proposer, whose proposal is its vote) when that one never sends this kind.
 */
export function quorums(rows: MessageRows, quorum: number): Quorum[] {
  interface Subject {
    senders: Set<number>;
    rows: number[];
  }
  const subjects = new Map<string, Subject>();
  const spoke = new Map<string, number>();
  const order = Array.from({ length: rows.sent.length }, (_, i) => i)
    .filter((i) => rows.block[i] !== null)
    .sort((a, b) => rows.sent[a] - rows.sent[b]);
  for (const i of order) {
    const about = `${rows.view[i]} ${rows.height[i]} ${rows.block[i]}`;
    if (!spoke.has(about)) spoke.set(about, rows.from[i]);
    const key = `${rows.kind[i]} ${about}`;
    const subject = subjects.get(key) ?? { senders: new Set<number>(), rows: [] };
    subject.senders.add(rows.from[i]);
    subject.rows.push(i);
    subjects.set(key, subject);
  }
  const found: Quorum[] = [];
  for (const subject of subjects.values()) {
    if (subject.senders.size < Math.min(quorum - 1, 2) || subject.senders.size < quorum - 2) continue;
    const first = firstQuorum(rows, subject.rows, subject.senders, spoke, quorum);
    if (first) found.push(first);
  }
  return found.sort((a, b) => a.t - b.t);
}

function firstQuorum(
  rows: MessageRows,
  of: number[],
  senders: Set<number>,
  spoke: Map<string, number>,
  quorum: number,
): Quorum | null {
  const arrived = of
    .filter((i) => rows.at[i] !== null)
    .sort((a, b) => (rows.at[a] as number) - (rows.at[b] as number));
  const proposer = spoke.get(`${rows.view[of[0]]} ${rows.height[of[0]]} ${rows.block[of[0]]}`);
  const heard = new Map<number, { voters: Set<number>; rows: number[] }>();
  for (const i of arrived) {
    const at = heard.get(rows.to[i]) ?? { voters: new Set([rows.to[i]]), rows: [] };
    if (proposer !== undefined && !senders.has(proposer)) at.voters.add(proposer);
    at.voters.add(rows.from[i]);
    at.rows.push(i);
    heard.set(rows.to[i], at);
    if (at.voters.size >= quorum && at.rows.length > 1)
      return {
        t: rows.at[i] as number,
        kind: rows.kind[i],
        view: rows.view[i],
        height: rows.height[i],
        block: rows.block[i] as string,
        voters: [...at.voters].sort((a, b) => a - b),
        at: rows.to[i],
        rows: at.rows,
      };
  }
  return null;
}

export interface Causality {
  causes: Set<number>;
  effects: Set<number>;
}

/** What led to a message and what it led to, as far as it is about the same height (or has none). */
export function causality(rows: MessageRows, row: number): Causality {
  const about = (i: number) =>
    rows.height[i] === null ||
    rows.height[row] === null ||
    Math.abs((rows.height[i] as number) - (rows.height[row] as number)) < 1;
  const into = new Map<number, number[]>(),
    out = new Map<number, number[]>();
  for (let i = 0; i < rows.sent.length; i++) {
    if (!about(i)) continue;
    if (rows.at[i] !== null) push(into, rows.to[i], i);
    push(out, rows.from[i], i);
  }
  const causes = new Set<number>(),
    effects = new Set<number>();
  const back = [row];
  for (let i = back.pop(); i !== undefined; i = back.pop())
    for (const k of into.get(rows.from[i]) ?? [])
      if ((rows.at[k] as number) <= rows.sent[i] && k !== row && !causes.has(k)) {
        causes.add(k);
        back.push(k);
      }
  const on = [row];
  for (let i = on.pop(); i !== undefined; i = on.pop()) {
    const at = rows.at[i];
    if (at === null) continue;
    for (const k of out.get(rows.to[i]) ?? [])
      if (rows.sent[k] >= at && k !== row && !effects.has(k)) {
        effects.add(k);
        on.push(k);
      }
  }
  return { causes, effects };
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Messages about either of two blocks: what a violation rests on, where nobody has said it more narrowly. */
export function aboutBlocks(rows: MessageRows, ids: string[]): Set<number> {
  const found = new Set<number>();
  rows.block.forEach((block, i) => {
    if (
      block !== null &&
      rows.at[i] !== null &&
      ids.some((id) => block.startsWith(id) || id.startsWith(block))
    )
      found.add(i);
  });
  return found;
}

/** Distance of a point from an arrow, in pixels. */
export function distance(a: Arrow, x: number, y: number): number {
  const dx = a.x1 - a.x0,
    dy = a.y1 - a.y0;
  const share = Math.max(0, Math.min(1, ((x - a.x0) * dx + (y - a.y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - a.x0 - share * dx, y - a.y0 - share * dy);
}

/** Indexes of the kinds that occur in the window, in their order; a window names all kinds of the protocol. */
export function kindsIn(window: MessageWindow): number[] {
  const found = new Set<number>(window.rows?.kind ?? []);
  for (const b of window.bundles ?? []) if (b.count > 0) found.add(b.kind);
  return [...found].sort((a, b) => a - b);
}

/** A client and the requests it waited for in the range: from submission to acceptance. */
export interface ClientLane {
  client: number;
  waits: { from: number; to: number }[];
}

/** No lanes where there would be too many of them, or too many requests to tell apart. */
export function clientLanes(model: RunModel, range: Range, most_lanes = 12, most_waits = 400): ClientLane[] {
  const { t, client, latency } = model.recording.requests ?? { t: [], client: [], latency: [] };
  const of = new Map<number, ClientLane>();
  let waits = 0;
  for (let i = 0; i < t.length; i++) {
    const from = t[i] - latency[i];
    if (from > range.to || t[i] < range.from) continue;
    if (++waits > most_waits) return [];
    const lane = of.get(client[i]) ?? { client: client[i], waits: [] };
    lane.waits.push({ from, to: t[i] });
    of.set(client[i], lane);
  }
  return of.size > most_lanes ? [] : [...of.values()].sort((a, b) => a.client - b.client);
}
