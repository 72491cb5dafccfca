// What is always visible: which run this is, what came of it, and how to have it again.
import { element, type Child } from "./dom";
import { signOf } from "./colours";
import { icon } from "./icons";
import type { Summary } from "./data/types";
import { duration } from "./format";
import type { ViewContext } from "./views/view";

export interface HeaderActions {
  nextTheme(): void;
  /** There is a list of runs to go back to. */
  home: boolean;
}

export function runHeader(context: ViewContext, actions: HeaderActions): HTMLElement {
  const { summary, id } = context.data;
  const { n, f, quorum, name } = summary.protocol;
  const again = `byzlab run results/${id}/scenario.lock.yaml`;
  return element("header", { class: "page-header" },
    element("div", { class: "title" },
      actions.home ? element("a", { class: "home", href: "#" }, "all runs") : null,
      context.live ? element("span", { class: "badge live" }, "● live") : verdictBadge(summary.verdict),
      element("h1", {}, summary.name),
      summary.reason ? element("span", { class: "reason" }, summary.reason) : null,
      stoppedWords(summary)),
    element("div", { class: "facts" },
      fact("protocol", name), fact("n", n), fact("f", f), fact("quorum", quorum),
      summary.network ? fact("network", summary.network) : null,
      summary.bound.byzantine > 0 ? fact("adversary", summary.bound.text) : null,
      summary.adversary && !summary.adversary.drawn && summary.adversary.behaviors.length > 0
        ? fact("adversary", "none drawn") : null,
      fact("seed", summary.seed, copyButton(String(summary.seed), "copy the seed")),
      // While it goes on a run has no trace hash, and no folder yet.
      context.live ? null : fact("trace", summary.trace_hash, copyButton(summary.trace_hash, "copy the trace hash"))),
    element("div", { class: "again" },
      ...(context.live ? [] : [element("code", {}, again), copyButton(again, "copy the command")]),
      themeButton(() => actions.nextTheme())));
}

/** Of a run that ended before its time. */
function stoppedWords(summary: Summary): HTMLElement | null {
  if (!summary.stopped) return null;
  const asked = summary.asked_seconds;
  return element("span", { class: "reason stopped" }, `stopped ${summary.stopped}`
    + (asked && asked > summary.simulated_seconds
      ? `: ${duration(summary.simulated_seconds)} of ${duration(asked)} were run` : ""));
}

export function verdictBadge(verdict: string): HTMLElement {
  const sign = signOf(verdict);
  return element("span", { class: `badge ${sign.kind}` }, `${sign.mark} ${sign.word}`);
}

export function fact(name: string, value: string | number, ...more: Child[]): HTMLElement {
  return element("span", { class: "fact", "data-fact": name },
    element("span", { class: "fact-name" }, name), " ", element("b", {}, value), ...more);
}

export function themeButton(nextTheme: () => void): HTMLElement {
  return element("button", {
    type: "button", class: "quiet theme", title: "light, dark, as the system (T)",
    "aria-label": "change between light, dark and the system's theme", onclick: nextTheme,
  }, icon("theme"));
}

export function copyButton(text: string, words: string): HTMLElement {
  const button = element("button", {
    type: "button", class: "quiet copy", title: words, "aria-label": words,
    onclick: () => void copy(text).then((done) => {
      button.replaceChildren(done ? "✓" : "✗");
      setTimeout(() => button.replaceChildren(icon("copy")), 1200);
    }),
  }, icon("copy"));
  return button;
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // From file:// there may be no clipboard interface; the old way needs a selection.
    const field = element("textarea", { class: "off-screen", readonly: true }, text);
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
