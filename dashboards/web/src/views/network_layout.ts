// Who sends what to whom, as numbers: kinds by commit, losses by reason, a sender × receiver matrix.
import type { MessageRows, Summary } from "../data/types";
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
