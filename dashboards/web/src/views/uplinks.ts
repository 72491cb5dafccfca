// The uplink of each replica over time, a row a replica: how much of the time it sends, and how many bytes
// wait in it. A leader with a large block, or a link too narrow for its load, stands out as a dark row.
import type { NetworkData } from "../data/types";
import { figure, type Table } from "../figure";
import { bytes, moment, number, share } from "../format";
import type { Range } from "../store";
import { Canvas, label } from "./canvas";
import { timeGestures } from "./gestures";
import { momentsOf, useOf } from "./network_layout";
import { bold, font, hatching, lettersOn, mixed, shades, type Shades } from "./shades";
import { axis, drawAxis } from "./timelines";
import { Tip } from "./tip";
import type { View, ViewContext } from "./view";

const left = 44;

export function uplinkStrips(root: HTMLElement, context: ViewContext): View {
  const made = [
    strip(root, context, {
      title: "Use of each uplink",
      meaning: (u) =>
        `Share of the time in which a replica sends, of ${number(u.bits_per_second / 1e6)} Mbit/s each. Hatched: all of the time, what comes has to wait.`,
      values: useOf,
      strength: (v) => Math.min(1, v),
      is_full: (v) => v >= 0.98,
      colour: (s) => s.accent,
      words: (v) => (v > 0 && v < 0.001 ? "< 0.1 %" : share(Math.round(v * 1000) / 1000)),
      column: "use",
    }),
    strip(root, context, {
      title: "Waiting in each uplink",
      meaning: () => "Bytes given to a replica's uplink and not yet sent: the most since the moment before.",
      values: (of) => of.uplinks?.queue ?? [],
      // Of a kilobyte something is to be seen, and a megabyte is more than that.
      strength: (v, most) => (v <= 0 ? 0 : Math.log2(1 + v / 256) / Math.log2(2 + most / 256)),
      is_full: () => false,
      colour: (s) => s.purple,
      words: bytes,
      column: "bytes waiting",
    }),
  ];
  return {
    update: (range, cursor) => made.forEach((m) => m.update(range, cursor)),
    destroy: () => made.forEach((m) => m.destroy()),
  };
}

interface Strip {
  title: string;
  meaning: (uplinks: NonNullable<NetworkData["uplinks"]>) => string;
  /** By replica, then by moment of data.network.t. */
  values: (of: NetworkData) => number[][];
  /** 0..1, of the colour. */
  strength: (value: number, most: number) => number;
  is_full: (value: number) => boolean;
  colour: (shade: Shades) => string;
  words: (value: number) => string;
  column: string;
}

function strip(root: HTMLElement, context: ViewContext, options: Strip): View {
  const { data, store } = context;
  let of: NetworkData | undefined,
    values: number[][] = [],
    most = 0;
  const picture = figure({
    title: options.title,
    meaning: data.network?.uplinks ? options.meaning(data.network.uplinks) : undefined,
    table: () => table(data.network, values, options, store.state.range),
  });
  const canvas = new Canvas(picture.body, `${options.title}: a row a replica, time across`, 120, paint);
  const tip = new Tip(picture.body);
  root.append(picture.root);

  function refresh(): void {
    if (data.network === of) return;
    of = data.network;
    values = of ? options.values(of) : [];
    most = values.reduce((top, row) => row.reduce((m, v) => Math.max(m, v), top), 0);
    canvas.height = axis + Math.max(1, values.length) * rowHeight() + 2;
  }

  const rowHeight = () => (values.length <= 10 ? 18 : values.length <= 40 ? 11 : Math.max(3, Math.floor(420 / values.length)));

  function paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const { range, cursor } = store.state,
      shade = shades(),
      high = rowHeight();
    const x = (t: number) => left + ((t - range.from) / (range.to - range.from)) * (width - left);
    const every = Math.ceil(11 / high);
    values.forEach((row, r) => {
      const y = axis + r * high;
      pen.font = font;
      if (r % every === 0) label(pen, `r${r}`, left - 6, y + high / 2, shade.ink2, "right");
      pen.fillStyle = shade.ground;
      pen.fillRect(left, y, width - left, high - 1);
      if (of) drawRow(pen, of.t, row, range, x, y, high - 1, options, most, shade);
    });
    if (most === 0) {
      pen.font = font;
      const middle = (left + width) / 2,
        words = "nothing waits in this run";
      const half = pen.measureText(words).width / 2 + 8;
      pen.fillStyle = shade.paper;
      pen.fillRect(middle - half, axis + (height - axis) / 2 - 9, 2 * half, 18);
      label(pen, words, middle, axis + (height - axis) / 2, shade.ink2, "center");
    }
    drawAxis(pen, range, cursor, left, width, height, shade, context);
  }

  const timeAt = (px: number) => {
    const { range } = store.state;
    return range.from + ((px - left) / (canvas.width - left)) * (range.to - range.from);
  };
  timeGestures(canvas.element, store, {
    time: timeAt,
    share: (dx) => dx / (canvas.width - left),
    click: (px) => store.set({ cursor: timeAt(px) }),
    hover: (px, py) => {
      const r = Math.floor((py - axis) / rowHeight()),
        t = timeAt(px);
      const i = of ? of.t.findIndex((at) => at >= t) : -1;
      if (!of || px < left || r < 0 || r >= values.length || i < 1) return tip.hide();
      tip.show(px, py, [
        `r${r} at ${moment(of.t[i])}`,
        ...[useOf(of)[r][i]].map((v) => `${share(v)} of its uplink`),
        `${bytes(of.uplinks?.queue[r][i])} waiting`,
      ]);
    },
    leave: () => tip.hide(),
  });

  return {
    update() {
      refresh();
      canvas.redraw();
      picture.refresh();
    },
    destroy() {
      canvas.destroy();
    },
  };
}

function drawRow(
  pen: CanvasRenderingContext2D,
  t: readonly number[],
  row: readonly number[],
  range: Range,
  x: (t: number) => number,
  y: number,
  high: number,
  options: Strip,
  most: number,
  shade: Shades,
): void {
  const { first, last } = momentsOf(t, range);
  let named = -Infinity;
  for (let i = first + 1; i <= last; i++) {
    const strength = options.strength(row[i], most);
    if (strength <= 0) continue;
    const from = Math.max(left, x(t[i - 1])),
      to = Math.max(from + 1, x(t[i]));
    const fill = mixed(shade.paper, options.colour(shade), 0.1 + 0.85 * strength);
    pen.fillStyle = fill;
    pen.fillRect(from, y, to - from + 0.5, high);
    if (options.is_full(row[i])) {
      pen.fillStyle = hatching(pen, shade.paper, 4);
      pen.fillRect(from, y, to - from, high);
    }
    // Numbers, where there is room for them.
    if (high < 14 || to - from < 46 || from < named) continue;
    pen.font = bold;
    label(pen, options.words(row[i]), (from + to) / 2, y + high / 2, lettersOn(fill), "center");
    named = to;
  }
}

function table(of: NetworkData | undefined, values: number[][], options: Strip, range: Range): Table {
  const t = of?.t ?? [],
    { first, last } = momentsOf(t, range);
  return {
    columns: ["replica", `mean ${options.column}`, `most ${options.column}`, "at, s"],
    rows: values.map((row, r) => {
      let sum = 0,
        top = first + 1;
      for (let i = first + 1; i <= last; i++) {
        sum += row[i] * (t[i] - t[i - 1]);
        if (row[i] > row[top]) top = i;
      }
      const span = Math.max(1e-9, (t[last] ?? 0) - (t[first] ?? 0));
      return [`r${r}`, options.words(sum / span), options.words(row[top] ?? 0), t[top] ?? null];
    }),
  };
}
