// Space-time diagram: a lane a replica, time downwards, a message an arrow. Too many messages for arrows
// are bundled and counted; "only what proves it" leaves the messages that a violation rests on.
import type { MessageRows, MessageWindow } from "../data/types";
import { element, empty } from "../dom";
import { figure } from "../figure";
import { moment, number } from "../format";
import { Canvas, stroke } from "./canvas";
import { timeGestures, zoomed } from "./gestures";
import { describeMessage, MessageFeed, most_messages, no_rows } from "./message_feed";
import { answeredRange, latestRange, requestFeed } from "./live_feeds";
import { conflictsOf, modelOf, type RunModel } from "./run_model";
import { dashOf, hue, shades } from "./shades";
import {
  aboutBlocks,
  causality,
  clientLanes,
  distance,
  kindsIn,
  quorums,
  spaceTime,
  twofold,
  type Arrow,
  type Causality,
  type SpaceTime,
} from "./spacetime_layout";
import {
  drawArrow,
  drawBars,
  drawBundles,
  drawClients,
  drawLanes,
  drawNotes,
  drawTimes,
  drawTroubles,
  foot,
  head,
  nameArrow,
  nameClients,
  notedIn,
} from "./spacetime_draw";
import { Tip } from "./tip";
import type { Range } from "../store";
import type { View, ViewContext } from "./view";
import "./views.css";

/** As many of the latest messages of a live run are shown, unless a part of it is chosen. */
const latest_messages = 160;

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  let model = modelOf(data);
  const filters = {
    hidden: new Set<number>(),
    kinds: new Set<string>(),
    height: null as number | null,
    ordered: false,
  };
  let proof = false;
  let shown: SpaceTime | null = null;
  let picked: number | null = null;
  let web: Causality | null = null;
  let hovered: number | null = null; // lights its causes and effects while nothing is picked
  const feed = new MessageFeed(context, () => {
    pick(null);
    picture.refresh();
    drawKinds();
    canvas.redraw();
  });
  const requests = requestFeed(context, () => canvas.redraw());
  const kinds = element("div", { class: "chips", role: "group", "aria-label": "kinds of message" });
  const proofButton = element(
    "button",
    { type: "button", "aria-pressed": "false", onclick: () => showProof(!proof) },
    "only what proves the violation",
  );
  const heightField = element("input", {
    type: "number",
    min: 0,
    class: "short",
    "aria-label": "only this height",
    placeholder: "height",
    oninput: () => {
      filters.height = heightField.value === "" ? null : Number(heightField.value);
      pick(null);
      again();
    },
  });
  const order = element(
    "select",
    {
      "aria-label": "time axis",
      onchange: () => {
        filters.ordered = order.value === "order";
        again();
      },
    },
    element("option", { value: "time" }, "by time"),
    element("option", { value: "order" }, "by order"),
  );
  const picture = figure({
    title: "Messages in space and time",
    meaning:
      "Time runs down, a lane is a replica. Double arrows: a sender says two things; ✕: lost. Point at a message for its causes and effects, click a lane's name to hide it. On the right, what clients waited for.",
    table: () => table(current().window, current().rows, context, shownRange()),
    tools: [heightField, order, proofButton],
  });
  picture.body.append(kinds);
  const canvas = new Canvas(
    picture.body,
    "Space-time diagram of messages; arrow up and down pick one, Escape lets go",
    520,
    paint,
  );
  const said = element("p", { class: "note", role: "status" });
  const zoomButton = element(
    "button",
    { type: "button", class: "small", hidden: true, onclick: () => zoomToSee() },
    "zoom to see",
  );
  picture.body.append(element("div", { class: "said" }, said, zoomButton));
  const tip = new Tip(picture.body);
  root.append(picture.root);

  let latest = true;
  const latestButton = element(
    "button",
    {
      type: "button",
      "aria-pressed": "true",
      title: "While no part of the run is chosen: the last moments only",
      onclick: () => {
        latest = !latest;
        latestButton.setAttribute("aria-pressed", String(latest));
        feed.want(wantedRange());
        again();
      },
    },
    "latest",
  );
  proofButton.before(latestButton);

  /** The end of a live run is followed closely, where messages can be told apart. */
  const wantedRange = () => (latest && !proof ? latestRange(context, latest_messages) : store.state.range);
  const shownRange = () =>
    latest && !proof ? answeredRange(context, feed.window, latest_messages) : store.state.range;

  const gutter = () => (canvas.width < 560 ? 44 : 64);
  const again = () => {
    canvas.redraw();
    picture.refresh();
  };
  proofButton.hidden = proven() === null;

  function proven(): { window: MessageWindow; only: Set<number> } | null {
    const { focus } = store.state.selection;
    const v = context.violations.find((k) => k.id === focus) ?? context.violations[0];
    if (v?.window.rows && v.proves.length > 0) return { window: v.window, only: new Set(v.proves) };
    const conflicts = conflictsOf(data, model);
    const c = conflicts.find((k) => k.id === focus) ?? conflicts[0];
    const w = v?.window.rows ? v.window : feed.window;
    if (!c) return null;
    const { id } = model.recording.blocks;
    return w?.rows
      ? { window: w, only: aboutBlocks(w.rows, [id[c.a], id[c.b]]) }
      : { window: emptyWindow(), only: new Set() };
  }

  function current(): { window: MessageWindow; rows: MessageRows; only: Set<number> | null } {
    const found = proof ? proven() : null;
    if (found) return { window: found.window, rows: found.window.rows ?? no_rows, only: found.only };
    const w = feed.window ?? emptyWindow();
    return { window: w, rows: w.rows ?? no_rows, only: null };
  }

  function showProof(on: boolean): void {
    proof = on;
    proofButton.setAttribute("aria-pressed", String(on));
    pick(null);
    const c = conflictsOf(data, model)[0],
      found = on ? proven() : null;
    if (found?.window.rows && found.only.size > 0) {
      const { rows } = found.window;
      const rowsShown = found.window.rows ? [...found.only] : [];
      store.show(
        Math.min(...rowsShown.map((i) => rows!.sent[i])),
        Math.max(...rowsShown.map((i) => rows!.at[i] ?? rows!.sent[i])),
      );
    } else if (on && c) {
      const { seen } = model.recording.blocks;
      store.show(Math.min(seen[c.a], seen[c.b]), c.at);
    }
    again();
  }

  function pick(row: number | null): void {
    picked = row;
    hovered = null;
    web = row === null ? null : causality(current().rows, row);
    canvas.redraw();
  }

  function hover(row: number | null): void {
    if (picked !== null || row === hovered) return;
    hovered = row;
    web = row === null ? null : causality(current().rows, row);
    canvas.redraw();
  }

  function zoomToSee(): void {
    const { cursor } = store.state,
      range = shownRange();
    const total = Math.max(1, feed.window?.total ?? 1);
    const at =
      cursor > range.from && cursor < range.to
        ? cursor
        : ((data.story ?? []).find((l) => l.violation && l.at >= range.from && l.at <= range.to)?.at ??
          range.from);
    store.set({ range: zoomed(range, at, Math.min(0.5, (most_messages * 0.3) / total)) });
  }

  function drawKinds(): void {
    empty(kinds);
    const w = current().window,
      shade = shades();
    for (const k of kindsIn(w)) {
      const name = w.kinds[k];
      const sample = element("canvas", { width: 44, height: 20, "aria-hidden": "true" });
      const pen = sample.getContext("2d");
      if (pen) {
        pen.scale(2, 2);
        stroke(pen, [1, 5, 21, 5], hue(shade, k), 2, dashOf(k));
      }
      kinds.append(
        element(
          "button",
          {
            type: "button",
            class: "chip",
            "aria-pressed": String(!filters.kinds.has(name)),
            onclick: (event: Event) => {
              const off = filters.kinds.has(name);
              if (off) filters.kinds.delete(name);
              else filters.kinds.add(name);
              (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(off));
              pick(null);
              again();
            },
          },
          sample,
          name,
        ),
      );
    }
    if (filters.hidden.size > 0)
      kinds.append(
        element(
          "button",
          {
            type: "button",
            class: "chip",
            onclick: () => {
              filters.hidden.clear();
              drawKinds();
              again();
            },
          },
          `all lanes (${filters.hidden.size} hidden)`,
        ),
      );
  }

  function paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const shade = shades(),
      { cursor } = store.state,
      range = shownRange(),
      left = gutter(),
      inner = height - head - foot;
    const { window: w, rows, only } = current();
    const replicas = lanesOf(model, store.state.selection.replicas);
    const bundled = w.bundles !== null && !proof;
    const lanes = bundled || proof ? [] : clientLanes(model, range);
    const room = lanes.length * (width < 560 ? 18 : 30);
    shown = spaceTime(w, rows, replicas, model.quorum, range, width - left - room, inner, { ...filters, only });
    drawTimes(pen, shown, left, width, height, range, shade);
    if (!bundled) drawLanes(pen, shown, model, left, height, shade);
    pen.save();
    pen.beginPath();
    pen.rect(left, head, width - left, inner + foot);
    pen.clip();
    pen.translate(left, head);
    if (bundled) drawBundles(pen, w, range, width - left, inner, shade);
    else drawTroubles(pen, shown, model, range, inner, shade);
    for (const a of shown.arrows)
      if (!lit(a)) drawArrow(pen, a, shade, web ? (picked !== null ? 0.12 : 0.3) : shown.arrows.length > 600 ? 0.5 : 0.85);
    for (const a of shown.arrows) if (lit(a)) drawArrow(pen, a, shade, 1, a.row === (picked ?? hovered));
    const named = shown.arrows.length <= 18;
    if (shown.arrows.length <= 90)
      for (const a of shown.arrows)
        if (named || a.twofold)
          nameArrow(
            pen,
            a,
            [named ? w.kinds[a.kind] : "", a.twofold ? (rows.block[a.row]?.slice(0, 4) ?? "") : ""]
              .join(" ")
              .trim(),
            shade,
          );
    drawClients(pen, lanes, shown, width - left - room, room, range, inner, shade);
    drawBars(pen, shown, shade);
    if (!bundled && shown.arrows.length < 900 && notedIn(model, range) < 1500)
      drawNotes(pen, shown, model, range, shade);
    pen.restore();
    nameClients(pen, lanes, width - room, room, shade);
    const y = head + shown.y_of(cursor);
    if (cursor >= range.from && cursor <= range.to) stroke(pen, [left - 6, y, width, y], shade.ink, 1.2);
    tell(w, shown);
  }

  const lit = (a: Arrow) =>
    web !== null && (a.row === (picked ?? hovered) || web.causes.has(a.row) || web.effects.has(a.row));

  function tell(w: MessageWindow, now: SpaceTime): void {
    const bundled = w.bundles !== null && !proof;
    const cut = w.rows !== null && w.rows.sent.length < w.total;
    const words =
      feed.trouble && !proof
        ? feed.trouble
        : !feed.window && !proof
          ? "Asking for the messages…"
          : bundled
            ? `${number(w.total)} messages in this window: bundled by kind; a bar grows as the square root of their number.`
            : web && (picked ?? hovered) !== null
              ? `${web.causes.size} causes (above) and ${web.effects.size} effects (below) of the ${picked === null ? "message under the pointer; a click keeps them." : "picked message. Esc lets go."}`
              : cut
                ? `The first ${number(w.rows?.sent.length ?? 0)} of ${number(w.total)} messages are drawn.`
                : `${number(now.arrows.length)} messages${now.left_out > 0 ? `, ${number(now.left_out)} filtered out or outside the range` : ""}.`;
    const where = proof ? "" : keptWords(w, shownRange());
    if (said.textContent !== words + where) said.textContent = words + where;
    zoomButton.hidden = !(bundled || cut);
  }

  const nearest = (x: number, y: number): Arrow | null => {
    let best: Arrow | null = null,
      least = 7;
    for (const a of shown?.arrows ?? []) {
      const d = distance(a, x - gutter(), y - head);
      if (d < least) {
        least = d;
        best = a;
      }
    }
    return best;
  };
  timeGestures(canvas.element, store, {
    vertical: true,
    range: shownRange,
    time: (_x, y) => shown?.time_at(y - head) ?? store.state.range.from,
    share: (_dx, dy) => dy / (canvas.height - head - foot),
    hover: (x, y) => {
      const a = nearest(x, y);
      hover(a?.row ?? null);
      canvas.element.style.cursor = a || y < head ? "pointer" : "grab";
      const bar = shown?.bars.find((b) => Math.abs(b.y + head - y) < 5);
      const { window: w, rows } = current();
      if (a)
        tip.show(
          x,
          y + canvas.element.offsetTop,
          describeMessage(w, rows, a.row, (t) => moment(t)),
        );
      else if (bar)
        tip.show(x, y + canvas.element.offsetTop, [
          bar.label,
          `r${bar.at} has heard ${bar.voters.map((v) => `r${v}`).join(" ")}`,
          moment(bar.t),
        ]);
      else tip.hide();
    },
    leave: () => {
      tip.hide();
      hover(null);
    },
    click: (x, y) => {
      if (y < head) {
        const lane = shown?.lanes.find((l) => Math.abs(l.x + gutter() - x) < 22);
        if (lane) {
          filters.hidden.add(lane.replica);
          drawKinds();
          again();
        }
        return;
      }
      const a = nearest(x, y);
      pick(a && a.row !== picked ? a.row : null);
      if (a) store.set({ cursor: current().rows.at[a.row] ?? current().rows.sent[a.row] });
    },
  });
  canvas.element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape" && picked !== null) return pick(null);
    if (step === 0 || !shown || shown.arrows.length === 0) return;
    event.preventDefault();
    const at = shown.arrows.findIndex((a) => a.row === picked);
    const next = shown.arrows[(at + step + shown.arrows.length) % shown.arrows.length];
    pick(next.row);
    const { window: w, rows } = current();
    tip.show(
      Math.max(next.x0, next.x1) + gutter(),
      Math.max(next.y0, 0) + head + canvas.element.offsetTop,
      describeMessage(w, rows, next.row, (t) => moment(t)),
    );
  });

  let first = true;
  return {
    update() {
      model = modelOf(data);
      const range = wantedRange();
      latestButton.hidden = !context.live;
      requests.want(range);
      if (first) {
        first = false;
        drawKinds();
        if (store.takeWanted() && proven()?.window.rows) showProof(true);
      }
      proofButton.hidden = proven() === null;
      canvas.height = canvas.width < 560 ? 520 : Math.max(420, Math.min(760, innerHeight - 400));
      feed.want(range);
      picture.refresh();
      canvas.redraw();
    },
    destroy() {
      feed.destroy();
      requests.destroy();
      canvas.destroy();
    },
  };
}

/** What a window has not, because its server keeps a part of the run's messages only. */
function keptWords(w: MessageWindow, range: Range): string {
  if (w.known_from && w.known_from > range.from)
    return ` Of a run that goes on the latest are kept: here since ${moment(w.known_from)}.`;
  if (w.known_to !== undefined && w.known_to < range.to)
    return ` Kept until ${moment(w.known_to)}; ${number(w.left_out)} came later.`;
  return "";
}

/** All replicas to 40; beyond, those selected, or the first 24. */
function lanesOf(model: RunModel, selected: readonly number[]): number[] {
  if (selected.length > 1) return [...selected].sort((a, b) => a - b);
  return Array.from({ length: model.n <= 40 ? model.n : 24 }, (_, r) => r);
}

function table(w: MessageWindow, rows: MessageRows, context: ViewContext, range: Range) {
  if (w.bundles)
    return {
      columns: ["from, s", "to, s", "kind", "messages", "lost"],
      rows: w.bundles.map((b) => [b.from_t, b.to_t, w.kinds[b.kind], b.count, b.dropped]),
    };
  const two = twofold(rows);
  const inside = rows.sent
    .map((_, i) => i)
    .filter((i) => rows.sent[i] <= range.to && (rows.at[i] ?? rows.sent[i]) >= range.from);
  const stood = quorums(rows, modelOf(context.data).quorum).length;
  return {
    columns: [
      "sent, s",
      "arrived, s",
      "from",
      "to",
      "kind",
      "view",
      "height",
      "block",
      "bytes",
      "lost",
      "says two things",
    ],
    note: `${stood} quorums stood in this window`,
    rows: inside.map((i) => [
      rows.sent[i],
      rows.at[i],
      `r${rows.from[i]}`,
      `r${rows.to[i]}`,
      w.kinds[rows.kind[i]],
      rows.view[i],
      rows.height[i],
      rows.block[i]?.slice(0, 8) ?? "–",
      rows.bytes[i],
      rows.dropped[i] ?? "",
      two.has(i) ? "yes" : "",
    ]),
  };
}

function emptyWindow(): MessageWindow {
  return { from: 0, to: 0, total: 0, kinds: [], rows: no_rows, bundles: null };
}
