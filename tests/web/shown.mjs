// What a run's page has to show, wherever it comes from.
import { join } from "node:path";

const units = { "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400, kB: 1e3, MB: 1e6, GB: 1e9, "%": 0.01 };

/** What the page shows is what summary.json says, to the digits that it shows. */
export async function sameNumbers(check, name, page, summary) {
  const shown = await page.$$eval("[data-metric]", (all) => all.map((e) => ({
    metric: e.dataset.metric, value: e.dataset.value, text: e.textContent })));
  check(shown.length >= 5, `${name}: key figures are shown`);
  for (const { metric, value, text } of shown) {
    const expected = metric.split(".").reduce((at, part) => at?.[part], summary.metrics);
    if (expected === null || expected === undefined) {
      check(text === "–", `${name}: ${metric} has no value, and the page shows ${text}`);
      continue;
    }
    check(Number(value) === expected, `${name}: ${metric} is ${expected}, the page says ${value}`);
    check(Math.abs(valueOf(text) - expected) <= Math.abs(expected) * 0.006 + 1e-9,
      `${name}: ${metric} is ${expected}, the page shows ${text}`);
  }
  const expectations = await page.$$eval(".expectations li", (all) => all.map((e) => ({
    id: e.dataset.id, sign: e.querySelector(".sign").textContent, detail: e.querySelector(".detail").textContent })));
  check(expectations.length === summary.expectations.length, `${name}: every expectation is listed`);
  for (const e of summary.expectations) {
    const line = expectations.find((x) => x.id === e.id);
    const sign = { pass: "✓", fail: "✗" }[e.status] ?? "?";
    check(line?.sign === sign && line.detail === e.detail, `${name}: ${e.id} is ${sign} ${e.detail}`);
  }
}

export function valueOf(text) {
  const [, digits, unit] = /^([\d\u202f.]+)\s*(\S*)$/.exec(text) ?? [];
  return Number((digits ?? "x").replace(/\u202f/g, "")) * (units[unit] ?? 1);
}

/** Each view shows something, is no wider than the window, has a table, and leaves a picture. */
export async function everyView(check, name, page, pictures, width = 1440) {
  const tabs = await page.locator("[role=tab]").all();
  for (const tab of tabs) {
    await tab.click();
    await page.waitForTimeout(150);
    const id = (await tab.getAttribute("id")).replace("tab-", "");
    check((await page.locator("#view").innerText()).trim() !== "", `${name}: the view ${id} shows something`);
    await page.screenshot({ path: join(pictures, `${name}-${id}.png`) });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, `${name}: ${id} is no wider than ${width} px, it is ${wide}`);
    const table = page.locator("#view button.as-table").first();
    if (await table.count()) {
      await table.click();
      check(await page.locator("#view .figure-table table").count() >= 1, `${name}: ${id} as a table`);
      await table.click();
    }
  }
}
