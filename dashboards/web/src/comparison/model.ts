// A comparison as the charts want it: its axes with their roles, and cells found by their place.
import type { ComparisonCell, ComparisonData, ComparisonMetric } from "../data/types";
import { unitOf, withUnit } from "../format";

export type Place = Record<string, string>;

export interface Model {
  data: ComparisonData;
  axes: { name: string; values: string[] }[];
  rows: string;
  columns: string | null;
  /** Axes beyond rows and columns. */
  pages: string[];
  /** The axis of sizes: numbers, such as replicas. */
  sizes: string | null;
  metrics: string[];
  baseline: string | null;
}

/** The median of the runs, with the interval of the median of all seeds. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  samples: number;
  /** Of low to high; less than 0.95: the range of too few runs. */
  confidence?: number;
  /** Samples that are, and the greatest. */
  above_zero?: number;
  max?: number;
  /** Of a factor: pairs that have none. */
  left_out?: number;
}

export function modelOf(data: ComparisonData): Model {
  const axes = data.axes ?? axesOf(data.cells);
  const has = (name: string | undefined) => axes.find((axis) => axis.name === name)?.name;
  const rows = has(data.table?.rows) ?? has("protocol") ?? axes[0]?.name ?? "";
  const columns = has(data.table?.columns)
    ?? axes.find((a) => a.name !== rows && !numeric(a.values))?.name
    ?? axes.find((a) => a.name !== rows)?.name ?? null;
  const sizes = axes.find((a) => a.name === "replicas" && a.values.length > 1)
    ?? axes.find((a) => a.name !== rows && a.values.length > 1 && numeric(a.values));
  const known = new Set(data.cells.flatMap((cell) => Object.keys(cell.metrics)));
  return {
    data, axes, rows, columns,
    pages: axes.map((a) => a.name).filter((name) => name !== rows && name !== columns),
    sizes: sizes?.name ?? null,
    metrics: (data.table?.metrics ?? [...known]).filter((name) => known.has(name)),
    baseline: baselineOf(data),
  };
}

/** The rows of a page that have a cell which was compared. */
export function rowsOn(model: Model, page: Place): string[] {
  return valuesOf(model, model.rows).filter((row) => model.data.cells.some((cell) => cell.excluded === undefined
    && cell.at[model.rows] === row && Object.entries(page).every(([axis, value]) => cell.at[axis] === value)));
}

export function valuesOf(model: Model, axis: string | null): string[] {
  return axis === null ? [""] : model.axes.find((a) => a.name === axis)?.values ?? [];
}

/** Every combination of the page axes' values; one empty place without such axes. */
export function pagesOf(model: Model): Place[] {
  return combinations(model, model.pages);
}

export function combinations(model: Model, axes: string[]): Place[] {
  return axes.reduce<Place[]>(
    (places, axis) => places.flatMap((place) =>
      valuesOf(model, axis).map((value) => ({ ...place, [axis]: value }))),
    [{}]);
}

export function placeText(place: Place): string {
  return Object.entries(place).map(([axis, value]) => `${axis} = ${value}`).join(", ");
}

export function cellAt(model: Model, place: Place): ComparisonCell | undefined {
  return model.data.cells.find((cell) =>
    Object.entries(place).every(([axis, value]) => axis === "" || cell.at[axis] === value));
}

/** A place from row, column and page; axes that are not there are left out. */
export function placeOf(model: Model, row: string, column: string, page: Place): Place {
  const place: Place = { ...page, [model.rows]: row };
  if (model.columns) place[model.columns] = column;
  return place;
}

export function estimateOf(cell: ComparisonCell | undefined, metric: string): Estimate | null {
  const found: ComparisonMetric | undefined = cell?.metrics[metric];
  const value = found?.value ?? found?.mean;  // older folders have means
  if (!found || found.samples === 0 || value === undefined || value === null || !Number.isFinite(value)) return null;
  const half = found.half_width ?? 0;
  return {
    value,
    low: found.low ?? value - half,
    high: found.high ?? value + half,
    samples: found.samples,
    confidence: found.confidence,
    above_zero: found.above_zero,
    max: found.max,
  };
}

/** Against the baseline, of pairs with the same seed. */
export function ratioOf(model: Model, cell: ComparisonCell | undefined, metric: string): Estimate | null {
  if (!cell) return null;
  const own = cell.ratios?.[metric];
  if (own && own.samples > 0) return { value: own.ratio ?? own.mean ?? NaN, low: own.low, high: own.high, samples: own.samples };
  const index = model.data.cells.indexOf(cell);
  const listed = model.data.ratios?.find((r) => r.metric === metric
    && (r.cell === undefined ? samePlace(r.at, cell.at) : r.cell === index));
  if (!listed || listed.samples === 0) return null;
  return {
    value: listed.ratio, low: listed.low, high: listed.high, samples: listed.samples, confidence: listed.confidence,
    left_out: listed.left_out,
  };
}

export function metricUnit(model: Model, metric: string): string {
  for (const cell of model.data.cells) {
    const unit = cell.metrics[metric]?.unit;
    if (unit) return unit;
  }
  return unitOf(metric);
}

export function metricText(model: Model, metric: string, value: number | null): string {
  return withUnit(value, metricUnit(model, metric));
}

/** "131 ms to 152 ms"; of a figure that is 0 in most runs, in how many it is more, and the most. */
export function intervalText(model: Model, metric: string, e: Estimate | null): string {
  if (!e || e.samples < 2) return "";
  const text = (value: number) => withUnit(value, metricUnit(model, metric));
  if (e.value === 0 && e.above_zero !== undefined)
    return `0 in ${e.samples - e.above_zero} of ${e.samples}${e.above_zero > 0 ? `, up to ${text(e.max ?? 0)}` : ""}`;
  const n = e.confidence !== undefined && e.confidence < 0.93 ? "range " : "";
  return e.high > e.low ? `${n}${text(e.low)} to ${text(e.high)}` : "";
}

/** Cells that commit less of what was submitted say so: as on the terminal. */
const carries_all = 0.9;
export function carriesText(cell: ComparisonCell): string {
  if (cell.carried === undefined || cell.carried >= carries_all) return "";
  const of = cell.carried_samples !== undefined && cell.carried_samples < cell.runs ? ` (n = ${cell.carried_samples})` : "";
  return `carries ${Math.floor(cell.carried * 100)} %${of}`;
}

/** commit_latency.p99 → "commit latency p99". */
export function metricName(metric: string): string {
  return metric.replace(/\.mean$/, "").replace(/[._]/g, " ");
}

// ------------------------------------------------------------- outcomes

export type Outcome = "live" | "safe" | "stalled" | "violated" | "undecided" | "excluded" | "none";

export interface OutcomeSign {
  outcome: Outcome;
  mark: string;
  word: string;
  /** "2 of 5", when not all runs came to it. */
  count: string;
}

export function outcomeOf(cell: ComparisonCell | undefined): OutcomeSign {
  if (!cell || cell.excluded !== undefined) return { outcome: "excluded", mark: "–", word: "n/a", count: "" };
  const runs = cell.runs;
  const of = (k: number) => (k === runs ? "" : `${k} of ${runs}`);
  if (runs === 0) return { outcome: "none", mark: "–", word: "no run", count: "" };
  if (cell.unsafe > 0) return { outcome: "violated", mark: "✗", word: "violated", count: of(cell.unsafe) };
  const named = cell.outcome as Outcome | undefined;
  if (named === "stalled" || (named === undefined && cell.failed > 0))
    return { outcome: "stalled", mark: "?", word: "stalled", count: of(cell.stalled ?? cell.failed) };
  if (named === "undecided" || (named === undefined && cell.inconclusive > 0))
    return { outcome: "undecided", mark: "?", word: "undecided", count: of(cell.inconclusive) };
  return named === "safe"
    ? { outcome: "safe", mark: "✓", word: "safe", count: "" }
    : { outcome: "live", mark: "✓", word: "live", count: "" };
}

// ------------------------------------------------------------- from the cells

function axesOf(cells: ComparisonCell[]): { name: string; values: string[] }[] {
  const axes = new Map<string, string[]>();
  for (const cell of cells) {
    for (const [name, value] of Object.entries(cell.at)) {
      const values = axes.get(name) ?? [];
      if (!values.includes(value)) values.push(value);
      axes.set(name, values);
    }
  }
  return [...axes].map(([name, values]) => ({ name, values }));
}

function baselineOf(data: ComparisonData): string | null {
  const named: unknown = data.table?.baseline ?? data.baseline;
  if (typeof named === "string" && named !== "") return named;
  if (named && typeof named === "object") return Object.values(named as Place).join(", ") || null;
  return null;
}

function numeric(values: string[]): boolean {
  return values.every((v) => v.trim() !== "" && Number.isFinite(Number(v)));
}

function samePlace(a: Place | undefined, b: Place): boolean {
  return a !== undefined && Object.keys(b).every((axis) => a[axis] === b[axis]);
}
