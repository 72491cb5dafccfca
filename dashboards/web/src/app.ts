// The frame around the views of one run: header, tabs, the view, captions, the time bar. It keeps the
// store, the address and the screen in step, and draws at most once a frame.
import type { Source } from "./data/source";
import type { LiveDelta, RunData, Violation } from "./data/types";
import { element, empty, fill } from "./dom";
import { forkDialog } from "./fork_dialog";
import { runHeader } from "./header";
import { key_help, listenToKeys } from "./keys";
import { Lesson } from "./lesson";
import { grow, rowsKept } from "./live";
import { paceBar, type PaceBar } from "./pace_bar";
import { play } from "./play";
import { Store, type State, type Theme } from "./store";
import { TimeBar } from "./time_bar";
import { transportBar } from "./transport_bar";
import { views } from "./views";
import type { View, ViewContext, ViewEntry } from "./views/view";

export class App {
  private readonly store: Store;
  private readonly context: ViewContext;
  private readonly offered: readonly ViewEntry[];
  private readonly main = element("main", { id: "view", tabindex: -1 });
  private readonly lesson: Lesson;
  private readonly tabs = new Map<string, HTMLElement>();
  private readonly help = element("dialog", { class: "help" });
  private readonly timeBar: TimeBar;
  private readonly pace: PaceBar | null;
  private header: HTMLElement;
  private readonly ends: (() => void)[] = [];
  private shown: { entry: ViewEntry; view: View } | null = null;
  private scheduled = false;
  private addressing = 0;

  constructor(private readonly root: HTMLElement, data: RunData, source: Source,
              violations: readonly Violation[], private readonly served = false) {
    this.store = new Store({ from: 0, to: Math.max(data.summary.simulated_seconds, 1e-3) });
    this.context = {
      data, source, store: this.store, violations: data.violations ?? violations, revision: 0,
      live: source.live !== undefined, interactive: false,
    };
    this.offered = views.filter((entry) => entry.offered?.(this.context) ?? true);
    this.store.follow(location.hash);
    this.timeBar = new TimeBar(this.store, data);
    this.lesson = new Lesson(root, this.store, data);
    this.pace = source.command ? paceBar(source) : null;
    this.header = this.makeHeader();
    this.build();
    this.ends.push(
      this.store.subscribe((state, before) => this.changed(state, before)),
      listenToKeys(this.store, data, {
        toggleHelp: () => (this.help.open ? this.help.close() : this.help.showModal()),
        fork: () => this.fork(),
        showView: (number) => this.showNumber(number),
        nextTheme: () => this.nextTheme(),
      }),
      listen(window, "hashchange", () => {
        if (location.hash.slice(1) !== this.link()) this.store.follow(location.hash);
      }),
      listen(window, "beforeprint", () => this.redrawFor("light")),
      listen(window, "afterprint", () => this.redrawFor(null)),
      listen(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.schedule()),
      play(this.store),
    );
    this.ends.push(source.live?.((delta) => this.grow(delta)) ?? (() => {}));
    if (data.recording_left_out) this.notice(
      `The recording of this run (${Math.round(data.recording_left_out / 1e6)} MB) is too large for this file: `
      + "`byzlab view` shows the block tree and the replicas' timelines.");
    applyTheme(this.store.state.theme);
    this.showView(this.store.state.view);
    this.schedule();
  }

  destroy(): void {
    for (const end of this.ends) end();
    clearTimeout(this.addressing);
    this.shown?.view.destroy();
    this.timeBar.destroy();
    this.lesson.destroy();
    empty(this.root);
  }

  private build(): void {
    const { data } = this.context;
    const tabs = element("nav", { class: "tabs", role: "tablist", "aria-label": "views" });
    this.offered.forEach((entry, i) => {
      const tab = element("button", {
        type: "button", role: "tab", id: `tab-${entry.id}`, "aria-controls": "view",
        title: i < 9 ? `key ${i + 1}` : null,
        onclick: () => this.store.set({ view: entry.id }),
        onkeydown: (event: KeyboardEvent) => this.alongTabs(event, i),
      }, entry.title);
      this.tabs.set(entry.id, tab);
      tabs.append(tab);
    });
    this.main.setAttribute("role", "tabpanel");
    fill(this.help, element("h2", {}, "Keys"),
      element("dl", {}, ...key_help.flatMap(([keys, what]) =>
        [element("dt", {}, ...keys.split(" ").map((k) => element("kbd", {}, k))), element("dd", {}, what)])),
      element("form", { method: "dialog" }, element("button", {}, "close")));
    empty(this.root);
    fill(this.root,
      this.header, this.offered.length > 1 ? tabs : null, this.main,
      element("footer", { class: "time-bar" }, this.lesson.root,
        this.pace?.root, transportBar(this.store, data, () => this.help.showModal()), this.timeBar.root),
      this.help);
    document.title = `${data.summary.name} · byzlab`;
  }

  // ------------------------------------------------------------- following the store

  private changed(state: State, before: State): void {
    if (state.view !== before.view) this.showView(state.view);
    if (state.theme !== before.theme) applyTheme(state.theme);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  private draw(): void {
    const { state } = this.store;
    this.shown?.view.update(state.range, state.cursor);
    this.timeBar.update(state);
    this.lesson.update(state);
    if (!state.playing && this.addressing === 0 && location.hash.slice(1) !== this.link()) this.address();
  }

  /** Of a finished run at once. Of a live one now and then: browsers forbid ten changes a second. */
  private address(): void {
    if (!this.context.live) return history.replaceState(null, "", `#${this.link()}`);
    this.addressing = window.setTimeout(() => {
      this.addressing = 0;
      if (location.hash.slice(1) !== this.link()) history.replaceState(null, "", `#${this.link()}`);
    }, 500);
  }

  private link(): string {
    return (this.served ? `id=${encodeURIComponent(this.context.data.id)}&` : "") + this.store.link();
  }

  private showView(id: string): void {
    const entry = this.offered.find((v) => v.id === id) ?? this.offered[0];
    if (this.shown?.entry === entry) return;
    this.shown?.view.destroy();
    empty(this.main);
    this.main.className = `view view-${entry.id}`;
    this.main.setAttribute("aria-labelledby", `tab-${entry.id}`);
    this.shown = { entry, view: entry.mount(this.main, this.context) };
    for (const [name, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(name === entry.id));
      tab.tabIndex = name === entry.id ? 0 : -1;
    }
    if (id !== entry.id) this.store.set({ view: entry.id });
  }

  private showNumber(number: number): void {
    const entry = this.offered[number - 1];
    if (entry) this.store.set({ view: entry.id });
  }

  private alongTabs(event: KeyboardEvent, i: number): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const entry = this.offered[(i + step + this.offered.length) % this.offered.length];
    event.preventDefault();
    event.stopPropagation();
    this.store.set({ view: entry.id });
    this.tabs.get(entry.id)?.focus();
  }

  private nextTheme(): void {
    const next: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };
    this.store.set({ theme: next[this.store.state.theme] });
  }

  /** Paper is white, whatever the screen is; canvases are drawn again for it. */
  private redrawFor(theme: "light" | null): void {
    applyTheme(theme ?? this.store.state.theme);
    this.draw();
  }

  private makeHeader(): HTMLElement {
    return runHeader(this.context, { nextTheme: () => this.nextTheme(), home: this.served });
  }

  private fork(): void {
    const dialog = forkDialog(this.context);
    this.root.append(dialog);
    dialog.showModal();
  }

  private notice(text: string): void {
    this.header.append(element("p", { class: "notice" }, text));
  }

  // ------------------------------------------------------------- live

  private grow(delta: LiveDelta): void {
    const { context, store } = this;
    if (!grow(context.data, delta)) return;
    context.revision += 1;
    context.live = !delta.finished;
    // Of a finished run messages can be asked for, and it can be forked.
    if (delta.finished && delta.id) context.data.id = delta.id;
    this.root.dataset["rows"] = String(rowsKept(context.data));
    if (delta.pace) {
      this.pace?.update(delta.pace);
      context.interactive = delta.pace.interactive;
    }
    if (delta.summary || delta.reset || delta.finished) {
      const header = this.makeHeader();
      this.header.replaceWith(header);
      this.header = header;
    }
    const { whole, range } = store.state;
    const following = range.to >= whole.to;
    const now = { from: 0, to: Math.max(delta.now, 1e-3) };
    store.set({
      whole: now,
      ...(following ? { range: { from: range.from, to: now.to }, cursor: now.to } : {}),
    });
    this.timeBar.redraw();
    if (delta.finished && this.pace) {
      this.pace.root.remove();
      if (delta.id) this.header.append(element("p", { class: "notice" }, "The run is over: ",
        element("a", { href: `#id=${encodeURIComponent(delta.id)}` }, delta.id)));
    }
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function listen(target: EventTarget, event: string, on: (event: Event) => void): () => void {
  target.addEventListener(event, on);
  return () => target.removeEventListener(event, on);
}
