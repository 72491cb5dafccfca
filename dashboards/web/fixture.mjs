// A page from a results folder, for work on the views: node fixture.mjs RESULTS_FOLDER [OUT.html] [--watch]
//
// A run's story is read from console.txt. Without recording.json one is made up from events.jsonl: every
// replica then commits a moment after the first, which is good enough to draw and nothing more.
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { here, pagePieces, pageWith } from "./bundle.mjs";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
if (words.length < 1) {
  console.error("usage: node fixture.mjs RESULTS_FOLDER [OUT.html] [--watch]");
  process.exit(64);
}
const folder = resolve(words[0]);
const out = words[1] ?? join(here, "dist/fixture.html");

await write();
if (process.argv.includes("--watch")) {
  let waiting = null;
  watch(join(here, "src"), { recursive: process.platform !== "linux" || process.versions.node >= "20" }, () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => write().catch((error) => console.error(error.message)), 150);
  });
}

async function write() {
  const page = pageWith(await pagePieces({ minify: false }), pageData());
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, page);
  console.log(`${out}: ${(page.length / 1000).toFixed(0)} kB, ${(gzipSync(page).length / 1000).toFixed(0)} kB gzipped`);
}

function text(name) {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function pageData() {
  const summary = JSON.parse(text("summary.json"));
  if (summary.kind === "comparison") return { kind: "comparison", data: summary };
  const data = {
    schema: 1,
    id: `${basename(dirname(folder))}/${basename(folder)}`,
    summary,
    series: columnsOf(text("timeseries.csv")),
    story: text("story.json") ? JSON.parse(text("story.json")) : storyOf(text("console.txt")),
    recording: text("recording.json") ? JSON.parse(text("recording.json")) : madeUp(summary, text("events.jsonl")),
    lock_yaml: text("scenario.lock.yaml"),
  };
  return { kind: "run", data, violations: [] };
}

function columnsOf(csv) {
  const [head, ...rows] = csv.trim().split("\n");
  const names = head.split(",");
  const columns = Object.fromEntries(names.map((name) => [name, []]));
  for (const row of rows) row.split(",").forEach((cell, i) => columns[names[i]].push(Number(cell)));
  return columns;
}

function storyOf(console_text) {
  return console_text.split("\n").flatMap((line) => {
    const found = /^\s+(\d+\.\d+)s\s+(\w+)\s+(.*)$/.exec(line);
    if (!found) return [];
    const [, at, kind, rest] = found;
    const labelled = /^(fault|heal)$/.test(kind) ? /^(\S+)\s{2,}(.*)$/.exec(rest) : null;
    return [{
      at: Number(at), kind: kind.toLowerCase(), label: labelled?.[1] ?? "", text: labelled?.[2] ?? rest,
      violation: kind === "VIOLATION",
    }];
  });
}

function madeUp(summary, jsonl) {
  const n = summary.protocol.n;
  const number = (replica) => Number(String(replica ?? "r0").slice(1));
  const blocks = { id: [], parent: [], height: [], view: [], proposer: [], tx: [], seen: [], committed: [],
    commits: [], reverted: [], adversary: [], published: [] };
  const commits = [], views = [], states = [], notes = [];
  const at_height = new Map();
  for (const line of jsonl.trim().split("\n").filter(Boolean)) {
    const e = JSON.parse(line);
    if (e.event === "commit") {
      const index = blocks.id.length;
      blocks.id.push(e.block); blocks.height.push(e.height); blocks.view.push(e.view ?? 0);
      blocks.parent.push(at_height.get(e.height - 1) ?? -1);
      blocks.proposer.push(number(e.proposer)); blocks.tx.push(e.tx ?? 0);
      blocks.seen.push(Math.max(0, e.t - 0.1)); blocks.committed.push(e.t); blocks.commits.push(n);
      blocks.reverted.push(null); blocks.published.push(null);
      blocks.adversary.push(summary.bound.replicas.includes(number(e.proposer)));
      at_height.set(e.height, index);
      for (let r = 0; r < n; ++r)
        commits.push([e.t + (r === number(e.replica) ? 0 : 0.002 * (1 + ((r * 7 + index) % 11))), r, index]);
    } else if (e.event === "view") {
      for (let r = 0; r < n; ++r) views.push([e.t + 0.003 * r, r, e.view, number(e.leader), 0]);
    } else if (e.event === "crash" || e.event === "restart") {
      states.push([e.t, number(e.replica), e.event === "crash" ? "crashed" : "up"]);
    } else if (e.event !== "fault" && e.event !== "heal" && e.event !== "leader" && e.replica) {
      notes.push([e.t, number(e.replica), e.event, e.view ?? 0, 0, -1]);
    }
  }
  const columns = (rows, names) => {
    rows.sort((a, b) => a[0] - b[0]);
    return Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i])]));
  };
  return {
    schema: 1, replicas: n, byzantine: summary.bound.replicas, blocks,
    commits: columns(commits, ["t", "replica", "block"]),
    views: columns(views, ["t", "replica", "view", "leader", "height"]),
    states: columns(states, ["t", "replica", "state"]),
    notes: columns(notes, ["t", "replica", "what", "view", "value", "block"]),
    truncated: {},
  };
}
