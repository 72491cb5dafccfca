// The whole run as a strip at the bottom: fault windows as labelled bands, commits as ticks, violations as
// red diamonds. Dragging selects a range for all views, its ends and itself can be dragged, a click moves
// the cursor. The keys that move it are the page's (keys.ts).
import type { RunData, Seconds } from "./data/types";
import { element, svg } from "./dom";
import { timeTick } from "./charts/time_chart";
import { moment } from "./format";
import { isWhole } from "./notable";
import { clamp, type Range, type State, type Store } from "./store";

const height = 58;
const track = { top: 16, bottom: 42 };

export class TimeBar {
  readonly root: HTMLElement;
  private readonly strip: SVGSVGElement;
  private readonly still: SVGGElement;
  private readonly moving: SVGGElement;
  private readonly sizes: ResizeObserver;
  private width = 0;

  constructor(private readonly store: Store, private readonly data: RunData) {
    this.still = svg("g");
    this.moving = svg("g");
    this.strip = svg("svg", {
      class: "time-strip", height, tabindex: 0, role: "slider",
      "aria-label": "time of the run; arrows move the cursor",
    }, faultHatch(), this.still, this.moving);
    this.root = element("div", { class: "time-track" }, this.strip);
    this.strip.addEventListener("pointerdown", (event) => this.press(event));
    this.strip.addEventListener("dblclick", () => this.store.set({ range: this.store.state.whole }));
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(this.root);
  }

  update(state: State): void {
    const { from, to } = state.range;
    const [x0, x1] = [this.x(from), this.x(to)];
    const at = this.x(state.cursor);
    const whole = from === state.whole.from && to === state.whole.to;
    this.moving.replaceChildren(
      svg("rect", { class: "veil", x: 0, y: track.top, width: Math.max(x0, 0), height: track.bottom - track.top }),
      svg("rect", {
        class: "veil", x: x1, y: track.top, width: Math.max(this.width - x1, 0),
        height: track.bottom - track.top,
      }),
      svg("rect", {
        class: whole ? "window whole" : "window", x: x0, y: track.top,
        width: Math.max(x1 - x0, 2), height: track.bottom - track.top,
      }),
      ...[x0, x1].map((x) => svg("rect", {
        class: "grip", x: x - 2, y: track.top + 6, width: 4, height: track.bottom - track.top - 12, rx: 2,
      })),
      svg("line", { class: "cursor", x1: at, x2: at, y1: track.top - 4, y2: track.bottom + 2 }),
      svg("path", { class: "cursor-head", d: `M${at - 5} ${track.top - 9}h10l-5 7z` }),
    );
    this.strip.setAttribute("aria-valuemin", String(state.whole.from));
    this.strip.setAttribute("aria-valuemax", String(state.whole.to));
    this.strip.setAttribute("aria-valuenow", String(state.cursor));
    this.strip.setAttribute("aria-valuetext", moment(state.cursor, state.whole.to));
  }

  /** Draws what does not move again: after a change of size, or when a live run has grown. */
  redraw(): void {
    this.width = this.root.clientWidth;
    if (this.width === 0) return;
    this.strip.setAttribute("width", String(this.width));
    this.strip.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.still.replaceChildren(
      svg("rect", { class: "track", x: 0, y: track.top, width: this.width, height: track.bottom - track.top }),
      ...this.faultBands(), this.commitTicks(), ...this.marks(), ...this.axis());
    this.update(this.store.state);
  }

  destroy(): void {
    this.sizes.disconnect();
  }

  // ------------------------------------------------------------- drawing

  private faultBands(): SVGElement[] {
    const bands: SVGElement[] = [];
    let labelled = -Infinity;
    for (const fault of this.data.summary.faults) {
      let drawn = -Infinity;  // of a fault that comes again and again: once a pixel
      for (const window of fault.windows) {
        const x = this.x(window.from);
        const width = Math.max(this.x(window.to ?? this.store.state.whole.to) - x, 2);
        if (x + width < drawn + 1) continue;
        drawn = x + width;
        const name = fault.label || fault.action;
        bands.push(svg("rect", { class: "band", x, y: track.top, width, height: track.bottom - track.top },
          svg("title", {}, `${name}: ${fault.action} ${fault.text}`)));
        if (x >= labelled) {
          bands.push(svg("text", { class: "band-label", x: x + 3, y: track.top - 4 }, name));
          labelled = x + name.length * 6.5 + 12;
        }
      }
    }
    return bands;
  }

  /** A tick a pixel in which something was committed; its height says how much. */
  private commitTicks(): SVGElement {
    const counts = new Float64Array(Math.ceil(this.width) + 1);
    const { recording, series } = this.data;
    if (recording && recording.blocks.committed.length > 0 && (!series || isWhole(recording))) {
      for (const t of recording.blocks.committed) if (t !== null) counts[this.pixel(t)] += 1;
    } else if (series) {
      for (let i = 0; i < series.t.length; ++i) {
        const grown = series.height[i] - (i > 0 ? series.height[i - 1] : 0);
        if (grown > 0) counts[this.pixel(series.t[i])] += grown;
      }
    }
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    let path = "";
    counts.forEach((count, x) => {
      if (count > 0) path += `M${x + 0.5} ${track.bottom}v${-(4 + 14 * Math.sqrt(count / most)).toFixed(1)}`;
    });
    return svg("path", { class: "ticks", d: path });
  }

  private marks(): SVGElement[] {
    return (this.data.story ?? []).flatMap((line): SVGElement[] => {
      const x = this.x(line.at);
      if (line.violation) {
        return [svg("path", { class: "violation", d: `M${x} ${track.top - 3}l7 8l-7 8l-7 -8z` },
          svg("title", {}, `${moment(line.at)}: ${line.text}`))];
      }
      if (line.kind !== "mark") return [];
      return [svg("circle", { class: "mark", cx: x, cy: track.top + 5, r: 3.5 },
        svg("title", {}, `${moment(line.at)}: ${line.text}`))];
    });
  }

  private axis(): SVGElement[] {
    const { from, to } = this.store.state.whole;
    const count = clamp(Math.floor(this.width / 110), 2, 12);
    const step = niceStep((to - from) / count);
    const ticks: SVGElement[] = [];
    for (let t = Math.ceil(from / step) * step; t <= to + step * 1e-9; t += step) {
      const x = this.x(t);
      const anchor = x < 20 ? "start" : x > this.width - 30 ? "end" : "middle";
      ticks.push(svg("text", { class: "tick", x, y: height - 3, "text-anchor": anchor }, timeTick(t, to - from)));
    }
    return ticks;
  }

  private x(t: Seconds): number {
    const { from, to } = this.store.state.whole;
    return ((t - from) / Math.max(to - from, 1e-9)) * this.width;
  }

  private pixel(t: Seconds): number {
    return clamp(Math.floor(this.x(t)), 0, Math.ceil(this.width));
  }

  // ------------------------------------------------------------- dragging

  private timeAt(event: PointerEvent): Seconds {
    const { from, to } = this.store.state.whole;
    const x = event.clientX - this.strip.getBoundingClientRect().left;
    return from + clamp(x / Math.max(this.width, 1), 0, 1) * (to - from);
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const start = this.timeAt(event);
    const before = this.store.state.range;
    const drag = this.dragFor(event, start, before);
    let moved = false;
    const onMove = (e: PointerEvent) => {
      moved ||= Math.abs(e.clientX - event.clientX) > 3;
      if (moved) this.store.set({ range: drag(this.timeAt(e)) });
    };
    const onUp = () => {
      this.strip.removeEventListener("pointermove", onMove);
      this.strip.removeEventListener("pointerup", onUp);
      this.strip.removeEventListener("pointercancel", onUp);
      if (!moved) this.store.set({ cursor: start });
    };
    this.strip.setPointerCapture(event.pointerId);
    this.strip.addEventListener("pointermove", onMove);
    this.strip.addEventListener("pointerup", onUp);
    this.strip.addEventListener("pointercancel", onUp);
  }

  /** Near an end: that end moves. Inside a part: the part moves. Else a new range is drawn. */
  private dragFor(event: PointerEvent, start: Seconds, range: Range): (t: Seconds) => Range {
    const { whole } = this.store.state;
    const x = event.clientX - this.strip.getBoundingClientRect().left;
    const partial = range.from !== whole.from || range.to !== whole.to;
    if (partial && Math.abs(x - this.x(range.from)) < 6) return (t) => ({ from: t, to: range.to });
    if (partial && Math.abs(x - this.x(range.to)) < 6) return (t) => ({ from: range.from, to: t });
    if (partial && start > range.from && start < range.to && !event.shiftKey)
      return (t) => ({ from: range.from + t - start, to: range.to + t - start });
    return (t) => ({ from: Math.min(start, t), to: Math.max(start, t) });
  }
}

/** Diagonal lines in the colour of faults; `fill: url(#fault-hatch)`. */
function faultHatch(): SVGElement {
  return svg("defs", {},
    svg("pattern", { id: "fault-hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      svg("rect", { class: "hatch-ground", width: 8, height: 8 }),
      svg("path", { class: "hatch-line", d: "M-2 2l4 -4M0 8l8 -8M6 10l4 -4" })));
}

/** 1, 2 or 5 times a power of ten; minutes, hours and days where they fit. */
function niceStep(least: Seconds): Seconds {
  const clock = [15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800];
  if (least > 120) return clock.find((s) => s >= least) ?? Math.ceil(least / 604800) * 604800;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= least) ?? power * 10;
}
