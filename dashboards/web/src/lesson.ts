// Captions: the scenario's marks as the run goes by. In lesson mode (key L) they are large, say which step of
// how many they are, the explanation of a violation is one too, and the page fills the screen.
import type { RunData } from "./data/types";
import { element } from "./dom";
import { lineAt } from "./notable";
import type { Range, State, Store } from "./store";

export interface Caption {
  at: number;
  text: string;
  violation: boolean;
}

/** Marks, and in a lesson what a violation's explanation says, in order of time. */
export function captions(data: RunData, with_violations: boolean): Caption[] {
  const marks = (data.story ?? [])
    .filter((line) => line.kind === "mark")
    .map((line): Caption => ({ at: line.at, text: line.text, violation: false }));
  if (!with_violations) return marks;
  const told = data.summary.expectations
    .filter((e) => e.at !== null && (e.explanation?.length ?? 0) > 0)
    .map((e): Caption => ({
      at: e.at as number,
      violation: true,
      text: `✗ ${e.detail}\n${(e.explanation ?? []).join("\n")}`,
    }));
  return [...marks, ...told].sort((a, b) => a.at - b.at);
}

/** Index of the caption that stands at the moment, or -1. */
export function captionAt(all: readonly Caption[], t: number): number {
  return lineAt(all as Caption[], t) - 1;
}

/** What to show at a step: from the caption before to the one after, so that both ends are seen. */
export function rangeOfStep(all: readonly Caption[], i: number, whole: Range): Range {
  const at = all[i].at,
    least = (whole.to - whole.from) / 40;
  const from = Math.min(all[i - 1]?.at ?? whole.from, at - least),
    to = Math.max(all[i + 1]?.at ?? whole.to, at + least);
  const margin = (to - from) * 0.06;
  return { from: Math.max(whole.from, from - margin), to: Math.min(whole.to, to + margin) };
}

export class Lesson {
  readonly root = element("div", { class: "caption", hidden: true });
  private readonly text = element("p", { role: "status" });
  private readonly where = element("span", { class: "step" });
  private readonly toggleButton: HTMLButtonElement;
  private readonly ends: () => void;
  private on = false;

  constructor(
    private readonly page: HTMLElement,
    private readonly store: Store,
    private readonly data: RunData,
  ) {
    const button = (sign: string, words: string, onclick: () => void) =>
      element("button", { type: "button", "aria-label": words, title: words, onclick }, sign);
    this.toggleButton = button("lesson", "lesson: large captions, full screen (L)", () => this.toggle());
    this.root.append(
      this.text,
      element(
        "div",
        { class: "caption-tools" },
        button("‹", "caption before ([)", () => this.step(-1)),
        this.where,
        button("›", "caption after (])", () => this.step(1)),
        this.toggleButton,
      ),
    );
    const onKey = (event: KeyboardEvent) => this.key(event);
    const onScreen = () => {
      if (!document.fullscreenElement && this.on) this.set(false);
    };
    document.addEventListener("keydown", onKey, { capture: true });
    document.addEventListener("fullscreenchange", onScreen);
    this.ends = () => {
      document.removeEventListener("keydown", onKey, { capture: true });
      document.removeEventListener("fullscreenchange", onScreen);
      this.page.classList.remove("lesson");
    };
  }

  update(state: State): void {
    const all = captions(this.data, this.on),
      i = captionAt(all, state.cursor);
    const shown = all[i];
    this.root.hidden = all.length === 0 || (!shown && !this.on);
    const words = shown?.text ?? "The first step comes with ].";
    if (this.text.textContent !== words) this.text.textContent = words;
    this.where.textContent = `${i + 1} of ${all.length}`;
    this.root.classList.toggle("violated", shown?.violation ?? false);
  }

  destroy(): void {
    this.ends();
  }

  toggle(): void {
    this.set(!this.on);
    if (this.on) {
      const all = captions(this.data, true);
      if (captionAt(all, this.store.state.cursor) < 0) this.go(0);
      else this.go(captionAt(all, this.store.state.cursor));
      // A page from a file, or in a frame, may not be allowed to: the rest works without.
      this.page.requestFullscreen?.().catch(() => {});
    } else if (document.fullscreenElement) {
      void document.exitFullscreen();
    }
  }

  private set(on: boolean): void {
    this.on = on;
    this.page.classList.toggle("lesson", on);
    this.toggleButton.setAttribute("aria-pressed", String(on));
    this.update(this.store.state);
    window.dispatchEvent(new Event("resize"));
  }

  private step(by: number): void {
    const all = captions(this.data, this.on);
    if (all.length === 0) return;
    this.go(Math.max(0, Math.min(all.length - 1, captionAt(all, this.store.state.cursor) + by)));
  }

  private go(i: number): void {
    const all = captions(this.data, this.on),
      { whole } = this.store.state;
    if (!all[i]) return;
    this.store.set(
      this.on
        ? { cursor: all[i].at, range: rangeOfStep(all, i, whole), playing: false }
        : { cursor: all[i].at },
    );
    if (!this.on) this.store.goTo(all[i].at);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { target } = event;
    if (
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement
    )
      return;
    const step =
      event.key === "]" || event.key === "PageDown"
        ? 1
        : event.key === "[" || event.key === "PageUp"
          ? -1
          : 0;
    if (event.key.toLowerCase() === "l" && captions(this.data, true).length > 0) this.toggle();
    else if (this.on && step !== 0) this.step(step);
    else if (this.on && event.key === "Escape") this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
