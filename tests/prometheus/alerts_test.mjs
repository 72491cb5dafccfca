// Which alerts real runs raise: each run's history is given to Prometheus's own rule engine (`promtool test
// rules`, with `for` and recording rules) as if it had been scraped at the pace of life, and exactly the alerts
// named here must have fired. Alerts that wait a minute ask for shipped scenarios whose fault lasts longer.
//
//   node alerts_test.mjs BYZLAB SOURCES       exit 77: no promtool here
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [byzlab, sources] = process.argv.slice(2);
if (spawnSync('promtool', ['--version']).error) {
  console.log('skipped: promtool is not here (Debian: apt-get install prometheus)');
  process.exit(77);
}

const set = (...pairs) => pairs.flatMap((pair) => ['--set', pair]);
/// A run, every how many seconds it is looked at, and what it must raise: nothing more, nothing less.
const runs = [
  { name: 'nothing-happens', text: 'duration: 150s\nprotocol: { name: pbft, replicas: 4 }\n'
    + 'network: { latency: 20ms, bandwidth: 100 Mbit/s }\nworkload: { clients: 4, rate: 50 tx/s, timeout: 2s }', fires: [] },
  { name: 'honest-miners', text: 'duration: 12h\nprotocol: { name: nakamoto, replicas: 10, options: { block_interval: 10min } }\n'
    + 'network: { latency: 100ms }\nworkload: { clients: 4, rate: 0.05 tx/s }', every: 300, fires: [] },
  { name: 'equivocating-pair-breaks-pbft', fires: ['SafetyViolated', 'AdversaryBeyondBound'] },
  { name: 'equivocating-pair-breaks-pbft', what: 'and ought not to', args: set('expect.0.agreement=holds'),
    fires: ['SafetyViolated', 'AdversaryBeyondBound', 'ExpectationFailed'] },
  { name: 'silent-replicas-pbft', what: 'one too many', args: set('adversary.members=[r0,r1,r2]', 'adversary.beyond_bound=true'),
    fires: ['AdversaryBeyondBound', 'ExpectationFailed', 'NoProgress'] },
  { name: 'pbft-partition', fires: [] },
  { name: 'pbft-partition', what: 'for two minutes', args: ['--duration', '180s', ...set('timeline.0.for=120s', 'timeline.1.at=160s')],
    fires: ['NoProgressUnderFault'] },
  { name: 'leader-crash-pbft', what: 'for a minute', args: ['--duration', '80s', ...set('timeline.0.for=60s', 'timeline.1.at=75s')],
    fires: ['ReplicaLagging'] },
  { name: 'leader-crash-hotstuff', what: 'for minutes', args: ['--duration', '170s', ...set('timeline.0.for=150s', 'timeline.1.at=165s')],
    fires: ['ReplicaLagging', 'ViewChangeStorm'] },
  { name: 'partition-outlasts-confirmations', every: 300,
    fires: ['ChainForked', 'DeepReorg', 'SafetyViolated', 'NoProgressUnderFault'] }, // half the power a side: once 106 minutes without a block,
  { name: 'leader-crash-pbft', what: 'far apart', args: ['--duration', '120s', ...set('timeline=[]', 'expect=[]',
    'network.latency=800ms', 'protocol.options.view_timeout=2s')], fires: ['LatencyHigh'] },
  { name: 'clients-give-up-pbft', what: 'for a minute', args: ['--duration', '90s', ...set('timeline.0.for=60s', 'expect=[]')], fires: ['ClientTimeouts'] },
  { name: 'pbft-partition', what: 'thin uplinks', args: ['--duration', '100s', ...set('timeline=[]', 'expect=[]', 'network.bandwidth=3 Mbit/s')],
    fires: ['NoProgress', 'QueueSaturated'] },
];
const neverOnRuns = ['HonestReplicaAccused', // an engine that accepts false evidence would be a bug here
  'SimulatorBehind', 'MetricsMissing']; // about scraping, not about runs

const work = mkdtempSync(join(tmpdir(), 'byzlab-alerts-'));
let failures = 0;
const check = (good, what) => { if (!good) { ++failures; console.log(`FAILED: ${what}`); } };
const rules = join(sources, 'dashboards/prometheus/rules');
const alerts = readFileSync(join(rules, 'alerts.yml'), 'utf8'), recording = readFileSync(join(rules, 'recording.yml'), 'utf8');
// What scraping costs is in proportion to the series: only those that rules look at.
const used = new Set([...`${alerts}${recording}`.matchAll(/\bbyzlab_\w+/g)].map(([name]) => name));

/// metrics.om to promtool's series: what a scrape every so many seconds would have seen.
function seriesOf(text, every) {
  const series = new Map();
  let last = 0;
  for (const line of text.split('\n')) {
    const at = line.match(/^(\w+)(\{.*\}) (\S+) (\S+)$/);
    if (!at || !used.has(at[1])) continue;
    const key = at[1] + at[2];
    if (!series.has(key)) series.set(key, []);
    series.get(key).push([Number(at[4]), at[3]]);
    last = Math.max(last, Number(at[4]));
  }
  const count = Math.ceil(last / every) + 1;
  return { last: (count - 1) * every, input: [...series].map(([name, samples]) => {
    let next = 0, value = '_';
    const values = [];
    for (let i = 0; i < count; ++i) {
      while (next < samples.length && samples[next][0] <= i * every + 1e-9) value = samples[next++][1];
      values.push(value);
    }
    return { series: name, values: values.join(' ') };
  }) };
}

try {
  const seen = new Set();
  for (const [i, run] of runs.entries()) {
    const title = run.what ? `${run.name}, ${run.what}` : run.name, every = run.every ?? 1;
    let scenario = run.name;
    if (run.text) {
      scenario = join(work, `${run.name}.yaml`);
      writeFileSync(scenario, `version: 1\nname: ${run.name}\nseed: 1\n${run.text}\nexpect:\n  - agreement: holds\n`);
    }
    const results = join(work, `results-${i}`);
    const done = spawnSync(byzlab, ['run', scenario, '-q', ...(run.args ?? []), '-o', results], { cwd: sources, encoding: 'utf8' });
    check(done.status <= 2, `${title}: ${done.stdout}${done.stderr}`);
    if (!(done.status <= 2)) continue;
    const folder = join(results, run.name, readdirSync(join(results, run.name))[0]);
    const { input, last } = seriesOf(readFileSync(join(folder, 'metrics.om'), 'utf8'), every);
    const fired = `group by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${last + 1}s]))`;
    const test = join(work, `test-${i}.yml`); // JSON is YAML
    writeFileSync(test, JSON.stringify({
      rule_files: [join(rules, 'recording.yml'), join(rules, 'alerts.yml')], evaluation_interval: `${every}s`,
      tests: [{ name: title, interval: `${every}s`, input_series: input, promql_expr_test: [{ expr: fired, eval_time: `${last}s`,
        exp_samples: run.fires.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })) }] }],
    }));
    const verdict = spawnSync('promtool', ['test', 'rules', test], { encoding: 'utf8' });
    check(verdict.status === 0, `${title} must raise ${run.fires.join(', ') || 'nothing'}: ${verdict.stdout}${verdict.stderr}`);
    run.fires.forEach((alert) => seen.add(alert));
  }
  for (const [, alert] of alerts.matchAll(/alert: (\w+)/g))
    check(seen.has(alert) !== neverOnRuns.includes(alert), `no run raises ${alert}, or one does that must not`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? `${runs.length} runs raise what they should` : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
