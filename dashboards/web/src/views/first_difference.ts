// Where two runs part: the first recorded event that one has and the other has not, or has otherwise.
import type { RunData } from "../data/types";

export interface Difference {
  t: number;
  left: string;
  right: string;
}

interface Entry {
  t: number;
  words: string;
}

/** null: the recordings say the same. */
export function firstDifference(a: RunData, b: RunData): Difference | null {
  const found = [commitsOf, viewsOf, statesOf]
    .map((of) => parting(of(a), of(b)))
    .filter((d): d is Difference => d !== null);
  return found.sort((x, y) => x.t - y.t)[0] ?? null;
}

function parting(a: Entry[], b: Entry[]): Difference | null {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i],
      y = b[i];
    if (x && y && x.t === y.t && x.words === y.words) continue;
    return { t: Math.min(x?.t ?? Infinity, y?.t ?? Infinity), left: said(x), right: said(y) };
  }
  return null;
}

const said = (e: Entry | undefined) => (e ? `${e.words} at ${Number(e.t.toFixed(6))} s` : "nothing more");

function commitsOf({ recording }: RunData): Entry[] {
  if (!recording) return [];
  const { commits, blocks } = recording;
  return commits.t.map((t, i) => ({
    t,
    words: `r${commits.replica[i]} commits height ${blocks.height[commits.block[i]]} as ${blocks.id[commits.block[i]]?.slice(0, 6)}`,
  }));
}

function viewsOf({ recording }: RunData): Entry[] {
  if (!recording) return [];
  const { views } = recording;
  return views.t.map((t, i) => ({ t, words: `r${views.replica[i]} enters view ${views.view[i]}` }));
}

function statesOf({ recording }: RunData): Entry[] {
  if (!recording) return [];
  const { states } = recording;
  return states.t.map((t, i) => ({ t, words: `r${states.replica[i]} is ${states.state[i]}` }));
}
