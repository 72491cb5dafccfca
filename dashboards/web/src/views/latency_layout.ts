// Commit latencies of a run's blocks: buckets of equal ratio, shares, slices of time, the phases between
// proposal and commit.
import type { RunModel } from "./run_model";
import { certifiedTimes } from "./tree_layout";
import type { Range } from "../store";

export interface Sample {
  block: number;
  at: number;
  latency: number;
  during: boolean;
}

/** Blocks that honest replicas committed in the range: first seen to first commit. */
export function samples(model: RunModel, range: Range): Sample[] {
  const { blocks } = model.recording;
  const made: Sample[] = [];
  for (let b = 0; b < blocks.id.length; b++) {
    const at = blocks.committed[b];
    if (at === null || at < range.from || at > range.to || at <= blocks.seen[b]) continue;
    made.push({
      block: b,
      at,
      latency: at - blocks.seen[b],
      during: model.faults.some((f) => f.from <= at && blocks.seen[b] < f.to),
    });
  }
  return made;
}

export interface Bucket {
  from: number;
  to: number;
  steady: number;
  during: number;
}

/** So many buckets to a factor of ten that all samples fill about `wanted`; not fewer than `least`. */
function fineness(of: Sample[], wanted: number, least: number): number {
  let low = Infinity,
    high = 0;
  for (const s of of) {
    low = Math.min(low, s.latency);
    high = Math.max(high, s.latency);
  }
  const decades = Math.log10(high / low);
  return decades > 0 ? Math.min(2000, Math.max(least, Math.ceil(wanted / decades))) : least;
}

/** Buckets of one ratio, `per_decade` to a factor of ten, from the least to the greatest sample. */
export function histogram(of: Sample[], per_decade = fineness(of, 24, 12)): Bucket[] {
  if (of.length === 0) return [];
  const index = (x: number) => Math.floor(Math.log10(x) * per_decade + 1e-9);
  let low = Infinity,
    high = -Infinity;
  for (const s of of) {
    low = Math.min(low, index(s.latency));
    high = Math.max(high, index(s.latency));
  }
  const buckets = Array.from({ length: high - low + 1 }, (_, i): Bucket => ({
    from: 10 ** ((low + i) / per_decade),
    to: 10 ** ((low + i + 1) / per_decade),
    steady: 0,
    during: 0,
  }));
  for (const s of of) buckets[index(s.latency) - low][s.during ? "during" : "steady"]++;
  return buckets;
}

/** Nearest rank. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  return sorted.length === 0
    ? NaN
    : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];
}

export interface HeatMap {
  columns: number;
  rows: number;
  low: number;
  per_decade: number;
  cells: Uint32Array;
  most: number;
}

export function heatMap(of: Sample[], range: Range, columns: number, per_decade = fineness(of, 10, 8)): HeatMap {
  const index = (x: number) => Math.floor(Math.log10(x) * per_decade + 1e-9);
  let low = Infinity,
    high = -Infinity;
  for (const s of of) {
    low = Math.min(low, index(s.latency));
    high = Math.max(high, index(s.latency));
  }
  if (of.length === 0) return { columns, rows: 0, low: 0, per_decade, cells: new Uint32Array(0), most: 0 };
  const rows = high - low + 1,
    cells = new Uint32Array(columns * rows);
  let most = 0;
  for (const s of of) {
    const column = Math.min(
      columns - 1,
      Math.floor(((s.at - range.from) / (range.to - range.from)) * columns),
    );
    const at = column * rows + index(s.latency) - low;
    most = Math.max(most, ++cells[at]);
  }
  return { columns, rows, low, per_decade, cells, most };
}

export interface Phase {
  name: string;
  median: number;
  p99: number;
  samples: number;
}

/** Median times from one note about a block to the next: proposed, voted, certified, committed, by most. */
export function phases(model: RunModel, of: Sample[]): Phase[] {
  const { blocks, notes, commits } = model.recording;
  const voted = new Float64Array(blocks.id.length).fill(Infinity);
  for (let i = 0; i < notes.t.length; i++)
    if (notes.what[i] === "voted" && notes.block[i] >= 0)
      voted[notes.block[i]] = Math.min(voted[notes.block[i]], notes.t[i]);
  const certified = certifiedTimes(model);
  const last = new Float64Array(blocks.id.length).fill(-Infinity);
  for (let i = 0; i < commits.t.length; i++)
    if (!model.byzantine[commits.replica[i]])
      last[commits.block[i]] = Math.max(last[commits.block[i]], commits.t[i]);
  const gaps: Record<string, number[]> = {
    "proposal to first vote": [],
    "to certificate": [],
    "to first commit": [],
    "to last commit": [],
  };
  for (const s of of) {
    let at = blocks.seen[s.block];
    const step = (name: string, t: number) => {
      if (!Number.isFinite(t) || t < at) return;
      gaps[name].push(t - at);
      at = t;
    };
    step("proposal to first vote", voted[s.block]);
    step("to certificate", certified[s.block]);
    step("to first commit", s.at);
    step("to last commit", last[s.block]);
  }
  return Object.entries(gaps)
    .filter(([, g]) => g.length > 0)
    .map(([name, g]) => {
      const sorted = Float64Array.from(g).sort();
      return { name, median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), samples: g.length };
    });
}

/** Commit latency by who proposed, or by region where there are regions. */
export function byGroup(
  model: RunModel,
  of: Sample[],
): { name: string; p50: number; p99: number; samples: number }[] {
  const groups = new Map<string, number[]>();
  for (const s of of) {
    const r = model.recording.blocks.proposer[s.block];
    const name = r < 0 ? "unknown" : (model.regions[r] ?? `r${r}`);
    const list = groups.get(name);
    if (list) list.push(s.latency);
    else groups.set(name, [s.latency]);
  }
  return [...groups]
    .map(([name, list]) => {
      const sorted = Float64Array.from(list).sort();
      return { name, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), samples: list.length };
    })
    .sort((a, b) => b.samples - a.samples);
}

export interface ClientRow {
  client: number;
  samples: number;
  p50: number;
  p99: number;
}

/** What clients waited, of the requests accepted in the range. */
export function byClient(model: RunModel, range: Range): ClientRow[] {
  const { t, client, latency } = model.recording.requests ?? { t: [], client: [], latency: [] };
  const of = new Map<number, number[]>();
  for (let i = 0; i < t.length; i++) {
    if (t[i] < range.from || t[i] > range.to) continue;
    const list = of.get(client[i]);
    if (list) list.push(latency[i]);
    else of.set(client[i], [latency[i]]);
  }
  return [...of]
    .map(([c, list]) => {
      const sorted = Float64Array.from(list).sort();
      return { client: c, samples: list.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
    })
    .sort((a, b) => a.client - b.client);
}

export interface PairRow {
  from: string;
  to: string;
  samples: number;
  p50: number;
  p99: number;
}

/** From the proposer's region to each region where it was committed: first seen to that replica's commit. */
export function byRegionPair(model: RunModel, range: Range): PairRow[] {
  const { blocks, commits } = model.recording;
  if (model.regions.length === 0) return [];
  const of = new Map<string, { from: string; to: string; list: number[] }>();
  for (let i = 0; i < commits.t.length; i++) {
    const b = commits.block[i],
      from = b < 0 ? undefined : model.regions[blocks.proposer[b]],
      to = model.regions[commits.replica[i]];
    if (from === undefined || to === undefined || model.byzantine[commits.replica[i]]) continue;
    if (commits.t[i] < range.from || commits.t[i] > range.to || commits.t[i] <= blocks.seen[b]) continue;
    const pair = of.get(`${from} ${to}`) ?? { from, to, list: [] };
    pair.list.push(commits.t[i] - blocks.seen[b]);
    of.set(`${from} ${to}`, pair);
  }
  return [...of.values()]
    .map(({ from, to, list }) => {
      const sorted = Float64Array.from(list).sort();
      return { from, to, samples: list.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
    })
    .sort((a, b) => (a.from + a.to < b.from + b.to ? -1 : 1));
}
