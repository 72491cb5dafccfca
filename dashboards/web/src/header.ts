// What is always visible: which run this is, what came of it, and how to have it again.
import { element, type Child } from "./dom";
import { signOf } from "./colours";
import { icon } from "./icons";
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
      summary.reason ? element("span", { class: "reason" }, summary.reason) : null),
    element("div", { class: "facts" },
      fact("protocol", name), fact("n", n), fact("f", f), fact("quorum", quorum),
      summary.network ? fact("network", summary.network) : null,
      summary.bound.byzantine > 0 ? fact("adversary", summary.bound.text) : null,
      fact("seed", summary.seed, copyButton(String(summary.seed), "copy the seed")),
      // While it goes on a run has no trace hash, and no folder yet.
      context.live ? null : fact("trace", summary.trace_hash, copyButton(summary.trace_hash, "copy the trace hash"))),
    element("div", { class: "again" },
      ...(context.live ? [] : [element("code", {}, again), copyButton(again, "copy the command")]),
      themeButton(() => actions.nextTheme())));
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
