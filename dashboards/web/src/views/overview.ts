// Overview: what was expected and what came of it, the story, and four charts on one time axis. Also the
// worked example of a view: mount() draws once, update() follows the store, destroy() lets go.
import { lineStyle, signOf } from "../colours";
import type { Expectation, Recording, RunData, Series } from "../data/types";
import { element } from "../dom";
import { isWhole } from "../notable";
import { bytes, duration, metricOf, moment, number, replica, unitOf, withUnit } from "../format";
import { timeChart, type TimeLine } from "../charts/time_chart";
import type { View, ViewContext } from "./view";

export function mount(root: HTMLElement, context: ViewContext): View {
  const figures = element("div");
  const left = element("div", { class: "stack" });
  const right = element("div", { class: "stack charts" });
  root.append(figures, element("div", { class: "columns" }, left, right));
  let revision = -1, told = "";
  const write = () => {
    if (revision === context.revision) return;
    revision = context.revision;
    figures.replaceChildren(context.live ? figuresSoFar(context.data) : keyFigures(context.data));
    // Only what has changed: who is on one of their buttons stays there.
    const { summary, story: lines } = context.data;
    const news = [summary.expectations.map((e) => e.status + e.detail).join(), lines?.length, lines?.[lines.length - 1]?.at].join();
    if (news === told) return;
    told = news;
    left.replaceChildren(expectations(context), story(context));
  };
  write();
  const charts = drawCharts(right, context);
  return {
    update(range, cursor) {
      write();
      for (const chart of charts) chart.update(range, cursor);
      markFocus(left, context);
    },
    destroy() {
      for (const chart of charts) chart.destroy();
    },
  };
}

// ------------------------------------------------------------- numbers

const shown_figures: [metric: string, words: string][] = [
  ["throughput.mean", "throughput, whole run"],
  ["commit_latency.p50", "commit latency p50"],
  ["commit_latency.p99", "commit latency p99"],
  ["commits.count", "commits"],
  ["messages_per_commit.mean", "messages a commit"],
  ["bytes_per_commit.mean", "bytes a commit"],
  ["view_changes.count", "view changes"],
];

function keyFigures(data: RunData): HTMLElement {
  const list = element("dl", { class: "figures" });
  for (const [metric, words] of shown_figures) {
    const value = metricOf(data.summary.metrics, metric);
    list.append(element("div", {},
      element("dt", {}, words),
      element("dd", { "data-metric": metric, "data-value": value },
        withUnit(value, unitOf(metric)))));
  }
  return element("div", {}, list, parts(data));
}

const shown_parts: [metric: string, words: string][] = [
  ["throughput", "throughput"],
  ["commit_latency.p50", "commit latency p50"],
  ["commit_latency.p95", "p95"],
  ["commit_latency.p99", "p99"],
  ["messages_per_commit", "messages a commit"],
  ["bytes_per_commit", "bytes a commit"],
  ["view_changes", "view changes"],
];

/** The terminal's rows, from the same numbers: the time without faults, the faults, and what they left behind. */
function parts(data: RunData): HTMLElement | null {
  const rows: [part: string, words: string][] = [
    ["steady", "steady"], ["faults", "during faults"], ["drain", "until their backlog is gone"]];
  const there = rows.filter(([part]) => metricOf(data.summary.metrics, `${part}.throughput`) !== null);
  if (there.length < 2) return null;
  return element("div", { class: "figure-table parts" }, element("table", {},
    element("thead", {}, element("tr", {}, element("th", {}, ""),
      ...shown_parts.map(([, words]) => element("th", { scope: "col" }, words)))),
    element("tbody", {}, ...there.map(([part, words]) => element("tr", {}, element("th", { scope: "row" }, words),
      ...shown_parts.map(([metric]) => {
        const value = metricOf(data.summary.metrics, `${part}.${metric}`);
        return element("td", { "data-part": `${part}.${metric}`, "data-value": value },
          withUnit(value, unitOf(`${part}.${metric}`)));
      }))))));
}

/** Of a run that goes on: what its last row says. The summary's figures come when it is over. */
function figuresSoFar(data: RunData): HTMLElement {
  const list = element("dl", { class: "figures" });
  const s = data.series, last = (s?.t.length ?? 0) - 1;
  if (!s || last < 0) return list;
  // Over the last ten seconds, or as many as there are.
  const before = Math.max(0, s.t.findIndex((t) => t >= s.t[last] - 10) - 1);
  const rate = (column: number[]) => (column[last] - column[before]) / Math.max(1e-9, s.t[last] - s.t[before]);
  const shown: [words: string, text: string][] = [
    ["simulated", moment(s.t[last])],
    ["throughput, 10 s", last > 0 ? withUnit(rate(s.committed_tx), "tx/s") : "–"],
    ["commit latency p50, now", s.latency_p50[last] > 0 ? duration(s.latency_p50[last]) : "–"],
    ["height", number(s.height[last])],
    ["messages, 10 s", last > 0 ? `${number(rate(s.messages))}/s` : "–"],
    ["view changes", number(s.view_changes[last])],
    ["replicas up", `${s.replicas_up[last]} of ${data.summary.protocol.n}`],
  ];
  for (const [words, text] of shown) list.append(element("div", {}, element("dt", {}, words), element("dd", {}, text)));
  return list;
}

// ------------------------------------------------------------- expectations

function expectations(context: ViewContext): HTMLElement {
  const list = element("ul", { class: "expectations" });
  for (const e of context.data.summary.expectations) list.append(expectation(e, context));
  return element("section", { class: "card", "aria-labelledby": "expected" },
    element("h2", { id: "expected" }, "Expected"), list);
}

function expectation(e: Expectation, context: ViewContext): HTMLElement {
  const sign = signOf(e.status);
  const jump = () => {
    const at = momentOf(e, context.data);
    context.store.set({ selection: { focus: e.id } });
    if (at !== null) context.store.goTo(at);
  };
  const values = e.value !== null && e.limit !== null
    ? `${withUnit(e.value, e.unit)} of ${withUnit(e.limit, e.unit)}` : "";
  return element("li", { "data-id": e.id },
    element("button", { type: "button", class: `expectation ${sign.kind}`, onclick: jump },
      element("span", { class: "sign", "aria-label": sign.word }, sign.mark),
      element("span", { class: "what" },
        element("span", { class: "text" }, e.text, e.always_on ? element("small", {}, " always on") : null),
        element("span", { class: "detail" }, e.detail)),
      element("span", { class: "value", "data-value": e.value, title: values ? "value of limit" : null }, values)),
    e.explanation && e.explanation.length > 0
      ? element("pre", { class: `explanation ${e.bound}` }, e.explanation.join("\n")) : null);
}

/** When it was decided; else when its violation is told. */
function momentOf(e: Expectation, data: RunData): number | null {
  if (e.at !== null) return e.at;
  return data.story?.find((line) => line.violation)?.at ?? null;
}

function markFocus(root: HTMLElement, context: ViewContext): void {
  const { focus } = context.store.state.selection;
  for (const item of root.querySelectorAll<HTMLElement>(".expectations li"))
    item.classList.toggle("focused", item.dataset["id"] === focus);
}

// ------------------------------------------------------------- story

function story(context: ViewContext): HTMLElement {
  const { store, data } = context;
  const list = element("ol", { class: "story" });
  for (const line of data.story ?? []) {
    list.append(element("li", { class: line.violation ? "violation" : null },
      element("button", { type: "button", onclick: () => store.goTo(line.at) },
        element("time", {}, moment(line.at, store.state.whole.to)),
        element("span", { class: `kind kind-${line.kind}` }, line.kind),
        element("span", { class: "what" }, line.label ? `${line.label}: ${line.text}` : line.text))));
  }
  return element("section", { class: "card", "aria-labelledby": "story" },
    element("h2", { id: "story" }, "What happened"),
    list.childElementCount > 0 ? list
      : element("p", { class: "note" }, "No fault, no stall, no violation."));
}

// ------------------------------------------------------------- charts

function drawCharts(root: HTMLElement, context: ViewContext): View[] {
  const { data } = context;
  if (!data.series || (data.series.t.length === 0 && !context.live)) {
    root.append(element("p", { class: "note" }, "This folder has no time series."));
    return [];
  }
  // Of the data as it is when it is asked for: a live run may have been started anew.
  const s = () => data.series as Series;
  const t = () => s().t;
  // A live page keeps only the latest part of the recording.
  const each = !context.live;
  const p99 = metricOf(data.summary.metrics, "commit_latency.p99");
  return [
    timeChart(root, context, {
      title: "Throughput", t, format: (v) => number(v) + " tx/s",
      lines: () => [{ name: "committed", values: s().throughput, colour: "--blue", filled: true }],
    }),
    timeChart(root, context, {
      title: "Commit latency", t, format: duration, seconds: true,
      lines: () => [{ name: "p50 of the interval", values: gaps(s().latency_p50), colour: "--green" }],
      level: p99 === null ? undefined : { value: p99, text: `p99 of the run ${duration(p99)}` },
    }),
    timeChart(root, context, { title: "Height", t, format: number, lines: () => heights(s(), each ? data.recording : undefined, data.summary.protocol.n) }),
    timeChart(root, context, {
      title: "Messages", t, format: (v) => number(v) + "/s",
      lines: () => [
        { name: "sent", values: s().message_rate, colour: "--purple", filled: true },
        { name: "dropped", values: rateOf(t(), s().dropped), colour: "--vermillion", dash: [4, 3] },
      ],
    }),
  ];
}

const most_heights = 10;

/** Every replica's height when there are few; the highest and the lowest of many. */
function heights(s: Series, recording: Recording | undefined, n: number): TimeLine[] {
  if (!recording || n > most_heights || !isWhole(recording)) {
    return [
      { name: "highest", values: s.height, colour: "--blue", stepped: true },
      { name: "lowest", values: s.lowest_height, colour: "--orange", dash: [7, 4], stepped: true },
    ];
  }
  const lines = Array.from({ length: n }, (_, r): TimeLine => ({
    name: replica(r), values: new Array<number | null>(s.t.length).fill(null), stepped: true,
    ...lineStyle(r),
  }));
  const reached = new Array<number>(n).fill(0);
  let next = 0;
  const { commits, blocks } = recording;
  s.t.forEach((t, i) => {
    for (; next < commits.t.length && commits.t[next] <= t; ++next) {
      const [r, block] = [commits.replica[next], commits.block[next]];
      if (r < n && block >= 0) reached[r] = blocks.height[block];
    }
    reached.forEach((h, r) => { lines[r].values[i] = h; });
  });
  return lines;
}

/** Nothing was committed in an interval without a latency: a gap, not zero. */
function gaps(values: number[]): (number | null)[] {
  return values.map((v) => (v > 0 ? v : null));
}

/** Counts so far → a second. */
function rateOf(t: number[], total: number[]): number[] {
  return t.map((at, i) => {
    const width = at - (i > 0 ? t[i - 1] : 0);
    return width > 0 ? (total[i] - (i > 0 ? total[i - 1] : 0)) / width : 0;
  });
}

/** Under the page in print, and in the details: what was sent, by kind. */
export function messageTable(data: RunData): { columns: string[]; rows: (string | number)[][] } {
  return {
    columns: ["message", "sent", "delivered", "bytes"],
    rows: Object.entries(data.summary.messages)
      .filter(([, count]) => count.sent > 0)
      .map(([kind, count]) => [kind, count.sent, count.delivered, bytes(count.bytes)]),
  };
}
