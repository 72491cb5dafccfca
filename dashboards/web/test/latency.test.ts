import assert from "node:assert/strict";
import test from "node:test";
import {
  byClient, byGroup, byRegionPair, heatMap, histogram, phases, quantile, samples,
} from "../src/views/latency_layout";
import { bandwidthOf, kindRows, utilisation } from "../src/views/network_layout";
import { clientLanes } from "../src/views/spacetime_layout";
import { regionMap } from "../src/views/topology_layout";
import { modelOf } from "../src/views/run_model";
import { blocks, commits, notes, run } from "./small_runs";

const data = run(
  {
    blocks: blocks([
      { id: "a", parent: -1, height: 1, seen: 0, committed: 0.1 },
      { id: "b", parent: 0, height: 2, seen: 1, committed: 1.1, proposer: 1 },
      { id: "c", parent: 1, height: 3, seen: 2, committed: 4 },
      { id: "d", parent: 2, height: 4, seen: 5, committed: null },
    ]),
    notes: notes(
      [0.02, 1, "voted", 0, 1, 0],
      [0.06, 1, "certified", 0, 1, 0],
      [0.07, 2, "certified", 0, 1, 0],
    ),
    commits: commits([0.1, 0, 0], [0.15, 1, 0]),
  },
  { faults: [{ label: "cut", action: "partition", text: "{r0 | r1}", windows: [{ from: 2.5, to: 3 }] }] },
);

test("samples: committed blocks, those that a fault touched apart", () => {
  assert.deepEqual(
    samples(modelOf(data), { from: 0, to: 10 }).map((s) => [s.block, Number(s.latency.toFixed(3)), s.during]),
    [
      [0, 0.1, false],
      [1, 0.1, false],
      [2, 2, true],
    ],
  );
  assert.equal(samples(modelOf(data), { from: 1, to: 2 }).length, 1);
});

test("a histogram counts every sample once, in a bucket that holds it", () => {
  const of = samples(modelOf(data), { from: 0, to: 10 }),
    buckets = histogram(of);
  assert.equal(
    buckets.reduce((sum, b) => sum + b.steady + b.during, 0),
    of.length,
  );
  for (const s of of)
    assert.ok(
      buckets.some(
        (b) => b.from <= s.latency * 1.0001 && s.latency <= b.to * 1.0001 && b.steady + b.during > 0,
      ),
    );
  assert.deepEqual(histogram([]), []);
});

test("quantiles by nearest rank", () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 4], 0.99), 4);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test("the heat map counts every sample once", () => {
  const map = heatMap(samples(modelOf(data), { from: 0, to: 10 }), { from: 0, to: 10 }, 10);
  assert.equal(
    map.cells.reduce((sum, c) => sum + c, 0),
    3,
  );
  assert.equal(map.cells[0 * map.rows], 1);
});

test("phases follow one another from proposal to the last commit", () => {
  const of = samples(modelOf(data), { from: 0, to: 0.5 });
  assert.deepEqual(
    phases(modelOf(data), of).map((p) => [p.name, Number(p.median.toFixed(3))]),
    [
      ["proposal to first vote", 0.02],
      ["to certificate", 0.04],
      ["to first commit", 0.04],
      ["to last commit", 0.05],
    ],
  );
  assert.deepEqual(
    byGroup(modelOf(data), samples(modelOf(data), { from: 0, to: 10 })).map((g) => [g.name, g.samples]),
    [
      ["r0", 2],
      ["r1", 1],
    ],
  );
});

test("what a commit costs is the whole over the commits", () => {
  const summary = {
    ...data.summary,
    metrics: { commits: { count: 4 } },
    messages: { Vote: { sent: 40, bytes: 400, delivered: 38 }, Never: { sent: 0, bytes: 0, delivered: 0 } },
  };
  assert.deepEqual(kindRows(summary as never), [
    { name: "Vote", sent: 40, bytes: 400, lost: 2, per_commit: 10, bytes_per_commit: 100 },
  ]);
});

const clients = run({
  ...data.recording,
  requests: { t: [1, 2, 3, 9], client: [0, 1, 0, 1], latency: [0.5, 0.1, 1.5, 0.2] },
});

test("clients: what each waited for, in the range", () => {
  assert.deepEqual(byClient(modelOf(clients), { from: 0, to: 5 }), [
    { client: 0, samples: 2, p50: 0.5, p99: 1.5 },
    { client: 1, samples: 1, p50: 0.1, p99: 0.1 },
  ]);
});

test("client lanes: waits that touch the range; none when they are too many", () => {
  const lanes = clientLanes(modelOf(clients), { from: 1.6, to: 1.95 });
  assert.deepEqual(lanes.map((l) => [l.client, l.waits.length]), [[0, 1], [1, 1]]);
  assert.deepEqual(lanes[0].waits[0], { from: 1.5, to: 3 });
  assert.equal(clientLanes(modelOf(clients), { from: 0, to: 10 }, 12, 3).length, 0);
  assert.equal(clientLanes(modelOf(clients), { from: 0, to: 10 }, 1).length, 0);
});

const abroad = run({
  ...data.recording,
  regions: ["us_east", "eu_west", "eu_west", "ap_south"],
  places: { us_east: [39.04, -77.49], eu_west: [53.35, -6.26], ap_south: [19.08, 72.88] },
});

test("region pairs: from the proposer's region to the replica's", () => {
  const pairs = byRegionPair(modelOf(abroad), { from: 0, to: 10 });
  assert.deepEqual(pairs.map((p) => [p.from, p.to, Number(p.p50.toFixed(3)), p.samples]), [
    ["us_east", "eu_west", 0.15, 1],
    ["us_east", "us_east", 0.1, 1],
  ]);
});

test("the map of regions: west is left, north is up, nobody falls off, regions keep apart", () => {
  const map = regionMap(modelOf(abroad));
  assert.ok(map && map.on_earth);
  const [us, eu, ap] = ["us_east", "eu_west", "ap_south"].map((n) => map.spots.find((s) => s.name === n)!);
  assert.ok(us.x < eu.x && eu.x < ap.x);
  assert.ok(eu.y < us.y && us.y < ap.y);
  for (const p of map.at) assert.ok(Math.abs(p.x) <= 1.1 && Math.abs(p.y) <= 1.1);
  for (const [a, b] of [[us, eu], [eu, ap], [us, ap]]) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 0.5);
  assert.equal(regionMap(modelOf(data)), null);
});

test("use of the uplinks: bits sent against those that fit", () => {
  assert.equal(bandwidthOf("network:\n  bandwidth: 100 Mbit/s\n"), 1e8);
  assert.equal(bandwidthOf("network:\n  topology: full\n"), null);
  assert.deepEqual(utilisation([1, 2], [1000, 3000], 2, 8000), [0.5, 1]);
});
