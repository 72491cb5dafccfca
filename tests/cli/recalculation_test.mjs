// Every figure of a run and of a comparison once more, by a reader that shares nothing with the program: a run's from
// events.jsonl, recording.json and timeseries.csv, a comparison's from runs.jsonl, by the definitions of docs/comparing.md
// and of `byzlab list metrics`.
//
//   node recalculation_test.mjs BYZLAB
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [byzlab] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'byzlab-recalculation-'));
let failures = 0, checked = 0;
const fail = (what) => { if (++failures <= 30) console.log(`FAILED: ${what}`); };
/** Equal but for rounding: files have nine digits and more, recording.json microseconds. */
const same = (what, found, expected, slack = 1e-6) => {
  ++checked;
  if (typeof found !== 'number' || !(Math.abs(found - expected) <= slack * Math.max(1e-3, Math.abs(expected))))
    fail(`${what}: the program says ${found}, recalculated ${expected}`);
};
const sum = (v) => v.reduce((a, b) => a + b, 0), mean = (v) => sum(v) / v.length;
const sorted = (v) => [...v].sort((a, b) => a - b);
/** The smallest value that this share of the values does not exceed. */
const quantile = (v, share) => sorted(v)[Math.max(0, Math.ceil(share * v.length - 1e-9) - 1)];

function run(name, yaml, ...more) {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'it.yaml'), yaml);
  const done = spawnSync(byzlab, [...more, 'it.yaml', '-o', 'results'], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (![0, 1, 2].includes(done.status)) fail(`${name}: exit ${done.status}: ${done.stderr}`);
  const scenario = readdirSync(join(folder, 'results'), { withFileTypes: true }).find((e) => e.isDirectory() && e.name !== 'latest').name;
  const [id] = readdirSync(join(folder, 'results', scenario));
  return (file) => readFileSync(join(folder, 'results', scenario, id, file), 'utf8');
}
const jsonl = (text) => text.trim().split('\n').map((line) => JSON.parse(line));

// ------------------------------------------------------------------------------------- one run

function figuresOfRun(name, yaml, { warmup, duration, chance = false }) {
  const read = run(name, yaml, 'run');
  const summary = JSON.parse(read('summary.json')), events = jsonl(read('events.jsonl'));
  const recorded = JSON.parse(read('recording.json'));
  const [head, ...lines] = read('timeseries.csv').trim().split('\n').map((line) => line.split(','));
  const rows = lines.map((line) => Object.fromEntries(head.map((key, i) => [key, Number(line[i])])));
  const inside = (t) => t >= warmup && t <= duration, seconds = duration - warmup;
  const liar = (replica) => recorded.byzantine.includes(replica);
  const found = (metric) => metric.split('.').reduce((at, part) => at?.[part], summary.metrics);
  const is = (metric, expected, slack) => same(`${name}: ${metric}`, found(metric), expected, slack);

  // Heights committed for the first time.
  const grown = [];
  for (const e of events) if (e.event === 'commit' && e.height > (grown.at(-1)?.height ?? 0)) grown.push(e);
  const counted = grown.filter((e) => inside(e.t)), tx = sum(counted.map((e) => e.tx));
  is('commits.count', counted.length);
  is('transactions.count', tx);
  is('throughput.mean', tx / seconds);
  const gaps = grown.slice(1).map((e, i) => ({ t: e.t, gap: e.t - grown[i].t })).filter(({ t }) => inside(t)).map(({ gap }) => gap);
  is('block_interval.mean', mean(gaps));
  is('block_interval.p50', quantile(gaps, 0.5));
  is('block_interval.max', Math.max(...gaps));
  const step = rows[1].t - rows[0].t, busiest = new Map();
  for (const e of counted) {
    const of = Math.floor(e.t / step + 1e-9);
    if (of * step >= warmup - 1e-9 && (of + 1) * step <= duration + 1e-9) busiest.set(of, (busiest.get(of) ?? 0) + e.tx);
  }
  is('throughput.max', Math.max(...busiest.values()) / step);

  // What the run looked like at every look.
  const looks = rows.filter((row) => inside(row.t)), last = looks.at(-1), before = rows.find((row) => Math.abs(row.t - warmup) < 1e-9);
  is('height.max', Math.max(...looks.map((row) => row.height)));
  is('height_lag.max', Math.max(...looks.map((row) => row.height - row.lowest_height)));
  is('height_lag.last', last.height - last.lowest_height);
  is('mempool.max', Math.max(...looks.map((row) => row.mempool)));
  is('mempool.last', last.mempool);
  for (const [metric, column] of [['messages', 'messages'], ['bytes', 'bytes'], ['dropped_messages', 'dropped']])
    is(`${metric}.count`, last[column] - before[column]);
  is('messages_per_commit.mean', (last.messages - before.messages) / counted.length);
  is('bytes_per_commit.mean', (last.bytes - before.bytes) / counted.length);
  if (!chance) {
    const submitted = last.committed_tx + last.mempool - before.committed_tx - before.mempool;
    is('offered_load.mean', submitted / seconds, 2e-2);
    is('goodput.mean', tx / seconds);
    is('carried.mean', 1 - last.mempool / submitted, 2e-2);
  }

  // Blocks.
  const b = recorded.blocks, blocks = b.height.map((height, i) => ({
    height, i, proposer: b.proposer[i], parent: b.parent[i], seen: b.seen[i], committed: b.committed[i], tx: b.tx[i] }));
  const latencies = blocks.filter((x) => x.committed !== null && inside(x.committed)).map((x) => x.committed - x.seen);
  is('commit_latency.count', latencies.length);
  is('commit_latency.mean', mean(latencies), 1e-4);
  is('commit_latency.min', Math.min(...latencies), 1e-3);
  is('commit_latency.max', Math.max(...latencies), 1e-4);
  for (const [key, share] of [['p50', 0.5], ['p90', 0.9], ['p95', 0.95], ['p99', 0.99], ['p999', 0.999]])
    is(`commit_latency.${key}`, quantile(latencies, share), 1e-3);
  is('proposals.count', blocks.filter((x) => inside(x.seen)).length);
  const chain = [];
  for (let at = blocks.filter((x) => x.committed !== null).sort((x, y) => y.height - x.height || x.committed - y.committed)[0];
    at; at = blocks[at.parent]) chain.push(at);
  const counts = chain.filter((x) => x.committed !== null && inside(x.committed)), honest = counts.filter((x) => !liar(x.proposer)).length;
  is('chain_quality.mean', honest / counts.length);
  is('relative_revenue.mean', 1 - honest / counts.length);
  const on_chain = new Set(chain.map((x) => x.i)), top = chain[0].height;
  is('orphaned_blocks.count', blocks.filter((x) => !on_chain.has(x.i) && x.height <= top && inside(x.seen)).length);

  // Clients.
  const done = recorded.requests.t.map((t, i) => [t, recorded.requests.latency[i]]).filter(([t]) => inside(t)).map(([, took]) => took);
  if (recorded.truncated.requests === 0 && done.length > 0) {
    is('client_latency.count', done.length);
    is('client_latency.mean', mean(done), 1e-4);
    is('client_latency.max', Math.max(...done), 1e-4);
    for (const [key, share] of [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]]) is(`client_latency.${key}`, quantile(done, share), 1e-3);
  }

  // What replicas told.
  const told = (event) => events.filter((e) => e.event === event && inside(e.t) && !liar(Number(e.replica.slice(1))));
  const given_up = new Set(), fresh = events.filter((e) => e.event === 'view_change' && !liar(Number(e.replica.slice(1)))).filter((e) => {
    const is_new = !given_up.has(e.view);
    given_up.add(e.view);
    return is_new && inside(e.t);
  });
  is('view_changes.count', fresh.length);
  is('state_transfers.count', told('state_transfer').length);
  is('equivocations.count', told('evidence').length);
  is('reorgs.count', told('reorg').length);
  if (counted.length > 0) is('reorg_depth.max', Math.max(0, ...told('reorg').map((e) => e.depth)));

  // Faults, each by itself.
  const open = new Map(), windows = [];
  for (const e of events) {
    if (e.event === 'fault') open.set(`${e.label} ${e.round}`, e.t);
    if (e.event !== 'heal') continue;
    windows.push([open.get(`${e.label} ${e.round}`), e.t]);
  }
  const recoveries = windows.map(([, t]) => grown.find((e) => e.t > t)?.t - t).filter((took) => took > 0);
  if (recoveries.length > 0) is('recovery_time.max', Math.max(...recoveries));
  if (windows.length > 0) {
    let length = 0, until = warmup, during = 0;
    for (const [from, to] of windows.sort((x, y) => x[0] - y[0])) {
      length += Math.max(0, to - Math.max(from, until));
      until = Math.max(until, to);
    }
    for (const e of counted) during += windows.some(([from, to]) => e.t >= from && e.t < to) ? e.tx : 0;
    is('faults.throughput', during / length);
    // Nothing is lost between the parts, and what is called steady is not more than what came in.
    const steady = found('steady.throughput'), offered = found('offered_load.mean');
    if (!chance && !(steady <= offered * 1.1)) fail(`${name}: steady ${steady} tx/s of ${offered} offered`);
  }
}

const faults = `
  - { label: split, at: 4s, for: 3s, partition: halves }
  - { label: down, at: 6s, for: 4s, crash: r1 }
  - { label: note, at: 5.55s, mark: "between two looks" }`;
const bft = (name, replicas, more = '') => `version: 1
name: ${name}
duration: 20s
seed: 3
protocol: { name: ${name}, replicas: ${replicas} }
network: { latency: { model: uniform, min: 5ms, max: 25ms }, loss: 0.5% }
workload: { clients: 2, rate: 40 tx/s, warmup: 2s }
${more}`;
figuresOfRun('quiet', bft('pbft', 4), { warmup: 2, duration: 20 });
figuresOfRun('faulty', bft('pbft', 4, `timeline:${faults}`), { warmup: 2, duration: 20 });
figuresOfRun('liar', bft('hotstuff', 4, `adversary: { members: [r2], behaviors: [ silent ] }\ntimeline:${faults}`), { warmup: 2, duration: 20 });
figuresOfRun('mined', `version: 1
name: mined
duration: 10h
seed: 4
protocol: { name: nakamoto, replicas: 6, options: { block_interval: 2min, confirmations: 2 } }
network: { latency: { model: uniform, min: 5s, max: 20s } }
workload: { clients: 1, rate: 0.02 tx/s, warmup: 1h }
timeline:
  - { label: split, at: 4h, for: 1h, partition: halves }
expect:
  - agreement: violated
`, { warmup: 3600, duration: 36000, chance: true });

// ------------------------------------------------------------------------------------- a comparison

/** P(at most k of n), each with probability a half. */
function atMost(k, n) {
  let term = 2 ** -n, all = 0;
  for (let i = 0; i <= k; ++i) {
    all += term;
    term *= (n - i) / (i + 1);
  }
  return all;
}

function medianOf(values) {
  const v = sorted(values), n = v.length;
  const middle = (v[Math.floor((n - 1) / 2)] + v[Math.floor(n / 2)]) / 2;
  if (n < 6) return { middle, low: v[0], high: v[n - 1] };
  let d = 1;
  const held = (depth) => 1 - 2 * atMost(depth - 1, n);
  while (held(d + 1) >= 0.95) ++d;
  const part = (held(d) - 0.95) / (held(d) - held(d + 1)), in_by = ((n - d) * part) / (d + (n - 2 * d) * part);
  return { middle, low: v[d - 1] + in_by * (v[d] - v[d - 1]), high: v[n - d] - in_by * (v[n - d] - v[n - d - 1]) };
}

function wilson(k, n) {
  const z = 1.959963984540054, p = k / n, middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const half = (z / (1 + z * z / n)) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return [k === 0 ? 0 : middle - half, k === n ? 1 : middle + half];
}

function slope(x, y) {
  const mx = mean(x), my = mean(y);
  return sum(x.map((u, i) => (u - mx) * (y[i] - my))) / sum(x.map((u) => (u - mx) ** 2));
}

function figuresOfComparison() {
  const metrics = ['throughput.mean', 'commit_latency.p99', 'commit_latency.pooled_p99', 'view_changes.count', 'messages.count'];
  const read = run('comparison', `version: 1
kind: comparison
name: recalculated
base:
  duration: 6s
  network: { latency: { model: lognormal, median: 20ms, sigma: 0.6 } }
  workload: { clients: 2, rate: 30 tx/s, warmup: 1s }
  timeline: [ { at: 2s, for: 500ms..3s, one_of: [ { crash: any(1) }, { drop: 30% }, { partition: halves } ] } ]
  expect: [ { liveness: holds, within: 2s } ]
vary:
  protocol: [pbft, hotstuff]
  replicas: [4, 7, 10]
runs: { seeds: 1..9 }
report: { rows: protocol, columns: replicas, baseline: pbft, metrics: [${metrics.join(', ')}] }
`, 'compare', '-j', '1', '--max-events', '17000');
  const summary = JSON.parse(read('summary.json')), all = jsonl(read('runs.jsonl'));
  const cut = (line) => Boolean(line.stopped);
  if (!all.some(cut) || all.every(cut)) fail(`comparison: ${all.filter(cut).length} of ${all.length} runs were cut short, some should be`);
  const value = (line, metric) => metric.split('.').reduce((at, part) => at?.[part], line.metrics);
  const lines = (cell) => all.filter((line) => line.cell === cell), whole = (cell) => lines(cell).filter((line) => !cut(line));
  summary.cells.forEach((cell, i) => {
    const what = `comparison: ${cell.label}`, runs = lines(i);
    for (const verdict of ['pass', 'fail', 'inconclusive'])
      same(`${what} ${verdict}`, cell[{ pass: 'passed', fail: 'failed', inconclusive: 'inconclusive' }[verdict]], runs.filter((r) => r.verdict === verdict).length);
    const open = cell.rates.passed.open, passed = runs.filter((r) => r.verdict === 'pass').length;
    same(`${what} open`, open, runs.filter((r) => r.verdict === 'inconclusive').length);
    same(`${what} passed low`, cell.rates.passed.low, wilson(passed, runs.length)[0]);
    same(`${what} passed high`, cell.rates.passed.high, wilson(passed + open, runs.length)[1]);
    const carried = whole(i).map((r) => value(r, 'carried.mean')).filter((v) => v !== undefined);
    if (carried.length > 0) same(`${what} carried`, cell.carried, mean(carried));
    for (const metric of metrics) {
      const figure = cell.metrics[metric];
      if (metric.includes('pooled')) {
        const buckets = new Map();
        let count = 0;
        for (const r of whole(i)) for (const [index, times] of r.histograms?.commit_latency?.buckets ?? []) {
          buckets.set(index, (buckets.get(index) ?? 0) + times);
          count += times;
        }
        if (count === 0) continue;
        let rank = Math.ceil(0.99 * count - 1e-9), answer = 0;
        const gamma = 1.01 / 0.99;
        for (const index of sorted(buckets.keys())) {
          rank -= buckets.get(index);
          answer = (2 * gamma ** index) / (gamma + 1);
          if (rank <= 0) break;
        }
        same(`${what} ${metric}`, figure.value, answer);
        continue;
      }
      const values = whole(i).map((r) => value(r, metric)).filter((v) => typeof v === 'number');
      if (values.length === 0) {
        if (figure) fail(`${what} ${metric}: a figure of no run`);
        continue;
      }
      const expected = medianOf(values);
      same(`${what} ${metric}`, figure.value, expected.middle);
      same(`${what} ${metric} low`, figure.low, expected.low);
      same(`${what} ${metric} high`, figure.high, expected.high);
      same(`${what} ${metric} mean`, figure.mean, mean(values));
      same(`${what} ${metric} samples`, figure.samples, values.length);
    }
  });
  const of_seed = (cell, metric) => new Map(whole(cell).map((r) => [r.seed, value(r, metric)]));
  for (const ratio of summary.ratios) {
    const cell = summary.cells.findIndex((c) => c.at.protocol === ratio.at.protocol && c.at.replicas === ratio.at.replicas);
    const base = summary.cells.findIndex((c) => c.at.protocol === 'pbft' && c.at.replicas === ratio.at.replicas);
    const ours = of_seed(cell, ratio.metric), theirs = of_seed(base, ratio.metric);
    const pairs = [...ours].filter(([seed, v]) => typeof v === 'number' && typeof theirs.get(seed) === 'number');
    const factors = pairs.filter(([seed]) => theirs.get(seed) > 0).map(([seed, v]) => v / theirs.get(seed)), expected = medianOf(factors);
    const what = `comparison: ${ratio.metric} of ${Object.values(ratio.at)} against pbft`;
    same(what, ratio.ratio, expected.middle);
    same(`${what} low`, ratio.low, expected.low);
    same(`${what} high`, ratio.high, expected.high);
    same(`${what} samples`, ratio.samples, factors.length);
    same(`${what} left out`, ratio.left_out, pairs.length - factors.length);
  }
  if (summary.ratios.length < 6 || summary.scaling.fits.length < 4) fail(`comparison: ${summary.ratios.length} factors, ${summary.scaling.fits.length} fits`);
  for (const fit of summary.scaling.fits) {
    const cells = summary.cells.map((c, i) => ({ c, i })).filter(({ c, i }) => c.at.protocol === fit.at.protocol
      && whole(i).some((r) => typeof value(r, fit.metric) === 'number'));
    const slopes = [];
    for (let seed = 1; seed <= 9; ++seed) {
      const y = cells.map(({ i }) => of_seed(i, fit.metric).get(seed));
      if (y.every((v) => v > 0)) slopes.push(slope(cells.map(({ c }) => Math.log(Number(c.at.replicas))), y.map(Math.log)));
    }
    const expected = medianOf(slopes), what = `comparison: ${fit.metric} of ${fit.at.protocol} ~ n^`;
    same(what, fit.exponent, expected.middle);
    same(`${what} low`, fit.low, expected.low);
    same(`${what} high`, fit.high, expected.high);
    same(`${what} samples`, fit.samples, slopes.length);
  }
  // The table says what the summary says.
  const [head, ...table] = read('table.csv').trim().split('\n').map((line) => line.split(','));
  for (const line of table) {
    const row = Object.fromEntries(head.map((key, i) => [key, line[i]]));
    const cell = summary.cells.find((c) => c.at.protocol === row.protocol && c.at.replicas === row.replicas), figure = cell.metrics[row.metric];
    if (!figure) continue;
    same(`table.csv: ${line}`, Number(row.median), figure.value);
    if (figure.low !== undefined) same(`table.csv: ${line} low`, Number(row.low), figure.low);
    same(`table.csv: ${line} samples`, Number(row.samples), figure.samples);
  }
}
figuresOfComparison();

rmSync(work, { recursive: true, force: true });
console.log(`${checked} figures, ${failures} differ`);
if (checked < 300) fail('too few figures were checked');
process.exitCode = failures > 0 ? 1 : 0;
