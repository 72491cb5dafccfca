// The page of a sweep: what became of every seed, how often it failed, where the figures lie, and the
// command that repeats each run that did not pass.
import { heatMap } from "../comparison/heat_map";
import { modelOf } from "../comparison/model";
import { scalingCurves } from "../comparison/scaling";
import { signOf } from "../colours";
import type { ComparisonCell, ComparisonData, SweepData, SweepExpectation } from "../data/types";
import { element, fill } from "../dom";
import { number, share, unitOf } from "../format";
import { copyButton, fact, themeButton, verdictBadge } from "../header";
import { themes } from "../themes";
import { figures, metricsOf } from "./figures";
import { strips } from "./strips";

export function openSweep(root: HTMLElement, data: SweepData): void {
  const redraws: (() => void)[] = [];
  const nextTheme = themes(() => { for (const again of redraws) again(); });
  const names = data.cells?.map((cell) => cell.label) ?? [""];
  const several = data.cells !== undefined && metricsOf(data).length > 0 ? modelOf(asComparison(data)) : null;
  fill(root, header(data, nextTheme), element("main", { class: "view comparison" },
    element("div", { class: "stack" },
      strips(data, names),
      data.expectations ? expectations(data.expectations) : null,
      troubles(data, names),
      several ? heatMap(several, (again) => redraws.push(again)) : null,
      figures(data, names),
      several && several.sizes && several.rows !== several.sizes ? scalingCurves(several) : null)));
  document.title = `${data.name} · byzlab`;
}

/** Cells and their figures as the charts of a comparison want them. */
export function asComparison(data: SweepData): ComparisonData {
  const keys = data.keys ?? [];
  const short = (key: string) => key.replace(/^protocol\.(name|replicas)$/, (_, what: string) => (what === "name" ? "protocol" : what));
  const values = (key: string) => [...new Set((data.cells ?? []).map((cell) => cell.at[key]))];
  const cells = (data.cells ?? []).map((cell, i): ComparisonCell => ({
    at: Object.fromEntries(keys.map((key) => [short(key), cell.at[key]])),
    runs: cell.runs, passed: cell.passed, failed: cell.failed, inconclusive: cell.inconclusive, unsafe: 0,
    metrics: Object.fromEntries(Object.entries(data.figures[i] ?? {}).map(([name, f]) =>
      [name, { value: f.value, low: f.low, high: f.high, confidence: f.confidence, samples: f.samples, unit: unitOf(name) }])),
  }));
  // Sizes go across, so that they can be an axis of growth.
  const sizes = keys.find((key) => short(key) === "replicas") ?? keys.find((key) => values(key).every((v) => Number(v) > 0));
  const rows = keys.find((key) => key !== sizes) ?? keys[0] ?? "";
  const columns = keys.includes(sizes ?? "") && sizes !== rows ? sizes : keys.find((key) => key !== rows);
  return {
    schema: 1, kind: "comparison", name: data.name, verdict: data.verdict, interrupted: data.interrupted,
    trace_hash: data.trace_hash, cells,
    axes: keys.map((key) => ({ name: short(key), values: values(key) })),
    table: { rows: short(rows), columns: columns ? short(columns) : undefined, metrics: metricsOf(data) },
  };
}

function header(data: SweepData, nextTheme: () => void): HTMLElement {
  const { passed, failed, inconclusive, stopped, crashed, ended_early } = data.runs;
  const again = `byzlab sweep ${data.file} --seeds ${data.seeds.first}..${data.seeds.last}`
    + (data.keys ?? []).map((key) => ` --vary ${key}=${[...new Set(data.cells?.map((c) => c.at[key]))].join(",")}`).join("")
    + setWords(data.sets ?? []);
  return element("header", { class: "page-header" },
    element("div", { class: "title" }, verdictBadge(data.verdict), element("h1", {}, data.name),
      failed > 0 ? element("span", { class: "reason" }, `${number(failed)} of ${number(passed + failed + inconclusive)} runs failed`) : null,
      data.interrupted ? element("span", { class: "reason" }, "interrupted: some runs are missing") : null,
      data.shard ? element("span", { class: "reason" }, `shard ${data.shard} of the whole`) : null),
    element("div", { class: "facts" },
      data.cells ? fact("cells", number(data.cells.length)) : fact("protocol", data.protocol.name),
      data.cells ? null : fact("n", data.protocol.n),
      fact("runs", number(passed + failed + inconclusive)), fact("✓", number(passed)), fact("✗", number(failed)),
      fact("?", number(inconclusive)),
      ended_early ? fact("stopped at a violation", number(ended_early)) : null,
      stopped > 0 ? fact("stopped at a limit", number(stopped)) : null,
      crashed > 0 ? fact("crashed", number(crashed)) : null,
      fact("seeds", `${data.seeds.first} to ${data.seeds.last}`), fact("events", number(data.events)),
      fact("trace", data.trace_hash, copyButton(data.trace_hash, "copy the trace hash"))),
    element("div", { class: "again" }, element("code", {}, again), copyButton(again, "copy the command"),
      themeButton(nextTheme)));
}

function setWords(sets: string[]): string {
  return sets.map((set) => ` --set ${/^[\w.=%-]+$/.test(set) ? set : `'${set.replaceAll("'", "'\\''")}'`}`).join("");
}

function expectations(all: SweepExpectation[]): HTMLElement {
  return element("section", { class: "card" }, element("h2", {}, "Expectations over the seeds"),
    element("div", { class: "table-box" }, element("table", {}, element("tbody", {}, ...all.map((e) => {
      const sign = signOf(e.status);
      return element("tr", {},
        element("td", { class: `sign ${sign.kind}`, title: sign.word }, sign.mark),
        element("td", {}, e.text),
        element("td", {}, e.trials !== undefined ? rated(e)
          : `${number(e.passed)} of ${number((e.passed ?? 0) + (e.failed ?? 0) + (e.undecided ?? 0))} seeds`
            + (e.undecided ? `, ${number(e.undecided)} undecided` : "")));
    })))));
}

function rated(e: SweepExpectation): string {
  if (!e.trials) return "never tried";
  const [low, high] = e.interval ?? [0, 1];
  const open = e.undecided ?? 0, seeds = e.trials + open, successes = e.successes ?? 0;
  const known = open === 0 ? share(successes / seeds)
    : `between ${share(successes / seeds)} and ${share((successes + open) / seeds)}, ${number(open)} undecided`;
  return `${number(successes)} of ${number(seeds)} seeds: ${known} `
    + `(${share(e.confidence ?? 0.95)} interval ${number(low * 100)} to ${share(high)})`;
}

function troubles(data: SweepData, names: string[]): HTMLElement | null {
  if (data.troubles.length === 0) return null;
  const all = data.runs.failed + data.runs.inconclusive;
  const command = (seed: number, cell: number) => `byzlab run ${data.file} --seed ${seed}`
    + setWords([...(data.sets ?? []), ...Object.entries(data.cells?.[cell]?.at ?? {}).map(([key, value]) => `${key}=${value}`)]);
  return element("details", { class: "card", open: data.troubles.length <= 20 },
    element("summary", {}, all > data.troubles.length
      ? `What did not pass: the first ${number(data.troubles.length)} of ${number(all)}` : `What did not pass: ${number(all)}`),
    element("div", { class: "table-box" }, element("table", {},
      element("thead", {}, element("tr", {}, ...["", "seed", ...(names.length > 1 ? ["cell"] : []), "why", "again"]
        .map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...data.troubles.map(({ seed, cell, verdict, why }) => {
        const sign = signOf(verdict), again = command(seed, cell);
        return element("tr", {},
          element("td", { class: `sign ${sign.kind}`, title: sign.word }, sign.mark),
          element("td", { class: "number" }, String(seed)),
          names.length > 1 ? element("td", {}, names[cell]) : null,
          element("td", {}, why),
          element("td", {}, element("code", {}, again), copyButton(again, "copy the command")));
      })))));
}
