// The page of a comparison: safety first, then the figures, from the coarsest picture to the finest.
import type { ComparisonData } from "../data/types";
import { element, fill } from "../dom";
import { tableOf } from "../figure";
import { number } from "../format";
import { copyButton, fact, themeButton, verdictBadge } from "../header";
import { themes } from "../themes";
import { distributions } from "./distributions";
import { heatMap } from "./heat_map";
import { latencyAgainstThroughput } from "./latency_throughput";
import { estimateOf, modelOf, type Model } from "./model";
import { ratios } from "./ratios";
import { resilienceMap } from "./resilience_map";
import { scalingCurves } from "./scaling";

export function openComparison(root: HTMLElement, data: ComparisonData): void {
  const model = modelOf(data);
  const redraws: (() => void)[] = [];
  const nextTheme = themes(() => { for (const again of redraws) again(); });

  const map = isMap(data);
  const figures = model.metrics.length > 0 ? [
    drawn(data, "heatmap") ? heatMap(model, (again) => redraws.push(again)) : null,
    drawn(data, "latency_vs_throughput") ? latencyAgainstThroughput(model) : null,
    drawn(data, "scaling") ? scalingCurves(model) : null,
    ratios(model),
    drawn(data, "cdf") ? distributions(model) : null] : [];
  fill(root, header(model, nextTheme), element("main", { class: "view comparison" },
    element("div", { class: "stack" },
      data.description ? element("p", { class: "description" }, data.description.trim()) : null,
      map || data.cells.some((cell) => cell.unsafe > 0) ? resilienceMap(model) : null,
      ...(map ? [] : figures),
      map && figures.length > 0 ? element("details", { class: "card" },
        element("summary", {}, "Figures of the same runs"), element("div", { class: "stack" }, ...figures)) : null,
      excluded(model), allCells(model))));
  document.title = `${data.name} · byzlab`;
}

/** What `report: charts` names; a map has all of them, below it. */
function drawn(data: ComparisonData, chart: string): boolean {
  const charts = data.table?.charts;
  return data.table?.map === true || !Array.isArray(charts) || charts.length === 0 || charts.includes(chart);
}

/** Said by the file; of older folders, guessed from there being no figures. */
function isMap(data: ComparisonData): boolean {
  return data.table?.map === true || (data.table === undefined && data.cells.every((cell) =>
    Object.keys(cell.metrics).length === 0));
}

function header(model: Model, nextTheme: () => void): HTMLElement {
  const { data, axes } = model;
  const sum = (of: (cell: ComparisonData["cells"][number]) => number) =>
    data.cells.reduce((total, cell) => total + of(cell), 0);
  const runs = sum((cell) => cell.runs);
  const unsafe = sum((cell) => cell.unsafe);
  return element("header", { class: "page-header" },
    element("div", { class: "title" }, verdictBadge(data.verdict), element("h1", {}, data.name),
      unsafe > 0 ? element("span", { class: "reason" }, `safety violated in ${number(unsafe)} runs`) : null,
      data.interrupted ? element("span", { class: "reason" }, "interrupted: some runs are missing") : null),
    element("div", { class: "facts" },
      fact("cells", axes.map((axis) => `${axis.values.length} ${axis.name}`).join(" × ")),
      fact("runs", number(runs)), fact("✓", number(sum((cell) => cell.passed))),
      fact("✗", number(sum((cell) => cell.failed))), fact("?", number(sum((cell) => cell.inconclusive))),
      data.first_seed !== undefined ? fact("seeds", `${data.first_seed} to ${data.last_seed}`) : null,
      model.baseline ? fact("baseline", model.baseline) : null,
      fact("trace", data.trace_hash, copyButton(data.trace_hash, "copy the trace hash"))),
    element("div", { class: "again" }, themeButton(nextTheme)));
}

function excluded(model: Model): HTMLElement | null {
  const why = new Map<string, number>();
  for (const cell of model.data.cells) if (cell.excluded !== undefined) why.set(cell.excluded, (why.get(cell.excluded) ?? 0) + 1);
  if (why.size === 0) return null;
  return element("section", { class: "card" }, element("h2", {}, "Not compared"),
    element("ul", {}, ...[...why].map(([because, count]) => element("li", {}, `${count} cells: ${because}`))));
}

function allCells(model: Model): HTMLElement {
  const names = model.axes.map((axis) => axis.name);
  return element("details", { class: "card" }, element("summary", {}, "Every cell"),
    element("div", { class: "figure-table" }, tableOf({
      columns: [...names, "runs", "✓", "✗", "?", "unsafe", "carried", ...model.metrics.flatMap((m) => [m, "low", "high", "n"])],
      rows: model.data.cells.filter((cell) => cell.excluded === undefined).map((cell) => [
        ...names.map((name) => cell.at[name]), cell.runs, cell.passed, cell.failed, cell.inconclusive, cell.unsafe,
        cell.carried ?? null,
        ...model.metrics.flatMap((m) => {
          const e = estimateOf(cell, m);
          return [e?.value ?? null, e?.low ?? null, e?.high ?? null, e?.samples ?? 0];
        })]),
      note: "base units: seconds, bytes, transactions a second; medians of n runs and their 95 % intervals, of fewer than six runs "
        + "their range; carried: share of the requests submitted after the warm-up that was committed",
    })));
}
