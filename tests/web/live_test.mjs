// A live run, by clicks: node live_test.mjs BYZLAB NODE_MODULES OUT_FOLDER
//
// Pause, step, speed; crash, restart, isolate, heal, turn Byzantine in the topology's menu. What the page shows follows,
// its numbers are those of summary.json in the end, and the file that the server kept replays to the same trace hash.
// Then the finished run is forked by a click.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser } from "./browser.mjs";
import { check, finish } from "./results.mjs";
import { openPage, serve } from "./served.mjs";
import { everyView, sameNumbers } from "./shown.mjs";

const [byzlab, modules, out] = process.argv.slice(2);
const wide = { width: 1440, height: 900 }, narrow = { width: 390, height: 844 };
const pictures = join(out, "screenshots");
rmSync(out, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });

const replicas = 7;
const scenario = join(out, "live.yaml");
writeFileSync(scenario, `version: 1
name: live
duration: 300s
seed: 42
protocol: { name: pbft, replicas: ${replicas}, options: { view_timeout: 500ms } }
network: { latency: { model: normal, mean: 20ms, stddev: 4ms, min: 1ms }, bandwidth: 20 Mbit/s }
workload: { clients: 4, mode: open, rate: 40 tx/s }
expect:
  - agreement: holds
`);

const chromium = await browser(modules);
let server;
try {
  server = await serve(byzlab, "run", scenario, "--serve=0", "--pace", "4x", "--interactive", "-o", join(out, "results"));
  const id = await disturbed(server);
  await replayed(id);
  await forked(server, id);
  check((await server.stop()) === 0, "Ctrl-C ends the server");
} finally {
  await server?.stop();
  await chromium.close();
}
finish();

async function disturbed(server) {
  const { page, context } = await openPage(chromium, check, "live", server.url, { viewport: wide });
  const pace = page.locator(".pace");
  const until = (what, holds, ...more) => page.waitForFunction(holds, ...more, { timeout: 20000 })
    .catch(() => check(false, `live: ${what}`));
  const at = () => page.evaluate(() => Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")));
  await until("time goes on", () => Number(document.querySelector(".time-strip")?.getAttribute("aria-valuemax")) > 1.5);
  check((await page.textContent(".badge")).includes("live"), "the badge says live");
  await until("the figures grow", () => /replicas up\s*7 of 7/.test(document.querySelector(".figures").innerText));
  await page.screenshot({ path: join(pictures, "live-overview.png") });

  // What goes from whom to whom, and what clients wait for, while it goes on.
  await page.locator("#tab-spacetime").click();
  await until("messages are there while the run goes on", () =>
    /^[1-9]\d* messages/.test(document.querySelector("#view [role=status]").innerText));
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(pictures, "live-messages.png") });
  await page.locator("#view button.as-table").click();
  await until("the latest messages are listed", () => document.querySelectorAll("#view .figure-table tbody tr").length >= 20);
  const listed = await page.$$eval("#view .figure-table tbody tr", (rows) => rows.map((r) => Number(r.cells[0].innerText)));
  check(Math.min(...listed) > (await at()) - 20, "they are the latest");
  await page.locator("#view button.as-table").click();
  await page.locator("#tab-latency").click();
  await until("latency by client", () => /By client[\s\S]*c3/.test(document.querySelector("#view").innerText));
  await page.locator("#tab-network").click();
  await until("kinds of messages are counted", () => /Commit[\s\S]*Prepare/.test(document.querySelector("#view .bars").innerText));
  await until("the uplinks are drawn", () => document.querySelectorAll("#view figure[aria-label*=uplink]").length === 2);
  await page.locator("#tab-overview").click();

  // How fast.
  await pace.getByText("pause", { exact: true }).click();
  await until("the button says that it goes on", () => document.querySelector(".pace").innerText.includes("go on"));
  await page.waitForTimeout(300);
  const paused = await at();
  await page.waitForTimeout(500);
  check((await at()) === paused, "a paused run stands still");
  await pace.getByText("step", { exact: true }).click();
  await until("a step goes on by a tenth of a second", (was) =>
    Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")) > was + 0.05, paused);
  check((await at()) <= paused + 0.2, "a step is a tenth of a second");
  await pace.locator("select").selectOption("1");
  await until("the page shows the new speed", () => document.querySelector(".pace select").value === "1");
  check(!await pace.locator(".too-fast").isVisible(), "at 1× Prometheus may scrape");
  await pace.locator("select").selectOption("100");
  await until("above 10× the page says that scrapes are too far apart", () => !document.querySelector(".pace .too-fast").hidden);
  await pace.locator("select").selectOption("1");
  await until("the page shows the new speed again", () => document.querySelector(".pace select").value === "1");
  await pace.getByText("go on", { exact: true }).click();
  await until("it goes on", (was) => Number(document.querySelector(".time-strip").getAttribute("aria-valuemax")) > was + 0.4, paused);

  // What happens.
  await page.locator("#tab-topology").click();
  const says = (what, text) => until(`${what}: "${text}"`, (words) =>
    document.querySelector("#view").innerText.replace(/\s+/g, " ").includes(words), text);
  await rightClick(page, 2);
  await says("a right click picks the replica", "Disturb r2");
  check(await page.evaluate(() => document.activeElement?.textContent === "crash"), "the menu has the focus");
  await press(page, "crash");
  await says("the page writes what it did", "live-1, crash: r2");
  await says("r2 is down", "6 of 7 run");
  await says("r2 is down", "role crashed");
  await page.screenshot({ path: join(pictures, "live-crash.png") });
  await press(page, "restart");
  await says("r2 is up again", "7 of 7 run");
  await rightClick(page, 5);
  await press(page, "isolate");
  await says("r5 is cut off", "cut off from");
  await page.screenshot({ path: join(pictures, "live-isolate.png") });
  await press(page, "heal");
  await until("r5 is no longer cut off", () => !document.querySelector("#view").innerText.includes("cut off from"));
  await rightClick(page, 6);
  await press(page, "turn Byzantine");
  await says("r6 lies", "become: { who: r6, behavior: silent }");
  await says("r6 lies", "role Byzantine");
  await page.screenshot({ path: join(pictures, "live-byzantine.png") });
  await page.keyboard.press("f");
  check((await page.textContent("dialog[open]")).includes("cannot be forked yet"), "a live run is not forked");
  await page.keyboard.press("Escape");
  await everyView(check, "live", page, pictures);

  const late = await openPage(chromium, check, "live-narrow", server.url, { viewport: narrow, colorScheme: "dark" });
  await late.page.waitForTimeout(600);
  await everyView(check, "live-narrow", late.page, pictures, narrow.width);
  await late.context.close();

  // To the end.
  await pace.locator("select").selectOption("max");
  await page.locator("#tab-overview").click();
  await page.waitForSelector(".notice a", { timeout: 15000 });
  const id = await page.textContent(".notice a");
  const summary = summaryOf(id);
  await sameNumbers(check, "live", page, summary);
  check(summary.faults.length === 4, `the summary has the four faults: ${summary.faults.length}`);
  await page.locator("#tab-network").click();
  const sent = Object.entries(summary.messages).find(([, kind]) => kind.sent > 0)[0];
  await until(`the counts are there when the run is over: ${sent}`, (kind) =>
    document.querySelector("#view .bars")?.innerText.includes(kind), sent);
  await page.locator("#tab-spacetime").click();
  await until("messages are there when the run is over", () => /\d messages/.test(document.querySelector("#view").innerText));
  await context.close();
  return id;
}

/** On the circle; as topology.ts and topology_layout.ts place it. */
async function rightClick(page, replica) {
  const canvas = page.locator("#view canvas").first();
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  const far = Math.min(box.width / 2 - 48, box.height / 2 - 46);
  const angle = ((replica + 0.5) / replicas) * 2 * Math.PI - Math.PI / 2;
  await canvas.click({
    button: "right",
    position: {
      x: box.width / 2 + Math.cos(angle) * Math.min(far * 1.35, box.width / 2 - 48), y: box.height / 2 + Math.sin(angle) * far,
    },
  });
}

async function press(page, words) {
  await page.locator(".disturb button", { hasText: new RegExp(`^${words}$`) }).click();
}

function summaryOf(id) {
  return JSON.parse(readFileSync(join(out, "results", id, "summary.json"), "utf8"));
}

async function replayed(id) {
  const hash = summaryOf(id).trace_hash;
  const lock = join(out, "results", id, "scenario.lock.yaml");
  const text = readFileSync(lock, "utf8");
  for (const fault of ['crash: "r2"', 'restart: "r2"', 'isolate: "r5"', 'who: "r6"'])
    check(text.includes(fault), `scenario.lock.yaml has ${fault}`);
  try {
    execFileSync(byzlab, ["run", lock, "--verify", hash, "-q", "-o", join(out, "again")], { stdio: "pipe" });
  } catch (error) {
    check(false, `the file replays to ${hash}: ${error.stderr}`);
  }
}

async function forked(server, id) {
  const address = `${new URL(server.url).origin}/#id=${id}&at=10`;
  const { page, context } = await openPage(chromium, check, "fork", address, { viewport: wide });
  await page.keyboard.press("f");
  const dialog = page.locator("dialog[open]");
  await dialog.locator("select[aria-label=replica]").selectOption("3");
  check((await dialog.innerText()).includes("crash: r3"), "the dialog says what is added");
  await page.screenshot({ path: join(pictures, "fork-dialog.png") });
  await dialog.getByText("run it", { exact: true }).click();
  await page.waitForFunction((was) => {
    const now = new URLSearchParams(location.hash.slice(1)).get("id");
    return now !== null && now !== was && document.querySelector("h1") !== null;
  }, id, { timeout: 10000 });
  const made = new URLSearchParams(new URL(page.url()).hash.slice(1)).get("id");
  const summary = summaryOf(made);
  check(summary.seed === summaryOf(id).seed, "a fork has the seed");
  check(summary.faults.some((f) => f.action === "crash" && f.text === "r3"), "a fork has one more fault");
  await page.waitForSelector("[data-metric]");
  await sameNumbers(check, "fork", page, summary);
  await page.screenshot({ path: join(pictures, "fork.png") });
  await context.close();
}
