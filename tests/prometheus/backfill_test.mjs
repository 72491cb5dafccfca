// Finished runs in a real Prometheus: what it answers is what summary.json says, every panel of every dashboard
// works and is filled by the runs that should fill it, names and rules are clean.
//
//   node backfill_test.mjs BYZLAB SOURCES       exit 77: no Prometheus here
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const [byzlab, sources] = process.argv.slice(2);
for (const program of ['prometheus', 'promtool'])
  if (spawnSync(program, ['--version']).error) {
    console.log(`skipped: ${program} is not here (Debian: apt-get install prometheus)`);
    process.exit(77);
  }

const work = mkdtempSync(join(tmpdir(), 'byzlab-prometheus-'));
const results = join(work, 'results');
let failures = 0, checks = 0;
const check = (good, what) => {
  ++checks;
  if (!good) { ++failures; console.log(`FAILED: ${what}`); }
};
const ok = (what, command, args, input) => {
  const done = spawnSync(command, args, { cwd: sources, input, encoding: 'utf8' });
  check(done.status === 0, `${what}: ${done.stdout}${done.stderr}`);
  return done;
};
const files = (folder) => readdirSync(folder, { withFileTypes: true, recursive: false }).flatMap((e) =>
  e.isDirectory() ? files(join(folder, e.name)) : [join(folder, e.name)]);

// ---- names, rules, what is generated and what is embedded
const boards = join(sources, 'dashboards');
ok('metrics lint', byzlab, ['metrics', 'lint', boards]);
writeFileSync(join(work, 'wrong.json'), '{"expr": "sum by (colour) (byzlab_consensus_heights{replica=\\"r0\\", hue=\\"x\\"}) + byzlab_replicas{state=\\"upp\\"}"}');
const wrong = spawnSync(byzlab, ['metrics', 'lint', join(work, 'wrong.json')], { encoding: 'utf8' });
check(wrong.status === 1, 'wrong names are accepted');
for (const what of ['`colour`', 'did you mean `byzlab_consensus_height`', '`hue`', 'never `upp`'])
  check(wrong.stdout.includes(what), `${what} is not named: ${wrong.stdout}`);
ok('rules', 'promtool', ['check', 'rules', ...['recording', 'alerts'].map((f) => join(boards, `prometheus/rules/${f}.yml`))]);
ok('config', 'promtool', ['check', 'config', join(boards, 'prometheus/prometheus.yml')]);
ok('alerts', 'promtool', ['test', 'rules', join(boards, 'prometheus/tests/alerts_test.yml')]);
const tested = readFileSync(join(boards, 'prometheus/tests/alerts_test.yml'), 'utf8');
const runbook = readFileSync(join(sources, 'docs/alerts.md'), 'utf8');
for (const [, alert] of readFileSync(join(boards, 'prometheus/rules/alerts.yml'), 'utf8').matchAll(/alert: (\w+)/g)) {
  check(new RegExp(`alertname: ${alert}, exp_alerts: \\[\\]`).test(tested), `no test that ${alert} is silent`);
  check(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:`).test(tested), `no test that ${alert} fires`);
  check(runbook.includes(`### ${alert}\n`), `docs/alerts.md says nothing of ${alert}`);
}
execFileSync(process.execPath, [join(boards, 'grafana/generate.mjs'), join(work, 'generated')]);
for (const file of files(join(work, 'generated')))
  check(readFileSync(file, 'utf8') === readFileSync(join(boards, 'grafana/dashboards', relative(join(work, 'generated'), file)), 'utf8'),
    `${file} is not what generate.mjs writes`);
ok('grafana export', byzlab, ['grafana', 'export', join(work, 'exported')]);
for (const folder of ['prometheus', 'grafana'])
  for (const file of files(join(boards, folder)))
    check(readFileSync(file, 'utf8') === readFileSync(join(work, 'exported', relative(boards, file)), 'utf8'), `${file} is exported differently`);

// ---- runs
const scenarios = [['pbft-partition', 3], ['double-spend-51', 3], ['equivocating-pair-breaks-pbft', 1], ['equivocating-leader-streamlet', 1],
  ['clients-give-up-pbft', 11, '--metrics-detail']];
const runs = scenarios.map(([name, seed, ...more]) => {
  spawnSync(byzlab, ['run', name, ...more, '--seed', String(seed), '-q', '-o', results], { cwd: sources });
  const id = readdirSync(join(results, name))[0];
  const folder = join(results, name, id);
  const found = ok(`check metrics of ${name}`, 'promtool', ['check', 'metrics'], readFileSync(join(folder, 'metrics.prom')));
  check(found.stdout + found.stderr === '', `promtool: ${found.stdout}${found.stderr}`);
  return { name, folder, label: `${name}/${id}`, summary: JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) };
});

// ---- a server with all of them
const server = spawn(join(boards, 'load.sh'), ['--results', results, ...runs.map((r) => r.folder)],
  { cwd: sources, env: { ...process.env, BYZLAB: byzlab }, stdio: ['ignore', 'pipe', 'inherit'] });
const stopped = new Promise((resolve) => server.on('exit', resolve));
const said = await new Promise((resolve, reject) => {
  let text = '';
  server.stdout.on('data', (d) => { text += d; if (text.split('\n').length > runs.length + 1) resolve(text); });
  server.on('exit', () => reject(new Error(`load.sh ended: ${text}`)));
  setTimeout(() => reject(new Error('load.sh takes too long')), 90_000).unref();
});

try {
  const address = said.match(/http:\/\/127\.0\.0\.1:\d+/)[0];
  for (const run of runs) {
    const [, start, end] = said.match(new RegExp(`run=${run.label}&start=([\\d.]+)&end=([\\d.]+)`));
    Object.assign(run, { start: Number(start), end: Number(end) });
  }
  const ask = async (path, parameters) => (await (await fetch(`${address}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json());
  const at = async (expr, time) => {
    const answer = await ask('query', { query: expr, time });
    check(answer.status === 'success', `${expr}: ${answer.error}`);
    return answer.data?.result ?? [];
  };
  const one = async (expr, time) => Number((await at(expr, time))[0]?.value[1]);

  for (const run of runs) {
    const F = `run="${run.label}"`, s = run.summary, duration = run.end - run.start;
    const same = async (expr, value) => {
      const got = await one(expr, run.end);
      check(Math.abs(got - value) < 1e-9 * Math.max(1, Math.abs(value)), `${run.name}: ${expr} is ${got}, summary.json says ${value}`);
    };
    // Timestamps are simulated time, to the millisecond.
    for (const share of [0.25, 0.5, 0.75]) {
      const moment = run.start + share * duration;
      const shown = await one(`byzlab_sim_time_seconds{${F}}`, moment);
      check(shown <= share * duration + 0.002 && shown > share * duration - Math.max(1, duration / 30),
        `${run.name}: ${share * duration} s are shown as ${shown}`);
    }
    await same(`byzlab_sim_time_seconds{${F}}`, s.simulated_seconds);
    await same(`byzlab_sim_events_total{${F}}`, s.events);
    await same(`byzlab_byzantine_replicas{${F}}`, s.bound.byzantine);
    await same(`max(byzlab_run_info{${F},seed="${s.seed}",replicas="${s.protocol.n}"})`, 1);
    for (const [kind, counts] of Object.entries(s.messages)) {
      await same(`byzlab_network_messages_sent_total{${F},type="${kind}"}`, counts.sent);
      await same(`byzlab_network_messages_received_total{${F},type="${kind}"}`, counts.delivered);
      await same(`byzlab_network_sent_bytes_total{${F},type="${kind}"}`, counts.bytes);
    }
    for (const [reason, count] of Object.entries(s.dropped))
      await same(`byzlab_network_messages_dropped_total{${F},reason="${reason}"}`, count);
    for (const e of s.expectations)
      await same(`byzlab_expectation_state{${F},expectation="${e.id}",state="${{ pass: 'pass', fail: 'fail' }[e.status] ?? 'inconclusive'}"}`, 1);
    for (const fault of s.faults.filter((f) => f.action !== 'mark' && f.windows.length > 0)) {
      const { from, to } = fault.windows[0];
      const active = (t) => one(`byzlab_fault_active{${F},fault="${fault.label}",window="1"}`, run.start + t);
      const late = duration / 500 + 0.11;
      if (from > late) check(await active(from - late) === 0, `${fault.label} is active before it begins`);
      check(await active((from + (to ?? duration)) / 2) === 1, `${fault.label} is not active in its middle`);
      if (to !== null && to + late < duration) check(await active(to + late) === 0, `${fault.label} is active after it ended`);
    }
  }
  const partition = runs[0], halves = `run="${partition.label}"`;
  check(await one(`max(byzlab_consensus_height{${halves}})`, partition.end) ===
    Math.max(...readFileSync(join(partition.folder, 'timeseries.csv'), 'utf8').trim().split('\n').slice(1).map((l) => Number(l.split(',')[1]))),
    'the height differs from timeseries.csv');
  check(await one(`max(byzlab_chain_max_reorg_depth_blocks{run="${runs[1].label}"})`, runs[1].end) >= runs[1].summary.metrics.reorg_depth.max, 'the reorganisation is not there');
  check(await one(`sum(byzlab_safety_violations_total{run="${runs[2].label}",property="agreement"})`, runs[2].end) > 0, 'the broken agreement is not there');

  // ---- every panel
  let panels = 0;
  const uids = new Set(), ids = new Set();
  // Grafana's names; an unknown one is shown as text behind the number.
  const units = ['short', 's', 'bytes', 'Bps', 'ops', 'reqps', 'percentunit'];
  for (const file of files(join(boards, 'grafana/dashboards'))) {
    const board = JSON.parse(readFileSync(file, 'utf8'));
    check(board.uid && board.templating.list.some((v) => v.type === 'datasource'), `${file}: no uid, or no datasource variable`);
    check(!uids.has(board.uid) && uids.add(board.uid), `${file}: its uid is another's, too`);
    for (const name of ['datasource', 'run', 'protocol', 'replica'])
      check(board.templating.list.some((v) => v.name === name), `${file}: no variable ${name}`);
    check(board.links.length > 0 && board.links.every((l) => l.keepTime && l.includeVars), `${file}: links that lose time or variables`);
    check(board.annotations.list.some((a) => a.expr.includes('byzlab_fault_active')), `${file}: faults are not marked`);
    ids.clear();
    board.panels.forEach((p, i) => {
      check(!ids.has(p.id) && ids.add(p.id), `${file}: two panels ${p.id}`);
      const { x, y, w, h } = p.gridPos;
      check(x >= 0 && x + w <= 24 && h > 0, `${p.title} is off the board`);
      for (const { title, gridPos: o } of board.panels.slice(0, i))
        check(x >= o.x + o.w || o.x >= x + w || y >= o.y + o.h || o.y >= y + h, `${file}: ${p.title} lies on ${title}`);
    });
    const all = [...board.panels, { title: 'annotation', description: 'faults', targets: board.annotations.list, type: 'annotation' }];
    for (const panel of all.filter((p) => p.type !== 'row')) {
      check(panel.description?.length > 10 || panel.type === 'annotation', `${panel.title}: no description`);
      check(panel.type === 'annotation' || units.includes(panel.fieldConfig.defaults.unit), `${panel.title}: no unit that Grafana knows`);
      for (const target of panel.targets) {
        check(target.datasource.uid === '${datasource}', `${panel.title}: a datasource that is no variable`);
        check(!/[*\/] *1(000|024|e3|e6)/.test(target.expr), `${panel.title}: units are Grafana's business`);
        ++panels;
        let filled = 0;
        for (const run of runs) {
          const length = run.end - run.start;
          const query = target.expr.replaceAll('$run', run.label).replaceAll('$replica', '.*').replaceAll('$protocol', '.*')
            .replaceAll('$window', `${Math.ceil(Math.max(2, length / 20))}s`);
          check(!query.includes('$'), `${panel.title}: a variable that nobody knows in ${target.expr}`);
          const answer = await ask('query_range', { query, start: run.start, end: run.end, step: length / 60 });
          check(answer.status === 'success', `${panel.title}: ${query}: ${answer.error}`);
          filled += (answer.data?.result ?? []).some((r) => r.values.some(([, v]) => v !== 'NaN')) ? 1 : 0;
        }
        check(filled > 0, `${file}: "${panel.title}" is empty for every run: ${target.expr}`);
      }
    }
  }
  check(panels > 50, `only ${panels} queries`);

  // ---- the console page
  const page = await (await fetch(`${address}/consoles/byzlab.html?run=${partition.label}&start=${partition.start}&end=${partition.end}`)).text();
  for (const run of runs) check(page.includes(run.label), `the console does not name ${run.label}`);
  check(!/error executing|function ".*" not defined/i.test(page), `the console: ${page.slice(0, 300)}`);
  for (const [, expr] of page.matchAll(/`([^`]*byzlab_[^`]*)`/g)) {
    const query = expr.replaceAll('${RUN}', partition.label).replaceAll('${window_}', '5s');
    const answer = await ask('query_range', { query, start: partition.start, end: partition.end, step: 1 });
    check(answer.status === 'success', `console: ${query}: ${answer.error}`);
    if (!expr.includes('== 1')) check(answer.data?.result.length > 0, `console: ${query} is empty`);
  }
} finally {
  server.kill('SIGTERM');
  await stopped;
  rmSync(work, { recursive: true, force: true });
}
console.log(`${checks} checks, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
