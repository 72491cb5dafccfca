import assert from "node:assert/strict";
import test from "node:test";
import { modelOf } from "../src/views/run_model";
import {
  certifiedTimes,
  distinctBranches,
  finalityAt,
  heightsIn,
  lanesOf,
  reorgs,
  together,
  treeShapes,
} from "../src/views/tree_layout";
import { blocks, commits, notes, run, type Block } from "./small_runs";

// a1 - b2 - b3 (left at 6)        the honest branch
//    \ c2 - c3 - c4 (published 5) the adversary's, which wins
const fork: Block[] = [
  { id: "a10000", parent: -1, height: 1, seen: 1, committed: 2 },
  { id: "b20000", parent: 0, height: 2, seen: 2, committed: 3, reverted: 6 },
  { id: "b30000", parent: 1, height: 3, seen: 3, committed: 4, reverted: 6 },
  {
    id: "c20000",
    parent: 0,
    height: 2,
    seen: 2.5,
    committed: 6,
    adversary: true,
    withheld: true,
    published: 5,
  },
  {
    id: "c30000",
    parent: 3,
    height: 3,
    seen: 3.5,
    committed: 6,
    adversary: true,
    withheld: true,
    published: 5,
  },
  {
    id: "c40000",
    parent: 4,
    height: 4,
    seen: 4.5,
    committed: 7,
    adversary: true,
    withheld: true,
    published: 5,
  },
];
const data = run({
  blocks: blocks(fork),
  commits: commits([2, 0, 0], [3, 0, 1], [4, 0, 2], [6, 1, 3]),
  notes: notes(
    [1.5, 0, "certified", 0, 1, 0],
    [6, 0, "reorg", 0, 2, 5],
    [6.1, 1, "reorg", 0, 2, 5],
    [7, 2, "reorg", 0, 1, 5],
  ),
});

test("the chain that won is on lane 0, the one that was left beside it", () => {
  const lanes = lanesOf(modelOf(data));
  assert.deepEqual([...lanes.lane], [0, 1, 1, 0, 0, 0]);
  assert.deepEqual([lanes.least, lanes.most, lanes.forks], [0, 1, 1]);
});

test("branches that overlap in height never share a lane; those that do not may", () => {
  const list: Block[] = [{ id: "0", parent: -1, height: 0, committed: 1 }];
  for (let h = 1; h <= 40; h++) list.push({ id: `m${h}`, parent: h - 1, height: h, committed: h });
  for (const h of [3, 3, 4, 20]) list.push({ id: `s${h}${list.length}`, parent: h - 1, height: h });
  const model = modelOf(run({ blocks: blocks(list) })),
    lanes = lanesOf(model);
  const side = [41, 42, 43, 44].map((b) => lanes.lane[b]);
  assert.notEqual(side[0], side[1]);
  assert.equal(side[2], 1, "height 4 is free again on the nearest lane");
  assert.ok(side.every((l) => l !== 0));
  assert.ok(Math.abs(side[3]) === 1);
});

test("finality is as of the moment", () => {
  const model = modelOf(data),
    certified = certifiedTimes(model);
  assert.deepEqual(
    [1.2, 1.6, 2, 7].map((t) => finalityAt(model, 0, t, certified)),
    ["seen", "certified", "committed", "committed"],
  );
  assert.deepEqual(
    [3.5, 6].map((t) => finalityAt(model, 1, t, certified)),
    ["committed", "reverted"],
  );
});

test("a private block is hidden until it is published; blocks of later are not drawn", () => {
  const model = modelOf(data),
    lanes = lanesOf(model),
    certified = certifiedTimes(model);
  const at = (t: number) => treeShapes(model, lanes, certified, { from: 0, to: 5 }, t, 600, 300).shapes;
  assert.deepEqual(
    at(2.4).map((s) => s.block),
    [0, 1],
  );
  assert.deepEqual(
    at(4.6)
      .filter((s) => s.hidden)
      .map((s) => s.block),
    [3, 4, 5],
  );
  assert.deepEqual(
    at(5).filter((s) => s.hidden),
    [],
  );
});

test("flags are the tips of honest replicas; a tip that lags is no branch", () => {
  const model = modelOf(data),
    lanes = lanesOf(model);
  const shapes = treeShapes(model, lanes, certifiedTimes(model), { from: 0, to: 5 }, 10, 600, 300);
  assert.deepEqual(
    shapes.flags.map((f) => [f.block, f.replicas]),
    [
      [2, [0]],
      [3, [1]],
    ],
  );
  assert.equal(shapes.tips, 2);
  assert.equal(distinctBranches(model, [0, 1, 2]), 1);
});

test("the heights of a range have one to spare", () => {
  assert.deepEqual(heightsIn(modelOf(data), { from: 2.9, to: 3.6 }), { from: 1, to: 4 });
  assert.deepEqual(heightsIn(modelOf(run({})), { from: 0, to: 1 }), { from: 0, to: 1 });
});

test("reorganisations to one block from one depth are told once, the deepest first", () => {
  assert.deepEqual(
    together(reorgs(modelOf(data))).map((r) => [r.depth, r.replicas]),
    [
      [2, [0, 1]],
      [1, [2]],
    ],
  );
});

test("a hundred thousand blocks are laid out in a moment and drawn as at most a few thousand shapes", () => {
  const list: Block[] = [];
  for (let h = 0; h < 100000; h++)
    list.push({ id: h.toString(16).padStart(8, "0"), parent: h - 1, height: h, seen: h, committed: h + 1 });
  for (let h = 10; h < 100000; h += 50)
    list.push({ id: `f${h.toString(16).padStart(8, "0")}`, parent: h - 1, height: h, seen: h });
  const began = performance.now();
  const model = modelOf(run({ blocks: blocks(list) }, { simulated_seconds: 100001 })),
    lanes = lanesOf(model),
    certified = certifiedTimes(model);
  const laid = performance.now();
  const shapes = treeShapes(
    model,
    lanes,
    certified,
    heightsIn(model, { from: 0, to: 100001 }),
    100001,
    1300,
    400,
  );
  const drawn = performance.now();
  assert.ok(
    shapes.shapes.length + shapes.stretches.length <= 2700,
    `${shapes.shapes.length} ${shapes.stretches.length}`,
  );
  assert.ok(laid - began < 3000 && drawn - laid < 500, `${laid - began} ${drawn - laid}`);
});
