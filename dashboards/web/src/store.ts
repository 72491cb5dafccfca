// What the reader looks at: the range of time, the cursor, what is selected, the theme. One object drives
// all views, and the part worth sharing stands in the address: #t=3.29..3.42&view=spacetime&r=0,1&focus=agreement-1
import type { Seconds } from "./data/types";

export interface Range {
  from: Seconds;
  to: Seconds;
}

export interface Selection {
  /** Replicas the views bring out; empty: all alike. */
  replicas: readonly number[];
  /** Id of an expectation, such as "agreement-1". */
  focus: string | null;
  /** A block's id. */
  block: string | null;
}

export type Theme = "auto" | "light" | "dark";

export interface State {
  /** The whole run. */
  readonly whole: Range;
  readonly range: Range;
  readonly cursor: Seconds;
  readonly selection: Selection;
  readonly theme: Theme;
  /** Id of the view that is shown. */
  readonly view: string;
  readonly playing: boolean;
  /** Simulated seconds a second. */
  readonly speed: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type Change = Partial<Omit<Writable<State>, "selection">> & { selection?: Partial<Selection> };

export class Store {
  private readonly listeners = new Set<(state: State, before: State) => void>();
  private current: State;
  /** The violation that the address asked to see, until a view has shown it. */
  private wanted: string | null = null;

  constructor(whole: Range) {
    this.current = {
      whole,
      range: whole,
      cursor: whole.from,
      selection: { replicas: [], focus: null, block: null },
      theme: rememberedTheme(),
      view: "overview",
      playing: false,
      speed: speedFor(whole),
    };
  }

  get state(): State {
    return this.current;
  }

  /** Calls `on` after every change; returns what ends it. */
  subscribe(on: (state: State, before: State) => void): () => void {
    this.listeners.add(on);
    return () => this.listeners.delete(on);
  }

  set(change: Change): void {
    const before = this.current;
    const selection = change.selection
      ? { ...before.selection, ...change.selection }
      : before.selection;
    const whole = change.whole ?? before.whole;
    const range = fit(change.range ?? before.range, whole);
    const cursor = clamp(change.cursor ?? before.cursor, whole.from, whole.to);
    this.current = { ...before, ...change, selection, whole, range, cursor };
    if (this.current.theme !== before.theme) rememberTheme(this.current.theme);
    for (const on of [...this.listeners]) on(this.current, before);
  }

  /** Moves the cursor, and the range after it when it would leave it. */
  goTo(at: Seconds): void {
    const { range } = this.current;
    if (at >= range.from && at <= range.to) return this.set({ cursor: at });
    const half = (range.to - range.from) / 2;
    this.set({ cursor: at, range: { from: at - half, to: at + half } });
  }

  /** Shows [from, to] with a margin, and puts the cursor at `from`. */
  show(from: Seconds, to: Seconds): void {
    const { whole } = this.current;
    const margin = Math.max((to - from) * 0.25, (whole.to - whole.from) / 200);
    this.set({ cursor: from, range: { from: from - margin, to: to + margin } });
  }

  /** Once: what the address asked for. Focus that comes of looking round in the page is not that. */
  takeWanted(): string | null {
    const { wanted } = this;
    this.wanted = null;
    return wanted;
  }

  // ------------------------------------------------------------- the address

  /** The state as it stands behind the # of the address. */
  link(): string {
    const { range, whole, selection, view, cursor } = this.current;
    const parts: string[] = [];
    if (range.from !== whole.from || range.to !== whole.to)
      parts.push(`t=${short(range.from)}..${short(range.to)}`);
    if (cursor !== whole.from) parts.push(`at=${short(cursor)}`);
    parts.push(`view=${encodeURIComponent(view)}`);
    if (selection.replicas.length > 0) parts.push(`r=${selection.replicas.join(",")}`);
    if (selection.focus) parts.push(`focus=${encodeURIComponent(selection.focus)}`);
    if (selection.block) parts.push(`block=${encodeURIComponent(selection.block)}`);
    return parts.join("&");
  }

  /** Takes what an address says; what it does not name stays. Accepts "3.29s" and "r0" too. */
  follow(link: string): void {
    const named = linkParts(link);
    const change: Change = {};
    const range = /^([\d.]+?)s?\.\.([\d.]+?)s?$/.exec(named.get("t") ?? "");
    if (range) {
      change.range = { from: Number(range[1]), to: Number(range[2]) };
      change.cursor = change.range.from;
    }
    const at = Number.parseFloat(named.get("at") ?? "");
    if (Number.isFinite(at)) change.cursor = at;
    const view = named.get("view");
    if (view) change.view = view;
    const selection: Partial<Selection> = {};
    const replicas = named.get("r");
    if (replicas !== undefined) {
      selection.replicas = replicas.split(",").map((r) => Number(r.replace(/^r/, "")))
        .filter((r) => Number.isInteger(r) && r >= 0);
    }
    if (named.has("focus")) {
      selection.focus = named.get("focus") || null;
      this.wanted = selection.focus;
    }
    if (named.has("block")) selection.block = named.get("block") || null;
    this.set({ ...change, selection });
  }
}

/** "#a=1&b=2" as a map, decoded. */
export function linkParts(link: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of link.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at <= 0) continue;
    try {
      parts.set(part.slice(0, at), decodeURIComponent(part.slice(at + 1)));
    } catch {
      // A broken escape in a hand-edited address: as if it were not there.
    }
  }
  return parts;
}

/** Inside the whole, with a width of at least a microsecond. */
function fit(range: Range, whole: Range): Range {
  let from = Math.min(range.from, range.to);
  let to = Math.max(range.from, range.to);
  const width = clamp(to - from, 1e-6, Math.max(whole.to - whole.from, 1e-6));
  from = clamp(from, whole.from, Math.max(whole.to - width, whole.from));
  to = from + width;
  return { from, to };
}

/** A run plays in about half a minute. */
function speedFor(whole: Range): number {
  const steps = [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 60, 600, 3600, 21600, 86400];
  const wanted = (whole.to - whole.from) / 30;
  return steps.find((s) => s >= wanted) ?? 86400;
}

export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

function short(seconds: Seconds): string {
  return String(Number(seconds.toFixed(6)));
}

// A page from a file may have no storage: the theme is then as the system's.
function rememberedTheme(): Theme {
  try {
    const theme = localStorage.getItem("byzlab-theme");
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}

function rememberTheme(theme: Theme): void {
  try {
    localStorage.setItem("byzlab-theme", theme);
  } catch {
    // Not remembered, then.
  }
}
