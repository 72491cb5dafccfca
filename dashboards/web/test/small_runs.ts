// Runs small enough to be checked by eye, and large ones to be timed on.
import type { MessageRows, MessageWindow, Recording, RunData } from "../src/data/types";
import { emptyRecording } from "../src/views/run_model";

export function run(recording: Partial<Recording>, summary: Record<string, unknown> = {}): RunData {
  const n = recording.replicas ?? 4;
  return {
    schema: 1,
    id: "small/1",
    summary: {
      simulated_seconds: 10,
      protocol: { name: "pbft", n, f: 1, quorum: 3 },
      bound: { replicas: recording.byzantine ?? [] },
      expectations: [],
      faults: [],
      metrics: {},
      messages: {},
      dropped: {},
      ...summary,
    } as unknown as RunData["summary"],
    recording: { ...emptyRecording(), replicas: n, ...recording },
  };
}

export interface Block {
  id: string;
  parent: number;
  height: number;
  seen?: number;
  committed?: number | null;
  reverted?: number | null;
  published?: number | null;
  withheld?: boolean;
  adversary?: boolean;
  proposer?: number;
}

export function blocks(list: Block[]): Recording["blocks"] {
  return {
    id: list.map((b) => b.id),
    parent: list.map((b) => b.parent),
    height: list.map((b) => b.height),
    view: list.map(() => 0),
    proposer: list.map((b) => b.proposer ?? 0),
    tx: list.map(() => 1),
    seen: list.map((b) => b.seen ?? b.height),
    committed: list.map((b) => b.committed ?? null),
    commits: list.map((b) => (b.committed == null ? 0 : 3)),
    reverted: list.map((b) => b.reverted ?? null),
    adversary: list.map((b) => b.adversary ?? false),
    published: list.map((b) => b.published ?? null),
    withheld: list.map((b) => b.withheld ?? false),
  };
}

export function columns<N extends string>(
  names: readonly N[],
  rows: readonly (readonly unknown[])[],
): Record<N, never[]> {
  return Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i])])) as Record<N, never[]>;
}
export const commits = (...rows: [t: number, replica: number, block: number][]) =>
  columns(["t", "replica", "block"], rows);
export const views = (...rows: [t: number, replica: number, view: number, leader: number][]) =>
  columns(
    ["t", "replica", "view", "leader", "height"],
    rows.map((r) => [...r, 0]),
  );
export const notes = (
  ...rows: [t: number, replica: number, what: string, view: number, value: number, block: number][]
) => columns(["t", "replica", "what", "view", "value", "block"], rows);

export type Message = [
  sent: number,
  at: number | null,
  from: number,
  to: number,
  kind: string,
  block?: string | null,
  height?: number | null,
];

export function messages(list: Message[]): { window: MessageWindow; rows: MessageRows } {
  const kinds = [...new Set(list.map((m) => m[4]))];
  const rows: MessageRows = {
    sent: list.map((m) => m[0]),
    at: list.map((m) => m[1]),
    from: list.map((m) => m[2]),
    to: list.map((m) => m[3]),
    kind: list.map((m) => kinds.indexOf(m[4])),
    view: list.map(() => 0),
    height: list.map((m) => (m[6] === undefined ? 1 : m[6])),
    block: list.map((m) => (m[5] === undefined ? "aa" : m[5])),
    bytes: list.map(() => 100),
    dropped: list.map((m) => (m[1] === null ? "loss" : null)),
  };
  return { window: { from: 0, to: 10, total: list.length, kinds, rows, bundles: null }, rows };
}
