// Lines over simulated time, on uPlot: fault windows as hatched bands behind, violations as red diamonds,
// the cursor as a line. Dragging selects a range for all views; a click moves the cursor.
import { bisectLeft } from "d3-array";
import uPlot from "uplot";
import { hatch, paint } from "../colours";
import type { Seconds } from "../data/types";
import { element } from "../dom";
import { figure, type Figure } from "../figure";
import { moment } from "../format";
import type { Range } from "../store";
import type { View, ViewContext } from "../views/view";

export interface TimeLine {
  name: string;
  values: (number | null)[];
  /** Custom property. */
  colour: string;
  dash?: readonly number[];
  /** Holds its value until the next one. */
  stepped?: boolean;
  /** Filled down to zero, lightly. */
  filled?: boolean;
  width?: number;
}

export interface TimeChartOptions {
  title: string;
  meaning?: string;
  /** Asked again when a live run has grown. */
  t: () => Seconds[];
  lines: () => TimeLine[];
  format: (value: number) => string;
  height?: number;
  /** Drawn across: a limit, a total. */
  level?: { value: number; text: string };
  /** The values are seconds: ticks at whole minutes, hours, days when they are long. */
  seconds?: boolean;
  /** Whether the axis begins at zero (it does, if not said). */
  fromZero?: boolean;
}

export function timeChart(root: HTMLElement, context: ViewContext, options: TimeChartOptions): View {
  return new TimeChart(root, context, options);
}

class TimeChart implements View {
  private readonly figure: Figure;
  private readonly plot: uPlot;
  private readonly sizes: ResizeObserver;
  private cursor: Seconds;
  private theme = "";
  private t: Seconds[];
  private lines: TimeLine[];
  private revision: number;

  constructor(root: HTMLElement, private readonly context: ViewContext,
              private readonly options: TimeChartOptions) {
    this.cursor = context.store.state.cursor;
    this.t = options.t();
    this.lines = options.lines();
    this.revision = context.revision;
    this.figure = figure({
      title: options.title,
      meaning: options.meaning,
      table: () => ({
        columns: ["time, s", ...this.lines.map((line) => line.name)],
        rows: this.rowsInRange(),
      }),
    });
    root.append(this.figure.root);
    const place = element("div", { class: "plot" });
    this.figure.body.append(place);
    this.plot = new uPlot(this.plotOptions(place.clientWidth || 600), this.columns(), place);
    this.sizes = new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== this.plot.width)
        this.plot.setSize({ width: place.clientWidth, height: this.plot.height });
    });
    this.sizes.observe(place);
    this.update(context.store.state.range, this.cursor);
  }

  update(range: Range, cursor: Seconds): void {
    this.cursor = cursor;
    const { min, max } = this.plot.scales["x"];
    const theme = paint("--ink") + paint("--paper");
    const grown = this.revision !== this.context.revision;
    if (grown) {
      this.revision = this.context.revision;
      this.t = this.options.t();
      this.lines = this.options.lines();
      this.plot.setData(this.columns(), false);
    }
    if (grown || min !== range.from || max !== range.to) {
      this.plot.setScale("x", { min: range.from, max: range.to });
    } else {
      this.plot.redraw(theme !== this.theme, theme !== this.theme);
    }
    this.theme = theme;
    // What the legend says while the mouse is elsewhere: the values at the cursor.
    if ((this.plot.cursor.left ?? -1) < 0 && this.t.length > 0)
      this.plot.setLegend({ idx: Math.min(bisectLeft(this.t, cursor), this.t.length - 1) });
    this.figure.refresh();
  }

  destroy(): void {
    this.sizes.disconnect();
    this.plot.destroy();
  }

  private columns(): uPlot.AlignedData {
    return [this.t, ...this.lines.map((line) => line.values)];
  }

  private rowsInRange(): (number | null)[][] {
    const { from, to } = this.context.store.state.range;
    const rows: (number | null)[][] = [];
    this.t.forEach((t, i) => {
      if (t >= from && t <= to) rows.push([t, ...this.lines.map((line) => line.values[i])]);
    });
    return rows;
  }

  private plotOptions(width: number): uPlot.Options {
    const { options } = this;
    const axis: uPlot.Axis = {
      stroke: () => paint("--ink-2"),
      grid: { stroke: () => paint("--line"), width: 1 },
      ticks: { stroke: () => paint("--line"), width: 1, size: 4 },
      font: "11px system-ui, sans-serif",
    };
    return {
      width,
      height: options.height ?? 150,
      padding: [12, 20, 0, 0],
      scales: {
        x: { time: false, auto: false },
        y: { range: (_, low, high) => this.valueRange(low, high) },
      },
      axes: [
        { ...axis, size: 26, space: 70, incrs: clock_steps, values: (_, ticks) => ticks.map((t) => timeTick(t, this.span())) },
        { ...axis, size: 62, incrs: options.seconds ? clock_steps : undefined, values: (_, ticks) => ticks.map((v) => options.format(v)) },
      ],
      series: [
        { label: "at", value: (_, t) => (t === null ? "–" : moment(t, this.span())) },
        ...this.lines.map((line): uPlot.Series => ({
          label: line.name,
          stroke: () => paint(line.colour),
          width: line.width ?? 1.6,
          dash: line.dash && line.dash.length > 0 ? [...line.dash] : undefined,
          fill: line.filled ? () => paint(line.colour) + "26" : undefined,
          points: { show: true, size: 4, fill: () => paint(line.colour), filter: alone },
          paths: line.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
          value: (_, v) => (v === null || v === undefined ? "–" : options.format(v)),
        })),
      ],
      legend: { live: true },
      cursor: {
        sync: { key: "byzlab-time" },
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
      },
      hooks: {
        drawClear: [(plot) => this.drawBehind(plot)],
        draw: [(plot) => this.drawInFront(plot)],
        setSelect: [(plot) => this.selected(plot)],
        ready: [(plot) => this.listen(plot)],
      },
    };
  }

  private span(): Seconds {
    const { from, to } = this.context.store.state.range;
    return to - from;
  }

  private valueRange(low: number | null, high: number | null): [number, number] {
    const level = this.options.level?.value ?? -Infinity;
    const top = Math.max(high ?? 0, Number.isFinite(level) && level < 4 * (high ?? 0) ? level : -Infinity);
    const bottom = this.options.fromZero === false ? low ?? 0 : Math.min(0, low ?? 0);
    return top > bottom ? [bottom, top + (top - bottom) * 0.12] : [bottom, bottom + 1];
  }

  private drawBehind(plot: uPlot): void {
    const pen = plot.ctx;
    const { left, top, width, height } = plot.bbox;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    const fill = hatch(pen, "--fault", 0.3), ground = paint("--fault-band");
    for (const fault of this.context.data.summary.faults) {
      let drawn = -Infinity;  // of a fault that comes again and again: once a pixel
      for (const window of fault.windows) {
        const from = plot.valToPos(window.from, "x", true);
        const to = plot.valToPos(window.to ?? this.context.store.state.whole.to, "x", true);
        if (to < left || from > left + width || to < drawn + 1) continue;
        drawn = Math.max(to, from + 1);
        for (const style of [ground, fill]) {
          pen.fillStyle = style;
          pen.fillRect(from, top, Math.max(to - from, 1), height);
        }
      }
    }
    pen.restore();
  }

  private drawInFront(plot: uPlot): void {
    const pen = plot.ctx;
    const scale = window.devicePixelRatio || 1;
    const { left, top, width, height } = plot.bbox;
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width, top + height);
    pen.clip();
    const { level } = this.options;
    if (level && level.value <= (plot.scales["y"].max ?? 0)) {
      const y = plot.valToPos(level.value, "y", true);
      line(pen, left, y, left + width, y, paint("--ink-2"), scale, [4 * scale, 4 * scale]);
      pen.fillStyle = paint("--ink-2");
      pen.font = `${11 * scale}px system-ui, sans-serif`;
      pen.textAlign = "right";
      pen.fillText(level.text, left + width - 4 * scale, y - 4 * scale);
    }
    const at = plot.valToPos(this.cursor, "x", true);
    line(pen, at, top, at, top + height, paint("--ink"), scale, []);
    for (const story of this.context.data.story ?? []) {
      if (!story.violation) continue;
      const x = plot.valToPos(story.at, "x", true);
      line(pen, x, top, x, top + height, paint("--vermillion"), scale, []);
      diamond(pen, x, top, 5 * scale, paint("--vermillion"));
    }
    pen.restore();
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width > 3) {
      this.context.store.set({
        range: { from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") },
      });
    }
    if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  private listen(plot: uPlot): void {
    const { store } = this.context;
    plot.over.addEventListener("click", (event) => {
      const box = plot.over.getBoundingClientRect();
      store.set({ cursor: plot.posToVal(event.clientX - box.left, "x") });
    });
    plot.over.addEventListener("dblclick", () => store.set({ range: store.state.whole }));
  }
}

const clock_steps = [
  ...[-7, -6, -5, -4, -3, -2, -1, 0].flatMap((power) => [1, 2, 5].map((m) => Number((m * 10 ** power).toPrecision(1)))),
  10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 4320000,
];

/** Values without neighbours: no line would show them. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series];
  const found: number[] = [];
  for (let i = 0; i < values.length; ++i) {
    const none = (j: number) => values[j] === null || values[j] === undefined;
    if (!none(i) && none(i - 1) && none(i + 1)) found.push(i);
  }
  return found;
}

/** A tick of the time axis: as short as the span allows. */
export function timeTick(t: Seconds, span: Seconds): string {
  if (span >= 172800) return `${Number((t / 86400).toFixed(2))} d`;
  if (span >= 7200) return `${Number((t / 3600).toFixed(2))} h`;
  if (span >= 600) return `${Number((t / 60).toFixed(2))} min`;
  // As many digits as neighbours need to differ.
  const digits = Math.min(9, Math.max(3, Math.ceil(-Math.log10(Math.max(span, 1e-9))) + 2));
  return `${Number(t.toFixed(digits))} s`;
}

function line(pen: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number,
              colour: string, width: number, dash: number[]): void {
  pen.beginPath();
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.setLineDash([]);
}

function diamond(pen: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  pen.beginPath();
  pen.fillStyle = colour;
  pen.moveTo(x, y - r);
  pen.lineTo(x + r, y);
  pen.lineTo(x, y + r);
  pen.lineTo(x - r, y);
  pen.fill();
}
