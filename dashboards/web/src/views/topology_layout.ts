// Where replicas stand on the map and what they are at a moment: a circle to 64, sides of a partition and
// regions next to each other; beyond, springs, or a sunflower when even those are too many.
import {
  forceCollide,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from "d3-force";
import { polygonHull } from "d3-polygon";
import type { MessageRows } from "../data/types";
import { latestRow, spanAt, type CutSpan, type RunModel } from "./run_model";
import type { Range } from "../store";

export interface Place {
  x: number;
  y: number;
}

/** Positions in the unit disc. */
export function places(model: RunModel): Place[] {
  const { n } = model;
  const side = model.cuts[0]?.side;
  const regions = [...new Set(model.regions)];
  const group = (r: number) =>
    (side && !model.cuts[0].oneWay ? side[r] + 1 : 0) * 100 + Math.max(0, regions.indexOf(model.regions[r]));
  const order = Array.from({ length: n }, (_, r) => r).sort((a, b) => group(a) - group(b) || a - b);
  const at: Place[] = new Array<Place>(n);
  if (n <= 64) {
    order.forEach((r, i) => {
      const angle = ((i + 0.5) / n) * 2 * Math.PI - Math.PI / 2;
      at[r] = { x: Math.cos(angle), y: Math.sin(angle) };
    });
    return at;
  }
  order.forEach((r, i) => {
    const angle = i * 2.399963,
      far = Math.sqrt((i + 0.5) / n);
    at[r] = { x: Math.cos(angle) * far, y: Math.sin(angle) * far };
  });
  return n <= 400 ? sprung(at, order.map(group), order) : at;
}

function sprung(start: Place[], groups: number[], order: number[]): Place[] {
  const kinds = [...new Set(groups)];
  const target = new Map(
    kinds.map((g, i) => {
      const angle = (i / kinds.length) * 2 * Math.PI;
      return [g, kinds.length > 1 ? { x: Math.cos(angle) * 55, y: Math.sin(angle) * 55 } : { x: 0, y: 0 }];
    }),
  );
  const nodes: SimulationNodeDatum[] = start.map((p) => ({ x: p.x * 100, y: p.y * 100 }));
  const of = new Map(order.map((r, i) => [r, groups[i]]));
  const to = (_: SimulationNodeDatum, i: number) => target.get(of.get(i) as number) as Place;
  forceSimulation(nodes)
    .stop()
    .force("apart", forceManyBody().strength(-12))
    .force("room", forceCollide(5))
    .force("x", forceX<SimulationNodeDatum>((d, i) => to(d, i).x).strength(0.12))
    .force("y", forceY<SimulationNodeDatum>((d, i) => to(d, i).y).strength(0.12))
    .tick(120);
  const far = Math.max(...nodes.map((p) => Math.hypot(p.x ?? 0, p.y ?? 0)), 1);
  return nodes.map((p) => ({ x: (p.x ?? 0) / far, y: (p.y ?? 0) / far }));
}

export interface RegionSpot extends Place {
  name: string;
  members: number[];
}

/**
 * A map: regions where they are on Earth (latitude and longitude, stretched to what is there), or round a
 * circle when their places are not known; replicas in a ring about their region's spot. null: no regions.
 */
export function regionMap(model: RunModel): { at: Place[]; spots: RegionSpot[]; on_earth: boolean } | null {
  const names = [...new Set(model.regions)];
  if (names.length < 2 || model.n > 400) return null;
  const places = model.recording.places ?? {};
  const on_earth = names.every((name) => places[name] !== undefined);
  const spots = names.map((name, i): RegionSpot => {
    const angle = (i / names.length) * 2 * Math.PI - Math.PI / 2;
    const where = on_earth
      ? { x: places[name][1], y: -places[name][0] }
      : { x: Math.cos(angle), y: Math.sin(angle) };
    const members = Array.from({ length: model.n }, (_, r) => r).filter((r) => model.regions[r] === name);
    return { name, members, ...where };
  });
  for (const axis of ["x", "y"] as const) {
    const all = spots.map((s) => s[axis]),
      low = Math.min(...all),
      high = Math.max(...all);
    for (const s of spots) s[axis] = high > low ? -0.72 + (1.44 * (s[axis] - low)) / (high - low) : 0;
  }
  part(spots);
  const at: Place[] = new Array<Place>(model.n);
  for (const s of spots)
    s.members.forEach((r, i) => {
      const m = s.members.length,
        angle = ((i + 0.5) / m) * 2 * Math.PI - Math.PI / 2,
        far = m === 1 ? 0 : Math.min(0.34, 0.13 + 0.025 * m);
      at[r] = { x: s.x + Math.cos(angle) * far * 0.8, y: s.y + Math.sin(angle) * far };
    });
  return { at, spots, on_earth };
}

/** Neighbours on Earth may be too near on a screen: they are pushed apart until their rings have room. */
function part(spots: RegionSpot[], least = 0.62): void {
  for (let round = 0; round < 60; round++)
    for (let i = 0; i < spots.length; i++)
      for (let k = i + 1; k < spots.length; k++) {
        const [a, b] = [spots[i], spots[k]];
        const dx = b.x - a.x || 1e-3,
          dy = b.y - a.y || 1e-3,
          far = Math.hypot(dx, dy);
        if (far >= least) continue;
        const push = ((least - far) / far) * 0.25;
        a.x = Math.max(-0.8, Math.min(0.8, a.x - dx * push));
        b.x = Math.max(-0.8, Math.min(0.8, b.x + dx * push));
        a.y = Math.max(-0.74, Math.min(0.74, a.y - dy * push));
        b.y = Math.max(-0.74, Math.min(0.74, b.y + dy * push));
      }
}

export type Role = "leader" | "byzantine" | "honest" | "down" | "syncing";
export interface NodeState {
  replica: number;
  role: Role;
  leads: boolean;
  byzantine: boolean;
  view: number | null;
  height: number;
  down: string | null;
}

export function nodeStates(model: RunModel, t: number): NodeState[] {
  const { commits, blocks } = model.recording;
  const views = model.views.map((spans) => spanAt(spans, Math.min(t, model.end - 1e-9)) ?? null);
  const heights = Array.from({ length: model.n }, (_, r) => {
    const row = latestRow(model.commits[r], t, commits.t);
    return row < 0 ? 0 : blocks.height[commits.block[row]];
  });
  const leader = leaderNow(model, views, t);
  const honest = heights.filter((_, r) => !model.byzantine[r]).sort((a, b) => a - b);
  const usual = honest[Math.floor(honest.length / 2)] ?? 0;
  return heights.map((height, r) => {
    const down = spanAt(model.down[r], t)?.state ?? null,
      byzantine = model.byzantine[r],
      leads = leader === r;
    const lags = usual - height >= Math.max(4, usual * 0.02);
    return {
      replica: r,
      height,
      view: views[r]?.view ?? null,
      down,
      byzantine,
      leads,
      role: down ? "down" : byzantine ? "byzantine" : leads ? "leader" : lags ? "syncing" : "honest",
    };
  });
}

/** Leader of the view that most running honest replicas are in; -1 where nobody leads. */
function leaderNow(model: RunModel, views: ({ view: number; leader: number } | null)[], t: number): number {
  const votes = new Map<number, number>();
  views.forEach((v, r) => {
    if (v && !model.byzantine[r] && !spanAt(model.down[r], t))
      votes.set(v.leader, (votes.get(v.leader) ?? 0) + 1);
  });
  let best = -1;
  for (const [leader, count] of votes) if (best < 0 || count > (votes.get(best) ?? 0)) best = leader;
  return best;
}

export interface Hull {
  label: string;
  side: number;
  points: [number, number][];
  members: number[];
}

/** A hull a side of every two-way cut that holds at the moment. */
export function hulls(cuts: CutSpan[], t: number, at: (r: number) => Place, n: number): Hull[] {
  return cuts
    .filter((c) => c.from <= t && t < c.to && !c.oneWay)
    .flatMap((c) => {
      const sides = new Map<number, number[]>();
      for (let r = 0; r < n; r++)
        if (c.side[r] >= 0) sides.set(c.side[r], [...(sides.get(c.side[r]) ?? []), r]);
      return [...sides].map(([side, members]) => ({
        label: c.label,
        side,
        members,
        points: around(members.map(at)),
      }));
    });
}

/** The hull of circles around the points, so that one or two points have one too. */
function around(points: Place[]): [number, number][] {
  const margin = 27;
  const all = points.flatMap((p) =>
    Array.from({ length: 12 }, (_, k): [number, number] => [
      p.x + Math.cos((k / 6) * Math.PI) * margin,
      p.y + Math.sin((k / 6) * Math.PI) * margin,
    ]),
  );
  return polygonHull(all) ?? all;
}

export interface Dot {
  from: number;
  to: number;
  share: number;
  kind: number;
  lost: boolean;
}

/** Messages under way at the moment. */
export function underWay(rows: MessageRows, t: number, most = 600): Dot[] {
  const dots: Dot[] = [];
  for (let i = 0; i < rows.sent.length && dots.length < most; i++) {
    const at = rows.at[i],
      lasts = (at ?? rows.sent[i] + 0.03) - rows.sent[i];
    if (rows.sent[i] > t || t > rows.sent[i] + lasts || lasts <= 0) continue;
    const share = (t - rows.sent[i]) / lasts;
    dots.push({
      from: rows.from[i],
      to: rows.to[i],
      kind: rows.kind[i],
      lost: at === null,
      share: at === null ? share * 0.5 : share,
    });
  }
  return dots;
}

export interface Traffic {
  a: number;
  b: number;
  count: number;
  lost: number;
}

/** Messages between two replicas, both ways, in the range. */
export function traffic(rows: MessageRows, range: Range): Traffic[] {
  const pairs = new Map<number, Traffic>();
  for (let i = 0; i < rows.sent.length; i++) {
    if (rows.sent[i] > range.to || (rows.at[i] ?? rows.sent[i]) < range.from) continue;
    const a = Math.min(rows.from[i], rows.to[i]),
      b = Math.max(rows.from[i], rows.to[i]);
    const pair = pairs.get(a * 65536 + b) ?? { a, b, count: 0, lost: 0 };
    pair.count++;
    if (rows.at[i] === null) pair.lost++;
    pairs.set(a * 65536 + b, pair);
  }
  return [...pairs.values()];
}
