// The keys of the page. Letters do nothing while one types in a field or with Ctrl, Alt or Meta held.
import type { RunData } from "./data/types";
import { after, before, notableMoments, stepMoments, violationMoments } from "./notable";
import type { Store } from "./store";

export const key_help: readonly [keys: string, what: string][] = [
  ["Space", "play, pause"],
  [". ,", "next, previous event"],
  ["[ ]", "previous, next notable moment"],
  ["V", "next violation"],
  ["← →", "move the cursor (with Shift: the range)"],
  ["+ −", "zoom in, out around the cursor"],
  ["0", "the whole run"],
  ["1 … 9", "the views"],
  ["T", "light, dark, as the system"],
  ["F", "fork from here"],
  ["L", "lesson: large captions, [ and ] step through them"],
  ["?", "this help"],
];

export interface PageActions {
  toggleHelp(): void;
  fork(): void;
  showView(number: number): void;
  nextTheme(): void;
}

/** Starts listening; returns what ends it. */
export function listenToKeys(store: Store, data: RunData, actions: PageActions): () => void {
  let steps: number[] = [], steps_of = "";
  const allSteps = () => {
    // A live run grows.
    const { recording, series } = data;
    const size = [recording?.commits.t, recording?.notes.t, recording?.views.t, series?.t].map((t) => t?.length).join();
    if (size !== steps_of) steps = stepMoments(data);
    steps_of = size;
    return steps;
  };
  const go = (t: number | undefined) => { if (t !== undefined) store.goTo(t); };
  const meaning: Record<string, () => void> = {
    " ": () => store.set({ playing: !store.state.playing }),
    ".": () => go(after(allSteps(), store.state.cursor)),
    ",": () => go(before(allSteps(), store.state.cursor) ?? store.state.whole.from),
    "]": () => go(after(notableMoments(data), store.state.cursor)),
    "[": () => go(before(notableMoments(data), store.state.cursor) ?? store.state.whole.from),
    v: () => {
      const moments = violationMoments(data);
      go(after(moments, store.state.cursor) ?? moments[0]);
    },
    "+": () => zoom(store, 0.5),
    "=": () => zoom(store, 0.5),
    "-": () => zoom(store, 2),
    "0": () => store.set({ range: store.state.whole }),
    ArrowLeft: () => move(store, -1, false),
    ArrowRight: () => move(store, 1, false),
    "shift ArrowLeft": () => move(store, -1, true),
    "shift ArrowRight": () => move(store, 1, true),
    t: () => actions.nextTheme(),
    f: () => actions.fork(),
    "?": () => actions.toggleHelp(),
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    const arrow = event.key.startsWith("Arrow");
    const name = arrow ? (event.shiftKey ? `shift ${event.key}` : event.key)
      : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const view = /^[1-9]$/.test(name) ? Number(name) : 0;
    if (view === 0 && !(name in meaning)) return;
    // On a button the space bar presses it, and in a list or table the arrows scroll.
    if (event.key === " " && event.target instanceof HTMLButtonElement) return;
    if (arrow && isScrolled(event.target)) return;
    event.preventDefault();
    if (view > 0) actions.showView(view);
    else meaning[name]();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function zoom(store: Store, factor: number): void {
  const { range, cursor } = store.state;
  const inside = cursor >= range.from && cursor <= range.to;
  const centre = inside ? cursor : (range.from + range.to) / 2;
  store.set({
    range: { from: centre - (centre - range.from) * factor, to: centre + (range.to - centre) * factor },
  });
}

function move(store: Store, direction: number, whole_range: boolean): void {
  const { range, cursor } = store.state;
  const step = ((range.to - range.from) / (whole_range ? 4 : 100)) * direction;
  if (whole_range) store.set({ range: { from: range.from + step, to: range.to + step } });
  else store.goTo(Math.min(Math.max(cursor + step, store.state.whole.from), store.state.whole.to));
}

function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
    || target instanceof HTMLSelectElement;
}

function isScrolled(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role=tablist], .figure-table, pre") !== null;
}
