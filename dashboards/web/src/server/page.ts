// What a server's page shows: the run that the address names, or the list of all runs.
import { App, applyTheme } from "../app";
import { openComparison } from "../comparison/page";
import { HttpSource, LiveSource } from "../data/http_source";
import type { ComparisonData, RunRow } from "../data/types";
import { element } from "../dom";
import { linkParts, Store } from "../store";
import { views } from "../views";
import { openSweep } from "../sweep/page";
import { sideBySide } from "../views/side_by_side";
import { runsList } from "./runs_list";

export function openServer(root: HTMLElement): void {
  const source = new HttpSource();
  let app: { destroy(): void } | null = null;
  let shown: string | null | undefined;
  const route = async () => {
    const parts = linkParts(location.hash), id = parts.get("id") ?? null, beside = parts.get("with") ?? null;
    const both = id === null || beside === null ? id : `${id} ${beside}`;
    if (both === shown) return;
    shown = both;
    app?.destroy();
    app = null;
    root.replaceChildren(element("p", { class: "waiting", role: "status" }, "…"));
    try {
      if (id === null) await showList(root, source);
      else if (beside !== null) app = await sideBySide(root, source, [id, beside], views);
      else app = await show(root, source, id);
    } catch (error) {
      root.replaceChildren(element("main", { class: "view" },
        element("p", {}, element("a", { href: "#" }, "all runs")),
        element("p", { class: "notice" }, error instanceof Error ? error.message : String(error))));
    }
  };
  addEventListener("hashchange", () => void route());
  void route();
}

async function showList(root: HTMLElement, source: HttpSource): Promise<void> {
  const rows = await source.runs();
  applyTheme(new Store({ from: 0, to: 1 }).state.theme);
  document.title = "runs · byzlab";
  root.replaceChildren(runsList(rows));
}

async function show(root: HTMLElement, source: HttpSource, id: string): Promise<App | null> {
  const row = id === "live" ? undefined : (await source.runs()).find((r: RunRow) => r.id === id);
  if (row?.kind === "comparison") {
    const data: ComparisonData = await source.comparison(id);
    root.replaceChildren();
    openComparison(root, data);
    return null;
  }
  if (row?.kind === "seeds" || row?.kind === "sweep") {
    const data = await source.sweep(id);
    root.replaceChildren();
    openSweep(root, data);
    return null;
  }
  const data = await source.run(id);
  return new App(root, data, id === "live" ? new LiveSource() : source, data.violations ?? [], true);
}
