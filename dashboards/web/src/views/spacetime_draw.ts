// What the space-time diagram is drawn with: lanes, arrows, quorum bars, notes on the lanes, bundles.
import type { MessageWindow } from "../data/types";
import { number } from "../format";
import { fitted, label, stroke } from "./canvas";
import { drawMark } from "./marks";
import { mark_words, ticks } from "./names";
import { lowerBound, type RunModel } from "./run_model";
import { bold, dashOf, font, hatching, hue, mixed, type Shades } from "./shades";
import { kindsIn, type Arrow, type ClientLane, type SpaceTime } from "./spacetime_layout";

/** Above the lanes (their names), and below. */
export const head = 30;
export const foot = 6;

export function drawLanes(
  pen: CanvasRenderingContext2D,
  shown: SpaceTime,
  model: RunModel,
  left: number,
  height: number,
  shade: Shades,
): void {
  pen.font = bold;
  const room = shown.lanes.length > 1 ? shown.lanes[1].x - shown.lanes[0].x : 80;
  let free = -Infinity; // names that would run into each other are left out
  for (const lane of shown.lanes) {
    const x = left + lane.x,
      liar = model.byzantine[lane.replica];
    const words = room > 34 ? `${liar ? "■ " : ""}r${lane.replica}` : String(lane.replica);
    const half = pen.measureText(words).width / 2;
    if (x - half >= free) {
      label(pen, words, x, 12, liar ? shade.fail : shade.ink, "center");
      free = x + half + 4;
    }
    stroke(
      pen,
      [x, head - 4, x, height - foot],
      liar ? mixed(shade.fail, shade.paper, 0.3) : shade.line2,
      liar ? 2 : 1.4,
    );
  }
}

/** To the right of the replicas: a bar from a request's submission (a dot) to its acceptance (a tick). */
export function drawClients(
  pen: CanvasRenderingContext2D,
  lanes: ClientLane[],
  shown: SpaceTime,
  left: number,
  room: number,
  range: { from: number; to: number },
  inner: number,
  shade: Shades,
): void {
  lanes.forEach((lane, i) => {
    const x = left + ((i + 0.5) * room) / lanes.length;
    stroke(pen, [x, -4, x, inner], shade.line2, 1, [2, 4]);
    for (const w of lane.waits) {
      const y0 = shown.y_of(Math.max(w.from, range.from)),
        y1 = shown.y_of(Math.min(w.to, range.to));
      stroke(pen, [x, y0, x, y1], mixed(shade.ink2, shade.paper, 0.25), 3);
      if (w.from >= range.from) {
        pen.beginPath();
        pen.arc(x, y0, 3, 0, 7);
        pen.fillStyle = shade.ink2;
        pen.fill();
      }
      if (w.to <= range.to) stroke(pen, [x - 5, y1, x + 5, y1], shade.pass, 2);
    }
  });
}

export function nameClients(
  pen: CanvasRenderingContext2D,
  lanes: ClientLane[],
  left: number,
  room: number,
  shade: Shades,
): void {
  pen.font = font;
  lanes.forEach((lane, i) =>
    label(pen, `c${lane.client}`, left + ((i + 0.5) * room) / lanes.length, 12, shade.ink2, "center"),
  );
}

export function drawTimes(
  pen: CanvasRenderingContext2D,
  shown: SpaceTime,
  left: number,
  width: number,
  height: number,
  range: { from: number; to: number },
  shade: Shades,
): void {
  pen.font = font;
  for (const tick of ticks(range, height - head, 54)) {
    const y = head + shown.y_of(tick.t);
    if (y < head || y > height - foot) continue;
    stroke(pen, [left - 5, y, width, y], mixed(shade.line, shade.paper, 0.3));
    label(pen, tick.text, left - 9, Math.min(Math.max(y, head + 5), height - 8), shade.ink2, "right");
  }
}

/** Grey where a replica is down, hatched where it is cut off. */
export function drawTroubles(
  pen: CanvasRenderingContext2D,
  shown: SpaceTime,
  model: RunModel,
  range: { from: number; to: number },
  inner: number,
  shade: Shades,
): void {
  const y = (t: number) => Math.max(0, Math.min(inner, shown.y_of(t)));
  for (const lane of shown.lanes) {
    for (const d of model.down[lane.replica] ?? []) {
      if (d.from > range.to || d.to < range.from) continue;
      pen.fillStyle = shade.line2;
      pen.fillRect(lane.x - 7, y(d.from), 14, y(d.to) - y(d.from));
      if (d.from >= range.from) label(pen, `✕ ${d.state}`, lane.x + 10, y(d.from) + 6, shade.ink2);
    }
    for (const c of model.cuts) {
      if (c.side[lane.replica] < 0 || c.from > range.to || c.to < range.from) continue;
      pen.fillStyle = hatching(pen, shade.fault, 6);
      pen.fillRect(lane.x - 4, y(c.from), 8, y(c.to) - y(c.from));
    }
  }
}

export function drawArrow(
  pen: CanvasRenderingContext2D,
  a: Arrow,
  shade: Shades,
  alpha: number,
  strong = false,
): void {
  const colour = hue(shade, a.kind),
    long = Math.hypot(a.x1 - a.x0, a.y1 - a.y0) || 1;
  const ux = (a.x1 - a.x0) / long,
    uy = (a.y1 - a.y0) / long;
  pen.globalAlpha = alpha;
  const width = strong ? 2.6 : 1.3;
  if (a.twofold) {
    for (const side of [-1.7, 1.7])
      stroke(
        pen,
        [a.x0 - uy * side, a.y0 + ux * side, a.x1 - uy * side, a.y1 + ux * side],
        shade.fail,
        1,
        dashOf(a.kind),
      );
  } else {
    stroke(
      pen,
      [a.x0, a.y0, a.x1, a.y1],
      a.dropped ? mixed(colour, shade.ink3, 0.4) : colour,
      width,
      dashOf(a.kind),
    );
  }
  const end = a.twofold ? shade.fail : colour;
  if (a.dropped) {
    stroke(pen, [a.x1 - 4, a.y1 - 4, a.x1 + 4, a.y1 + 4], shade.fail, 1.8);
    stroke(pen, [a.x1 - 4, a.y1 + 4, a.x1 + 4, a.y1 - 4], shade.fail, 1.8);
  } else {
    pen.fillStyle = end;
    pen.beginPath();
    pen.moveTo(a.x1, a.y1);
    pen.lineTo(a.x1 - ux * 8 - uy * 3.4, a.y1 - uy * 8 + ux * 3.4);
    pen.lineTo(a.x1 - ux * 8 + uy * 3.4, a.y1 - uy * 8 - ux * 3.4);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

export function nameArrow(pen: CanvasRenderingContext2D, a: Arrow, text: string, shade: Shades): void {
  const dx = a.x1 - a.x0,
    dy = a.y1 - a.y0,
    room = Math.hypot(dx, dy) - 24;
  pen.save();
  pen.font = font;
  pen.translate(a.x0 + dx / 2, a.y0 + dy / 2);
  pen.rotate(Math.atan2(dx < 0 ? -dy : dy, Math.abs(dx)));
  const words = fitted(pen, text, room);
  if (words) {
    pen.lineWidth = 3;
    pen.strokeStyle = shade.paper;
    pen.textAlign = "center";
    pen.strokeText(words, 0, -8);
    label(pen, words, 0, -8, shade.ink2, "center");
  }
  pen.restore();
}

/** "Prepare 5/7": across the voters, where the first replica had them all. Words only where there is room. */
export function drawBars(pen: CanvasRenderingContext2D, shown: SpaceTime, shade: Shades): void {
  if (shown.arrows.length > 900) return;
  let free = -Infinity;
  pen.font = bold;
  for (const bar of shown.bars) {
    const low = Math.min(...bar.xs),
      high = Math.max(...bar.xs);
    pen.globalAlpha = 0.85;
    stroke(pen, [low, bar.y, high, bar.y], hue(shade, bar.kind), 3);
    for (const x of bar.xs) stroke(pen, [x, bar.y - 4, x, bar.y + 4], hue(shade, bar.kind), 3);
    pen.globalAlpha = 1;
    if (bar.y - free < 17) continue;
    free = bar.y;
    const w = pen.measureText(bar.label).width,
      x = Math.max(w / 2 + 4, (low + high) / 2);
    pen.fillStyle = shade.paper;
    pen.globalAlpha = 0.88;
    pen.fillRect(x - w / 2 - 4, bar.y - 8, w + 8, 16);
    pen.globalAlpha = 1;
    label(pen, bar.label, x, bar.y, shade.ink, "center");
  }
}

/** How many commits and notes the range has, over all replicas. */
export function notedIn(model: RunModel, range: { from: number; to: number }): number {
  return [model.recording.notes.t, model.recording.commits.t].reduce(
    (sum, t) =>
      sum + lowerBound(t.length, range.to, (i) => t[i]) - lowerBound(t.length, range.from, (i) => t[i]),
    0,
  );
}

/** Commits and marks on the lanes. */
export function drawNotes(
  pen: CanvasRenderingContext2D,
  shown: SpaceTime,
  model: RunModel,
  range: { from: number; to: number },
  shade: Shades,
): void {
  const { notes, commits, blocks } = model.recording;
  pen.font = "10px system-ui, 'DejaVu Sans', sans-serif";
  for (const lane of shown.lanes) {
    const of = model.notes[lane.replica] ?? new Int32Array(0);
    for (
      let i = lowerBound(of.length, range.from, (k) => notes.t[of[k]]);
      i < of.length && notes.t[of[i]] <= range.to;
      i++
    )
      if (
        notes.what[of[i]] in mark_words &&
        !["voted", "certified", "checkpoint"].includes(notes.what[of[i]])
      )
        drawMark(pen, notes.what[of[i]], lane.x, shown.y_of(notes.t[of[i]]), shade);
    const held = model.commits[lane.replica] ?? new Int32Array(0);
    let free = -Infinity;
    for (
      let i = lowerBound(held.length, range.from, (k) => commits.t[held[k]]);
      i < held.length && commits.t[held[i]] <= range.to;
      i++
    ) {
      const y = shown.y_of(commits.t[held[i]]),
        b = commits.block[held[i]];
      pen.fillStyle = shade.pass;
      pen.fillRect(lane.x - 4, y - 4, 8, 8);
      pen.strokeStyle = shade.paper;
      pen.lineWidth = 1;
      pen.strokeRect(lane.x - 4, y - 4, 8, 8);
      if (y - free < 12) continue;
      free = y;
      label(pen, `✓${blocks.height[b]} ${blocks.id[b].slice(0, 4)}`, lane.x + 8, y, shade.pass);
    }
  }
}

/** Horizontal bars by slice of time and kind, with counts where there is room. */
export function drawBundles(
  pen: CanvasRenderingContext2D,
  w: MessageWindow,
  range: { from: number; to: number },
  width: number,
  inner: number,
  shade: Shades,
): void {
  const bundles = w.bundles ?? [];
  const most = Math.max(1, ...bundles.map((b) => b.count));
  const columns = kindsIn(w);
  const across = width / Math.max(1, columns.length);
  // By the square root: one busy kind would leave nothing of the others.
  const long = (count: number) => Math.sqrt(count / most) * (across - 16);
  pen.font = font;
  const y = (t: number) => ((t - range.from) / (range.to - range.from)) * inner;
  for (const b of bundles) {
    const y0 = y(b.from_t),
      high = Math.max(1, y(b.to_t) - y0 - 1),
      x = columns.indexOf(b.kind) * across + 8,
      wide = Math.max(1, long(b.count));
    pen.fillStyle = mixed(hue(shade, b.kind), shade.paper, 0.35);
    pen.fillRect(x, y0, wide, high);
    if (b.dropped > 0) {
      pen.fillStyle = hatching(pen, shade.fail, 5);
      pen.fillRect(x, y0, Math.max(2, long(b.dropped)), high);
    }
    if (high >= 13)
      label(
        pen,
        fitted(pen, `${number(b.count)}${b.dropped > 0 ? ` (${number(b.dropped)} lost)` : ""}`, across - 20),
        x + 4,
        y0 + high / 2,
        shade.ink,
      );
  }
  pen.font = bold;
  columns.forEach((kind, k) => {
    const words = fitted(pen, w.kinds[kind], across - 10);
    pen.fillStyle = shade.paper;
    pen.fillRect(k * across + 6, 0, pen.measureText(words).width + 6, 15);
    label(pen, words, k * across + 8, 8, shade.ink);
  });
}
