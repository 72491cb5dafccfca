// How a hand moves the time range over a drawing: drag pans, Ctrl + wheel or pinch zooms at the pointer,
// a sideways wheel pans, double click zooms in. The keys are the page's (keys.ts).
import type { Range, Store } from "../store";

export interface Gestures {
  /** Time under a point of the element, in CSS pixels; the axis may run across or down. */
  time(x: number, y: number): number;
  /** Share of the range that a move of that many pixels is. */
  share(dx: number, dy: number): number;
  /** What is shown, where that is not the store's range. */
  range?(): Range;
  /** Time runs down: the plain wheel moves it. */
  vertical?: boolean;
  click?(x: number, y: number): void;
  hover?(x: number, y: number): void;
  leave?(): void;
}

export function zoomed(range: Range, at: number, factor: number): Range {
  return { from: at - (at - range.from) * factor, to: at + (range.to - at) * factor };
}

/** Moved by a share of its width; stops at the ends and keeps the width. */
export function panned(range: Range, share: number, whole: Range): Range {
  const width = Math.min(range.to - range.from, whole.to - whole.from);
  const from = Math.min(Math.max(range.from + width * share, whole.from), whole.to - width);
  return { from, to: from + width };
}

export function timeGestures(element: HTMLElement, store: Store, on: Gestures): void {
  let held: { x: number; y: number; range: Range; moved: boolean } | null = null;
  const where = (event: MouseEvent) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const shown = () => on.range?.() ?? store.state.range;
  element.style.touchAction = on.vertical ? "pan-x" : "pan-y";
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = { ...where(event), range: shown(), moved: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const { x, y } = where(event);
    if (!held) return on.hover?.(x, y);
    if (Math.hypot(x - held.x, y - held.y) > 4) held.moved = true;
    if (held.moved)
      store.set({ range: panned(held.range, -on.share(x - held.x, y - held.y), store.state.whole) });
  });
  element.addEventListener("pointerup", (event) => {
    const { x, y } = where(event);
    if (held && !held.moved) on.click?.(x, y);
    held = null;
  });
  element.addEventListener("pointercancel", () => {
    held = null;
  });
  element.addEventListener("pointerleave", () => {
    if (!held) on.leave?.();
  });
  element.addEventListener("dblclick", (event) => {
    const { x, y } = where(event);
    store.set({ range: zoomed(shown(), on.time(x, y), 0.4) });
  });
  element.addEventListener(
    "wheel",
    (event) => {
      const { x, y } = where(event);
      const range = shown(), { whole } = store.state;
      if (event.ctrlKey || event.metaKey) {
        store.set({ range: zoomed(range, on.time(x, y), Math.exp(event.deltaY * 0.004)) });
      } else if (on.vertical) {
        store.set({ range: panned(range, on.share(0, event.deltaY), whole) });
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        store.set({ range: panned(range, on.share(event.deltaX || event.deltaY, 0), whole) });
      } else {
        return;
      }
      event.preventDefault();
    },
    { passive: false },
  );
}
