// The agreement strip: a column a height, a row a replica, a colour a block. One colour a column is health.
import { figure } from "../figure";
import { count } from "./names";
import type { Range } from "../store";
import { Canvas, label, stroke } from "./canvas";
import { modelOf, type RunModel } from "./run_model";
import { font, hatching, mixed, shades, type Shades } from "./shades";
import { agreement, type Agreement } from "./timelines_layout";
import { Tip } from "./tip";
import type { View, ViewContext } from "./view";

const foot = 20,
  head = 12;

export function agreementFigure(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  let model = modelOf(data);
  let found: Agreement = { columns: [], from: 0, to: 0, conflicts: [], taken_back: [], left_out: 0 };
  let laid_out = ""; // the cursor may move without laying out again
  const picture = figure({
    title: "Agreement strip",
    meaning:
      "What each replica holds committed, height by height, at the end of the shown range: one colour a column is agreement; A and B are different blocks.",
    table: () => table(model, agreement(model, store.state.range, 1e9)),
  });
  root.append(picture.root);
  const said = document.createElement("p");
  said.className = "note";
  const canvas = new Canvas(picture.body, "Committed block by height and replica", 100, paint);
  picture.body.append(said);
  const tip = new Tip(picture.body);
  const gutter = () => (canvas.width < 560 ? 40 : 54);
  // Beyond 120 replicas a row is a range of them; it has the colour of its most deviant member.
  const per = () => Math.ceil(model.n / 120);
  const rowCount = () => Math.ceil(model.n / per());
  const cell = () => (model.n <= 12 ? 14 : model.n <= 40 ? 9 : 4);

  function paint(pen: CanvasRenderingContext2D, width: number): void {
    const shade = shades(),
      left = gutter(),
      size = cell();
    const { range } = store.state,
      key = [range.from, range.to, width, model.recording.commits.t.length].join();
    if (key !== laid_out) {
      laid_out = key;
      found = agreement(model, range, width - left);
    }
    pen.font = font;
    for (let row = 0; row < rowCount(); row++) {
      const r = row * per(),
        liar = model.byzantine[r] && per() === 1;
      if (size >= 9 || row % 10 === 0)
        label(
          pen,
          `${liar ? "■ " : ""}r${r}`,
          left - 8,
          head + row * size + size / 2,
          liar ? shade.fail : shade.ink2,
          "right",
        );
    }
    for (const column of found.columns) drawColumn(pen, column, left, size, shade);
    drawHeights(pen, left, width, head + rowCount() * size, shade);
    const words = sentence(found);
    if (said.textContent !== words) said.textContent = words;
  }

  function drawColumn(
    pen: CanvasRenderingContext2D,
    column: Agreement["columns"][number],
    left: number,
    size: number,
    shade: Shades,
  ): void {
    const x = left + column.x0,
      wide = Math.max(1, column.x1 - column.x0 - (column.x1 - column.x0 > 4 ? 1 : 0));
    for (let row = 0; row < rowCount(); row++) {
      const which = column.cells
        .subarray(row * per(), (row + 1) * per())
        .reduce((most, c) => Math.max(most, c), -1);
      const y = head + row * size,
        high = size > 4 ? size - 1 : size;
      if (which < 0) continue;
      const conflict = column.conflict && column.blocks.length !== 1;
      pen.fillStyle = !conflict
        ? mixed(shade.pass, shade.paper, column.from % 2 === 0 ? 0.45 : 0.6)
        : which === 0
          ? shade.accent
          : which === 1
            ? shade.fail
            : shade.purple;
      pen.fillRect(x, y, wide, high);
      const lettered = conflict && wide >= 12 && size >= 12 && column.blocks.length > 1;
      if (conflict && which > 0 && !lettered) {
        pen.fillStyle = hatching(pen, shade.paper, 5, which > 1);
        pen.fillRect(x, y, wide, high);
      }
      if (lettered)
        label(pen, String.fromCharCode(65 + which), x + wide / 2, y + high / 2 + 0.5, shade.paper, "center");
    }
    if (column.conflict) {
      pen.fillStyle = shade.fail;
      pen.beginPath();
      pen.moveTo(x + wide / 2 - 4, 1);
      pen.lineTo(x + wide / 2 + 4, 1);
      pen.lineTo(x + wide / 2, 9);
      pen.fill();
    }
  }

  function drawHeights(
    pen: CanvasRenderingContext2D,
    left: number,
    width: number,
    y: number,
    shade: Shades,
  ): void {
    let free = left;
    for (const column of found.columns) {
      const x = left + (column.x0 + column.x1) / 2,
        half = pen.measureText(String(column.from)).width / 2;
      if (x - half < free || x + half > width) continue;
      label(pen, String(column.from), x, y + 11, shade.ink2, "center");
      stroke(pen, [x, y, x, y + 3], shade.line2);
      free = x + half + 34;
    }
  }

  const at = (event: MouseEvent) => {
    const x = event.offsetX - gutter(),
      r = Math.floor((event.offsetY - head) / cell()) * per();
    const column = found.columns.find((c) => c.x0 <= x && x < c.x1);
    return column && r >= 0 && r < model.n ? { column, r } : null;
  };
  canvas.element.addEventListener("pointermove", (event) => {
    const hit = at(event);
    if (!hit) return tip.hide();
    const { column, r } = hit,
      { blocks } = model.recording;
    const b = column.blocks[column.cells[r]];
    tip.show(event.offsetX, event.offsetY, [
      column.from === column.to ? `height ${column.from}` : `heights ${column.from} to ${column.to}`,
      `r${r}: ${column.cells[r] < 0 ? "nothing committed" : b === undefined ? "committed" : `block ${blocks.id[b].slice(0, 8)}, proposed by r${blocks.proposer[b]}`}`,
      column.conflict && "different blocks are committed here",
    ]);
  });
  canvas.element.addEventListener("pointerleave", () => tip.hide());
  canvas.element.addEventListener("click", (event) => {
    const hit = at(event);
    const b = hit ? hit.column.blocks[Math.max(0, hit.column.cells[hit.r])] : undefined;
    if (b === undefined) return;
    store.set({ selection: { block: model.recording.blocks.id[b] } });
    store.goTo(model.recording.blocks.committed[b] ?? model.recording.blocks.seen[b]);
  });

  return {
    update(_range: Range) {
      model = modelOf(data);
      canvas.height = head + rowCount() * cell() + foot;
      canvas.redraw();
      picture.refresh();
    },
    destroy: () => canvas.destroy(),
  };
}

function sentence(found: Agreement): string {
  if (found.columns.length === 0) return "Nothing is committed yet.";
  const heights = `heights ${found.from} to ${found.to}`;
  const left_out = found.left_out > 0 ? ` ${count(found.left_out)} commits are not in the recording.` : "";
  const taken_back =
    found.taken_back.length === 0
      ? ""
      : ` ✗ What was committed at ${found.taken_back.length === 1 ? `height ${found.taken_back[0]}` : `${count(found.taken_back.length)} heights`} was taken back for another block.`;
  return (
    (found.conflicts.length === 0
      ? `✓ No two honest replicas hold different blocks in ${heights}.`
      : `✗ Honest replicas hold different blocks at ${found.conflicts.length === 1 ? `height ${found.conflicts[0]}` : `${count(found.conflicts.length)} heights from ${found.conflicts[0]} on`}.`) +
    taken_back +
    left_out
  );
}

function table(model: RunModel, found: Agreement) {
  const { blocks } = model.recording;
  return {
    columns: ["height", ...Array.from({ length: Math.min(model.n, 32) }, (_, r) => `r${r}`)],
    rows: found.columns.map((c) => [
      c.from,
      ...Array.from(c.cells.slice(0, 32), (which) =>
        which < 0 ? "–" : c.blocks[which] === undefined ? "✓" : blocks.id[c.blocks[which]].slice(0, 6),
      ),
    ]),
  };
}
