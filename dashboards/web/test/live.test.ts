import assert from "node:assert/strict";
import test from "node:test";
import type { LiveDelta, NetworkData } from "../src/data/types";
import { grow, rowsKept } from "../src/live";
import { kindRowsIn, lossesIn, momentsOf, useOf } from "../src/views/network_layout";
import { modelOf } from "../src/views/run_model";
import { Store } from "../src/store";
import { blocks, commits, notes, run } from "./small_runs";

const delta = (more: Partial<LiveDelta>): LiveDelta => ({ now: 1, ...more });

test("the oldest rows go, and what pointed to them points nowhere", () => {
  const data = run({
    blocks: blocks([0, 1, 2, 3].map((i) => ({ id: `b${i}`, parent: i - 1, height: i + 1 }))),
    commits: commits([1, 0, 0], [2, 0, 1], [3, 0, 2], [4, 1, 3]),
    notes: notes([1, 0, "voted", 0, 1, 0], [2, 1, "voted", 0, 3, 2]),
  });
  data.story = [
    { at: 1, kind: "fault", label: "a", text: "a", violation: false },
    { at: 2, kind: "fault", label: "b", text: "b", violation: false },
  ];
  const before = modelOf(data);
  assert.equal(before.commits[0].length, 3);
  assert.ok(grow(data, delta({ forget: { blocks: 2, commits: 1, story: 1 } })));
  const { recording } = data;
  assert.deepEqual(recording?.blocks.id, ["b2", "b3"]);
  assert.deepEqual(recording?.blocks.parent, [-1, 0]);
  assert.deepEqual(recording?.blocks.height, [3, 4]);
  assert.deepEqual(recording?.commits.block, [-1, 0, 1]);
  assert.deepEqual(recording?.notes.block, [-1, 0]);
  assert.equal(data.story[0].label, "b");
  assert.equal(rowsKept(data), 2 + 3 + 2 + 1);
  const model = modelOf(data);
  assert.notEqual(model, before);
  assert.equal(model.commits[0].length, 1); // not the one of a block that went
});

test("what is appended after that is counted from the new beginning", () => {
  const data = run({ blocks: blocks([{ id: "b0", parent: -1, height: 1 }, { id: "b1", parent: 0, height: 2 }]) });
  grow(data, delta({
    forget: { blocks: 1 },
    recording: { blocks: blocks([{ id: "b2", parent: 0, height: 3 }]) },
    changed: { blocks: { row: [0], commits: [3] } },
  }));
  assert.deepEqual(data.recording?.blocks.id, ["b1", "b2"]);
  assert.deepEqual(data.recording?.blocks.parent, [-1, 0]);
  assert.deepEqual(data.recording?.blocks.commits, [3, 0]);
});

const network: NetworkData = {
  t: [0, 1, 2, 3, 4],
  kinds: {
    Vote: { sent: [0, 10, 20, 30, 40], bytes: [0, 100, 200, 300, 400], delivered: [0, 10, 18, 28, 38] },
    Sync: { sent: [0, 0, 0, 0, 5], bytes: [0, 0, 0, 0, 50], delivered: [0, 0, 0, 0, 5] },
  },
  dropped: { loss: [0, 0, 2, 2, 2] },
  uplinks: { bits_per_second: 8, busy: [[0, 1, 1.5, 1.5, 1.5]], queue: [[0, 9, 0, 0, 0]] },
};

test("counts follow the range, to the moments round it", () => {
  assert.deepEqual(momentsOf(network.t, { from: 1.2, to: 2.5 }), { first: 1, last: 3 });
  assert.deepEqual(momentsOf(network.t, { from: 1, to: 2 }), { first: 1, last: 2 });
  assert.deepEqual(momentsOf(network.t, { from: 0, to: 9 }), { first: 0, last: 4 });
  assert.deepEqual(momentsOf(network.t, { from: 3.9, to: 4 }), { first: 3, last: 4 });
  const [vote, ...others] = kindRowsIn(network, 1, 3, 4);
  assert.deepEqual(others, []); // none was sent then
  assert.deepEqual(vote, { name: "Vote", sent: 20, bytes: 200, lost: 2, per_commit: 5, bytes_per_commit: 50 });
  assert.deepEqual(lossesIn(network, 0, 1), [["loss", 0]]);
  assert.deepEqual(lossesIn(network, 1, 2), [["loss", 2]]);
  assert.deepEqual(useOf(network), [[0, 1, 0.5, 0, 0]]);
});

test("only a focus that stands in the address narrows the messages, and only once", () => {
  Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => {} } });
  const store = new Store({ from: 0, to: 10 });
  store.set({ selection: { focus: "agreement-1" } });
  assert.equal(store.takeWanted(), null);
  store.follow("#focus=agreement-1&view=spacetime");
  assert.equal(store.takeWanted(), "agreement-1");
  assert.equal(store.takeWanted(), null);
});
