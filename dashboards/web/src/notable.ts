// The moments that [ ] V . and , go to.
import { bisector, bisectLeft, bisectRight } from "d3-array";
import type { Recording, RunData, Seconds } from "./data/types";

/** Story lines: faults, heals, stalls, marks, violations; each instant once, in order. */
export function notableMoments(data: RunData): Seconds[] {
  return distinct((data.story ?? []).map((line) => line.at));
}

export function violationMoments(data: RunData): Seconds[] {
  const told = (data.story ?? []).filter((line) => line.violation).map((line) => line.at);
  if (told.length > 0) return distinct(told);
  return distinct(data.summary.expectations
    .filter((e) => e.bound !== "not_applicable" && e.at !== null).map((e) => e.at as number));
}

/** Every recorded event: commits, views, notes, states; else the rows of the series. */
export function stepMoments(data: RunData): Seconds[] {
  const { recording } = data;
  const recorded = recording
    ? [...recording.commits.t, ...recording.views.t, ...recording.notes.t, ...recording.states.t] : [];
  return distinct(recorded.length > 0 ? recorded : data.series?.t ?? []);
}

export function after(moments: Seconds[], t: Seconds): Seconds | undefined {
  return moments[bisectRight(moments, t)];
}

export function before(moments: Seconds[], t: Seconds): Seconds | undefined {
  return moments[bisectLeft(moments, t) - 1];
}

function distinct(moments: Seconds[]): Seconds[] {
  const sorted = Float64Array.from(moments).sort();
  return Array.from(sorted).filter((t, i, all) => i === 0 || t !== all[i - 1]);
}

/** Whether the commits of the run are there from the first to the last. */
export function isWhole(recording: Recording): boolean {
  if (recording.truncated["commits"] || recording.truncated["blocks"]) return false;
  const first = recording.commits.block.find((block) => block >= 0);
  return first === undefined ? recording.commits.t.length === 0 : recording.blocks.height[first] <= 1;
}

/** The last line at or before t. */
export const lineAt = bisector<{ at: Seconds }, Seconds>((line) => line.at).right;
