// The views of a run, in the order of the tab bar. A new view is a file with mount() and a line here.
import * as overview from "./overview";
import * as timelines from "./timelines";
import * as tree from "./tree";
import type { ViewEntry } from "./view";

export const views: readonly ViewEntry[] = [
  { id: "overview", title: "Overview", mount: overview.mount },
  { id: "replicas", title: "Replicas", mount: timelines.mount },
  { id: "blocks", title: "Blocks", mount: tree.mount },
];
