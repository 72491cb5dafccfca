// Paired ratios against the baseline: same seed, same delays, same load; a bar that does not touch the line
// at 1 is a difference.
import { scaleLog } from "d3-scale";
import { element, svg } from "../dom";
import { figure } from "../figure";
import { number } from "../format";
import { mark, panel, picture, type Box } from "./axes";
import { ratioText } from "./heat_map";
import { whisker } from "./latency_throughput";
import {
  cellAt, combinations, metricName, placeText, ratioOf, valuesOf, type Estimate, type Model, type Place,
} from "./model";

export function ratios(model: Model): HTMLElement | null {
  const usable = model.metrics.filter((m) => model.data.cells.some((cell) => ratioOf(model, cell, m)));
  if (usable.length === 0 || model.baseline === null) return null;
  let metric = usable.find((m) => /latency\.p50/.test(m)) ?? usable[0];
  const chooser = element("select", {
    "aria-label": "metric", onchange: () => { metric = chooser.value; draw(); },
  }, ...usable.map((m) => element("option", { value: m, selected: m === metric }, metricName(m))));
  const others = model.axes.map((a) => a.name).filter((a) => a !== model.rows);
  const made = figure({
    title: `Against ${model.baseline}`,
    meaning: "Median of the factors of pairs, runs with the same seed, with its 95 % interval, on a logarithmic axis: "
      + "not the quotient of two medians. An interval that does not touch 1 is a difference.",
    table: () => ({
      columns: [...model.axes.map((a) => a.name), "ratio", "low", "high", "pairs", "divide by 0"],
      rows: model.data.cells.flatMap((cell) => {
        const e = ratioOf(model, cell, metric);
        return e ? [[...model.axes.map((a) => cell.at[a.name]), e.value, e.low, e.high, e.samples, e.left_out ?? 0]] : [];
      }),
    }),
    tools: [chooser],
  });
  const draw = () => {
    const panels = combinations(model, others).map((place) => ({ place, rows: rowsOf(model, place, metric) }))
      .filter(({ rows }) => rows.length > 0);
    const every = panels.flatMap(({ rows }) => rows.flatMap(({ e }) => [e.value, e.low, e.high])).filter((v) => v > 0);
    const far = Math.min(Math.max(...every.map((v) => Math.max(v, 1 / v)), 1.5) * 1.15, 1e4);
    made.body.replaceChildren(element("div", { class: "panels narrow" }, ...panels.map(({ place, rows }) =>
      panel(placeText(place), (width) => chart(width, rows, far)))));
    made.refresh();
  };
  draw();
  return made.root;
}

interface Row {
  name: string;
  i: number;
  e: Estimate;
}

function rowsOf(model: Model, place: Place, metric: string): Row[] {
  return valuesOf(model, model.rows).flatMap((name, i) => {
    const e = ratioOf(model, cellAt(model, { ...place, [model.rows]: name }), metric);
    return e && e.value > 0 && name !== model.baseline ? [{ name, i, e }] : [];
  });
}

function chart(width: number, rows: Row[], far: number): Element {
  const line_height = 24;
  const box: Box = { width, height: rows.length * line_height + 30, left: 82, right: 12, top: 4, bottom: 24 };
  const x = scaleLog([1 / far, far], [box.left, width - box.right]).clamp(true);
  const bottom = box.height - box.bottom;
  const decades = Math.log10(far);
  const ticks = decades < 0.5 ? [0.5, 1, 2] : decades < 1.3 ? [0.1, 0.3, 1, 3, 10] : [0.0001, 0.01, 1, 100, 10000];
  return picture(box, "ratios",
    ...ticks.filter((t) => t >= 1 / far && t <= far).flatMap((t) => [
      svg("line", { class: t === 1 ? "one" : "grid", x1: x(t), x2: x(t), y1: box.top, y2: bottom }),
      svg("text", { class: "tick", x: x(t), y: bottom + 15, "text-anchor": "middle" }, `${number(t)} ×`),
    ]),
    ...rows.flatMap(({ name, i, e }, at) => {
      const y = box.top + at * line_height + line_height / 2;
      return [
        svg("text", { class: "row-label", x: box.left - 8, y: y + 4, "text-anchor": "end" }, name),
        whisker(i, x(Math.max(e.low, 1 / far)), y, x(e.high), y),
        mark(i, x(e.value), y, 58, `${name}: ${ratioText(e)}`),
      ];
    }));
}
