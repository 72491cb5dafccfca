// The views of a run, in the order of the tab bar. A new view is a file with mount() and a line here.
import * as overview from "./overview";
import type { ViewEntry } from "./view";

export const views: readonly ViewEntry[] = [
  { id: "overview", title: "Overview", mount: overview.mount },
];
