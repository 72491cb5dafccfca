// A live page left open does not grow: node growth_test.mjs BYZLAB NODE_MODULES OUT_FOLDER [SECONDS [PACE]]
//
// The page goes through its views while a run goes on at ten pieces a second. After a forced collection: the JavaScript
// heap, DOM nodes, listeners, rows kept; and the server's memory. What a page keeps for good raises the floor, so the
// least of later looks is held against the least of earlier ones; peaks, which the moment of a collection makes, stay
// under a bound. In the middle the connection breaks: the page catches up by itself.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { browser } from "./browser.mjs";
import { check, finish } from "./results.mjs";
import { openPage, serve } from "./served.mjs";

const [byzlab, modules, out, seconds = "26", pace = "60x"] = process.argv.slice(2);
const rounds = 10;  // of looking at every view
const most_rows = 6 * 20_000 + 500;  // five tables, the series, the story
const most = { heap: 24e6, nodes: 6000, listeners: 1000 };
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const scenario = join(out, "long.yaml");
writeFileSync(scenario, `version: 1
name: long
duration: 7d
seed: 1
protocol: { name: pbft, replicas: 4 }
network: { latency: { model: normal, mean: 20ms, stddev: 4ms, min: 1ms } }
workload: { clients: 4, mode: open, rate: 40 tx/s }
timeline:
  - { label: beat, at: 5s, for: 1s, every: 4s, until: 100s, crash: r3 }
expect:
  - agreement: holds
`);

const chromium = await browser(modules);
const server = await serve(byzlab, "run", scenario, "--serve=0", "--pace", pace, "-o", join(out, "results"));
const line = await breakable(new URL(server.url));
try {
  const { page, context } = await openPage(chromium, tolerant, "live", `${line.url}/#id=live`, { viewport: { width: 1440, height: 900 } });
  const devtools = await context.newCDPSession(page);
  await devtools.send("HeapProfiler.enable");
  const samples = [];
  const tabs = await page.locator("[role=tab]").all();
  const pause = (Number(seconds) * 1000) / rounds / tabs.length;
  for (let round = 0; round < rounds; ++round) {
    for (const tab of tabs) {
      await tab.click();
      await page.waitForTimeout(pause);
    }
    await tabs[0].click();
    await page.waitForTimeout(200);
    samples.push(await look(page, devtools));
    if (round === 4) await breaks(page);
  }
  judge(samples);
  await context.close();
} finally {
  line.close();
  await server.stop();
  await chromium.close();
}
finish();

// The break of the connection is on the console, and nothing else may be.
function tolerant(holds, what) {
  check(holds || /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/.test(what), what);
}

async function look(page, devtools) {
  for (let i = 0; i < 2; ++i) await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
  const { rows, at } = await page.evaluate(() => ({
    rows: Number(document.getElementById("page").dataset.rows),
    at: Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")),
  }));
  const sample = { at, heap: usedSize, nodes, listeners: jsEventListeners, rows, server: server.memory() };
  console.log(`at ${at.toFixed(0)} s: heap ${(usedSize / 1e6).toFixed(1)} MB, ${nodes} nodes, ${jsEventListeners} listeners, `
    + `${rows} rows; server ${(sample.server / 1e6).toFixed(0)} MB`);
  return sample;
}

function judge(samples) {
  const least = (of, name) => Math.min(...of.map((s) => s[name]));
  const [early, late] = [samples.slice(1, 5), samples.slice(5)];
  for (const s of samples) {
    check(s.rows > 0 && s.rows <= most_rows, `${s.rows} rows are kept, the bound is ${most_rows}`);
    for (const [name, bound] of Object.entries(most)) check(s[name] < bound, `${s[name]} ${name}, the bound is ${bound}`);
  }
  for (const [name, allowed] of Object.entries({ heap: 2e6, nodes: 200, listeners: 40 })) {
    const [before, after] = [least(early, name), least(late, name)];
    check(after <= 1.2 * before + allowed, `${name} grow: at least ${before} at first, at least ${after} later`);
  }
  check(samples.at(-1).at > samples[0].at * 2, "the run goes on");
}

/** Cuts the line for a second; a browser asks again after some. */
async function breaks(page) {
  const at = () => page.evaluate(() => Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")));
  line.cut();
  await page.waitForTimeout(300);
  const stopped = await at();
  await page.waitForTimeout(700);
  check((await at()) === stopped, "without a connection nothing comes");
  line.mend();
  await page.waitForFunction((was) => Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")) > was,
    stopped, { timeout: 8000 }).catch(() => check(false, "the page catches up"));
}

/** A line between the page and the server that can be cut. */
async function breakable(to) {
  let cut = false;
  const open = new Set();
  const proxy = createServer((asked, answer) => {
    const headers = { ...asked.headers, host: to.host };
    const on = request({ host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    on.on("error", () => answer.destroy());
    answer.on("close", () => on.destroy());
    asked.pipe(on);
  });
  proxy.on("connection", (socket) => {
    if (cut) return socket.destroy();
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise((done) => proxy.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cut() {
      cut = true;
      for (const socket of open) socket.destroy();
    },
    mend() { cut = false; },
    close() {
      for (const socket of open) socket.destroy();
      proxy.close();
    },
  };
}
