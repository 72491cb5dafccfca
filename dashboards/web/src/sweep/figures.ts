// Where the runs of each cell lie: a metric's median with its interval over a box of the runs' own values.
import { scaleLinear } from "d3-scale";
import { drawToFit, picture, type Box } from "../comparison/axes";
import { metricName } from "../comparison/model";
import type { SweepData, SweepFigure } from "../data/types";
import { element, svg } from "../dom";
import { figure } from "../figure";
import { number, unitOf, withUnit } from "../format";

const preferred = ["throughput.mean", "commit_latency.p50", "commit_latency.p99", "messages_per_commit.mean",
  "recovery_time.max", "view_changes.count"];

/** Metrics that some cell has, the usual ones first. */
export function metricsOf(data: SweepData): string[] {
  const known = [...new Set(data.figures.flatMap((cell) => Object.keys(cell)))].sort();
  return [...preferred.filter((m) => known.includes(m)), ...known.filter((m) => !preferred.includes(m))];
}

export function figures(data: SweepData, names: string[]): HTMLElement | null {
  const metrics = metricsOf(data);
  if (metrics.length === 0) return null;
  let metric = metrics[0];
  const chooser = element("select", {
    "aria-label": "metric", onchange: () => { metric = chooser.value; draw(); },
  }, ...metrics.map((m) => element("option", { value: m }, metricName(m))));
  const all = data.runs.passed + data.runs.failed + data.runs.inconclusive;
  const place = element("div", {});
  const made = figure({
    title: "Figures",
    meaning: "Each run has one value. Box: the middle half of the runs, line in it the median, whiskers 5 and 95 %, "
      + "dots the extremes; diamond: the median with its 95 % interval over all seeds (order statistics; of fewer than "
      + "six runs their range). Runs that were stopped are in none."
      + (data.figures_of < all ? ` Of the first ${number(data.figures_of)} runs.` : ""),
    table: () => ({
      columns: [...(names.length > 1 ? ["cell"] : []), "runs", "median", "low", "high", "mean", "min", "5 %", "25 %", "75 %", "95 %", "max"],
      rows: data.figures.flatMap((cell, i) => {
        const f = cell[metric];
        return f ? [[...(names.length > 1 ? [names[i]] : []), f.samples, f.value, f.low, f.high, f.mean, f.min, f.p5, f.p25, f.p75, f.p95, f.max]] : [];
      }),
      note: `${metricName(metric)}, base units: seconds, bytes, transactions a second`,
    }),
    tools: [chooser],
  });
  made.body.append(place);
  let width = 0;
  const draw = () => {
    if (width > 0) place.replaceChildren(chart(data, names, metric, width));
    made.refresh();
  };
  drawToFit(place, (now) => {
    width = now;
    return chart(data, names, metric, now);
  });
  return made.root;
}

function chart(data: SweepData, names: string[], metric: string, width: number): Element {
  const rows = data.figures.flatMap((cell, i) => (cell[metric] ? [{ name: names[i] ?? "", f: cell[metric] }] : []));
  if (rows.length === 0) return picture({ width, height: 20, left: 0, right: 0, top: 0, bottom: 0 }, "no runs");
  const line = 26, longest = Math.max(...rows.map(({ name }) => name.length));
  const left = names.length > 1 ? Math.min(width * 0.4, 16 + longest * 6.6) : 36;
  const box: Box = { width, height: rows.length * line + 28, left, right: 120, top: 4, bottom: 24 };
  const low = Math.min(...rows.map(({ f }) => f.min)), high = Math.max(...rows.map(({ f }) => f.max));
  const x = scaleLinear(low < high ? [low > 0 && low < high * 0.4 ? 0 : low, high] : [low - 1, high + 1],
    [box.left, width - box.right]).nice(5);
  const bottom = box.height - box.bottom, unit = unitOf(metric);
  return picture(box, `${metricName(metric)} of each cell`,
    ...x.ticks(Math.max(2, Math.floor((width - box.left - box.right) / 90))).flatMap((t) => [
      svg("line", { class: "grid", x1: x(t), x2: x(t), y1: box.top, y2: bottom }),
      svg("text", { class: "tick", x: x(t), y: bottom + 15, "text-anchor": "middle" }, withUnit(t, unit)),
    ]),
    ...rows.flatMap(({ name, f }, i) => row(name, f, box.top + i * line + line / 2, x, box, unit)));
}

function row(name: string, f: SweepFigure, y: number, x: (v: number) => number, box: Box, unit: string): Element[] {
  const to = (a: number, b: number) => svg("line", { class: "spread", x1: x(a), x2: x(b), y1: y, y2: y });
  return [
    svg("text", { class: "row-label", x: box.left - 10, y: y + 4, "text-anchor": "end" }, name),
    to(f.p5, f.p25), to(f.p75, f.p95),
    svg("rect", { class: "box", x: x(f.p25), y: y - 7, width: Math.max(1, x(f.p75) - x(f.p25)), height: 14 }),
    svg("line", { class: "median", x1: x(f.p50), x2: x(f.p50), y1: y - 7, y2: y + 7 }),
    ...[f.min, f.max].map((v) => svg("circle", { class: "extreme", cx: x(v), cy: y, r: 1.8 })),
    svg("line", { class: "interval", x1: x(f.low), x2: x(f.high), y1: y, y2: y }),
    svg("path", { class: "mean", d: `M${x(f.value)} ${y - 5}l5 5l-5 5l-5 -5z` },
      svg("title", {}, `${withUnit(f.value, unit)} (${withUnit(f.low, unit)} to ${withUnit(f.high, unit)}), ${f.samples} runs`)),
    svg("text", { class: "tick", x: box.width - box.right + 10, y: y + 4 }, withUnit(f.value, unit)),
  ];
}
