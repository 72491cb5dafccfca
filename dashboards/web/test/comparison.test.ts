// What a cell of a comparison says in words: its interval, how often it is zero, and that it carries less than offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { carriesText, estimateOf, intervalText, modelOf, ratioOf } from "../src/comparison/model";
import { wilsonWithOpen } from "../src/sweep/strips";
import type { ComparisonCell, ComparisonData } from "../src/data/types";

const cell = (more: Partial<ComparisonCell>): ComparisonCell => ({
  at: { protocol: "pbft" }, runs: 10, passed: 10, failed: 0, inconclusive: 0, unsafe: 0, metrics: {}, ...more,
});
const model = (one: ComparisonCell, more: Partial<ComparisonData> = {}) => modelOf({
  schema: 1, kind: "comparison", name: "c", verdict: "pass", interrupted: false, trace_hash: "0", cells: [one], ...more,
} as ComparisonData);

test("a cell that carries less than it is offered says so, and of how many runs", () => {
  assert.equal(carriesText(cell({ carried: 0.199, carried_samples: 10 })), "carries 19 %");
  assert.equal(carriesText(cell({ carried: 0.199, carried_samples: 7 })), "carries 19 % (n = 7)");
  assert.equal(carriesText(cell({ carried: 0.95, carried_samples: 10 })), "");
  assert.equal(carriesText(cell({})), "");
});

test("a median says its interval, and a range where six runs are not there", () => {
  const metric = { value: 0.138, low: 0.131, high: 0.152, mean: 0.2, confidence: 0.95, samples: 10, above_zero: 10, unit: "s" };
  const interval = (m: typeof metric) => {
    const one = cell({ metrics: { "commit_latency.p50": m } });
    return intervalText(model(one), "commit_latency.p50", estimateOf(one, "commit_latency.p50")).replace(/\u202f/g, " ");
  };
  assert.equal(interval(metric), "131 ms to 152 ms");
  assert.match(interval({ ...metric, confidence: 0.875 }), /^range 131 ms/);
  assert.equal(estimateOf(cell({ metrics: { m: metric } }), "m")?.value, 0.138);
});

test("a figure that is mostly zero says how often", () => {
  const one = cell({ metrics: { "view_changes.count": { value: 0, low: 0, high: 3, confidence: 0.95, samples: 10, above_zero: 2, max: 30, unit: "" } } });
  assert.equal(intervalText(model(one), "view_changes.count", estimateOf(one, "view_changes.count")), "0 in 8 of 10, up to 30");
});

test("folders of older versions, which have means, are still read", () => {
  const found = estimateOf(cell({ metrics: { m: { mean: 4, half_width: 1, samples: 3 } } }), "m");
  assert.deepEqual([found?.value, found?.low, found?.high], [4, 3, 5]);
});

test("a factor says of how many pairs it is and how many have none", () => {
  const one = cell({});
  const found = ratioOf(model(one, { ratios: [{ at: { protocol: "pbft" }, metric: "m", ratio: 2, low: 1, high: 3, samples: 7, left_out: 3 }] }), one, "m");
  assert.deepEqual([found?.value, found?.samples, found?.left_out], [2, 7, 3]);
});

test("open seeds widen the interval of a share both ways", () => {
  const [low, high] = wilsonWithOpen(90, 64, 200);
  assert.ok(low < 0.39 && high > 0.82);
});
