// What `byzlab export` writes for ShiViz and for Perfetto, held against what these programs document, by a reader
// that shares nothing with the writer: ShiViz's parser expression (as docs/dashboards.md gives it) and its rules of
// vector clocks; the Trace Event Format's phases, fields, nesting of slices and binding of flows.
//
//   node exports_test.mjs BYZLAB SOURCES
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [byzlab, sources] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'byzlab-exports-')), results = join(work, 'results');
let failures = 0;
const check = (good, what) => { if (!good && ++failures <= 20) console.log(`FAILED: ${what}`); };
const byz = (...args) => {
  const done = spawnSync(byzlab, args, { cwd: sources, encoding: 'utf8', maxBuffer: 1 << 28 });
  check(done.status === 0, `byzlab ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
};

/// Every event counts its own host up by one, from 1; else it knows what it knew, and a hearing what the sender knew.
function clocksHold(text, expression, name) {
  const events = [...text.matchAll(expression)].map(({ groups: g }) => ({ event: g.event, host: g.host, clock: JSON.parse(g.clock) }));
  check(events.length === text.split('\n').length >> 1 && events.length > 100, `${name}: ShiViz's expression leaves lines out`);
  const known = {}, said = {}, equal = (a, b, hosts) => hosts.every((h) => (a[h] ?? 0) === (b[h] ?? 0));
  const hosts = [...new Set(events.map((e) => e.host))];
  let heard = 0;
  for (const { event, host, clock } of events) {
    const mine = known[host] ?? {}, what = `${name}: ${host} ${event}`;
    check(clock[host] === (mine[host] ?? 0) + 1, `${what}: its own clock goes from ${mine[host] ?? 0} to ${clock[host]}`);
    const others = hosts.filter((h) => h !== host), hears = event.match(/^hears (.*) of (\S+)$/);
    if (hears) {
      ++heard;
      const merged = (theirs) => Object.fromEntries(hosts.map((h) => [h, Math.max(mine[h] ?? 0, theirs[h] ?? 0)]));
      const sendings = (said[hears[2]] ?? []).filter((s) => s.event.startsWith(`sends ${hears[1]} to `) && `${s.event} `.includes(` ${host} `));
      check(sendings.some((s) => equal(clock, merged(s.clock), others)), `${what}: not the maximum with the clock of a sending`);
    } else {
      check(equal(clock, mine, others), `${what}: knows more without hearing`);
    }
    if (event.startsWith('sends ')) (said[host] ??= []).push({ event, clock });
    known[host] = clock;
  }
  check(heard > 50, `${name}: only ${heard} hearings`);
}

/// Slices of a thread nest; a flow begins and ends in a slice that lies there; all is in the documented fields.
function traceHolds(text, name) {
  const { traceEvents, displayTimeUnit } = JSON.parse(text);
  check(['ms', 'ns'].includes(displayTimeUnit), `${name}: displayTimeUnit`);
  const needs = { M: ['name', 'args'], X: ['name', 'ts', 'dur'], i: ['name', 'ts', 's'], s: ['name', 'cat', 'id', 'ts'], f: ['name', 'cat', 'id', 'ts', 'bp'] };
  const threads = new Map(), flows = new Map(), named = new Set();
  for (const e of traceEvents) {
    check(needs[e.ph]?.every((field) => field in e) && Number.isInteger(e.pid) && Number.isInteger(e.tid), `${name}: ${JSON.stringify(e)}`);
    const thread = `${e.pid}/${e.tid}`;
    if (e.ph === 'M' && e.name === 'thread_name') named.add(thread);
    if (e.ph === 'X') {
      check(e.ts >= 0 && e.dur >= 0, `${name}: a slice before the beginning: ${JSON.stringify(e)}`);
      if (!threads.has(thread)) threads.set(thread, []);
      threads.get(thread).push({ from: Math.round(e.ts * 1000), to: Math.round((e.ts + e.dur) * 1000), name: e.name });
    }
    if (e.ph === 's' || e.ph === 'f') {
      if (!flows.has(e.id)) flows.set(e.id, {});
      check(!flows.get(e.id)[e.ph], `${name}: flow ${e.id} has two ${e.ph}`);
      flows.get(e.id)[e.ph] = { at: Math.round(e.ts * 1000), thread, cat: e.cat, name: e.name };
    }
  }
  for (const [thread, slices] of threads) {
    check(named.has(thread), `${name}: thread ${thread} has no name`);
    const open = [];
    for (const slice of slices.sort((a, b) => a.from - b.from || b.to - a.to)) {
      while (open.length > 0 && open.at(-1).to <= slice.from && slice.to > open.at(-1).to) open.pop();
      check(open.length === 0 || slice.to <= open.at(-1).to, `${name}: ${slice.name} on ${thread} overlaps ${open.at(-1)?.name}`);
      if (slice.to > slice.from) open.push(slice);
    }
  }
  const at = new Map([...threads].map(([thread, slices]) => [thread, new Set(slices.flatMap((s) => [s.from]))]));
  for (const [id, { s, f }] of flows) {
    check(s && f && s.at <= f.at && s.cat === f.cat && s.name === f.name, `${name}: flow ${id} does not go forward from one to one`);
    for (const end of [s, f].filter(Boolean)) check(at.get(end.thread)?.has(end.at), `${name}: flow ${id} ends in no slice`);
  }
  check(flows.size > 100, `${name}: only ${flows.size} flows`);
}

try {
  const expression = readFileSync(join(sources, 'docs/dashboards.md'), 'utf8').match(/parse with `([^`]+)`/)[1];
  for (const [name, from, until] of [['pbft-partition', '9.9s', '10.4s'], ['leader-crash-hotstuff', '9s', '13s'],
    ['equivocating-pair-breaks-pbft', '0s', '500ms'], ['late-proposals-streamlet', '1s', '4s']]) {
    spawnSync(byzlab, ['run', name, '--seed', '1', '-q', '-o', results], { cwd: sources });
    const window = ['--from', from, '--until', until, '-o', results, '--limit', '20000'];
    clocksHold(byz('export', name, '--to', 'shiviz', ...window), new RegExp(expression, 'g'), name);
    traceHolds(byz('export', name, '--to', 'perfetto', ...window), name);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? 'clocks and traces hold' : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
