// Two runs side by side on one time bar: the same view of both, and where they part.
import type { Source } from "../data/source";
import type { RunData } from "../data/types";
import { element } from "../dom";
import { duration, metricOf, moment, number } from "../format";
import { verdictBadge } from "../header";
import { listenToKeys } from "../keys";
import { play } from "../play";
import { Store } from "../store";
import { TimeBar } from "../time_bar";
import { transportBar } from "../transport_bar";
import { firstDifference } from "./first_difference";
import type { View, ViewContext, ViewEntry } from "./view";
import "./views.css";

export interface SideBySide {
  destroy(): void;
}

/** `entries`: the views that may be shown of both (the tab bar's); `first`: which one at the start. */
export async function sideBySide(
  root: HTMLElement,
  source: Source,
  ids: [string, string],
  entries: readonly ViewEntry[],
  first = "replicas",
): Promise<SideBySide> {
  const runs = await Promise.all(ids.map((id) => source.run(id)));
  return new Both(root, source, runs as [RunData, RunData], entries, first);
}

class Both implements SideBySide {
  private readonly store: Store;
  private readonly ends: (() => void)[] = [];
  private readonly places: HTMLElement[];
  private readonly time_bars: TimeBar[];
  private shown: View[] = [];
  private frame = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly source: Source,
    private readonly runs: [RunData, RunData],
    private readonly entries: readonly ViewEntry[],
    first: string,
  ) {
    const end = Math.max(...runs.map((r) => r.summary.simulated_seconds), 1e-3);
    this.store = new Store({ from: 0, to: end });
    this.store.follow(location.hash);
    if (!entries.some((e) => e.id === this.store.state.view && e.id !== "overview"))
      this.store.set({ view: first });
    first = this.store.state.view;
    this.places = runs.map(() => element("div", { class: "view" }));
    this.time_bars = runs.map((run) => new TimeBar(this.store, run));
    const chooser = element(
      "select",
      { "aria-label": "view", onchange: () => this.show(chooser.value) },
      ...entries
        .filter((e) => e.id !== "overview")
        .map((e) => element("option", { value: e.id, selected: e.id === first }, e.title)),
    );
    root.replaceChildren(
      element(
        "header",
        { class: "both-header" },
        element("a", { href: "#" }, "all runs"),
        element("h1", {}, "Side by side"),
        chooser,
        this.difference(),
      ),
      element(
        "main",
        { class: "both", id: "view" },
        ...runs.map((run, i) =>
          element("section", { "aria-label": run.summary.name }, heading(run), this.places[i]),
        ),
      ),
      element(
        "footer",
        { class: "time-bar" },
        transportBar(this.store, runs[0], () => {}),
        ...this.time_bars.map((bar, i) =>
          element("div", { class: "both-bar" }, element("small", {}, label(runs[i], runs[1 - i])), bar.root),
        ),
      ),
    );
    document.title = `${runs[0].summary.name} beside ${runs[1].summary.name} · byzlab`;
    this.ends.push(
      this.store.subscribe(() => this.schedule()),
      play(this.store),
      listenToKeys(this.store, merged(runs), {
        toggleHelp: () => {},
        fork: () => {},
        showView: (n) => this.show(entries[n - 1]?.id ?? first),
        nextTheme: () => {},
      }),
    );
    this.show(first);
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    for (const end of this.ends) end();
    for (const view of this.shown) view.destroy();
    for (const bar of this.time_bars) bar.destroy();
    this.root.replaceChildren();
  }

  private show(id: string): void {
    const entry = this.entries.find((e) => e.id === id) ?? this.entries[0];
    this.store.set({ view: entry.id });
    for (const view of this.shown) view.destroy();
    this.shown = this.runs.map((data, i) => {
      this.places[i].replaceChildren();
      return entry.mount(this.places[i], {
        data,
        source: this.source,
        store: this.store,
        violations: data.violations ?? [],
        revision: 0,
        live: false,
        interactive: false,
      } as ViewContext);
    });
    this.schedule();
  }

  private schedule(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const { state } = this.store;
      for (const view of this.shown) view.update(state.range, state.cursor);
      for (const bar of this.time_bars) bar.update(state);
      // Browsers forbid writing the address sixty times a second.
      const ids = this.runs.map((run) => encodeURIComponent(run.id));
      if (!state.playing) history.replaceState(null, "", `#id=${ids[0]}&with=${ids[1]}&${this.store.link()}`);
    });
  }

  private difference(): HTMLElement {
    const [a, b] = this.runs.map((run) => run.summary.protocol);
    if (a.name !== b.name || a.n !== b.n)
      return element(
        "p",
        { class: "note" },
        "Different protocols or sizes: they differ from the first event on.",
      );
    const found = firstDifference(...this.runs);
    if (!found) return element("p", { class: "note" }, "The recordings of both runs say the same.");
    return element(
      "p",
      { class: "note" },
      "First difference: ",
      element(
        "button",
        { type: "button", class: "small", onclick: () => this.store.goTo(found.t) },
        moment(found.t),
      ),
      ` left: ${found.left}; right: ${found.right}`,
    );
  }
}

function heading(run: RunData): HTMLElement {
  const { summary } = run;
  const facts = [
    summary.protocol.name,
    `n ${summary.protocol.n}`,
    `seed ${summary.seed}`,
    `${number(metricOf(summary.metrics, "throughput.mean"))} tx/s`,
    `p50 ${duration(metricOf(summary.metrics, "commit_latency.p50"))}`,
    `${number(metricOf(summary.metrics, "messages_per_commit.mean"))} messages a commit`,
  ];
  return element(
    "div",
    { class: "both-title" },
    verdictBadge(summary.verdict),
    element("a", { href: `#id=${encodeURIComponent(run.id)}` }, summary.name),
    element("span", { class: "note" }, facts.join(" · ")),
  );
}

/** What tells the two apart: the name, else the protocol, else the seed. */
function label(run: RunData, other: RunData): string {
  const a = run.summary,
    b = other.summary;
  return a.name !== b.name
    ? a.name
    : a.protocol.name !== b.protocol.name
      ? a.protocol.name
      : `seed ${a.seed}`;
}

/** For the keys: the notable moments of both. */
function merged(runs: [RunData, RunData]): RunData {
  const story = [...(runs[0].story ?? []), ...(runs[1].story ?? [])].sort((a, b) => a.at - b.at);
  return { ...runs[0], story };
}
