// The page begins here: it reads what was inlined and opens the run, the comparison, or the server's list.
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App } from "./app";
import { openComparison } from "./comparison/page";
import { InlineSource } from "./data/inline_source";
import type { PageData } from "./data/types";
import { openServer } from "./server/page";
import { openSweep } from "./sweep/page";

function open(root: HTMLElement, page: PageData): void {
  switch (page.kind) {
    case "run": {
      const violations = page.violations ?? [];
      new App(root, page.data, new InlineSource(page.data, null, violations), violations);
      return;
    }
    case "comparison":
      openComparison(root, page.data);
      return;
    case "sweep":
      openSweep(root, page.data);
      return;
    case "server":
      openServer(root);
  }
}

const root = document.getElementById("page");
const inlined = document.getElementById("data")?.textContent;
if (root && inlined) open(root, JSON.parse(inlined) as PageData);
