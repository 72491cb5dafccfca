import assert from "node:assert/strict";
import test from "node:test";
import { ballots } from "../src/views/quorum_layout";
import {
  aboutBlocks,
  causality,
  distance,
  kindsIn,
  quorums,
  spaceTime,
  twofold,
  type Filters,
} from "../src/views/spacetime_layout";
import { matrix } from "../src/views/network_layout";
import { modelOf } from "../src/views/run_model";
import { hulls, nodeStates, places, traffic, underWay } from "../src/views/topology_layout";
import { blocks, columns, commits, messages, run, views, type Message } from "./small_runs";

const all: Filters = { hidden: new Set(), kinds: new Set(), height: null, only: null, ordered: false };
// r0 proposes; r1..r3 vote to all; r3's vote to r0 is lost.
const round: Message[] = [
  [0, 1, 0, 1, "Propose"],
  [0, 1, 0, 2, "Propose"],
  [0, 1, 0, 3, "Propose"],
  [1, 2, 1, 0, "Vote"],
  [1, 2, 1, 2, "Vote"],
  [1, 2.2, 1, 3, "Vote"],
  [1, 2.1, 2, 0, "Vote"],
  [1, 2.4, 2, 1, "Vote"],
  [1, 2.5, 2, 3, "Vote"],
  [1, null, 3, 0, "Vote"],
  [1, 2.6, 3, 1, "Vote"],
  [1, 2.7, 3, 2, "Vote"],
];

test("arrows go from lane to lane and from sent to arrived; what is lost ends on the way", () => {
  const { window, rows } = messages(round);
  const made = spaceTime(window, rows, [0, 1, 2, 3], 3, { from: 0, to: 4 }, 400, 400, all);
  assert.deepEqual(
    made.lanes.map((l) => l.x),
    [50, 150, 250, 350],
  );
  const first = made.arrows[0];
  assert.deepEqual([first.x0, first.y0, first.x1, first.y1], [50, 0, 150, 100]);
  const lost = made.arrows[9];
  assert.ok(lost.dropped && lost.x1 > 50 && lost.x1 < 350);
});

test("filters: lane, kind, height, proof, range", () => {
  const { window, rows } = messages([...round, [3, 4, 1, 2, "Vote", "bb", 2]]);
  const count = (f: Partial<Filters>, range = { from: 0, to: 9 }) =>
    spaceTime(window, rows, [0, 1, 2, 3], 3, range, 400, 400, { ...all, ...f }).arrows.length;
  assert.equal(count({}), 13);
  assert.equal(count({ hidden: new Set([0]) }), 7);
  assert.equal(count({ kinds: new Set(["Vote"]) }), 3);
  assert.equal(count({ height: 2 }), 1);
  assert.equal(count({ only: new Set([3, 6]) }), 2);
  assert.equal(count({}, { from: 2.9, to: 9 }), 1);
});

test("in order of events every instant has the same room, and the order stays", () => {
  const { window, rows } = messages([
    [0, 0.001, 0, 1, "A"],
    [0.002, 9, 1, 2, "B"],
  ]);
  const made = spaceTime(window, rows, [0, 1, 2], 2, { from: 0, to: 10 }, 300, 116, {
    ...all,
    ordered: true,
  });
  const ys = [made.arrows[0].y0, made.arrows[0].y1, made.arrows[1].y0, made.arrows[1].y1];
  const gaps = ys.slice(1).map((y, i) => y - ys[i]);
  assert.ok(
    gaps.every((g) => Math.abs(g - 100 / 3) < 1e-9),
    String(gaps),
  );
});

test("a sender that names two blocks in one view and height says two things", () => {
  const { rows } = messages([
    [0, 1, 0, 1, "Vote", "aa"],
    [0, 1, 0, 2, "Vote", "bb"],
    [0, 1, 1, 2, "Vote", "aa"],
    [0, 1, 0, 2, "Vote", "bb", 2],
  ]);
  assert.deepEqual([...twofold(rows)], [0, 1]);
});

test("a quorum stands when one replica has heard it, itself and the proposer counted", () => {
  const { rows } = messages(round);
  const [stood] = quorums(rows, 3);
  assert.equal(stood.t, 2.1, "r0: itself, r1, r2");
  assert.deepEqual(quorums(rows, 3).length, 1, "the proposals of one sender are no quorum");
});

test("without enough votes no quorum stands", () => {
  const { rows } = messages(round.slice(0, 6));
  assert.deepEqual(quorums(rows, 4), []);
});

test("causes come before, effects after, through the replicas", () => {
  const { rows } = messages([
    [0, 1, 0, 1, "A"],
    [1, 2, 1, 2, "B"],
    [2.5, 3, 2, 3, "C"],
    [0.5, 3, 3, 0, "D"],
    [4, 5, 0, 1, "E", "bb", 2],
  ]);
  const { causes, effects } = causality(rows, 1);
  assert.deepEqual([...causes], [0]);
  assert.deepEqual([...effects], [2]);
});

test("what is about a violation's blocks, delivered", () => {
  const { rows } = messages([
    [0, 1, 0, 1, "Vote", "aabb"],
    [0, 1, 0, 1, "Vote", "cc"],
    [0, null, 0, 1, "Vote", "aabb"],
  ]);
  assert.deepEqual([...aboutBlocks(rows, ["aa"])], [0]);
});

test("the distance from an arrow is to the nearest point of it", () => {
  const arrow = { row: 0, x0: 0, y0: 0, x1: 10, y1: 0, kind: 0, dropped: false, twofold: false };
  assert.equal(distance(arrow, 5, 3), 3);
  assert.equal(distance(arrow, 13, 4), 5);
});

test("ballots: voters in order, the missing, who said two things, whose proposal counts", () => {
  const { window, rows } = messages([...round, [1.5, 2, 2, 1, "Vote", "bb"]]);
  const found = ballots(window, rows, 1, 4, 3);
  const votes = found.find((b) => b.kind === "Vote" && b.block === "aa");
  assert.deepEqual(
    votes?.voters.map((v) => [v.replica, v.twice]),
    [
      [1, false],
      [2, true],
      [3, false],
    ],
  );
  assert.deepEqual([votes?.missing, votes?.by_proposal, votes?.stood], [[0], 0, 2.1]);
  assert.equal(found.find((b) => b.kind === "Propose")?.proposal, true);
  assert.deepEqual(ballots(window, rows, 7, 4, 3), []);
});

test("the matrix counts by sender and receiver, and puts many replicas together", () => {
  const { rows } = messages(round);
  const four = matrix(rows, 4, { from: 0, to: 10 });
  assert.deepEqual(
    [four.count[0 * 4 + 1], four.count[3 * 4 + 0], four.lost[3 * 4 + 0], four.total],
    [1, 1, 1, 12],
  );
  const two = matrix(rows, 4, { from: 0, to: 10 }, 2);
  assert.deepEqual([...two.count], [2, 4, 4, 2]);
  assert.equal(matrix(rows, 4, { from: 0.5, to: 10 }).total, 9);
});

test("the map: who leads, lies, is down, lags; everybody has a place", () => {
  const chain = blocks(
    Array.from({ length: 20 }, (_, i) => ({ id: `b${i}`, parent: i - 1, height: i + 1, committed: i })),
  );
  const data = run({
    byzantine: [3],
    blocks: chain,
    commits: commits([1, 2, 1], [9, 0, 19], [9, 1, 19]),
    views: views([0, 0, 1, 1], [0, 1, 1, 1], [0, 2, 1, 1], [0, 3, 1, 1]),
    states: columns(["t", "replica", "state"], [[5, 0, "crashed"]]),
  });
  const states = nodeStates(modelOf(data), 9.5);
  assert.deepEqual(
    states.map((s) => s.role),
    ["down", "leader", "syncing", "byzantine"],
  );
  for (const n of [1, 4, 64, 65, 500]) {
    const at = places(modelOf(run({ replicas: n }, { protocol: { n, quorum: 1 } })));
    assert.equal(at.length, n);
    assert.ok(at.every((p) => Math.hypot(p.x, p.y) <= 1.0001));
  }
});

test("each side of a partition has its hull while it lasts", () => {
  const model = modelOf(
    run(
      {},
      {
        faults: [
          { label: "split", action: "partition", meaning: "cuts", text: "{r0 r1 | r2}", sides: [[0, 1], [2]], windows: [{ from: 1, to: 2 }] },
        ],
      },
    ),
  );
  const at = (r: number) => ({ x: r * 100, y: 0 });
  assert.deepEqual(
    hulls(model.cuts, 1.5, at, 4).map((h) => h.members),
    [[0, 1], [2]],
  );
  assert.deepEqual(hulls(model.cuts, 2, at, 4), []);
});

test("messages under way are on their way; traffic counts both directions", () => {
  const { rows } = messages(round);
  assert.deepEqual(
    underWay(rows, 0.5).map((d) => [d.to, d.share]),
    [
      [1, 0.5],
      [2, 0.5],
      [3, 0.5],
    ],
  );
  assert.deepEqual(underWay(rows, 5), []);
  const pair = traffic(rows, { from: 0, to: 10 }).find((p) => p.a === 0 && p.b === 3);
  assert.deepEqual([pair?.count, pair?.lost], [2, 1]);
});

test("of a protocol's kinds those count that occur in the window", () => {
  const { window } = messages([
    [0, 1, 0, 1, "A"],
    [0, 1, 0, 1, "B"],
  ]);
  const named = { ...window, kinds: ["", "A", "B", "C"], rows: null };
  assert.deepEqual(
    kindsIn({
      ...named,
      bundles: [
        { from_t: 0, to_t: 1, kind: 2, count: 3, dropped: 0 },
        { from_t: 0, to_t: 1, kind: 3, count: 0, dropped: 0 },
      ],
    }),
    [2],
  );
  assert.deepEqual(kindsIn(window), [0, 1]);
});
