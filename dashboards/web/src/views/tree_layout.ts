// The block tree as shapes: which lane each block stands on (worked out once a run), and what of it is
// drawn between two heights, as of a moment.
import { groupsFrom, latestRow, type RunModel } from "./run_model";
import type { Range } from "../store";

/** Lane by block: 0 is the chain that won; branches take the nearest lane that is free for their heights. */
export interface Lanes {
  lane: Int16Array;
  main: Uint8Array;
  least: number;
  most: number;
  forks: number;
}

export function lanesOf(model: RunModel): Lanes {
  const { blocks } = model.recording;
  const count = blocks.id.length;
  const lane = new Int16Array(count),
    main = new Uint8Array(count),
    placed = new Uint8Array(count);
  const top = deepestBelow(model);
  for (const b of trunkOf(model)) main[b] = placed[b] = 1;
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => blocks.height[a] - blocks.height[b] || top[b] - top[a],
  );
  const ends = new Map<number, number>(); // lane → greatest height on it: chains come in order of height
  let least = 0,
    most = 0,
    forks = 0;
  for (const b of order) {
    if (placed[b]) continue;
    const parent = blocks.parent[b],
      from = parent >= 0 ? blocks.height[parent] + 0.5 : blocks.height[b] - 0.5;
    const at = nearestFree(parent >= 0 ? lane[parent] : 0, (l) => (ends.get(l) ?? -Infinity) < from);
    let end = b;
    for (let k = b; k >= 0; k = deepestChild(groupsFrom(model.children, k, k), top, placed)) {
      lane[k] = at;
      placed[k] = 1;
      end = k;
    }
    ends.set(at, blocks.height[end]);
    least = Math.min(least, at);
    most = Math.max(most, at);
    if (parent >= 0) forks++;
  }
  return { lane, main, least, most, forks };
}

/** The winner's ancestors; where the recording does not know a parent, the best block of the height below. */
function trunkOf(model: RunModel): number[] {
  const { blocks } = model.recording;
  const trunk: number[] = [];
  for (let b = winningTip(model); b >= 0;) {
    trunk.push(b);
    const parent = blocks.parent[b];
    b = parent >= 0 ? parent : bestBelow(model, blocks.height[b]);
  }
  return trunk;
}

function bestBelow(model: RunModel, height: number): number {
  for (let h = height - 1; h >= 0; h--) {
    let best = -1;
    for (const b of groupsFrom(model.at_height, h, h))
      if (best < 0 || rank(model, b) > rank(model, best)) best = b;
    if (best >= 0) return best;
  }
  return -1;
}

/** Committed and kept, committed and left, never committed. */
function rank(model: RunModel, b: number): number {
  const { committed, reverted } = model.recording.blocks;
  return committed[b] === null ? 0 : reverted[b] === null ? 2 : 1;
}

/** Nearest lane to `home`, the outer side first; lane 0 belongs to the trunk. */
function nearestFree(home: number, free: (lane: number) => boolean): number {
  const out = home < 0 ? -1 : 1;
  for (let d = home === 0 ? 1 : 0; d < 30000; d++) {
    for (const at of [home + out * d, home - out * d]) if (at !== 0 && free(at)) return at;
  }
  return 30000;
}

/** Greatest height among a block's descendants, itself included. Parents come before children in height. */
function deepestBelow(model: RunModel): Float64Array {
  const { blocks } = model.recording;
  const top = Float64Array.from(blocks.height);
  const order = Array.from(top.keys()).sort((a, b) => blocks.height[b] - blocks.height[a]);
  for (const b of order) {
    const p = blocks.parent[b];
    if (p >= 0 && top[b] > top[p]) top[p] = top[b];
  }
  return top;
}

function deepestChild(children: Int32Array, top: Float64Array, placed: Uint8Array): number {
  let best = -1;
  for (const c of children) if (!placed[c] && (best < 0 || top[c] > top[best])) best = c;
  return best;
}

/** The highest block that honest replicas committed and did not leave; else the highest of all. */
function winningTip(model: RunModel): number {
  const { blocks } = model.recording;
  let best = -1;
  for (let b = 0; b < blocks.id.length; b++) {
    if (best < 0) {
      best = b;
      continue;
    }
    const better =
      rank(model, b) - rank(model, best) ||
      blocks.height[b] - blocks.height[best] ||
      blocks.commits[b] - blocks.commits[best];
    if (better > 0) best = b;
  }
  if (best < 0) return best;
  for (let grew = true; grew;) {
    // on, to the longest branch above it
    grew = false;
    for (const c of groupsFrom(model.children, best, best))
      if (!grew && blocks.reverted[c] === null) {
        best = c;
        grew = true;
      }
  }
  return best;
}

// ------------------------------------------------------------- what is drawn

export type Finality = "seen" | "certified" | "committed" | "reverted";
export interface BlockShape {
  block: number;
  x: number;
  y: number;
  wide: number;
  high: number;
  finality: Finality;
  hidden: boolean;
  adversary: boolean;
  px: number;
  py: number;
  parent: number;
}
/** A stretch of chain too dense for boxes. */
export interface Stretch {
  x0: number;
  x1: number;
  y: number;
  blocks: number;
  adversary: boolean;
}
export interface Flag {
  x: number;
  y: number;
  replicas: number[];
  block: number;
}
export interface TreeShapes {
  shapes: BlockShape[];
  stretches: Stretch[];
  flags: Flag[];
  tips: number;
  heights: Range;
  step: number;
  detail: "full" | "box" | "dot";
  forks: { x: number; y: number }[];
}

/** Heights of the blocks seen in the range, with one to spare on each side. */
export function heightsIn(model: RunModel, range: Range): Range {
  const { blocks } = model.recording;
  let from = Infinity,
    to = -Infinity;
  for (let b = 0; b < blocks.id.length; b++) {
    const last = Math.max(blocks.seen[b], blocks.committed[b] ?? 0);
    if (blocks.seen[b] > range.to || last < range.from) continue;
    if (blocks.height[b] < from) from = blocks.height[b];
    if (blocks.height[b] > to) to = blocks.height[b];
  }
  if (from > to) {
    for (let b = 0; b < blocks.id.length; b++)
      if (blocks.seen[b] <= range.to && blocks.height[b] > to) to = blocks.height[b];
    if (!isFinite(to)) return { from: 0, to: 1 };
    from = to - 8;
  }
  return { from: Math.max(0, from - 1), to: to + 1 };
}

export function finalityAt(model: RunModel, block: number, t: number, certified: Float64Array): Finality {
  const { blocks } = model.recording;
  const reverted = blocks.reverted[block],
    committed = blocks.committed[block];
  if (reverted !== null && reverted <= t) return "reverted";
  if (committed !== null && committed <= t) return "committed";
  return certified[block] <= t ? "certified" : "seen";
}

/** When a certificate for the block was first noted; Infinity: never. */
export function certifiedTimes(model: RunModel): Float64Array {
  const { notes, blocks } = model.recording;
  const times = new Float64Array(blocks.id.length).fill(Infinity);
  for (let i = 0; i < notes.t.length; i++)
    if (notes.what[i] === "certified" && notes.block[i] >= 0)
      times[notes.block[i]] = Math.min(times[notes.block[i]], notes.t[i]);
  return times;
}

export function treeShapes(
  model: RunModel,
  lanes: Lanes,
  certified: Float64Array,
  heights: Range,
  t: number,
  width: number,
  height: number,
): TreeShapes {
  const { blocks } = model.recording;
  const step = width / Math.max(1, heights.to - heights.from + 1);
  const detail = step >= 62 ? "full" : step >= 11 ? "box" : "dot";
  const { low, high } = lanesShown(model, lanes, heights, t);
  const gap = Math.min(64, height / (high - low + 1.6));
  const middle = height / 2 - ((low + high) / 2) * gap;
  const x = (h: number) => (h - heights.from + 0.5) * step;
  const y = (lane: number) => middle + lane * gap;
  const wide =
    detail === "full"
      ? Math.min(92, step - 14)
      : detail === "box"
        ? Math.max(6, Math.min(26, step - 5))
        : Math.max(1.5, step - 1);
  const high_ =
    detail === "full"
      ? Math.min(44, gap - 10)
      : detail === "box"
        ? Math.min(20, gap - 6)
        : Math.min(8, gap - 3);
  const shapes: BlockShape[] = [],
    stretches: Stretch[] = [],
    forks: { x: number; y: number }[] = [];
  const dense = new Map<number, Stretch>();
  for (const b of groupsFrom(model.at_height, heights.from, heights.to)) {
    const h = blocks.height[b];
    if (blocks.seen[b] > t) continue;
    const p = blocks.parent[b],
      at = x(h);
    const fork = p >= 0 && lanes.lane[p] !== lanes.lane[b];
    if (fork) forks.push({ x: at, y: y(lanes.lane[b]) });
    if (step < 2.2) {
      densely(dense, lanes.lane[b], at, y(lanes.lane[b]), blocks.adversary[b]);
      continue;
    }
    const published = blocks.published[b];
    const hidden = withheld(model, b) && (published === null || published > t);
    shapes.push({
      block: b,
      x: at,
      y: y(lanes.lane[b]),
      wide,
      high: Math.max(2, high_),
      hidden,
      adversary: blocks.adversary[b],
      finality: finalityAt(model, b, t, certified),
      parent: p,
      px: p < 0 ? NaN : x(blocks.height[p]),
      py: p < 0 ? NaN : y(lanes.lane[p]),
    });
  }
  stretches.push(...dense.values());
  const { flags, tips } = flagsAt(model, lanes, heights, t, x, y);
  return { shapes, stretches, flags, tips, heights, step, detail, forks };
}

export function withheld(model: RunModel, block: number): boolean {
  const { blocks } = model.recording;
  return blocks.withheld ? blocks.withheld[block] : blocks.published[block] !== null;
}

function lanesShown(model: RunModel, lanes: Lanes, heights: Range, t: number): { low: number; high: number } {
  const { blocks } = model.recording;
  let low = 0,
    high = 0;
  for (const b of groupsFrom(model.at_height, heights.from, heights.to)) {
    if (blocks.seen[b] > t) continue;
    low = Math.min(low, lanes.lane[b]);
    high = Math.max(high, lanes.lane[b]);
  }
  return { low, high };
}

/** Blocks of one lane and one pixel are one stroke. */
function densely(dense: Map<number, Stretch>, lane: number, x: number, y: number, adversary: boolean): void {
  const px = Math.floor(x),
    key = lane * 65536 + px;
  const at = dense.get(key);
  if (at) {
    at.blocks++;
    at.adversary ||= adversary;
  } else {
    dense.set(key, { x0: px, x1: px + 1, y, blocks: 1, adversary });
  }
}

/** Where each honest replica's committed chain ends. */
function flagsAt(
  model: RunModel,
  lanes: Lanes,
  heights: Range,
  t: number,
  x: (h: number) => number,
  y: (lane: number) => number,
) {
  const { commits, blocks } = model.recording;
  const by = new Map<number, number[]>();
  for (let r = 0; r < model.n; r++) {
    const row = latestRow(model.commits[r], t, commits.t);
    if (row < 0 || model.byzantine[r]) continue;
    const b = commits.block[row];
    const there = by.get(b);
    if (there) there.push(r);
    else by.set(b, [r]);
  }
  const flags: Flag[] = [...by].map(([block, replicas]) => ({
    block,
    replicas,
    x: Math.min(Math.max(x(blocks.height[block]), 0), x(heights.to)),
    y: y(lanes.lane[block]),
  }));
  return { flags, tips: distinctBranches(model, [...by.keys()]) };
}

/** How many of the blocks are not an ancestor of another: tips that differ, not tips that lag. */
export function distinctBranches(model: RunModel, tips: number[]): number {
  const { parent, height } = model.recording.blocks;
  const lowest = Math.min(...tips.map((b) => height[b]));
  const passed = new Set<number>();
  for (const tip of tips)
    for (let b = parent[tip]; b >= 0 && height[b] >= lowest; b = parent[b]) passed.add(b);
  return tips.filter((b) => !passed.has(b)).length;
}

export interface Reorg {
  t: number;
  replica: number;
  depth: number;
  block: number;
}

export function reorgs(model: RunModel): Reorg[] {
  const { notes } = model.recording;
  const found: Reorg[] = [];
  for (let i = 0; i < notes.t.length; i++)
    if (notes.what[i] === "reorg" && !model.byzantine[notes.replica[i]])
      found.push({ t: notes.t[i], replica: notes.replica[i], depth: notes.value[i], block: notes.block[i] });
  return found;
}

export interface SharedReorg {
  t: number;
  replicas: number[];
  depth: number;
  block: number;
}

/** One entry for all replicas that go over to the same block from as deep; the deepest first. */
export function together(found: Reorg[]): SharedReorg[] {
  const by = new Map<string, SharedReorg>();
  for (const r of found) {
    const key = `${r.block} ${r.depth}`;
    const there = r.block >= 0 ? by.get(key) : undefined;
    if (there) there.replicas.push(r.replica);
    else
      by.set(r.block >= 0 ? key : `${r.replica} ${r.t}`, {
        t: r.t,
        replicas: [r.replica],
        depth: r.depth,
        block: r.block,
      });
  }
  return [...by.values()].sort((a, b) => b.depth - a.depth || a.t - b.t);
}
