// Replica timelines: a row a replica with its views, troubles, marks and height; beneath, who holds which
// block committed at each height. Rows below the fold are not drawn.
import { element } from "../dom";
import { figure } from "../figure";
import { moment } from "../format";
import type { Range } from "../store";
import { Canvas, fitted, label, stroke } from "./canvas";
import { timeGestures } from "./gestures";
import { agreementFigure } from "./agreement";
import { drawMark } from "./marks";
import { mark_words, ticks } from "./names";
import { lowerBound, modelOf, spanAt, type RunModel } from "./run_model";
import { bold, font, hatching, hue, lettersOn, mixed, shades, type Shades } from "./shades";
import { heightScale, timelineRow, type TimelineRow } from "./timelines_layout";
import { Legend, Tip, type Key } from "./tip";
import type { View, ViewContext } from "./view";
import "./views.css";

export const axis = 22;
const most_height = 620;

export function mount(root: HTMLElement, context: ViewContext): View {
  const { store, data } = context;
  let model = modelOf(data);
  let rows: TimelineRow[] = [],
    laid_out = ""; // the cursor may move without laying out again
  const picture = figure({
    title: "Replica timelines",
    meaning:
      "A row a replica: its views (numbered; ★ while it leads), what befell it, what it noted, and its committed height as a line.",
    table: () => table(model, store.state.range),
  });
  const box = element("div", { class: "scroll-box" });
  const spacer = element("div", { class: "spacer" });
  const legend = new Legend(keys(model));
  const said = element("p", { class: "note", role: "status" });
  picture.body.append(box, legend.root, said);
  box.append(spacer);
  const canvas = new Canvas(
    spacer,
    `Timelines of ${model.n} replicas; arrow up and down bring one out`,
    100,
    paint,
  );
  const tip = new Tip(picture.body);
  const stack = element("div", { class: "stack" });
  root.append(stack);
  stack.append(picture.root);
  const agreement = agreementFigure(stack, context);

  const gutter = () => (canvas.width < 560 ? 40 : 54);
  const rowHeight = () => (model.n <= 12 ? 44 : model.n <= 40 ? 30 : 20);
  const timeAt = (x: number) => {
    const { range } = store.state;
    return range.from + ((x - gutter()) / (canvas.width - gutter())) * (range.to - range.from);
  };
  const replicaAt = (y: number) => Math.floor((y - axis + box.scrollTop) / rowHeight());

  function paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const shade = shades(),
      { range, cursor, selection } = store.state;
    const left = gutter(),
      per = rowHeight(),
      inner = width - left;
    const first = Math.max(0, Math.floor(box.scrollTop / per));
    const last = Math.min(model.n, Math.ceil((box.scrollTop + height - axis) / per));
    const key = [
      range.from,
      range.to,
      inner,
      first,
      last,
      model.recording.commits.t.length,
      model.recording.views.t.length,
      model.recording.notes.t.length,
    ].join();
    if (key !== laid_out) {
      laid_out = key;
      rows = [];
      for (let r = first; r < last; r++) rows.push(timelineRow(model, r, range, inner));
    }
    const scale = heightScale(rows);
    pen.save();
    pen.beginPath();
    pen.rect(0, axis, width, height - axis);
    pen.clip();
    for (const row of rows) {
      const y = axis + row.replica * per - box.scrollTop;
      pen.globalAlpha = selection.replicas.length > 0 && !selection.replicas.includes(row.replica) ? 0.3 : 1;
      drawName(pen, model, row.replica, y, per, left, shade);
      pen.save();
      pen.translate(left, 0);
      pen.beginPath();
      pen.rect(0, y, inner, per);
      pen.clip();
      drawRow(pen, row, y, per, scale, model.recording.views.t.length > 0, shade);
      pen.restore();
      pen.globalAlpha = 1;
      stroke(pen, [0, y + per - 0.5, width, y + per - 0.5], shade.line);
    }
    pen.restore();
    drawAxis(pen, range, cursor, left, width, height, shade, context);
  }

  timeGestures(canvas.element, store, {
    time: timeAt,
    share: (dx) => dx / (canvas.width - gutter()),
    click: (x, y) => {
      const r = replicaAt(y);
      if (x < gutter() && r >= 0 && r < model.n) {
        const { replicas } = store.state.selection;
        store.set({
          selection: { replicas: replicas.includes(r) ? replicas.filter((k) => k !== r) : [...replicas, r] },
        });
      } else {
        store.set({ cursor: timeAt(x) });
      }
    },
    hover: (x, y) => {
      const r = replicaAt(y);
      if (x < gutter() || r < 0 || r >= model.n) return tip.hide();
      tip.show(
        x,
        y + 4,
        describe(model, r, timeAt(x), ((store.state.range.to - store.state.range.from) / canvas.width) * 5),
      );
    },
    leave: () => tip.hide(),
  });
  canvas.element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") return store.set({ selection: { replicas: [] } });
    if (step === 0) return;
    event.preventDefault();
    const at = store.state.selection.replicas[0] ?? (step > 0 ? -1 : 0),
      next = (at + step + model.n) % model.n;
    store.set({ selection: { replicas: [next] } });
    const y = next * rowHeight();
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + rowHeight() + axis > box.scrollTop + canvas.height)
      box.scrollTop = y + rowHeight() + axis - canvas.height;
    tip.show(
      gutter(),
      axis + y - box.scrollTop,
      describe(model, next, store.state.cursor, (store.state.range.to - store.state.range.from) / 200),
    );
  });
  box.addEventListener("scroll", () => canvas.redraw());

  return {
    update(range, cursor) {
      model = modelOf(data);
      const all = axis + model.n * rowHeight();
      spacer.style.height = `${all}px`;
      box.style.maxHeight = `${most_height}px`;
      canvas.height = Math.min(all, most_height);
      canvas.redraw();
      legend.update();
      said.textContent =
        range.to <= model.known_until
          ? ""
          : `Commits after ${moment(model.known_until)} are not in the recording, which is bounded.`;
      picture.refresh();
      agreement.update(range, cursor);
    },
    destroy() {
      canvas.destroy();
      agreement.destroy();
    },
  };
}

function drawName(
  pen: CanvasRenderingContext2D,
  model: RunModel,
  r: number,
  y: number,
  per: number,
  left: number,
  shade: Shades,
): void {
  pen.font = bold;
  const liar = model.byzantine[r];
  label(pen, `${liar ? "■ " : ""}r${r}`, left - 8, y + per / 2, liar ? shade.fail : shade.ink, "right");
}

function drawRow(
  pen: CanvasRenderingContext2D,
  row: TimelineRow,
  y: number,
  per: number,
  scale: { low: number; high: number },
  with_views: boolean,
  shade: Shades,
): void {
  // Where nobody has views (proof of work) their band is left out, and marks get its room.
  const band = !with_views ? 0 : per >= 44 ? 18 : per >= 30 ? 12 : 8;
  const top = y + 3,
    lane = with_views ? top + band + (per >= 44 ? 9 : per >= 30 ? 6 : 4) : y + per * 0.36;
  for (const box of row.boxes)
    if (box.kind === "cut") {
      pen.fillStyle = hatching(pen, shade.fault, 7);
      pen.globalAlpha *= 0.55;
      pen.fillRect(box.x0, y, box.x1 - box.x0, per);
      pen.globalAlpha /= 0.55;
    }
  pen.font = per >= 30 ? font : "9px system-ui, 'DejaVu Sans', sans-serif";
  for (const v of row.views) {
    const wide = v.x1 - v.x0;
    const fill =
      v.many > 1
        ? mixed(shade.ink3, shade.paper, 0.62)
        : mixed(hue(shade, v.view), shade.paper, shade.dark ? 0.3 : 0.22);
    pen.fillStyle = fill;
    pen.fillRect(v.x0, top, Math.max(0.6, wide - (wide > 3 ? 1 : 0)), band);
    if (v.many > 1 && wide > 3) {
      pen.fillStyle = hatching(pen, shade.paper, 4, true);
      pen.fillRect(v.x0, top, wide - 1, band);
    }
    const text = v.many > 1 ? `${v.view}–${v.last}` : `${v.leader === row.replica ? "★ " : ""}${v.view}`;
    const words = wide > 12 && band >= 12 ? fitted(pen, text, wide - 4) : "";
    if (words && v.many > 1) {
      pen.fillStyle = fill;
      const w = pen.measureText(words).width + 6;
      pen.fillRect(v.x0 + (wide - w) / 2, top + 1, w, band - 2);
    }
    if (words)
      label(
        pen,
        words,
        v.x0 + (wide - 1) / 2,
        top + band / 2 + 0.5,
        v.many > 1 ? shade.ink : lettersOn(fill),
        "center",
      );
  }
  const up = (h: number) => y + per - 4 - ((h - scale.low) / (scale.high - scale.low)) * (per - band - 9);
  for (const c of row.commits)
    stroke(
      pen,
      [c.x, lane + 4, c.x, lane + (per >= 44 ? 11 : 8)],
      mixed(shade.pass, shade.paper, c.count > 1 ? 0.15 : 0.4),
    );
  const corners: number[] = [];
  row.steps.forEach((s, i) => {
    if (i > 0) corners.push(s.x, up(row.steps[i - 1].h));
    corners.push(s.x, up(s.h));
  });
  stroke(pen, corners, shade.ink2, 1.1);
  for (const m of row.marks) drawMark(pen, m.what, m.x, lane, shade);
  for (const box of row.boxes)
    if (box.kind !== "cut") {
      pen.fillStyle = shade.line2;
      pen.globalAlpha *= 0.92;
      pen.fillRect(box.x0, y, box.x1 - box.x0, per - 1);
      pen.globalAlpha /= 0.92;
      label(
        pen,
        fitted(pen, box.kind, box.x1 - box.x0 - 4),
        (box.x0 + box.x1) / 2,
        y + per / 2,
        shade.ink,
        "center",
      );
    }
}

/** Ticks above, violations and the cursor across; shared by the views whose time runs to the right. */
export function drawAxis(
  pen: CanvasRenderingContext2D,
  range: Range,
  cursor: number,
  left: number,
  width: number,
  height: number,
  shade: Shades,
  context: ViewContext,
): void {
  const x = (t: number) => left + ((t - range.from) / (range.to - range.from)) * (width - left);
  pen.font = font;
  for (const tick of ticks(range, width - left)) {
    stroke(pen, [x(tick.t), axis - 5, x(tick.t), axis], shade.line2);
    const at = Math.min(
      Math.max(x(tick.t), left + pen.measureText(tick.text).width / 2),
      width - pen.measureText(tick.text).width / 2 - 1,
    );
    label(pen, tick.text, at, 8, shade.ink2, "center");
  }
  stroke(pen, [left, axis - 0.5, width, axis - 0.5], shade.line2);
  for (const line of context.data.story ?? []) {
    if (!line.violation || line.at < range.from || line.at > range.to) continue;
    stroke(pen, [x(line.at), axis, x(line.at), height], shade.fail, 1.2, [3, 2]);
    pen.fillStyle = shade.fail;
    pen.beginPath();
    pen.moveTo(x(line.at), axis - 9);
    pen.lineTo(x(line.at) + 5, axis - 4);
    pen.lineTo(x(line.at), axis + 1);
    pen.lineTo(x(line.at) - 5, axis - 4);
    pen.fill();
  }
  if (cursor >= range.from && cursor <= range.to)
    stroke(pen, [x(cursor), axis - 4, x(cursor), height], shade.ink, 1.3);
}

function describe(model: RunModel, r: number, t: number, near: number): string[] {
  const view = spanAt(model.views[r], t),
    down = spanAt(model.down[r], t);
  const lines = [`r${r}${model.byzantine[r] ? " (Byzantine)" : ""} at ${moment(t, near * 100)}`];
  if (view)
    lines.push(
      `view ${view.view}, ${view.leader === r ? "leads it" : `leader r${view.leader}`}${view.height ? `, height ${view.height}` : ""}`,
    );
  if (down) lines.push(`${down.state} from ${moment(down.from)} to ${moment(down.to)}`);
  for (const cut of model.cuts)
    if (cut.from <= t && t < cut.to && cut.side[r] >= 0) lines.push(`${cut.label}: ${cut.text}`);
  const { commits, notes, blocks } = model.recording;
  const k = lowerBound(model.commits[r].length, 0, (i) => (commits.t[model.commits[r][i]] <= t ? -1 : 1)) - 1;
  if (k >= 0)
    lines.push(
      `height ${blocks.height[commits.block[model.commits[r][k]]]}, committed at ${moment(commits.t[model.commits[r][k]])}`,
    );
  const of = model.notes[r];
  let told = 0;
  for (
    let i = lowerBound(of.length, t - near, (q) => notes.t[of[q]]);
    i < of.length && notes.t[of[i]] <= t + near && told < 4;
    i++
  ) {
    if (notes.what[of[i]] === "voted") continue;
    told++;
    lines.push(
      `${moment(notes.t[of[i]], near * 100)}  ${mark_words[notes.what[of[i]]] ?? notes.what[of[i]]}`,
    );
  }
  return lines;
}

function table(model: RunModel, range: Range) {
  const { commits } = model.recording;
  const rows = model.views
    .flatMap((spans, r) =>
      spans
        .filter((s) => s.from < range.to && s.to > range.from)
        .map((s) => [
          `r${r}`,
          s.from,
          s.to,
          s.view,
          s.height,
          `r${s.leader}`,
          model.commits[r].reduce(
            (sum, row) => sum + (commits.t[row] >= s.from && commits.t[row] < s.to ? 1 : 0),
            0,
          ),
        ]),
    )
    .slice(0, 500);
  return { columns: ["replica", "from, s", "to, s", "view", "height", "leader", "commits"], rows };
}

function keys(model: RunModel): Key[] {
  const noted = new Set(model.recording.notes.what);
  const list: Key[] = [
    { text: "commit", draw: (pen, s) => stroke(pen, [12, 3, 12, 11], s.pass, 1.5) },
    { text: "height", draw: (pen, s) => stroke(pen, [1, 12, 8, 12, 8, 7, 16, 7, 16, 2, 23, 2], s.ink2, 1.2) },
  ];
  for (const what of [
    "proposed",
    "timeout",
    "view_change",
    "new_view",
    "state_transfer",
    "equivocation",
    "reorg",
    "withheld",
    "published",
  ])
    if (noted.has(what))
      list.push({ text: mark_words[what], draw: (pen, s) => drawMark(pen, what, 12, 7, s) });
  if (model.down.some((d) => d.length > 0))
    list.push({
      text: "down",
      draw: (pen, s) => {
        pen.fillStyle = s.line2;
        pen.fillRect(1, 1, 22, 12);
      },
    });
  if (model.cuts.length > 0)
    list.push({
      text: "kept apart",
      draw: (pen, s) => {
        pen.fillStyle = hatching(pen, s.fault, 7);
        pen.fillRect(1, 1, 22, 12);
      },
    });
  return list;
}
