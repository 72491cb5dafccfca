// A live run scraped by a real Prometheus, in virtual time at the pace of life and over real sockets.
//
//   node scrape_test.mjs BYZLAB SOURCES       exit 77: no Prometheus here
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [byzlab, sources] = process.argv.slice(2);
for (const program of ['prometheus', 'promtool'])
  if (spawnSync(program, ['--version']).error) {
    console.log(`skipped: ${program} is not here (Debian: apt-get install prometheus)`);
    process.exit(77);
  }

const work = mkdtempSync(join(tmpdir(), 'byzlab-scrape-'));
let failures = 0;
const check = (good, what) => { if (!good) { ++failures; console.log(`FAILED: ${what}`); } };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => resolve(port)); });
});
const children = [];
const start = (command, args) => {
  const child = spawn(command, args, { cwd: sources, stdio: 'ignore' });
  child.ended = new Promise((resolve) => child.on('exit', resolve));
  children.push(child);
  return child;
};
const until = async (what, f) => {
  for (let tries = 0; tries < 100; ++tries, await pause(100)) {
    try { const got = await f(); if (got) return got; } catch { /* not yet */ }
  }
  check(false, `${what} did not come within 10 s`);
};

const [simulated, tcp, exposed, prometheus] = [await freePort(), await freePort(), await freePort(), await freePort()];
try {
  const live = (port, ...more) => start(byzlab, ['run', 'leader-crash-pbft', '--serve', `127.0.0.1:${port}`, '-o', join(work, `results-${port}`), '-q', ...more]);
  live(simulated, '--pace', '1x');
  live(tcp, '--transport', 'tcp');
  // Without a page, from the server of prometheus-cpp.
  start(byzlab, ['run', 'leader-crash-pbft', '--transport', 'tcp', '--metrics-port', String(exposed), '-o', join(work, 'results-exposed'), '-q']);
  const targets = [simulated, tcp, exposed].map((port) => `127.0.0.1:${port}`);
  writeFileSync(join(work, 'prometheus.yml'), JSON.stringify({
    global: { scrape_interval: '500ms' }, rule_files: [join(sources, 'dashboards/prometheus/rules/*.yml')],
    scrape_configs: [{ job_name: 'byzlab', honor_labels: true, static_configs: [{ targets }] }],
  }));
  start('prometheus', [`--config.file=${join(work, 'prometheus.yml')}`, `--storage.tsdb.path=${join(work, 'data')}`,
    `--web.listen-address=127.0.0.1:${prometheus}`]);
  const ask = async (query) => (await (await fetch(`http://127.0.0.1:${prometheus}/api/v1/query?${new URLSearchParams({ query })}`)).json()).data?.result;

  for (const target of targets) {
    const answer = await until(`metrics of ${target}`, async () => { const r = await fetch(`http://${target}/metrics`); return r.ok && r; });
    check(answer?.headers.get('content-type')?.startsWith('text/plain'), 'the metrics are no plain text');
    const lint = spawnSync('promtool', ['check', 'metrics'], { input: await answer.text(), encoding: 'utf8' });
    check(lint.status === 0 && lint.stdout + lint.stderr === '', `promtool check metrics: ${lint.stdout}${lint.stderr}`);
  }
  for (const target of targets) {
    await until(`commits at ${target}`, async () => (await ask(`max(byzlab_consensus_commits_total{instance="${target}"})`))?.some((r) => Number(r.value[1]) > 5));
    await until(`a rate at ${target}`, async () => (await ask(`sum(rate(byzlab_client_requests_total{instance="${target}"}[5s]))`))?.some((r) => Number(r.value[1]) > 0));
  }
  check((await ask('byzlab_run_info{pace="1x"}'))?.length === targets.length, 'pace is not 1x');
  // Simulated time goes on as wall time does.
  await until('a simulated second a second', async () => {
    const r = await ask(`rate(byzlab_sim_time_seconds{instance="${targets[0]}"}[4s])`);
    return r?.length && Math.abs(Number(r[0].value[1]) - 1) < 0.3;
  });
  check((await ask('ALERTS{alertname="SafetyViolated"}'))?.length === 0, 'a safety alert fires');
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.race([Promise.all(children.map((c) => c.ended)), pause(5000)]);
  for (const child of children) child.kill('SIGKILL');
  await pause(100);
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? 'scraped' : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
