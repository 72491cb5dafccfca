// Who sends what to whom, as numbers: kinds by commit, losses by reason, a sender × receiver matrix.
import type { MessageRows, NetworkData, Summary } from "../data/types";
import type { Range } from "../store";

export interface KindRow {
  name: string;
  sent: number;
  bytes: number;
  lost: number;
  per_commit: number;
  bytes_per_commit: number;
}

export function kindRows(summary: Summary): KindRow[] {
  const metrics = summary.metrics as Record<string, Record<string, number> | undefined>;
  const commits = metrics["commits"]?.["count"] || 0;
  return Object.entries(summary.messages ?? {})
    .filter(([, k]) => k.sent > 0)
    .map(([name, k]) => ({
      name,
      sent: k.sent,
      bytes: k.bytes,
      lost: Math.max(0, k.sent - k.delivered),
      per_commit: commits > 0 ? k.sent / commits : 0,
      bytes_per_commit: commits > 0 ? k.bytes / commits : 0,
    }))
    .sort((a, b) => b.sent - a.sent);
}

/** The moments of a table round a range: the last one up to its beginning, the first one from its end on. */
export function momentsOf(t: readonly number[], range: Range): { first: number; last: number } {
  let first = 0,
    last = t.length - 1;
  while (first + 1 < t.length && t[first + 1] <= range.from) first++;
  while (last > first + 1 && t[last - 1] >= range.to) last--;
  return { first, last };
}

/** The same between two moments of the run; `commits`: blocks committed then. */
export function kindRowsIn(of: NetworkData, first: number, last: number, commits: number): KindRow[] {
  const grown = (column: number[]) => (column[last] ?? 0) - (column[first] ?? 0);
  return Object.entries(of.kinds)
    .map(([name, k]) => ({ name, sent: grown(k.sent), bytes: grown(k.bytes), arrived: grown(k.delivered) }))
    .filter((k) => k.sent > 0)
    .map(({ name, sent, bytes, arrived }) => ({
      name,
      sent,
      bytes,
      lost: Math.max(0, sent - arrived),
      per_commit: commits > 0 ? sent / commits : 0,
      bytes_per_commit: commits > 0 ? bytes / commits : 0,
    }))
    .sort((a, b) => b.sent - a.sent);
}

export function lossesIn(of: NetworkData, first: number, last: number): [reason: string, count: number][] {
  return Object.entries(of.dropped)
    .map(([reason, column]): [string, number] => [reason, (column[last] ?? 0) - (column[first] ?? 0)])
    .sort((a, b) => b[1] - a[1]);
}

/** What of an interval an uplink was busy: by replica, and by interval (the first ends at t[1]). */
export function useOf(of: NetworkData): number[][] {
  return (of.uplinks?.busy ?? []).map((busy) =>
    busy.map((b, i) => (i === 0 ? 0 : (b - busy[i - 1]) / Math.max(1e-9, of.t[i] - of.t[i - 1]))),
  );
}

export interface Matrix {
  groups: number[][];
  count: Uint32Array;
  bytes: Float64Array;
  lost: Uint32Array;
  most: number;
  total: number;
}

/** Sender × receiver; more than `most_cells` replicas are put together in ranges. */
export function matrix(rows: MessageRows, n: number, range: Range, most_cells = 64): Matrix {
  const per = Math.ceil(n / most_cells),
    size = Math.ceil(n / per);
  const groups = Array.from({ length: size }, (_, g) =>
    Array.from({ length: Math.min(per, n - g * per) }, (_, i) => g * per + i),
  );
  const count = new Uint32Array(size * size),
    bytes = new Float64Array(size * size),
    lost = new Uint32Array(size * size);
  let most = 0,
    total = 0;
  for (let i = 0; i < rows.sent.length; i++) {
    if (rows.sent[i] < range.from || rows.sent[i] > range.to || rows.from[i] >= n || rows.to[i] >= n)
      continue;
    const at = Math.floor(rows.from[i] / per) * size + Math.floor(rows.to[i] / per);
    most = Math.max(most, ++count[at]);
    bytes[at] += rows.bytes[i];
    if (rows.at[i] === null) lost[at]++;
    total++;
  }
  return { groups, count, bytes, lost, most, total };
}

/** Bits a second of each uplink, as the scenario has it; null where it sets none. */
export function bandwidthOf(lock_yaml: string | undefined): number | null {
  const found = /^  bandwidth:\s*"?([\d.]+)\s*([kMGT]?)bit\/s/m.exec(lock_yaml ?? "");
  if (!found) return null;
  const scale = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }[found[2]] ?? 1;
  const bits = Number(found[1]) * scale;
  return bits > 0 ? bits : null;
}

/** Share of all uplinks that was busy in each interval, from what was sent so far. */
export function utilisation(t: number[], bytes: number[], replicas: number, bits_per_second: number): number[] {
  return t.map((at, i) => {
    const span = at - (i > 0 ? t[i - 1] : 0),
      sent = bytes[i] - (i > 0 ? bytes[i - 1] : 0);
    return span > 0 ? (sent * 8) / (span * bits_per_second * Math.max(1, replicas)) : 0;
  });
}
