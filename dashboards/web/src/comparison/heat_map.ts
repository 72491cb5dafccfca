// The heat map: rows by columns, a page beside the other, one scale of colour for all. Cells say value,
// interval and verdicts in words, so that it reads without colour; what broke safety says so first.
import { interpolateRgb } from "d3-interpolate";
import { scaleLinear, scaleLog } from "d3-scale";
import { paint } from "../colours";
import { element } from "../dom";
import { figure, type Table } from "../figure";
import { number } from "../format";
import {
  carriesText, cellAt, estimateOf, intervalText, metricName, metricText, outcomeOf, pagesOf, placeOf, placeText, ratioOf, rowsOn,
  valuesOf, type Estimate, type Model, type Place,
} from "./model";

/** `onTheme`: calls back when colours have to be mixed again. */
export function heatMap(model: Model, onTheme: (redraw: () => void) => void): HTMLElement {
  let metric = model.metrics[0] ?? "";
  let relative = false;
  const can_relate = model.baseline !== null
    && model.data.cells.some((cell) => model.metrics.some((m) => ratioOf(model, cell, m)));
  const chooser = element("select", {
    "aria-label": "metric", onchange: () => { metric = chooser.value; draw(); },
  }, ...model.metrics.map((m) => element("option", { value: m }, metricName(m))));
  const relate = element("input", {
    type: "checkbox", onchange: () => { relative = relate.checked; draw(); },
  });
  const made = figure({
    title: "Heat map",
    meaning: "Median over the seeds and its 95 % interval (of fewer than six runs their range); deeper colour, larger "
      + "value. ✓ runs that met every expectation; a cell in which safety was violated says so first. A cell that "
      + "carries k % was overloaded, stood still or ended with requests under way: its latencies are of what got "
      + "through. Factors are medians of pairs with the same seed.",
    table: () => tableOf(model, metric),
    tools: [chooser, can_relate ? element("label", {}, relate, ` against ${model.baseline}`) : null],
  });
  const draw = () => {
    const colour = relative ? relativeColour(model, metric) : valueColour(model, metric);
    const value = (place: Place) => {
      const cell = cellAt(model, place);
      return relative ? ratioOf(model, cell, metric) : estimateOf(cell, metric);
    };
    made.body.replaceChildren(element("div", { class: "pages", style: pageWidth(model, 92) },
      ...pagesOf(model).map((page) => pageTable(model, page, (place) => {
        const e = value(place);
        return {
          text: !e ? "–" : relative ? `${number(e.value)} ×` : metricText(model, metric, e.value),
          interval: !e ? "" : relative ? `${number(e.low)} to ${number(e.high)}, ${pairsText(e)}` : intervalText(model, metric, e),
          colour: e ? colour(e.value) : null,
          value: e?.value ?? null,
        };
      }))));
    made.refresh();
  };
  draw();
  onTheme(draw);
  return made.root;
}

/** Columns of at least that width each; a page that does not fit beside another goes below it. */
export function pageWidth(model: Model, column: number): string {
  return `--page: ${90 + column * valuesOf(model, model.columns).length}px`;
}

interface Shown {
  text: string;
  interval: string;
  colour: string | null;
  value: number | null;
}

function pageTable(model: Model, page: Place, show: (place: Place) => Shown): HTMLElement {
  const columns = valuesOf(model, model.columns);
  return element("div", { class: "heat" },
    Object.keys(page).length > 0 ? element("h4", {}, placeText(page)) : null,
    element("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": `heat map ${placeText(page)}` },
      element("table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, ""),
        ...columns.map((column) => element("th", { scope: "col" }, column)))),
      element("tbody", {}, ...rowsOn(model, page).map((row) => element("tr", {},
        element("th", { scope: "row" }, row),
        ...columns.map((column) => heatCell(model, placeOf(model, row, column, page), show))))))));
}

function heatCell(model: Model, place: Place, show: (place: Place) => Shown): HTMLElement {
  const cell = cellAt(model, place);
  if (!cell || cell.excluded !== undefined) {
    return element("td", { class: "excluded", title: cell?.excluded ?? "not compared" }, "n/a");
  }
  const outcome = outcomeOf(cell);
  const { text, interval, colour, value } = show(place);
  const unsafe = outcome.outcome === "violated";
  return element("td", {
    class: unsafe ? "unsafe" : null, "data-value": value,
    style: colour ? `background: ${colour}; color: ${inkOn(colour)}` : null,
  },
  unsafe ? element("strong", {}, `✗ unsafe ${cell.unsafe}/${cell.runs}`) : null,
  carriesText(cell) ? element("strong", { class: "carries" }, carriesText(cell)) : null,
  element("span", { class: "value" }, text),
  element("span", { class: "runs" }, [interval, runsText(cell.passed, cell.failed, cell.inconclusive)]
    .filter((part) => part !== "").join("   ")));
}

function runsText(passed: number, failed: number, inconclusive: number): string {
  const parts = [`✓ ${passed}`];
  if (failed > 0) parts.push(`✗ ${failed}`);
  if (inconclusive > 0) parts.push(`? ${inconclusive}`);
  return parts.join("  ");
}

export function ratioText(e: Estimate): string {
  return (e.samples > 1 && e.high > e.low
    ? `${number(e.value)} × (${number(e.low)}–${number(e.high)})` : `${number(e.value)} ×`) + `, ${pairsText(e)}`;
}

/** "n = 7, 3 divide by 0" */
function pairsText(e: Estimate): string {
  return `n = ${e.samples}${e.left_out ? `, ${e.left_out} divide by 0` : ""}`;
}

// ------------------------------------------------------------- colours

/** From the paper's colour to blue; logarithmic when the values span more than a decade. */
function valueColour(model: Model, metric: string): (value: number) => string {
  const all = model.data.cells.flatMap((cell) => estimateOf(cell, metric)?.value ?? []);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const mix = interpolateRgb(paint("--heat-low"), paint("--heat-high"));
  if (!(high > low)) return () => mix(0.25);
  const scale = low > 0 && high / low > 10
    ? scaleLog([low, high], [0.04, 1]) : scaleLinear([Math.min(low, 0), high], [0.04, 0.8]);
  return (value) => mix(scale(value));
}

/** Orange below one, blue above, logarithmic. */
function relativeColour(model: Model, metric: string): (value: number) => string {
  const all = model.data.cells.flatMap((cell) => ratioOf(model, cell, metric)?.value ?? []);
  const most = Math.max(1.1, ...all.filter((r) => r > 0).map((r) => Math.max(r, 1 / r)));
  const up = interpolateRgb(paint("--heat-low"), paint("--heat-high"));
  const down = interpolateRgb(paint("--heat-low"), paint("--heat-other"));
  return (ratio) => {
    const share = Math.min(1, Math.abs(Math.log(ratio)) / Math.log(most));
    return ratio >= 1 ? up(share) : down(share);
  };
}

/** Black or white, whichever reads better. */
function inkOn(colour: string): string {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = [r, g, b].map((c) => {
    const s = (c ?? 0) / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.2 ? "#14171a" : "#ffffff";
}

function tableOf(model: Model, metric: string): Table {
  const names = model.axes.map((axis) => axis.name);
  return {
    columns: [...names, metric, "low", "high", "samples", "runs", "passed", "failed", "inconclusive", "unsafe", "carried"],
    rows: model.data.cells.filter((cell) => cell.excluded === undefined).map((cell) => {
      const e = estimateOf(cell, metric);
      return [...names.map((name) => cell.at[name]), e?.value ?? null, e?.low ?? null, e?.high ?? null,
        e?.samples ?? 0, cell.runs, cell.passed, cell.failed, cell.inconclusive, cell.unsafe, cell.carried ?? null];
    }),
    note: metricText(model, metric, null) === "–" ? "base units: seconds, bytes, transactions" : undefined,
  };
}
