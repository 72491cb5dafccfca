// Axes, marks and size of the comparison's SVG charts. Every protocol keeps its colour and its mark in
// all of them.
import type { ScaleContinuousNumeric } from "d3-scale";
import {
  symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, symbolWye,
  type SymbolType,
} from "d3-shape";
import { lineStyle } from "../colours";
import { element, svg } from "../dom";

export interface Box {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export type Scale = ScaleContinuousNumeric<number, number>;

export interface AxisOptions {
  x: Scale;
  y: Scale;
  box: Box;
  xText: (value: number) => string;
  yText: (value: number) => string;
  xTicks?: number[];
  xLabel: string;
  yLabel: string;
}

/** Grid, ticks and labels. */
export function axes(o: AxisOptions): SVGElement {
  const { box, x, y } = o;
  const bottom = box.height - box.bottom;
  const group = svg("g", { class: "axes" });
  for (const v of ticksOf(y, Math.max(2, Math.floor((bottom - box.top) / 32)))) {
    const at = y(v);
    group.append(
      svg("line", { class: "grid", x1: box.left, x2: box.width - box.right, y1: at, y2: at }),
      svg("text", { class: "tick", x: box.left - 6, y: at + 4, "text-anchor": "end" }, o.yText(v)));
  }
  for (const v of o.xTicks ?? ticksOf(x, Math.max(2, Math.min(8, Math.floor((box.width - box.left - box.right) / 64))))) {
    const at = x(v);
    group.append(
      svg("line", { class: "grid", x1: at, x2: at, y1: box.top, y2: bottom }),
      svg("text", { class: "tick", x: at, y: bottom + 15, "text-anchor": "middle" }, o.xText(v)));
  }
  group.append(
    svg("text", { class: "axis-label", x: box.width - box.right, y: box.height - 3, "text-anchor": "end" }, o.xLabel),
    svg("text", { class: "axis-label", x: 0, y: 11 }, o.yLabel));
  return group;
}

/** On a log scale: powers of ten, with 2 and 5 between them when there are few. */
function ticksOf(scale: Scale, count: number): number[] {
  const [low, high] = scale.domain();
  if (!("base" in scale)) return scale.ticks(count);
  const ticks: number[] = [];
  const decades = Math.log10(high / low);
  const steps = decades <= 1.2 ? [1, 2, 3, 5, 7] : decades < 2.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / count));
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    if (steps.length === 1 && power % every !== 0) continue;
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : [low, high];
}

const shapes: SymbolType[] = [
  symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar, symbolWye,
];

export function markPath(i: number, area = 58): string {
  return symbol(shapes[i % shapes.length], area)() ?? "";
}

export function mark(i: number, x: number, y: number, area: number, title: string): SVGElement {
  return svg("path", {
    class: "mark", d: markPath(i, area), transform: `translate(${x},${y})`, style: `fill: var(${lineStyle(i).colour})`,
  }, svg("title", {}, title));
}

/** Rows' names with their marks, above a row of panels. */
export function legend(names: string[], extra: (name: string, i: number) => string = () => ""): HTMLElement {
  return element("ul", { class: "legend" }, ...names.map((name, i) => element("li", {},
    svg("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" },
      svg("path", { d: markPath(i, 50), style: `fill: var(${lineStyle(i).colour})` })),
    name, extra(name, i) ? element("small", {}, ` ${extra(name, i)}`) : null)));
}

/** Draws again whenever the place has another width; returns nothing: the place lives with the page. */
export function drawToFit(place: HTMLElement, draw: (width: number) => Element): void {
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    place.replaceChildren(draw(width));
  }).observe(place);
}

/** A titled chart of a row of charts. */
export function panel(title: string, draw: (width: number) => Element): HTMLElement {
  const place = element("div", { class: "panel-body" });
  drawToFit(place, draw);
  return element("div", { class: "panel" }, title ? element("h4", {}, title) : null, place);
}

export function picture(box: Box, label: string, ...children: Element[]): SVGSVGElement {
  return svg("svg", {
    width: box.width, height: box.height, viewBox: `0 0 ${box.width} ${box.height}`, role: "img", "aria-label": label,
  }, ...children);
}
