// Words the views share: sets of replicas, marks, ticks of a time axis.
import { timeTick } from "../charts/time_chart";
import type { Seconds } from "../data/types";
import type { Range } from "../store";

/** "r0..r3 r6": runs of three or more are drawn together. */
export function replicaSet(set: Iterable<number>): string {
  const sorted = [...set].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === sorted[j] + 1) j++;
    if (j - i >= 2) parts.push(`r${sorted[i]}..r${sorted[j]}`);
    else for (let k = i; k <= j; k++) parts.push(`r${sorted[k]}`);
    i = j + 1;
  }
  return parts.join(" ");
}

export const mark_words: Record<string, string> = {
  proposed: "proposal",
  timeout: "timeout",
  view_change: "gave up its view",
  new_view: "entered a new view",
  reorg: "switched chains",
  equivocation: "proof of two votes",
  state_transfer: "caught up by transfer",
  withheld: "kept a block private",
  published: "published private blocks",
  certified: "certificate formed",
  voted: "vote",
  checkpoint: "checkpoint",
};

export interface Tick {
  t: Seconds;
  text: string;
}

/** At most one tick in `apart` pixels. */
export function ticks(range: Range, pixels: number, apart = 90): Tick[] {
  const span = range.to - range.from;
  if (!(span > 0) || !(pixels > 0)) return [];
  const step = niceStep(span / Math.max(1, Math.floor(pixels / apart)));
  const made: Tick[] = [];
  for (let k = Math.ceil(range.from / step - 1e-9); k * step <= range.to + step * 1e-6; k++)
    made.push({ t: k * step + 0, text: timeTick(k * step + 0, span) }); // never -0
  return made;
}

function niceStep(least: Seconds): Seconds {
  const clock = [300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800];
  if (least > 120) return clock.find((s) => s >= least) ?? Math.ceil(least / 604800) * 604800;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= least * (1 - 1e-9)) ?? power * 10;
}

export { number as count } from "../format";
