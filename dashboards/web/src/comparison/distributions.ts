// The whole distribution of a latency, from the merged histograms of a cell's runs: each bucket's bound is
// within the histogram's relative error of every sample in it.
import { scaleLinear, scaleLog } from "d3-scale";
import { lineStyle } from "../colours";
import type { Sketch } from "../data/types";
import { element, svg } from "../dom";
import { figure } from "../figure";
import { duration, number } from "../format";
import { axes, drawToFit, legend, picture, type Box } from "./axes";
import { cellAt, metricName, valuesOf, type Model, type Place } from "./model";

interface Step {
  value: number;
  share: number;
}

export function distributions(model: Model): HTMLElement | null {
  const names = [...new Set(model.data.cells.flatMap((cell) => Object.keys(cell.histograms ?? {})))];
  if (names.length === 0) return null;
  let name = names.includes("commit_latency") ? "commit_latency" : names[0];
  const place: Place = {};
  const others = model.axes.filter((axis) => axis.name !== model.rows);
  for (const axis of others) place[axis.name] = axis.values[0];
  const select = (label: string, values: string[], on: (value: string) => void) => {
    const made: HTMLSelectElement = element("select", { "aria-label": label, onchange: () => { on(made.value); draw(); } },
      ...values.map((value) => element("option", { value }, label === "figure" ? metricName(value) : `${label} = ${value}`)));
    return made;
  };
  const error = firstSketch(model, name)?.relative_error ?? 0.01;
  const made = figure({
    title: "Distribution",
    meaning: `Share of the samples of all runs at or below a value; values are exact within ${number(error * 100)} %.`,
    table: () => ({
      columns: [model.rows, "samples", "p50, s", "p90, s", "p99, s", "p99.9, s"],
      rows: curves().map(({ row, steps, count }) => [row, count,
        ...[0.5, 0.9, 0.99, 0.999].map((q) => steps.find((s) => s.share >= q)?.value ?? null)]),
    }),
    tools: [
      names.length > 1 ? select("figure", names, (v) => { name = v; }) : null,
      ...others.map((axis) => select(axis.name, axis.values, (v) => { place[axis.name] = v; })),
    ],
  });
  const curves = () => valuesOf(model, model.rows).flatMap((row, i) => {
    const sketch = cellAt(model, { ...place, [model.rows]: row })?.histograms?.[name];
    const steps = sketch ? cumulative(sketch) : [];
    return steps.length > 0 ? [{ row, i, steps, count: countOf(sketch as Sketch) }] : [];
  });
  const draw = () => {
    const shown = curves();
    const body = element("div", {});
    made.body.replaceChildren(legend(valuesOf(model, model.rows)), body);
    if (shown.length === 0) body.append(element("p", { class: "note" }, "No samples in this cell."));
    else drawToFit(body, (width) => chart(width, shown));
    made.refresh();
  };
  draw();
  return made.root;
}

function chart(width: number, curves: { row: string; i: number; steps: Step[] }[]): Element {
  const box: Box = { width, height: 300, left: 58, right: 16, top: 22, bottom: 34 };
  const values = curves.flatMap((c) => c.steps.map((s) => s.value)).filter((v) => v > 0);
  const x = scaleLog([Math.min(...values) / 1.05, Math.max(...values) * 1.05], [box.left, width - box.right]);
  const y = scaleLinear([0, 1], [box.height - box.bottom, box.top]);
  const left = x.domain()[0];
  return picture(box, "distribution",
    axes({ x, y, box, xText: duration, yText: (v) => `${Math.round(v * 100)} %`, xLabel: "", yLabel: "share of samples" }),
    ...curves.map(({ i, steps }) => svg("path", {
      class: "curve", style: `stroke: var(${lineStyle(i).colour})`,
      "stroke-dasharray": lineStyle(i).dash.join(" ") || null,
      d: `M${box.left} ${y(0)}` + steps.map((s) => `H${x(Math.max(s.value, left)).toFixed(1)}V${y(s.share).toFixed(1)}`).join("")
        + `H${width - box.right}`,
    })));
}

/** Upper bounds of the buckets with the share of samples at or below them. */
export function cumulative(sketch: Sketch): Step[] {
  const total = countOf(sketch);
  if (total === 0) return [];
  const steps: Step[] = [];
  let sum = sketch.zero;
  if (sum > 0) steps.push({ value: 0, share: sum / total });
  for (const [index, count] of [...sketch.buckets].sort((a, b) => a[0] - b[0])) {
    sum += count;
    // The middle of a bucket, in the sense of the least relative error: 2 γ^i / (γ + 1).
    steps.push({ value: (2 * sketch.gamma ** index) / (sketch.gamma + 1), share: sum / total });
  }
  return steps;
}

function countOf(sketch: Sketch): number {
  return sketch.zero + sketch.buckets.reduce((sum, [, count]) => sum + count, 0);
}

function firstSketch(model: Model, name: string): Sketch | undefined {
  return model.data.cells.map((cell) => cell.histograms?.[name]).find((sketch) => sketch !== undefined);
}
