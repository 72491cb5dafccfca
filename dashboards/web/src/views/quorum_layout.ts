// How votes for one height came in: a row for each thing that can be voted for (kind, view, block), with
// its voters in the order they spoke.
import type { MessageRows, MessageWindow } from "../data/types";
import { quorums, twofold } from "./spacetime_layout";

export interface Voter {
  replica: number;
  sent: number;
  first: number | null;
  twice: boolean;
}
export interface Ballot {
  kind: string;
  view: number | null;
  block: string;
  voters: Voter[];
  missing: number[];
  /** When the first replica had heard a quorum of it; null: in this window none did. */
  stood: number | null;
  /** Never votes of this kind: its proposal counts. */
  by_proposal: number | null;
  /** One sender, everybody hears it: a proposal, not a vote. */
  proposal: boolean;
}

export function ballots(
  window: MessageWindow,
  rows: MessageRows,
  height: number,
  n: number,
  quorum: number,
): Ballot[] {
  const two = twofold(rows);
  const found = new Map<string, Ballot>();
  const first = new Map<string, { replica: number; sent: number }>();
  for (let i = 0; i < rows.sent.length; i++) {
    const block = rows.block[i];
    if (rows.height[i] !== height || block === null) continue;
    const key = `${rows.kind[i]} ${rows.view[i]} ${block}`,
      about = `${rows.view[i]} ${block}`;
    if (rows.sent[i] < (first.get(about)?.sent ?? Infinity))
      first.set(about, { replica: rows.from[i], sent: rows.sent[i] });
    const ballot: Ballot = found.get(key) ?? {
      kind: window.kinds[rows.kind[i]],
      view: rows.view[i],
      block,
      voters: [],
      missing: [],
      stood: null,
      proposal: false,
      by_proposal: null,
    };
    found.set(key, ballot);
    let voter = ballot.voters.find((v) => v.replica === rows.from[i]);
    if (!voter)
      ballot.voters.push((voter = { replica: rows.from[i], sent: rows.sent[i], first: null, twice: false }));
    voter.sent = Math.min(voter.sent, rows.sent[i]);
    const at = rows.at[i];
    if (at !== null) voter.first = voter.first === null ? at : Math.min(voter.first, at);
    if (two.has(i)) voter.twice = true;
  }
  const stood = new Map(quorums(rows, quorum).map((q) => [`${q.kind} ${q.view} ${q.block}`, q.t]));
  const list = [...found].map(([key, b]): Ballot => {
    const spoke = new Set(b.voters.map((v) => v.replica));
    const proposer = first.get(`${b.view} ${b.block}`)?.replica ?? null;
    return {
      by_proposal: b.voters.length > 1 && proposer !== null && !spoke.has(proposer) ? proposer : null,
      kind: b.kind,
      view: b.view,
      block: b.block,
      stood: stood.get(key) ?? null,
      proposal: b.voters.length === 1,
      voters: b.voters.sort((a, c) => a.sent - c.sent),
      missing: Array.from({ length: n }, (_, r) => r).filter((r) => !spoke.has(r)),
    };
  });
  return list.sort((a, b) => (a.view ?? 0) - (b.view ?? 0) || a.voters[0].sent - b.voters[0].sent);
}

/** Heights that have a block, and when each is worth looking at. */
export function spanOfHeight(
  blocks: { height: number[]; seen: number[]; committed: (number | null)[] },
  height: number,
): { from: number; to: number } | null {
  let from = Infinity,
    to = -Infinity;
  blocks.height.forEach((h, b) => {
    if (h !== height) return;
    from = Math.min(from, blocks.seen[b]);
    to = Math.max(to, blocks.committed[b] ?? blocks.seen[b]);
  });
  return from <= to ? { from, to } : null;
}
