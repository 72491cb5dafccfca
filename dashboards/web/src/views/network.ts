// Network, of the shown range: messages and bytes of each kind a commit costs, losses by reason, both over
// time, each replica's uplink, and who sends to whom.
import { timeChart } from "../charts/time_chart";
import { lineStyle } from "../colours";
import type { Series } from "../data/types";
import { element } from "../dom";
import { figure } from "../figure";
import { bytes, moment, number, share } from "../format";
import { Canvas, label, stroke } from "./canvas";
import { MessageFeed, no_rows } from "./message_feed";
import { replicaSet } from "./names";
import { answeredRange, latestRange, networkFeed } from "./live_feeds";
import {
  bandwidthOf,
  kindRows,
  kindRowsIn,
  lossesIn,
  matrix,
  momentsOf,
  utilisation,
  type KindRow,
  type Matrix,
} from "./network_layout";
import { uplinkStrips } from "./uplinks";
import { lowerBound, modelOf } from "./run_model";
import { font, hatching, mixed, shades } from "./shades";
import { Tip } from "./tip";
import type { View, ViewContext } from "./view";
import "./views.css";

/** Of a live run the matrix is that of so many of the latest messages, unless a part of it is chosen. */
const latest_messages = 1500;

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  const stack = element("div", { class: "stack" });
  const pair = element("div", { class: "pair" });
  stack.append(pair);
  root.append(stack);
  const kinds = kindsFigure(context),
    losses = lossFigure(context);
  pair.append(kinds.root, losses.root);
  const counts = networkFeed(context, () => {
    kinds.update();
    losses.update();
    strips?.update(store.state.range, store.state.cursor);
  });
  let strips: View | null = null;

  const charts: View[] = [];
  if (data.series && data.series.t.length > 1) {
    const both = element("div", { class: "pair" });
    stack.append(both);
    const rate = (column: number[], t: number[]) =>
      column.map((v, i) => (i === 0 ? 0 : (v - column[i - 1]) / Math.max(1e-9, t[i] - t[i - 1])));
    const series = () => data.series as Series;
    const t = () => series().t;
    charts.push(
      timeChart(both, context, {
        title: "Messages sent a second",
        t,
        format: number,
        lines: () => [
          {
            name: "messages/s",
            values: series().message_rate ?? rate(series().messages, t()),
            colour: lineStyle(0).colour,
            filled: true,
          },
        ],
      }),
    );
    charts.push(
      timeChart(both, context, {
        title: "Lost a second",
        t,
        format: number,
        lines: () => [
          {
            name: "lost/s",
            values: rate(series().dropped, t()),
            colour: "--vermillion",
            filled: true,
          },
        ],
      }),
    );
  }

  const bandwidth = bandwidthOf(data.lock_yaml);
  if (data.network?.uplinks) strips = uplinkStrips(stack, context);
  else if (bandwidth !== null && data.series && data.series.t.length > 1)
    charts.push(
      timeChart(stack, context, {
        title: "Use of the uplinks",
        meaning: `Bytes sent against ${number(bandwidth / 1e6)} Mbit/s of each of the ${data.summary.protocol.n} replicas: the mean of all. Above 100 % they queue.`,
        t: () => (data.series as Series).t,
        format: share,
        lines: () => [
          {
            name: "mean of all uplinks",
            values: utilisation(
              (data.series as Series).t,
              (data.series as Series).bytes,
              data.summary.protocol.n,
              bandwidth,
            ),
            colour: "--blue",
            filled: true,
          },
        ],
      }),
    );

  let cells: Matrix | null = null;
  const feed = new MessageFeed(context, () => again());
  const grid = figure({
    title: "Sender × receiver",
    meaning: "Messages sent in the shown range: a stronger colour is more; hatched cells lost some.",
    table: () => table(cells),
  });
  const canvas = new Canvas(grid.body, "Matrix of messages by sender and receiver", 320, paint);
  const said = element("p", { class: "note", role: "status" });
  const tip = new Tip(grid.body);
  grid.body.append(said);
  stack.append(grid.root);

  const size = () => (cells ? Math.max(4, Math.min(34, (canvas.width - 60) / cells.groups.length)) : 20);
  function again(): void {
    cells = matrix(feed.window?.rows ?? no_rows, modelOf(data).n, answeredRange(context, feed.window, latest_messages));
    canvas.height = 34 + cells.groups.length * size();
    said.textContent =
      feed.trouble ??
      (feed.window?.bundles
        ? `${number(feed.window.total)} messages in this range: zoom in to see who sent them.`
        : feed.window && feed.window.total > (feed.window.rows?.sent.length ?? 0)
          ? `Of the first ${number(feed.window.rows?.sent.length ?? 0)} of ${number(feed.window.total)} messages.`
          : `${number(cells.total)} messages${context.live ? `, ${moment(feed.window?.from ?? 0)} to ${moment(feed.window?.to ?? 0)}` : ""}.`);
    canvas.redraw();
    grid.refresh();
  }

  function paint(pen: CanvasRenderingContext2D): void {
    if (!cells) return;
    const shade = shades(),
      s = size(),
      m = cells.groups.length;
    pen.font = font;
    label(pen, "to →", 44, 8, shade.ink2, "right");
    cells.groups.forEach((g, i) => {
      if (s < 14 && i % Math.ceil(26 / s) !== 0) return;
      label(
        pen,
        g.length > 1 ? String(g[0]) : s < 22 ? String(g[0]) : `r${g[0]}`,
        50 + (i + 0.5) * s,
        20,
        shade.ink2,
        "center",
      );
      label(pen, `r${g[0]}`, 44, 30 + (i + 0.5) * s, shade.ink2, "right");
    });
    for (let a = 0; a < m; a++)
      for (let b = 0; b < m; b++) {
        const x = 50 + b * s,
          y = 30 + a * s,
          count = cells.count[a * m + b];
        pen.fillStyle =
          count === 0 ? shade.ground : mixed(shade.paper, shade.accent, 0.12 + 0.8 * (count / cells.most));
        pen.fillRect(x, y, s - 1, s - 1);
        if (cells.lost[a * m + b] > 0) {
          pen.fillStyle = hatching(pen, shade.fail, 5);
          pen.fillRect(x, y, s - 1, s - 1);
        }
        if (a === b && cells.groups[a].length === 1) stroke(pen, [x, y, x + s - 1, y + s - 1], shade.line2);
      }
  }
  canvas.element.addEventListener("pointermove", (event) => {
    const a = Math.floor((event.offsetY - 30) / size()),
      b = Math.floor((event.offsetX - 50) / size());
    const m = cells?.groups.length ?? 0;
    if (!cells || a < 0 || b < 0 || a >= m || b >= m) return tip.hide();
    const at = a * m + b;
    tip.show(event.offsetX, event.offsetY, [
      `${replicaSet(cells.groups[a])} → ${replicaSet(cells.groups[b])}`,
      `${number(cells.count[at])} messages, ${bytes(cells.bytes[at])}`,
      cells.lost[at] > 0 && `${number(cells.lost[at])} lost`,
    ]);
  });
  canvas.element.addEventListener("pointerleave", () => tip.hide());

  return {
    update(range, cursor) {
      counts.want();
      kinds.update();
      losses.update();
      strips?.update(range, cursor);
      for (const c of charts) c.update(range, cursor);
      feed.want(latestRange(context, latest_messages));
      again();
    },
    destroy() {
      counts.destroy();
      strips?.destroy();
      feed.destroy();
      canvas.destroy();
      for (const c of charts) c.destroy();
    },
  };
}

/** What is counted: the whole run as summary.json has it, or the part of it that is shown. */
interface Counted {
  kinds: KindRow[];
  lost: [reason: string, count: number][];
  words: string;
}

function counted(context: ViewContext): Counted {
  const { data, store } = context,
    { range, whole } = store.state;
  const all = range.from <= whole.from && range.to >= whole.to;
  if (!data.network || (all && !context.live))
    return {
      kinds: kindRows(data.summary),
      lost: Object.entries(data.summary.dropped ?? {}).sort((a, b) => b[1] - a[1]),
      words: "Over the whole run, losses and view changes included.",
    };
  const { t } = data.network,
    { first, last } = momentsOf(t, range);
  const from = t[first] ?? 0,
    to = t[last] ?? 0;
  const commits = heightAt(data.series, to) - heightAt(data.series, from);
  return {
    kinds: kindRowsIn(data.network, first, last, commits),
    lost: lossesIn(data.network, first, last),
    words: `Sent from ${moment(from)} to ${moment(to)}, ${number(commits)} ${commits === 1 ? "height" : "heights"} committed; losses and view changes included.`,
  };
}

function heightAt(series: Series | undefined, at: number): number {
  if (!series || series.t.length === 0) return 0;
  const i = lowerBound(series.t.length, at, (k) => series.t[k] + 1e-9);
  return series.height[Math.min(i, series.t.length - 1)];
}

interface Bars {
  root: HTMLElement;
  update(): void;
}

/** Bars in HTML: a row a kind, messages and bytes a commit. */
function kindsFigure(context: ViewContext): Bars {
  const made = figure({
    title: "What a commit costs, by kind of message",
    table: () => ({
      columns: ["kind", "sent", "bytes", "lost", "messages a commit", "bytes a commit"],
      rows: counted(context).kinds.map((r) => [r.name, r.sent, r.bytes, r.lost, r.per_commit, r.bytes_per_commit]),
    }),
  });
  const said = element("p", { class: "note", role: "status" });
  const bars = element("div", { class: "bars" });
  made.body.append(said, bars);
  let told = "";
  return {
    root: made.root,
    update() {
      const { kinds: rows, words } = counted(context);
      const none = context.live ? "Nothing was sent yet." : "No messages were sent.";
      const key = words + rows.map((r) => `${r.name} ${r.sent} ${r.bytes}`).join();
      if (key === told) return;
      told = key;
      said.textContent = rows.length === 0 ? none : words;
      const most = Math.max(1e-9, ...rows.map((r) => r.sent)),
        most_bytes = Math.max(1e-9, ...rows.map((r) => r.bytes));
      const commits = rows.some((r) => r.per_commit > 0);
      bars.replaceChildren(
        ...rows.flatMap((r) => [
          element("span", {}, r.name),
          bar(r.sent / most, commits ? number(r.per_commit) : number(r.sent), "messages"),
          bar(r.bytes / most_bytes, bytes(commits ? r.bytes_per_commit : r.bytes), "bytes"),
        ]),
      );
      made.refresh();
    },
  };
}

function lossFigure(context: ViewContext): Bars {
  const made = figure({
    title: "Lost messages, by reason",
    table: () => ({ columns: ["reason", "messages"], rows: counted(context).lost }),
  });
  const said = element("p", { class: "note", role: "status" });
  const bars = element("div", { class: "bars one" });
  made.body.append(said, bars);
  let told = "none";
  return {
    root: made.root,
    update() {
      const rows = counted(context).lost.filter(([, count]) => count > 0);
      const key = rows.join();
      if (key === told) return;
      told = key;
      const most = Math.max(1, ...rows.map(([, count]) => count));
      said.textContent = rows.length === 0 ? (context.live ? "None is lost so far." : "None was lost.") : "";
      said.hidden = rows.length > 0;
      bars.replaceChildren(
        ...rows.flatMap(([reason, count]) => [
          element("span", {}, reason.replace("_", " ")),
          bar(count / most, number(count), "lost"),
        ]),
      );
      made.refresh();
    },
  };
}

function bar(share: number, words: string, kind: string): HTMLElement {
  return element(
    "div",
    { class: `bar ${kind}` },
    element("i", { style: `width: ${Math.max(0.5, share * 72).toFixed(1)}%` }),
    element("b", {}, words),
  );
}

function table(cells: Matrix | null) {
  const rows: (string | number)[][] = [];
  if (cells)
    for (let a = 0; a < cells.groups.length; a++)
      for (let b = 0; b < cells.groups.length; b++) {
        const at = a * cells.groups.length + b;
        if (cells.count[at] > 0)
          rows.push([
            replicaSet(cells.groups[a]),
            replicaSet(cells.groups[b]),
            cells.count[at],
            cells.bytes[at],
            cells.lost[at],
          ]);
      }
  return { columns: ["from", "to", "messages", "bytes", "lost"], rows };
}
