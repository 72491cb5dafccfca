// report.html in a browser: node page_test.mjs BYZLAB NODE_MODULES OUT_FOLDER
//
// A partition, a double spend, a broken agreement and two comparisons are run and their pages opened from file://,
// wide and narrow. No console error, no request, numbers as in summary.json, every view, the keys. Pictures are kept.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browser } from "./browser.mjs";
import { check, finish, results } from "./results.mjs";
import { everyView, sameNumbers, valueOf } from "./shown.mjs";

const [byzlab, modules, out] = process.argv.slice(2);
const wide = { width: 1440, height: 900 }, narrow = { width: 390, height: 844 };
const pictures = join(out, "screenshots");

const chromium = await browser(modules);
mkdirSync(pictures, { recursive: true });
// Three at a time: while one waits for its page, the others go on.
const jobs = [
  () => runPage("pbft-partition", results(byzlab, `${out}/partition`, "run", "scenarios/faults/pbft-partition.yaml")),
  () => runPage("double-spend", results(byzlab, `${out}/spend`, "run", "scenarios/attacks/double-spend-51.yaml", "--seed", "1")),
  () => runPage("two-liars", results(byzlab, `${out}/liars`, "run", "scenarios/papers/hotstuff-two-liars.yaml")),
  () => comparisonPage("comparison", results(byzlab, `${out}/compare`, "compare", "scenarios/faults/leader-crash-pbft.yaml",
    "--protocols", "pbft,hotstuff,raft", "--vary", "replicas=4,7,10", "--seeds", "1..3")),
  () => comparisonPage("resilience", results(byzlab, `${out}/map`, "compare", "scenarios/compare/resilience.yaml",
    "--seeds", "1..1")),
  () => chartedPage(),
  () => sweepPage("seeds", results(byzlab, `${out}/seeds`, "sweep", "scenarios/attacks/double-spend-51.yaml", "--seeds", "1..12")),
  () => sweepPage("sweep", results(byzlab, `${out}/sweep`, "sweep", "scenarios/faults/leader-crash-pbft.yaml",
    "--vary", "replicas=4,7", "--vary", "network.loss=0%,1%", "--seeds", "1..6")),
];
const worker = async () => {
  for (let job = jobs.shift(); job; job = jobs.shift()) await job();
};
try {
  await Promise.all([worker(), worker(), worker()]);
} finally {
  await chromium.close();
}
finish();

async function chartedPage() {
  const charted = join(out, "charted.yaml");
  writeFileSync(charted, "version: 1\nkind: comparison\nname: charted\nbase: { duration: 5s, protocol: { replicas: 4 } }\n"
    + "vary: { protocol: [pbft, raft] }\nruns: { seeds: 1..2 }\nreport: { charts: [cdf] }\n");
  await withPage("charted", results(byzlab, `${out}/charted`, "compare", charted).page, wide, async (page) => {
    const shown = await page.$$eval("figure.figure", (all) => all.map((e) => e.getAttribute("aria-label")));
    check(!shown.includes("Heat map") && shown.includes("Distribution"), `only the charts that are asked for: ${shown.join(", ")}`);
  });
}

async function runPage(name, { page: file, summary }) {
  await withPage(name, file, wide, async (page) => {
    check((await page.textContent("h1")) === summary.name, `${name}: the heading is the run's name`);
    check((await page.textContent(".badge")).includes(summary.verdict), `${name}: the badge says ${summary.verdict}`);
    await sameNumbers(check, name, page, summary);
    await keysWork(name, page, summary);
    await tabReaches(name, page);
    await everyView(check, name, page, pictures);
  });
  for (const theme of ["dark", "light"]) {
    await withPage(`${name}-narrow-${theme}`, file, narrow, async (page) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      check(width <= narrow.width, `${name}: nothing is wider than ${narrow.width} px, it is ${width}`);
      if (theme === "dark") await everyView(check, `${name}-narrow`, page, pictures, narrow.width);
    }, theme);
  }
  await withPage(`${name}-dark`, file, wide, async () => {}, "dark");
}

async function keysWork(name, page, summary) {
  const at = async () => Number(/(?:^|[#&])at=([\d.]+)/.exec(decodeURIComponent(new URL(page.url()).hash))?.[1] ?? 0);
  const press = async (key) => {
    await page.keyboard.press(key);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  };
  if (summary.faults.some((f) => f.from > 0)) {
    await press("]");
    const first = await at();
    check(first > 0, `${name}: ] goes to the first notable moment`);
    await press("]");
    check((await at()) > first, `${name}: ] goes on`);
    await press("[");
    check((await at()) === first, `${name}: [ goes back`);
  }
  const before = await at();
  await press(".");
  check((await at()) > before, `${name}: . steps one event`);
  await press(",");
  check((await at()) <= before, `${name}: , steps back`);
  const violated = summary.expectations.find((e) => e.bound !== "not_applicable" && e.at !== null);
  if (violated) {
    await press("v");
    check(Math.abs((await at()) - violated.at) < 1e-3 * Math.max(1, violated.at), `${name}: V goes to the violation at ${violated.at}`);
  }
  await press("+");
  check(page.url().includes("t="), `${name}: + narrows the range, and the address says so`);
  await press("0");
  check(!/[#&]t=/.test(page.url()), `${name}: 0 shows the whole run`);
  await press("?");
  check(await page.locator("dialog.help[open]").count() === 1, `${name}: ? shows the keys`);
  await press("Escape");
  await press(" ");
  await page.waitForTimeout(150);
  await press(" ");
  const strip = page.locator(".time-strip");
  const box = await strip.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
  await page.mouse.up();
  check(await page.locator(".time-strip .window:not(.whole)").count() === 1, `${name}: dragging on the time bar selects a range`);
  await press("0");
}

/** Tab goes through all that can be used, from the top down, and each shows that it has the focus. */
async function tabReaches(name, page) {
  await page.locator("#tab-blocks").click();
  await page.locator("h1").click();
  const reached = [];
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement, style = getComputedStyle(e);
      const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      return e === document.body ? null : { what: e.getAttribute("role") ?? e.tagName, class: String(e.className.baseVal ?? e.className), visible };
    });
    if (at === null) break;
    reached.push(at);
    check(at.visible, `${name}: the focus on ${at.what} ${at.class} can be seen`);
  }
  const order = [["tab", ""], ["BUTTON", "as-table"], ["img", "drawing"], ["BUTTON", "quiet"], ["slider", "time-strip"]];
  let from = 0;
  for (const [what, kind] of order) {
    const at = reached.findIndex((e, i) => i >= from && e.what === what && e.class.includes(kind));
    check(at >= 0, `${name}: Tab reaches ${what} ${kind}`);
    from = Math.max(from, at);
  }
  check(reached.length < 40, `${name}: Tab comes to an end`);
  await page.locator("#tab-overview").click();
}

async function comparisonPage(name, { page: file, summary }) {
  await withPage(name, file, wide, async (page) => {
    check((await page.textContent("h1")) === summary.name, `${name}: the heading is the comparison's name`);
    const runs = summary.cells.reduce((sum, cell) => sum + cell.runs, 0);
    check(valueOf(await page.textContent("[data-fact=runs] b")) === runs, `${name}: the page counts ${runs} runs`);
    const shown = await page.$$eval(".heat td[data-value]", (all) => all.map((e) => Number(e.dataset.value)));
    const metric = summary.table?.metrics?.[0];
    if (metric && shown.length > 0) {
      const means = summary.cells.map((cell) => cell.metrics[metric]?.value);
      check(shown.every((value) => means.includes(value)), `${name}: the heat map shows ${metric} of summary.json`);
    }
    check(shown.length + await page.locator(".outcome").count() > 0, `${name}: a heat map is shown`);
    await page.locator("button.as-table").first().click();
    check(await page.locator(".figure-table table").count() >= 1, `${name}: as a table`);
    await page.locator("button.as-table").first().click();
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(pictures, `${name}-whole.png`), fullPage: true });
  });
  await withPage(`${name}-narrow`, file, narrow, async (page) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= narrow.width, `${name}: nothing is wider than ${narrow.width} px, it is ${width}`);
  });
  await withPage(`${name}-dark`, file, wide, async () => {}, "dark");
}

async function sweepPage(name, { page: file, summary }) {
  const { passed, failed, inconclusive } = summary.runs;
  await withPage(name, file, wide, async (page) => {
    check((await page.textContent("h1")) === summary.name, `${name}: the heading is the scenario's name`);
    for (const [what, count] of [["runs", passed + failed + inconclusive], ["✓", passed], ["✗", failed], ["?", inconclusive]])
      check(valueOf(await page.textContent(`[data-fact="${what}"] b`)) === count, `${name}: the page counts ${what} ${count}`);
    const cells = summary.cells?.length ?? 1;
    check(await page.locator(".seed-row").count() === cells, `${name}: a strip for each of ${cells} cells`);
    const squares = await page.$$eval(".seed", (all) => all.map((e) => (e.getAttribute("d").match(/M/g) ?? []).length)
      .reduce((sum, count) => sum + count, 0));
    check(squares === passed + failed + inconclusive, `${name}: a square a seed, there are ${squares}`);
    check(await page.locator(".seed-mark").count() === failed + inconclusive, `${name}: what did not pass has a sign`);
    check(await page.locator(".heat").count() === (summary.cells ? 1 : 0), `${name}: a heat map where keys vary`);
    await page.screenshot({ path: join(pictures, `${name}-whole.png`), fullPage: true });
  });
  await withPage(`${name}-narrow`, file, narrow, async (page) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= narrow.width, `${name}: nothing is wider than ${narrow.width} px, it is ${width}`);
  });
  await withPage(`${name}-dark`, file, wide, async () => {}, "dark");
}

/** Opens the page, hands it over, and takes its picture at the end; an error on its console fails. */
async function withPage(name, file, viewport, use, theme = "light") {
  const context = await chromium.newContext({ viewport, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (message) => {
    check(message.type() !== "error" && message.type() !== "warning", `${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${name}: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    check(/^(file|data|blob):/.test(request.url()), `${name}: asks for ${request.url()}`);
  });
  const started = Date.now();
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("h1");
  await page.waitForTimeout(200);
  console.log(`${name}: open after ${Date.now() - started} ms`);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  await use(page);
  await context.close();
}
