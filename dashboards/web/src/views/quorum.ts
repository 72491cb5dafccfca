// Quorum progress of one height: who spoke for which block, in order, towards the quorum; who is missing,
// who said two things. Votes after the cursor are pale, so that stepping fills the bars.
import { element, empty } from "../dom";
import { figure } from "../figure";
import { moment } from "../format";
import { asOf } from "./as_of";
import { MessageFeed, no_rows } from "./message_feed";
import { replicaSet } from "./names";
import { ballots, spanOfHeight, type Ballot } from "./quorum_layout";
import { lowerBound, modelOf } from "./run_model";
import type { View, ViewContext } from "./view";
import "./views.css";

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  let model = modelOf(data);
  let height = heightAt(asOf(store.state.range, store.state.cursor));
  let follow = true;
  const feed = new MessageFeed(context, () => draw());
  const field = element("input", {
    type: "number",
    min: 1,
    class: "short",
    "aria-label": "height",
    oninput: () => pick(Number(field.value) || 1),
  });
  const step = (by: number, words: string, sign: string) =>
    element(
      "button",
      { type: "button", title: words, "aria-label": words, onclick: () => pick(height + by) },
      sign,
    );
  const picture = figure({
    title: "Quorum progress",
    meaning:
      "One height at a time: for each block and kind of vote, who has spoken by the cursor. The line marks the quorum.",
    table: () => table(found()),
    tools: ["height", step(-1, "height below", "‹"), field, step(1, "height above", "›")],
  });
  const list = element("ol", { class: "ballots" });
  const said = element("p", { class: "note", role: "status" });
  picture.body.append(list, said);
  root.append(picture.root);

  function heightAt(t: number): number {
    const { commits, blocks } = modelOf(data).recording;
    const k = lowerBound(commits.t.length, 0, (i) => (commits.t[i] <= t ? -1 : 1)) - 1;
    const row = commits.t.length === 0 ? -1 : Math.max(0, k);
    return row < 0 ? 1 : (blocks.height[commits.block[row]] ?? 1);
  }

  function pick(to: number): void {
    height = Math.max(1, to);
    follow = false;
    const span = spanOfHeight(model.recording.blocks, height);
    if (span) {
      store.show(span.from, span.to);
      store.set({ cursor: span.to });
    } else {
      draw();
    }
  }

  const found = () =>
    feed.window ? ballots(feed.window, feed.window.rows ?? no_rows, height, model.n, model.quorum) : [];

  function draw(): void {
    const all = found(),
      { cursor, range } = store.state;
    const t = cursor > range.from ? cursor : range.to;
    field.value = String(height);
    empty(list);
    for (const b of all) list.append(ballotRow(b, t, model.n, model.quorum, model.byzantine));
    const at = spanOfHeight(model.recording.blocks, height);
    said.textContent =
      feed.trouble ??
      (feed.window?.bundles
        ? "Too many messages in this range to tell votes apart: pick a height."
        : all.length === 0
          ? feed.window
            ? `No message about height ${height} in the shown range.`
            : "Asking for the messages…"
          : at
            ? `Height ${height}: first seen at ${moment(at.from)}, as of ${moment(t)}.`
            : "");
    picture.refresh();
  }

  return {
    update(range, cursor) {
      model = modelOf(data);
      if (follow || !within(spanOfHeight(model.recording.blocks, height), range))
        height = heightAt(asOf(range, cursor));
      follow = true;
      const span = spanOfHeight(model.recording.blocks, height);
      const whole = range.to - range.from;
      // The votes of a height are few: they are asked for even when the range is wide.
      feed.want(
        span && whole > (span.to - span.from) * 6 + 1e-3
          ? { from: span.from - 1e-3, to: span.to + (span.to - span.from) * 0.5 + 1e-3 }
          : range,
      );
      draw();
    },
    destroy: () => feed.destroy(),
  };
}

function within(span: { from: number; to: number } | null, range: { from: number; to: number }): boolean {
  return span !== null && span.from <= range.to && span.to >= range.from;
}

function ballotRow(b: Ballot, t: number, n: number, quorum: number, byzantine: boolean[]): HTMLElement {
  const spoken = b.voters.filter((v) => v.sent <= t).length;
  const bar = element("div", { class: "ballot-bar", style: `--n: ${n}; --quorum: ${quorum}` });
  if (n <= 40) {
    for (const v of b.voters) {
      const late = v.sent > t,
        lost = v.first === null;
      bar.append(
        element(
          "span",
          {
            class: [
              "vote",
              late ? "late" : "",
              v.twice ? "twice" : "",
              lost ? "lost" : "",
              byzantine[v.replica] ? "liar" : "",
            ].join(" "),
            title: `r${v.replica} spoke at ${moment(v.sent)}${v.twice ? ", and said something else too" : ""}${lost ? ", nobody heard it" : ""}`,
          },
          `${byzantine[v.replica] ? "■" : ""}r${v.replica}${v.twice ? "‼" : ""}`,
        ),
      );
    }
    for (const r of b.proposal ? [] : b.missing)
      bar.append(
        element(
          "span",
          {
            class: `vote missing${r === b.by_proposal ? " proposer" : ""}`,
            title: r === b.by_proposal ? `r${r}'s proposal is its vote` : `r${r} has not spoken`,
          },
          r === b.by_proposal ? `▲ r${r}` : `r${r}`,
        ),
      );
  } else {
    bar.append(element("span", { class: "vote many", style: `width: ${(100 * spoken) / n}%` }, `${spoken}`));
  }
  if (!b.proposal) bar.append(element("i", { class: "quorum-line", title: `quorum: ${quorum}` }));
  const twice = b.voters.filter((v) => v.twice).map((v) => v.replica);
  const words = b.proposal
    ? `from r${b.voters[0].replica} at ${moment(b.voters[0].sent)}`
    : `${spoken} of ${n} spoke, quorum ${quorum}${b.stood !== null && b.stood <= t ? `: ✓ stood at ${moment(b.stood)}` : ""}` +
      (b.by_proposal !== null ? `; r${b.by_proposal}'s proposal is its vote` : "") +
      silent(b) +
      (twice.length > 0 ? `; said two things: ${replicaSet(twice)}` : "");
  return element(
    "li",
    { class: "ballot" },
    element(
      "div",
      { class: "ballot-head" },
      element("b", {}, b.kind),
      element("code", {}, b.block.slice(0, 8)),
      b.view === null ? null : `view ${b.view}`,
    ),
    bar,
    element("p", { class: "note" }, words),
  );
}

function silent(b: Ballot): string {
  const missing = b.missing.filter((r) => r !== b.by_proposal);
  return missing.length > 0 ? `; not heard: ${replicaSet(missing)}` : "";
}

function table(all: Ballot[]) {
  return {
    columns: ["kind", "view", "block", "replica", "spoke, s", "first heard, s", "said two things"],
    rows: all.flatMap((b) =>
      b.voters.map((v) => [
        b.kind,
        b.view,
        b.block.slice(0, 8),
        `r${v.replica}`,
        v.sent,
        v.first,
        v.twice ? "yes" : "",
      ]),
    ),
  };
}
