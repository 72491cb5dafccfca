// Commit latency: its distribution in and out of fault windows, over time, by phase, by proposer.
import { element } from "../dom";
import { figure, tableOf } from "../figure";
import { duration, number } from "../format";
import { Canvas, label, stroke } from "./canvas";
import { timeGestures } from "./gestures";
import {
  byClient,
  byGroup,
  byRegionPair,
  heatMap,
  histogram,
  phases,
  quantile,
  samples,
  type PairRow,
  type Sample,
} from "./latency_layout";
import { requestFeed } from "./live_feeds";
import { modelOf } from "./run_model";
import { font, hatching, mixed, shades, type Shades } from "./shades";
import { drawAxis } from "./timelines";
import { Legend, Tip } from "./tip";
import type { Range } from "../store";
import type { View, ViewContext } from "./view";
import "./views.css";

const left = 62;

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  let of: Sample[] = [],
    asked = "";
  const stack = element("div", { class: "stack" });
  root.append(stack);

  const spread = figure({
    title: "Distribution of commit latency",
    meaning:
      "Blocks committed in the shown range, from first proposal to first honest commit; bars are counts (buckets of equal ratio), the line is the share that is at most so late.",
    table: () => ({
      columns: ["from, s", "to, s", "outside faults", "during faults"],
      rows: histogram(of).map((b) => [b.from, b.to, b.steady, b.during]),
    }),
  });
  const bars = new Canvas(
    spread.body,
    "Histogram and cumulative share of commit latency",
    240,
    (pen, width, height) => drawHistogram(pen, of, width, height, shades()),
  );
  const legend = new Legend([
    {
      text: "outside faults",
      draw: (pen, s) => {
        pen.fillStyle = mixed(s.accent, s.paper, 0.35);
        pen.fillRect(3, 2, 18, 10);
      },
    },
    {
      text: "during faults",
      draw: (pen, s) => {
        pen.fillStyle = mixed(s.fault, s.paper, 0.5);
        pen.fillRect(3, 2, 18, 10);
        pen.fillStyle = hatching(pen, s.fault, 5);
        pen.fillRect(3, 2, 18, 10);
      },
    },
    { text: "cumulative share", draw: (pen, s) => stroke(pen, [1, 12, 8, 9, 14, 3, 23, 2], s.ink, 1.6) },
  ]);
  const said = element("p", { class: "note", role: "status" });
  spread.body.append(legend.root, said);
  const tip = new Tip(spread.body);
  bars.element.addEventListener("pointermove", (event) => {
    const buckets = histogram(of),
      wide = (bars.width - left - 46) / Math.max(1, buckets.length);
    const b = buckets[Math.floor((event.offsetX - left) / wide)];
    if (b)
      tip.show(event.offsetX, event.offsetY, [
        `${duration(b.from)} to ${duration(b.to)}`,
        `${b.steady} outside faults, ${b.during} during faults`,
      ]);
    else tip.hide();
  });
  bars.element.addEventListener("pointerleave", () => tip.hide());

  const heat = figure({
    title: "Commit latency over time",
    meaning: "Each cell counts the blocks committed then that took so long; a stronger colour is more.",
    table: () => ({
      columns: ["committed, s", "latency, s", "during faults"],
      rows: of.map((s) => [s.at, s.latency, s.during ? "yes" : ""]),
    }),
  });
  const map = new Canvas(heat.body, "Heat map of commit latency over time", 220, (pen, width, height) =>
    drawHeat(pen, of, width, height, shades(), context),
  );
  timeGestures(map.element, store, {
    time: (x) =>
      store.state.range.from +
      ((x - left) / (map.width - left)) * (store.state.range.to - store.state.range.from),
    share: (dx) => dx / (map.width - left),
    click: (x) =>
      store.set({
        cursor:
          store.state.range.from +
          ((x - left) / (map.width - left)) * (store.state.range.to - store.state.range.from),
      }),
  });

  const waterfall = figure({
    title: "Phases of a commit",
    meaning: "Median time from one step to the next, end to end.",
    table: () => ({
      columns: ["step", "median, s", "p99, s", "samples"],
      rows: phases(modelOf(data), of).map((p) => [p.name, p.median, p.p99, p.samples]),
    }),
  });
  const steps = new Canvas(waterfall.body, "Median time of each phase", 124, (pen, width) =>
    drawPhases(pen, phases(modelOf(data), of), width, shades()),
  );
  const groups = element("section", { class: "card" });
  const clients = element("section", { class: "card" }),
    pairs = element("section", { class: "card" });
  stack.append(
    spread.root,
    heat.root,
    element("div", { class: "pair" }, waterfall.root, groups),
    element("div", { class: "pair" }, clients, pairs),
  );

  const requests = requestFeed(context, () => tellClients(clients, context, store.state.range));

  return {
    update(range) {
      requests.want(range);
      const model = modelOf(data);
      const { commits, forgotten } = model.recording;
      const key = `${range.from} ${range.to} ${commits.t.length} ${forgotten ?? 0}`;
      if (key !== asked) {
        asked = key;
        of = samples(model, range);
        said.textContent = sentence(of);
        const rows = byGroup(model, of);
        groups.replaceChildren(
          element("h2", {}, model.regions.length > 0 ? "By the proposer's region" : "By proposer"),
          tableOf({
            columns: ["", "blocks", "p50", "p99"],
            rows: rows.slice(0, 12).map((g) => [g.name, g.samples, duration(g.p50), duration(g.p99)]),
            note: rows.length > 12 ? `and ${rows.length - 12} more` : undefined,
          }),
        );
        tellClients(clients, context, range);
        const between = byRegionPair(model, range);
        pairs.hidden = between.length === 0;
        pairs.replaceChildren(element("h2", {}, "From region to region"), pairTable(between));
      }
      for (const c of [bars, map, steps]) c.redraw();
      for (const f of [spread, heat, waterfall]) f.refresh();
      legend.update();
    },
    destroy() {
      requests.destroy();
      for (const c of [bars, map, steps]) c.destroy();
    },
  };
}

const most_clients = 12;

/** The slowest clients of the range first, when there are too many for all. */
function tellClients(root: HTMLElement, context: ViewContext, range: Range): void {
  const model = modelOf(context.data),
    rows = byClient(model, range);
  root.hidden = rows.length === 0;
  if (root.hidden) return;
  const shown =
    rows.length <= most_clients ? rows : [...rows].sort((a, b) => b.p99 - a.p99).slice(0, most_clients);
  const left_out = model.recording.truncated["requests"] ?? 0,
    kept = model.recording.requests?.t.length ?? 0;
  const notes = [
    rows.length > shown.length && `the slowest of ${rows.length} clients`,
    left_out > 0 && `of one request in ${Math.round((kept + left_out) / Math.max(1, kept))}`,
  ].filter(Boolean);
  root.replaceChildren(
    element("h2", {}, "By client"),
    element("p", { class: "note" }, "From a request's submission to its acceptance by the client."),
    tableOf({
      columns: ["client", "requests", "p50", "p99"],
      rows: shown.map((c) => [`c${c.client}`, c.samples, duration(c.p50), duration(c.p99)]),
      note: notes.length > 0 ? notes.join(", ") : undefined,
    }),
  );
}

/** Rows: where it was proposed; columns: where it was committed. */
function pairTable(of: PairRow[]): HTMLElement {
  const names = [...new Set(of.flatMap((p) => [p.from, p.to]))].sort();
  const most = Math.max(...of.map((p) => p.p50));
  const cell = (from: string, to: string) => {
    const p = of.find((k) => k.from === from && k.to === to);
    if (!p) return element("td", { class: "number" }, "–");
    return element(
      "td",
      {
        class: "number",
        title: `${p.samples} commits, p99 ${duration(p.p99)}`,
        style: `background: color-mix(in srgb, var(--blue) ${Math.round((p.p50 / most) * 32)}%, var(--paper))`,
      },
      duration(p.p50),
    );
  };
  return element(
    "div",
    { class: "table-box" },
    element("p", { class: "note" }, "Median from first proposal to a replica's commit. Rows: the proposer's region; columns: the replica's."),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, element("th"), ...names.map((n) => element("th", { scope: "col" }, n)))),
      element(
        "tbody",
        {},
        ...[...new Set(of.map((p) => p.from))].map((from) =>
          element("tr", {}, element("th", { scope: "row" }, from), ...names.map((to) => cell(from, to))),
        ),
      ),
    ),
  );
}

function sentence(of: Sample[]): string {
  if (of.length === 0) return "No block was committed in this range.";
  const words = (which: Sample[], name: string) => {
    const sorted = Float64Array.from(which, (s) => s.latency).sort();
    return `${name}: ${number(which.length)} blocks, p50 ${duration(quantile(sorted, 0.5))}, p99 ${duration(quantile(sorted, 0.99))}`;
  };
  const steady = of.filter((s) => !s.during),
    during = of.filter((s) => s.during);
  return (
    [
      steady.length > 0 && words(steady, "outside faults"),
      during.length > 0 && words(during, "during faults"),
    ]
      .filter(Boolean)
      .join("; ") + "."
  );
}

function drawHistogram(
  pen: CanvasRenderingContext2D,
  of: Sample[],
  width: number,
  height: number,
  shade: Shades,
): void {
  const buckets = histogram(of),
    foot = height - 24,
    top = 12,
    inner = width - left - 46;
  if (buckets.length === 0) return;
  const most = Math.max(...buckets.map((b) => b.steady + b.during)),
    wide = inner / buckets.length;
  pen.font = font;
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const y = foot - share * (foot - top);
    stroke(pen, [left, y, left + inner, y], shade.line);
    label(pen, number(Math.round(share * most)), left - 8, y, shade.ink2, "right");
    label(pen, `${share * 100} %`, left + inner + 6, y, shade.ink2);
  }
  let free = -Infinity;
  buckets.forEach((b, i) => {
    const x = left + i * wide,
      high = (n: number) => (n / most) * (foot - top);
    pen.fillStyle = mixed(shade.accent, shade.paper, 0.35);
    pen.fillRect(x + 0.5, foot - high(b.steady), Math.max(1, wide - 1), high(b.steady));
    const y = foot - high(b.steady + b.during);
    pen.fillStyle = mixed(shade.fault, shade.paper, 0.5);
    pen.fillRect(x + 0.5, y, Math.max(1, wide - 1), high(b.during));
    pen.fillStyle = hatching(pen, shade.fault, 5);
    pen.fillRect(x + 0.5, y, Math.max(1, wide - 1), high(b.during));
    const words = duration(Number(b.from.toPrecision(buckets[buckets.length - 1].to > 10 * buckets[0].from ? 2 : 3))),
      half = pen.measureText(words).width / 2;
    if (x - half < free) return;
    label(pen, words, x, foot + 12, shade.ink2, "center");
    stroke(pen, [x, foot, x, foot + 4], shade.line2);
    free = x + half + 18;
  });
  let sum = 0;
  const line: number[] = [left, foot];
  buckets.forEach((b, i) => {
    sum += b.steady + b.during;
    line.push(left + (i + 1) * wide, foot - (sum / of.length) * (foot - top));
  });
  stroke(pen, line, shade.ink, 1.6);
}

function drawHeat(
  pen: CanvasRenderingContext2D,
  of: Sample[],
  width: number,
  height: number,
  shade: Shades,
  context: ViewContext,
): void {
  const { range, cursor } = context.store.state,
    inner = width - left,
    top = 24,
    foot = height - 4;
  const map = heatMap(of, range, Math.max(10, Math.floor(inner / 9)));
  const x = (t: number) => left + ((t - range.from) / (range.to - range.from)) * inner;
  for (const f of modelOf(context.data).faults) {
    if (f.to < range.from || f.from > range.to) continue;
    pen.fillStyle = hatching(pen, mixed(shade.fault, shade.paper, 0.5), 8);
    pen.fillRect(
      Math.max(left, x(f.from)),
      top,
      Math.min(width, x(f.to)) - Math.max(left, x(f.from)),
      foot - top,
    );
  }
  const wide = inner / map.columns,
    high = (foot - top) / Math.max(1, map.rows);
  for (let c = 0; c < map.columns; c++)
    for (let r = 0; r < map.rows; r++) {
      const count = map.cells[c * map.rows + r];
      if (count === 0) continue;
      pen.fillStyle = mixed(
        shade.paper,
        shade.accent,
        0.25 + 0.75 * (Math.log(1 + count) / Math.log(1 + map.most)),
      );
      pen.fillRect(left + c * wide, foot - (r + 1) * high, Math.max(1, wide - 0.6), Math.max(1, high - 0.6));
    }
  pen.font = font;
  for (let r = 0; r <= map.rows; r += Math.max(1, Math.ceil(16 / high)))
    label(
      pen,
      duration(Number((10 ** ((map.low + r) / map.per_decade)).toPrecision(map.per_decade > 8 ? 3 : 2))),
      left - 8,
      Math.max(top + 6, foot - r * high),
      shade.ink2,
      "right",
    );
  drawAxis(pen, range, cursor, left, width, foot, shade, context);
}

function drawPhases(
  pen: CanvasRenderingContext2D,
  of: ReturnType<typeof phases>,
  width: number,
  shade: Shades,
): void {
  const whole = of.reduce((sum, p) => sum + p.median, 0) || 1,
    name = Math.min(150, width * 0.36),
    inner = width - name - 70;
  let at = 0;
  pen.font = font;
  of.forEach((p, i) => {
    const y = 10 + i * 28,
      x = name + (at / whole) * inner,
      wide = Math.max(2, (p.median / whole) * inner);
    label(pen, p.name, name - 8, y + 9, shade.ink, "right");
    pen.fillStyle = mixed(shade.accent, shade.paper, 0.35);
    pen.fillRect(x, y, wide, 18);
    label(pen, duration(p.median), x + wide + 6, y + 9, shade.ink2);
    if (i > 0) stroke(pen, [x, y - 10, x, y], shade.line2);
    at += p.median;
  });
}
