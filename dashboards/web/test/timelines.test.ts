import assert from "node:assert/strict";
import test from "node:test";
import { replicaSet, ticks } from "../src/views/names";
import { conflictsOf, isCut, modelOf, spanAt } from "../src/views/run_model";
import { agreement, heightScale, NARROW, timelineRow } from "../src/views/timelines_layout";
import { blocks, columns, commits, notes, run, views } from "./small_runs";

const chain = blocks([
  { id: "a1a1a1", parent: -1, height: 1, committed: 1 },
  { id: "b2b2b2", parent: 0, height: 2, committed: 2 },
  { id: "c3c3c3", parent: 0, height: 2, committed: 2.1 },
]);

test("views become spans that end where the next begins", () => {
  const model = modelOf(run({ views: views([0, 0, 0, 0], [4, 0, 1, 1]) }));
  const row = timelineRow(model, 0, { from: 0, to: 10 }, 100);
  assert.deepEqual(
    row.views.map((v) => [v.x0, v.x1, v.view, v.leader]),
    [
      [0, 40, 0, 0],
      [40, 100, 1, 1],
    ],
  );
});

test("spans narrower than a few pixels are merged and counted", () => {
  const many = views(
    ...Array.from({ length: 1000 }, (_, i): [number, number, number, number] => [i * 0.01, 0, i, i % 4]),
  );
  const row = timelineRow(modelOf(run({ views: many })), 0, { from: 0, to: 10 }, 100);
  assert.ok(row.views.length <= 100 / NARROW + 2);
  assert.equal(
    row.views.reduce((sum, v) => sum + v.many, 0),
    1000,
  );
  assert.equal(row.views.at(-1)?.last, 999);
});

test("a crash lasts until the replica is up again, or until the end", () => {
  const states = columns(
    ["t", "replica", "state"],
    [
      [2, 1, "crashed"],
      [3, 1, "up"],
      [8, 2, "paused"],
    ],
  );
  const model = modelOf(run({ states }));
  assert.deepEqual(
    model.down[1].map((d) => [d.from, d.to, d.state]),
    [[2, 3, "crashed"]],
  );
  assert.deepEqual(
    model.down[2].map((d) => [d.from, d.to, d.state]),
    [[8, 10, "paused"]],
  );
  assert.equal(spanAt(model.down[1], 3), undefined);
});

test("the sides of a partition are those that were recorded", () => {
  const faults = [
    { label: "split", action: "partition", meaning: "cuts", text: "{r0 r1 | r2..r3}", sides: [[0, 1], [2, 3]], windows: [{ from: 2, to: 4 }] },
    { label: "alone", action: "isolate", meaning: "cuts", text: "r1", sides: [[1], [0, 2, 3]], windows: [{ from: 6, to: null }] },
  ];
  const model = modelOf(run({}, { faults }));
  assert.ok(isCut(model, 0, 3, 2) && isCut(model, 1, 2, 3.9));
  assert.ok(!isCut(model, 0, 1, 3) && !isCut(model, 0, 3, 4));
  assert.deepEqual(
    timelineRow(model, 1, { from: 0, to: 10 }, 10).boxes.map((b) => [b.x0, b.x1]),
    [
      [2, 4],
      [6, 10],
    ],
  );
});

test("an isolated replica is cut from everybody else", () => {
  const model = modelOf(
    run({}, { faults: [{ label: "alone", action: "isolate", meaning: "cuts", text: "r1", sides: [[1], [0, 2, 3]], windows: [{ from: 6, to: 7 }] }] }),
  );
  assert.ok(isCut(model, 1, 0, 6.5) && isCut(model, 3, 1, 6.5));
  assert.ok(!isCut(model, 0, 2, 6.5));
});

test("commits in one pixel are one tick with a count, and the height steps", () => {
  const model = modelOf(run({ blocks: chain, commits: commits([1, 0, 0], [5, 0, 1]) }));
  const row = timelineRow(model, 0, { from: 0, to: 10 }, 10);
  assert.deepEqual(row.commits, [
    { x: 1.5, count: 1 },
    { x: 5.5, count: 1 },
  ]);
  assert.deepEqual(row.steps, [
    { x: 0, h: 0 },
    { x: 1, h: 1 },
    { x: 5, h: 2 },
    { x: 10, h: 2 },
  ]);
  assert.deepEqual(heightScale([row]), { low: 0, high: 2 });
});

test("marks close together are one mark with a count", () => {
  const model = modelOf(
    run({
      notes: notes([1, 0, "timeout", 0, 0, -1], [1.01, 0, "timeout", 0, 0, -1], [1.02, 0, "voted", 0, 0, -1]),
    }),
  );
  assert.deepEqual(
    timelineRow(model, 0, { from: 0, to: 10 }, 100).marks.map((m) => [m.what, m.count]),
    [["timeout", 2]],
  );
});

test("agreement: one block a height is no conflict, two among the honest are", () => {
  const data = run({
    byzantine: [3],
    blocks: chain,
    commits: commits([1, 0, 0], [1, 1, 0], [2, 0, 1], [2.1, 1, 2], [2.2, 3, 2]),
  });
  const strip = agreement(modelOf(data), { from: 0, to: 10 }, 300);
  assert.deepEqual(
    strip.columns.map((c) => [c.from, c.conflict]),
    [
      [1, false],
      [2, true],
    ],
  );
  assert.deepEqual([...strip.columns[1].cells], [0, 1, -1, 1]);
  assert.deepEqual(strip.conflicts, [2]);
  assert.deepEqual(
    agreement(modelOf(data), { from: 0, to: 2.05 }, 300).conflicts,
    [],
    "before the second commit there is none",
  );
});

test("a liar's own commits are no conflict", () => {
  const data = run({ byzantine: [3], blocks: chain, commits: commits([2, 0, 1], [2.1, 3, 2]) });
  assert.deepEqual(agreement(modelOf(data), { from: 0, to: 10 }, 300).conflicts, []);
});

test("a conflict is not lost when many heights share a column", () => {
  const list = Array.from({ length: 400 }, (_, i) => ({
    id: i.toString(16).padStart(6, "0"),
    parent: i - 1,
    height: i + 1,
    committed: i * 0.01,
  }));
  const data = run({
    blocks: blocks([...list, { id: "ffffff", parent: 198, height: 200, committed: 5 }]),
    commits: commits(...list.map((_, i): [number, number, number] => [i * 0.01, 0, i]), [5, 1, 400]),
  });
  const strip = agreement(modelOf(data), { from: 0, to: 10 }, 100);
  assert.ok(strip.columns.length <= 20);
  assert.deepEqual(
    strip.columns.filter((c) => c.conflict).map((c) => c.from <= 200 && 200 <= c.to),
    [true],
  );
});

test("a violation's two blocks are found by the ids in its explanation", () => {
  const expectations = [
    {
      id: "agreement-1",
      text: "agreement",
      at: 2.1,
      bound: "beyond",
      explanation: ["r0 committed b2b2b2 at 2 s", "r1 committed c3c3 at 2 s c3c3c3", "why: …"],
    },
  ];
  const data = run({ blocks: chain }, { expectations });
  assert.deepEqual(
    conflictsOf(data, modelOf(data)).map((c) => [c.a, c.b]),
    [[1, 2]],
  );
});

test("a model is made again only when the run has grown", () => {
  const data = run({ blocks: chain, commits: commits([1, 0, 0]) });
  const before = modelOf(data);
  assert.equal(modelOf(data), before);
  for (const [column, value] of Object.entries({ t: 3, replica: 1, block: 1 }))
    (data.recording!.commits as Record<string, number[]>)[column].push(value);
  assert.notEqual(modelOf(data), before);
});

test("names and ticks", () => {
  assert.equal(replicaSet([3, 0, 1, 2, 6]), "r0..r3 r6");
  assert.equal(replicaSet([0, 1]), "r0 r1");
  assert.deepEqual(
    ticks({ from: 0, to: 10 }, 500, 90).map((t) => t.t),
    [0, 2, 4, 6, 8, 10],
  );
  assert.ok(ticks({ from: 0, to: 604800 }, 900).every((t) => t.t % 3600 === 0));
  assert.deepEqual(ticks({ from: 1, to: 1 }, 900), []);
});

test("a height that is committed again as another block was taken back", () => {
  const data = run({ blocks: chain, commits: commits([2, 0, 1], [2.1, 0, 2]) });
  const strip = agreement(modelOf(data), { from: 0, to: 10 }, 300);
  assert.deepEqual([strip.conflicts, strip.taken_back], [[], [2]]);
  assert.deepEqual(agreement(modelOf(data), { from: 0, to: 2 }, 300).taken_back, []);
});

test("ticks of a narrow range late in a long run differ", () => {
  for (const range of [{ from: 8.668, to: 8.705 }, { from: 5123.4, to: 5123.40002 }, { from: 0, to: 1e-4 }]) {
    const texts = ticks(range, 500).map((tick) => tick.text);
    assert.ok(texts.length >= 2);
    assert.equal(new Set(texts).size, texts.length, texts.join());
  }
});
