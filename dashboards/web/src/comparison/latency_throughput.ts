// Latency against throughput: a point a cell, its 95 % intervals as whiskers, a line along the sizes.
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { lineStyle } from "../colours";
import { element, svg } from "../dom";
import { figure } from "../figure";
import { duration, number } from "../format";
import { axes, legend, mark, panel, picture, type Box } from "./axes";
import { combinations, estimateOf, placeText, valuesOf, type Estimate, type Model, type Place } from "./model";

interface Point {
  row: number;
  size: string;
  x: Estimate;
  y: Estimate;
}

/** Null when the comparison did not measure both. */
export function latencyAgainstThroughput(model: Model): HTMLElement | null {
  const throughput = model.metrics.find((m) => /^(throughput|goodput)/.test(m));
  const latency = model.metrics.find((m) => /^(commit|client)_latency\.p50$/.test(m))
    ?? model.metrics.find((m) => /latency/.test(m));
  if (!throughput || !latency) return null;
  const along = model.sizes;
  const panels = combinations(model, model.axes.map((a) => a.name).filter((a) => a !== model.rows && a !== along));
  const all = panels.map((place) => ({ place, points: pointsOf(model, place, along, throughput, latency) }))
    .filter(({ points }) => points.length > 0);
  if (all.length === 0) return null;
  const made = figure({
    title: "Latency against throughput",
    meaning: `Down and to the right is better. Whiskers are 95 % intervals${along ? `; a line joins the sizes: the larger the mark, the more ${along}` : ""}.`,
    table: () => ({
      columns: [...model.axes.map((a) => a.name), throughput, `${latency}, s`],
      rows: model.data.cells.flatMap((cell) => {
        const [x, y] = [estimateOf(cell, throughput), estimateOf(cell, latency)];
        return x && y ? [[...model.axes.map((a) => cell.at[a.name]), x.value, y.value]] : [];
      }),
    }),
  });
  const every = all.flatMap(({ points }) => points);
  const [low_y, high_y] = extent(every.flatMap((p) => [p.y.value, Math.max(p.y.low, p.y.value / 2), p.y.high])) as [number, number];
  const high_x = Math.max(...every.map((p) => p.x.high));
  made.body.append(legend(valuesOf(model, model.rows)), element("div", { class: "panels" },
    ...all.map(({ place, points }) => panel(placeText(place), (width) => {
      const box: Box = { width, height: 260, left: 58, right: 14, top: 22, bottom: 34 };
      const x = scaleLinear([0, high_x * 1.06], [box.left, width - box.right]);
      const y = scaleLog([low_y / 1.25, high_y * 1.25], [box.height - box.bottom, box.top]);
      const clip = (value: number) => y(Math.max(value, low_y / 1.25));
      return picture(box, `latency against throughput, ${placeText(place)}`,
        axes({ x, y, box, xText: number, yText: duration, xLabel: "tx/s", yLabel: latency.replace(/[._]/g, " ") }),
        ...lines(points, (p) => [x(p.x.value), y(p.y.value)]),
        ...points.flatMap((p) => [
          whisker(p.row, x(Math.max(0, p.x.low)), y(p.y.value), x(p.x.high), y(p.y.value)),
          whisker(p.row, x(p.x.value), clip(p.y.low), x(p.x.value), clip(p.y.high)),
          mark(p.row, x(p.x.value), y(p.y.value), 40 + 30 * Math.max(0, valuesOf(model, along).indexOf(p.size)),
            `${valuesOf(model, model.rows)[p.row]} ${p.size}: ${number(p.x.value)} tx/s, ${duration(p.y.value)}`),
        ]));
    }))));
  return made.root;
}

function pointsOf(model: Model, place: Place, along: string | null, throughput: string, latency: string): Point[] {
  return valuesOf(model, model.rows).flatMap((row, i) => valuesOf(model, along).flatMap((size) => {
    const at: Place = { ...place, [model.rows]: row, ...(along ? { [along]: size } : {}) };
    const cell = model.data.cells.find((c) => Object.entries(at).every(([axis, value]) => c.at[axis] === value));
    const [x, y] = [estimateOf(cell, throughput), estimateOf(cell, latency)];
    return x && y && y.value > 0 ? [{ row: i, size, x, y }] : [];
  }));
}

function lines(points: Point[], at: (p: Point) => [number, number]): SVGElement[] {
  const rows = new Set(points.map((p) => p.row));
  return [...rows].map((row) => svg("path", {
    class: "thin-line", style: `stroke: var(${lineStyle(row).colour})`,
    d: points.filter((p) => p.row === row).map((p, i) => `${i === 0 ? "M" : "L"}${at(p).join(" ")}`).join(""),
  }));
}

export function whisker(row: number, x0: number, y0: number, x1: number, y1: number): SVGElement {
  return svg("line", { class: "whisker", style: `stroke: var(${lineStyle(row).colour})`, x1: x0, y1: y0, x2: x1, y2: y1 });
}
