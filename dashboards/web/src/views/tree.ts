// Block tree: height to the right, branches stacked; the border tells how final a block is, hatching whose
// it is, a dashed box that nobody else knows it yet. Flags are where replicas stand; reorganisations beside.
import { element, empty } from "../dom";
import { figure } from "../figure";
import { moment } from "../format";
import { asOf } from "./as_of";
import { Canvas, fitted, label, stroke } from "./canvas";
import { timeGestures, zoomed } from "./gestures";
import { replicaSet } from "./names";
import { conflictsOf, modelOf, type Conflict, type RunModel } from "./run_model";
import { bold, font, hatching, mixed, shades, type Shades } from "./shades";
import { Legend, Tip, type Key } from "./tip";
import {
  certifiedTimes,
  heightsIn,
  lanesOf,
  reorgs,
  together,
  treeShapes,
  type BlockShape,
  type Finality,
  type Lanes,
  type TreeShapes,
} from "./tree_layout";
import type { View, ViewContext } from "./view";
import "./views.css";

const axis = 20;

/** Runs whose fork was shown already: who asks for the whole run again gets it. */
const opened = new WeakSet<object>();

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  openOnFork(context);
  let model = modelOf(data),
    lanes: Lanes = lanesOf(model),
    certified = certifiedTimes(model);
  let conflicts = conflictsOf(data, model);
  let shown: TreeShapes | null = null;
  let heights = { from: 0, to: 1 },
    windowed = "";
  const picture = figure({
    title: "Blocks",
    meaning:
      "Height to the right, branches above and below. The border tells how final a block is; hatched blocks are the adversary's; flags are where replicas stand.",
    table: () => table(model, lanes, certified, store.state),
  });
  const said = element("p", { class: "note", role: "status" });
  const canvas = new Canvas(picture.body, "Tree of blocks; arrow up and down step through them", 380, paint);
  const legend = new Legend(keys);
  const tip = new Tip(picture.body);
  picture.body.append(legend.root, said);
  const side = element("div", { class: "stack" });
  root.append(element("div", { class: "beside" }, picture.root, side));
  const list = reorgList(
    side,
    context,
    () => model,
    () => conflicts,
  );

  const now = () => asOf(store.state.range, store.state.cursor);
  const blockAt = (x: number, y: number): BlockShape | undefined =>
    shown?.shapes.find(
      (s) => Math.abs(s.x - x) <= s.wide / 2 + 3 && Math.abs(s.y + axis - y) <= s.high / 2 + 4,
    );

  function paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const shade = shades(),
      t = now();
    const { range } = store.state,
      key = [range.from, range.to, model.recording.blocks.id.length].join();
    if (key !== windowed) {
      windowed = key;
      heights = heightsIn(model, range);
    }
    shown = treeShapes(model, lanes, certified, heights, t, width, height - axis - 14);
    drawHeights(pen, shown, width, shade);
    pen.save();
    pen.translate(0, axis);
    drawEdges(pen, shown.shapes, shade);
    for (const s of shown.stretches) {
      pen.fillStyle = s.adversary ? shade.fail : mixed(shade.pass, shade.paper, 0.3);
      pen.fillRect(s.x0, s.y - 3, 1, 6);
    }
    for (const s of shown.shapes) drawBlock(pen, s, shown.detail, model, store.state.selection.block, shade);
    drawFlags(pen, shown, width, shade);
    drawPairs(pen, shown, conflicts, t, shade);
    pen.restore();
    const words = sentence(model, shown, t);
    if (said.textContent !== words) said.textContent = words;
  }

  timeGestures(canvas.element, store, {
    time: (x) => timeOfHeight(model, shown, x, canvas.width, store.state.range),
    share: (dx) => dx / canvas.width,
    click: (x, y) => {
      const hit = blockAt(x, y);
      const { blocks } = model.recording;
      store.set({ selection: { block: hit ? blocks.id[hit.block] : null } });
    },
    hover: (x, y) => {
      const hit = blockAt(x, y);
      canvas.element.style.cursor = hit ? "pointer" : "grab";
      if (hit) tip.show(x, y, describe(model, hit));
      else tip.hide();
    },
    leave: () => tip.hide(),
  });
  canvas.element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || !shown || shown.shapes.length === 0) return;
    event.preventDefault();
    const { blocks } = model.recording,
      { shapes } = shown;
    const at = shapes.findIndex((s) => blocks.id[s.block] === store.state.selection.block);
    const next = shapes[(Math.max(at, step > 0 ? -1 : 0) + step + shapes.length) % shapes.length];
    store.set({ selection: { block: blocks.id[next.block] } });
    tip.show(next.x, next.y + axis, describe(model, next));
  });
  const zoomIn = () => store.set({ range: zoomed(store.state.range, now(), 0.25) });
  said.addEventListener("click", () => {
    if (shown && shown.detail === "dot") zoomIn();
  });

  return {
    update() {
      const made = modelOf(data);
      if (made !== model) {
        model = made;
        lanes = lanesOf(model);
        certified = certifiedTimes(model);
        conflicts = conflictsOf(data, model);
      }
      canvas.height = Math.max(230, Math.min(520, 120 + (lanes.most - lanes.least + 1) * 58));
      canvas.redraw();
      legend.update();
      picture.refresh();
      list();
    },
    destroy: () => canvas.destroy(),
  };
}

/** The first time, and only while nobody has chosen a range: the two blocks that a violation is about. */
function openOnFork(context: ViewContext): void {
  const { data, store } = context,
    { range, whole, cursor, selection } = store.state;
  if (context.live || opened.has(data)) return;
  opened.add(data);
  if (range.from !== whole.from || range.to !== whole.to || cursor !== whole.from) return;
  const model = modelOf(data),
    conflicts = conflictsOf(data, model);
  const c = conflicts.find((k) => k.id === selection.focus) ?? conflicts[0];
  if (c) showFork(context, model, c);
}

function showFork(context: ViewContext, model: RunModel, c: Conflict): void {
  const { blocks } = model.recording;
  context.store.set({ selection: { block: blocks.id[c.b] } });
  const from = Math.min(blocks.seen[c.a], blocks.seen[c.b]),
    margin = (c.at - from) * 0.06;
  context.store.set({ range: { from: from - margin, to: c.at + margin }, cursor: c.at + 1e-9 });
}

function drawHeights(pen: CanvasRenderingContext2D, shown: TreeShapes, width: number, shade: Shades): void {
  pen.font = font;
  const every = Math.max(1, niceCount(56 / shown.step));
  for (let h = Math.ceil(shown.heights.from / every) * every; h <= shown.heights.to; h += every) {
    const x = (h - shown.heights.from + 0.5) * shown.step;
    if (x < 8 || x > width - 8) continue;
    label(pen, String(h), x, 8, shade.ink2, "center");
  }
  stroke(pen, [0, axis - 2.5, width, axis - 2.5], shade.line);
}

function niceCount(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= least) ?? 10 * power;
}

function drawEdges(pen: CanvasRenderingContext2D, shapes: BlockShape[], shade: Shades): void {
  for (const s of shapes) {
    if (Number.isNaN(s.px)) continue;
    const from = s.px + s.wide / 2,
      to = s.x - s.wide / 2;
    const bend =
      s.py === s.y
        ? [from, s.py, to, s.y]
        : [from, s.py, from + (to - from) * 0.4, s.py, to - (to - from) * 0.35, s.y, to, s.y];
    stroke(pen, bend, s.finality === "reverted" ? shade.fail : shade.ink3, 1.2, s.hidden ? [3, 3] : []);
  }
}

function drawBlock(
  pen: CanvasRenderingContext2D,
  s: BlockShape,
  detail: TreeShapes["detail"],
  model: RunModel,
  selected: string | null,
  shade: Shades,
): void {
  const { blocks } = model.recording;
  const x = s.x - s.wide / 2,
    y = s.y - s.high / 2;
  box(pen, x, y, s.wide, s.high, detail === "dot" ? 0 : 4);
  pen.fillStyle = s.hidden ? shade.paper : fillOf(s.finality, shade);
  pen.fill();
  if (s.adversary && s.wide > 3) {
    pen.fillStyle = hatching(pen, mixed(shade.fail, shade.paper, 0.45), 6);
    pen.fill();
  } else if (s.adversary) {
    pen.fillStyle = shade.fail;
    pen.fill();
  }
  if (detail !== "dot") {
    border(pen, s.finality, s.hidden, shade);
    pen.stroke();
    pen.setLineDash([]);
    if (s.finality === "reverted")
      stroke(pen, [x + 2, y + s.high - 2, x + s.wide - 2, y + 2], shade.fail, 1.2);
  }
  if (detail === "full" && s.high >= 30) {
    pen.font = bold;
    const name = blocks.id[s.block].slice(0, 6);
    if (s.adversary) letterBox(pen, s, name, shade);
    label(pen, fitted(pen, name, s.wide - 6), s.x, s.y - 7, shade.ink, "center");
    pen.font = font;
    const by = blocks.proposer[s.block] >= 0 ? `r${blocks.proposer[s.block]}` : "?";
    const view = blocks.view[s.block] > 0 ? ` v${blocks.view[s.block]}` : "",
      tx = ` · ${blocks.tx[s.block]} tx`;
    const words = [by + view + tx, by + view, by].find((w) => pen.measureText(w).width <= s.wide - 6) ?? "";
    label(pen, words, s.x, s.y + 8, shade.ink2, "center");
  }
  if (selected && blocks.id[s.block].startsWith(selected)) {
    box(pen, x - 3, y - 3, s.wide + 6, s.high + 6, 6);
    pen.strokeStyle = shade.accent;
    pen.lineWidth = 2;
    pen.stroke();
  }
}

function letterBox(pen: CanvasRenderingContext2D, s: BlockShape, name: string, shade: Shades): void {
  const w = Math.min(s.wide - 4, pen.measureText(name).width + 26);
  pen.globalAlpha = 0.8;
  pen.fillStyle = shade.paper;
  pen.fillRect(s.x - w / 2, s.y - 15, w, 30);
  pen.globalAlpha = 1;
}

function box(pen: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, r: number): void {
  pen.beginPath();
  if (r > 0 && pen.roundRect) pen.roundRect(x, y, w, h, Math.min(r, h / 2));
  else pen.rect(x, y, w, h);
}

function fillOf(finality: Finality, shade: Shades): string {
  switch (finality) {
    case "committed":
      return mixed(shade.pass, shade.paper, 0.72);
    case "certified":
      return mixed(shade.accent, shade.paper, 0.84);
    case "reverted":
      return mixed(shade.fail, shade.paper, 0.86);
    case "seen":
      return mixed(shade.ink3, shade.paper, 0.8);
  }
}

function border(pen: CanvasRenderingContext2D, finality: Finality, hidden: boolean, shade: Shades): void {
  pen.lineWidth = finality === "committed" ? 2.2 : 1.3;
  pen.strokeStyle =
    finality === "committed"
      ? shade.pass
      : finality === "certified"
        ? shade.accent
        : finality === "reverted"
          ? shade.fail
          : shade.ink3;
  pen.setLineDash(hidden ? [4, 3] : finality === "seen" ? [2, 2] : []);
}

/** Two blocks of a violation, tied by a red bow. */
function drawPairs(
  pen: CanvasRenderingContext2D,
  shown: TreeShapes,
  conflicts: Conflict[],
  t: number,
  shade: Shades,
): void {
  const at = new Map(shown.shapes.map((s) => [s.block, s]));
  const told = new Set<string>();
  for (const c of conflicts) {
    const a = at.get(c.a),
      b = at.get(c.b);
    const pair = [c.a, c.b].sort().join();
    if (!a || !b || c.at > t || told.has(pair)) continue;
    told.add(pair);
    const x = Math.min(a.x, b.x) - a.wide / 2 - 3,
      y1 = Math.max(a.y, b.y);
    pen.beginPath();
    pen.strokeStyle = shade.fail;
    pen.lineWidth = 2.4;
    pen.moveTo(a.x - a.wide / 2, a.y);
    pen.bezierCurveTo(x - 26, a.y, x - 26, b.y, b.x - b.wide / 2, b.y);
    pen.stroke();
    pen.font = bold;
    const words = conflicts
      .filter((k) => [k.a, k.b].sort().join() === pair)
      .map((k) => k.id.replace(/-1$/, "").replace("_", " "))
      .join(", ");
    const w = pen.measureText(words).width,
      left = Math.max(4, x - 20),
      middle = y1 + a.high / 2 + 13; // flags are above
    pen.fillStyle = shade.paper;
    pen.fillRect(left - 4, middle - 8, w + 8, 16);
    label(pen, words, left, middle, shade.fail);
  }
}

/** A flag a tip; none where all replicas stand on one block. */
function drawFlags(pen: CanvasRenderingContext2D, shown: TreeShapes, width: number, shade: Shades): void {
  if (shown.flags.length < 2) return;
  pen.font = font;
  const half = shown.shapes[0] ? shown.shapes[0].high / 2 : 4;
  const placed: { left: number; right: number; y: number }[] = [];
  for (const flag of [...shown.flags].sort((p, q) => p.x - q.x)) {
    const { replicas } = flag;
    const set = replicaSet(replicas);
    const words = set.length > 22 ? `${replicas.length} replicas` : set;
    const wide = pen.measureText(words).width + 10;
    const left = flag.x + wide + 2 > width ? flag.x - wide : flag.x;
    let y = flag.y - half - 14;
    while (placed.some((p) => Math.abs(p.y - y) < 17 && p.left < left + wide + 2 && left < p.right + 2))
      y -= 17;
    placed.push({ left, right: left + wide, y });
    stroke(pen, [flag.x, flag.y - half, flag.x, y - 7], shade.ink, 1.2);
    pen.fillStyle = shade.ink;
    pen.fillRect(left, y - 8, wide, 15);
    label(pen, words, left + 5, y, shade.paper);
  }
}

function sentence(model: RunModel, shown: TreeShapes, t: number): string {
  const { blocks } = model.recording;
  if (blocks.id.length === 0) return "There is no recording of blocks for this run.";
  const tips =
    shown.flags.length === 0
      ? "Nobody has committed a block yet. "
      : shown.tips > 1
        ? `✗ ${shown.tips} tips on different branches. `
        : shown.flags.length > 1
          ? "Replicas lag on one branch. "
          : "All replicas stand on one block. ";
  const cut = (model.recording.truncated as Record<string, number>)["blocks"] ?? 0;
  return (
    `${tips}Heights ${shown.heights.from} to ${shown.heights.to} as of ${moment(t)}.` +
    (shown.detail === "dot" ? " Zoom in (+) to see single blocks." : "") +
    (cut > 0 ? ` ${cut} blocks are not in the recording.` : "")
  );
}

function describe(model: RunModel, s: BlockShape): (string | false)[] {
  const { blocks } = model.recording,
    b = s.block;
  return [
    `block ${blocks.id[b]}`,
    `height ${blocks.height[b]}, view ${blocks.view[b]}, ${blocks.proposer[b] >= 0 ? `proposed by r${blocks.proposer[b]}` : "proposer unknown"}, ${blocks.tx[b]} tx`,
    `${s.finality}${s.hidden ? ", kept private" : ""}${s.adversary ? ", the adversary's" : ""}`,
    `first seen at ${moment(blocks.seen[b])}`,
    blocks.committed[b] !== null &&
      `committed at ${moment(blocks.committed[b])} by ${blocks.commits[b]} replicas`,
    blocks.published[b] !== null && `published at ${moment(blocks.published[b])}`,
    blocks.reverted[b] !== null && `left at ${moment(blocks.reverted[b])}`,
  ];
}

/** The moment that a place stands for: heights are spread over the range. */
function timeOfHeight(
  model: RunModel,
  shown: TreeShapes | null,
  x: number,
  width: number,
  range: { from: number; to: number },
): number {
  const { blocks } = model.recording;
  if (!shown || blocks.id.length === 0) return range.from + (x / width) * (range.to - range.from);
  const h = Math.round(x / shown.step - 0.5 + shown.heights.from);
  const b = blocks.height.indexOf(h);
  return b < 0
    ? range.from + (x / width) * (range.to - range.from)
    : Math.min(Math.max(blocks.seen[b], range.from), range.to);
}

function reorgList(
  root: HTMLElement,
  context: ViewContext,
  model: () => RunModel,
  conflicts: () => Conflict[],
): () => void {
  const body = element("ol", { class: "moments" });
  const card = element("section", { class: "card" }, element("h2", {}, "Forks and reorganisations"), body);
  root.append(card);
  let told = "";
  return () => {
    const found = together(reorgs(model()));
    const key = `${found.length} ${conflicts().length}`;
    if (key === told) return;
    told = key;
    empty(body);
    const { blocks } = model().recording;
    for (const c of conflicts())
      body.append(
        entry(
          c.at,
          `✗ ${c.text}: ${blocks.id[c.a].slice(0, 6)} against ${blocks.id[c.b].slice(0, 6)}`,
          "bad",
          () => {
            context.store.set({ selection: { focus: c.id } });
            showFork(context, model(), c);
          },
        ),
      );
    for (const r of found.slice(0, 60))
      body.append(
        entry(
          r.t,
          `${r.replicas.length > 4 ? `${r.replicas.length} replicas leave` : `${replicaSet(r.replicas)} ${r.replicas.length === 1 ? "leaves" : "leave"}`} ${r.depth} ${r.depth === 1 ? "block" : "blocks"}${r.block >= 0 ? ` for ${blocks.id[r.block].slice(0, 6)}` : ""}`,
          "",
          () => context.store.goTo(r.t),
        ),
      );
    if (found.length > 60)
      body.append(element("li", { class: "note" }, `and ${found.length - 60} shallower or later ones`));
    if (body.childElementCount === 0)
      body.append(element("li", { class: "note" }, "None: the chain never forked for an honest replica."));
  };
}

export function entry(at: number, words: string, kind: string, go: () => void): HTMLElement {
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: `moment ${kind}`, onclick: go },
      element("time", {}, moment(at)),
      element("span", {}, words),
    ),
  );
}

function table(
  model: RunModel,
  lanes: Lanes,
  certified: Float64Array,
  state: { range: { from: number; to: number }; cursor: number },
) {
  const { blocks } = model.recording,
    t = asOf(state.range, state.cursor);
  const shown = treeShapes(model, lanes, certified, heightsIn(model, state.range), t, 1e7, 1e6).shapes;
  return {
    columns: [
      "height",
      "block",
      "parent",
      "proposer",
      "view",
      "tx",
      "state",
      "seen, s",
      "committed, s",
      "branch",
    ],
    rows: shown
      .sort((a, b) => blocks.height[a.block] - blocks.height[b.block])
      .map((s) => [
        blocks.height[s.block],
        blocks.id[s.block],
        s.parent < 0 ? "–" : blocks.id[s.parent],
        `r${blocks.proposer[s.block]}${s.adversary ? " ■" : ""}`,
        blocks.view[s.block],
        blocks.tx[s.block],
        s.finality + (s.hidden ? ", private" : ""),
        blocks.seen[s.block],
        blocks.committed[s.block],
        lanes.lane[s.block],
      ]),
  };
}

const sample =
  (finality: Finality, hidden = false, liar = false): Key["draw"] =>
  (pen, s) => {
    box(pen, 2, 2, 20, 10, 3);
    pen.fillStyle = hidden ? s.paper : fillOf(finality, s);
    pen.fill();
    if (liar) {
      pen.fillStyle = hatching(pen, mixed(s.fail, s.paper, 0.3), 5);
      pen.fill();
    }
    border(pen, finality, hidden, s);
    pen.stroke();
    pen.setLineDash([]);
    if (finality === "reverted") stroke(pen, [4, 11, 20, 3], s.fail, 1.2);
  };
const keys: Key[] = [
  { text: "seen", draw: sample("seen") },
  { text: "certified", draw: sample("certified") },
  { text: "committed", draw: sample("committed") },
  { text: "reverted", draw: sample("reverted") },
  { text: "the adversary's", draw: sample("seen", false, true) },
  { text: "private", draw: sample("seen", true, true) },
];
