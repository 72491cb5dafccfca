// How a figure grows with the size: both axes logarithmic, so that a power of n is a straight line; the
// fitted power stands beside each name.
import { extent } from "d3-array";
import { scaleLog } from "d3-scale";
import { lineStyle } from "../colours";
import { element, svg } from "../dom";
import { figure } from "../figure";
import { number } from "../format";
import { axes, legend, mark, panel, picture, type Box } from "./axes";
import { combinations, estimateOf, metricName, metricText, placeText, valuesOf, type Model, type Place } from "./model";
import { whisker } from "./latency_throughput";

interface Line {
  row: number;
  name: string;
  points: { n: number; value: number; low: number; high: number }[];
  law: PowerLaw | null;
}

export interface PowerLaw {
  exponent: number;
  factor: number;
}

export function scalingCurves(model: Model): HTMLElement | null {
  const { sizes } = model;
  if (!sizes || model.metrics.length === 0) return null;
  let metric = model.metrics.find((m) => m.startsWith("messages_per_commit")) ?? model.metrics[0];
  const chooser = element("select", {
    "aria-label": "metric", onchange: () => { metric = chooser.value; draw(); },
  }, ...model.metrics.map((m) => element("option", { value: m, selected: m === metric }, metricName(m))));
  const made = figure({
    title: "Scaling",
    meaning: `Against ${sizes}, both axes logarithmic: a straight line is a power of n, and n^2 is twice as steep as n. `
      + "The powers are fitted by least squares seed by seed, and are the median of these slopes.",
    table: () => ({
      columns: [...model.axes.map((a) => a.name).filter((a) => a !== sizes), ...valuesOf(model, sizes).map((n) => `${sizes} ${n}`), "power of n"],
      rows: places(model).flatMap((place) => linesOf(model, place, metric).map((line) => [
        ...model.axes.map((a) => a.name).filter((a) => a !== sizes)
          .map((a) => (a === model.rows ? line.name : place[a])),
        ...valuesOf(model, sizes).map((n) => line.points.find((p) => p.n === Number(n))?.value ?? null),
        line.law?.exponent ?? null])),
    }),
    tools: [chooser],
  });
  const draw = () => {
    const panels = places(model).map((place) => ({ place, lines: linesOf(model, place, metric) }))
      .filter(({ lines }) => lines.some((line) => line.points.length > 0));
    const every = panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
    const ns = valuesOf(model, sizes).map(Number);
    const [low, high] = extent(every, (p) => p.value) as [number, number];
    made.body.replaceChildren(...(every.length === 0 ? [element("p", { class: "note" }, "Nothing was measured.")] : [
      legend(valuesOf(model, model.rows)),
      element("div", { class: "panels wide" }, ...panels.map(({ place, lines }) => panel(placeText(place), (width) => {
        const box: Box = { width, height: 270, left: 62, right: 124, top: 22, bottom: 34 };
        const x = scaleLog([ns[0] / 1.15, ns[ns.length - 1] * 1.15], [box.left, width - box.right]);
        const y = scaleLog([low / 1.4, high * 1.4], [box.height - box.bottom, box.top]);
        return picture(box, `scaling, ${placeText(place)}`,
          axes({
            x, y, box, xTicks: ns, xText: String, xLabel: sizes, yLabel: metricName(metric),
            yText: (v) => metricText(model, metric, v),
          }),
          ...lines.flatMap((line) => drawLine(line, (n) => x(n), (v) => y(Math.max(v, low / 1.4)))),
          ...slopes(lines, width - box.right + 8, (v) => y(v), box));
      }))),
    ]));
    made.refresh();
  };
  draw();
  return made.root;
}

function places(model: Model): Place[] {
  return combinations(model, model.axes.map((a) => a.name).filter((a) => a !== model.rows && a !== model.sizes));
}

function linesOf(model: Model, place: Place, metric: string): Line[] {
  const sizes = model.sizes as string;
  return valuesOf(model, model.rows).map((name, row) => {
    const points = valuesOf(model, sizes).flatMap((n) => {
      const at: Place = { ...place, [model.rows]: name, [sizes]: n };
      const cell = model.data.cells.find((c) => Object.entries(at).every(([axis, value]) => c.at[axis] === value));
      const e = estimateOf(cell, metric);
      return e && e.value > 0 ? [{ n: Number(n), value: e.value, low: e.low, high: e.high }] : [];
    });
    const fit = model.data.scaling?.fits.find((f) => f.metric === metric && f.at[model.rows] === name
      && Object.entries(place).every(([axis, value]) => f.at[axis] === value));
    return { row, name, points, law: fit ?? powerLaw(points) };
  });
}

/** Where the summary has no fit: least squares on the logarithms; null with fewer than two sizes. */
export function powerLaw(points: { n: number; value: number }[]): PowerLaw | null {
  const usable = points.filter((p) => p.n > 0 && p.value > 0);
  if (usable.length < 2) return null;
  const xs = usable.map((p) => Math.log(p.n));
  const ys = usable.map((p) => Math.log(p.value));
  const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const spread = xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
  if (spread === 0) return null;
  const exponent = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i] - my), 0) / spread;
  return { exponent, factor: Math.exp(my - exponent * mx) };
}

function drawLine(line: Line, x: (n: number) => number, y: (v: number) => number): SVGElement[] {
  const { colour, dash } = lineStyle(line.row);
  return [
    svg("path", {
      class: "curve", style: `stroke: var(${colour})`, "stroke-dasharray": dash.join(" ") || null,
      d: line.points.map((p, i) => `${i === 0 ? "M" : "L"}${x(p.n)} ${y(p.value)}`).join(""),
    }),
    ...line.points.flatMap((p) => [
      whisker(line.row, x(p.n), y(p.low), x(p.n), y(p.high)),
      mark(line.row, x(p.n), y(p.value), 58, `${line.name}, n = ${p.n}: ${number(p.value)}`),
    ]),
  ];
}

/** The fitted powers at the lines' ends, moved apart until they can be read. */
function slopes(lines: Line[], x: number, y: (v: number) => number, box: Box): SVGElement[] {
  const labels = lines.filter((line) => line.law !== null)
    .map((line) => ({ line, at: y(line.points[line.points.length - 1].value) }))
    .sort((a, b) => a.at - b.at);
  labels.forEach((label, i) => { if (i > 0) label.at = Math.max(label.at, labels[i - 1].at + 13); });
  const over = labels.length > 0 ? labels[labels.length - 1].at - (box.height - box.bottom + 4) : 0;
  if (over > 0) {
    let limit = Infinity;
    for (const label of [...labels].reverse()) {
      label.at = Math.min(label.at, limit, box.height - box.bottom + 4);
      limit = label.at - 13;
    }
  }
  return labels.map(({ line, at }) => svg("text", {
    class: "slope", x, y: at + 4, style: `fill: var(${lineStyle(line.row).colour})`,
  }, `${line.name} `, svg("tspan", { class: "power" }, `n^${(line.law as PowerLaw).exponent.toFixed(2)}`)));
}
