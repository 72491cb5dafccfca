import assert from "node:assert/strict";
import test from "node:test";
import { captionAt, captions, rangeOfStep } from "../src/lesson";
import { firstDifference } from "../src/views/first_difference";
import { blocks, commits, run, views } from "./small_runs";

const line = (at: number, kind: string, text: string) => ({ at, kind, label: "", text, violation: false });
const expectations = [
  { id: "agreement-1", detail: "two blocks", at: 3, explanation: ["r0 …", "r1 …"] },
  { id: "validity-1", detail: "", at: null },
];
const data = {
  ...run({}, { expectations }),
  story: [line(1, "mark", "first"), line(2, "fault", "cut"), line(5, "mark", "second")],
};

test("captions are the marks, and in a lesson the explanations too", () => {
  assert.deepEqual(
    captions(data, false).map((c) => c.text),
    ["first", "second"],
  );
  assert.deepEqual(
    captions(data, true).map((c) => [c.at, c.violation]),
    [
      [1, false],
      [3, true],
      [5, false],
    ],
  );
});

test("a caption stands from its moment until the next", () => {
  const all = captions(data, true);
  assert.deepEqual(
    [0.5, 1, 2.9, 3, 9].map((t) => captionAt(all, t)),
    [-1, 0, 0, 1, 2],
  );
});

test("a step shows its neighbours and stays inside the run", () => {
  const all = captions(data, true),
    whole = { from: 0, to: 10 };
  for (let i = 0; i < all.length; i++) {
    const { from, to } = rangeOfStep(all, i, whole);
    assert.ok(from >= 0 && to <= 10 && from < all[i].at && all[i].at < to);
  }
  assert.ok(rangeOfStep(all, 1, whole).from < 1 && rangeOfStep(all, 1, whole).to > 5);
});

const chain = blocks([
  { id: "a1a1a1", parent: -1, height: 1 },
  { id: "b2b2b2", parent: 0, height: 2 },
  { id: "c3c3c3", parent: 0, height: 2 },
]);

test("two runs part at the first event that differs", () => {
  const a = run({
    blocks: chain,
    commits: commits([1, 0, 0], [2, 0, 1]),
    views: views([0, 0, 0, 0], [4, 0, 1, 1]),
  });
  const b = run({
    blocks: chain,
    commits: commits([1, 0, 0], [2, 0, 2]),
    views: views([0, 0, 0, 0], [4, 0, 1, 1]),
  });
  const found = firstDifference(a, b);
  assert.equal(found?.t, 2);
  assert.match(found?.left ?? "", /b2b2b2/);
  assert.match(found?.right ?? "", /c3c3c3/);
  assert.equal(firstDifference(a, a), null);
});

test("a run that goes on longer differs where the other ends", () => {
  const a = run({ blocks: chain, commits: commits([1, 0, 0]) }),
    b = run({ blocks: chain, commits: commits([1, 0, 0], [2, 0, 1]) });
  assert.deepEqual([firstDifference(a, b)?.t, firstDifference(a, b)?.left], [2, "nothing more"]);
});
