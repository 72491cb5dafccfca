// What a view is: a module that draws one aspect of a run into a place it is given.
import type { Source } from "../data/source";
import type { RunData, Seconds, Violation } from "../data/types";
import type { Range, Store } from "../store";

export interface ViewContext {
  /** For a live run the same object grows, and update() is called after it has. */
  data: RunData;
  source: Source;
  /** Range, cursor, selection, theme; views read it and write it. */
  store: Store;
  /** With their messages; empty when none are known. */
  violations: readonly Violation[];
  /** Changes whenever a live run's data has grown or changed. */
  revision: number;
  /** The run is going on. */
  live: boolean;
  /** And takes commands. */
  interactive: boolean;
}

export interface View {
  /** The range, the cursor, the selection, the theme or the data changed. At most once a frame. */
  update(range: Range, cursor: Seconds): void;
  /** Ends subscriptions and timers; the place is emptied by the caller. */
  destroy(): void;
}

export interface ViewModule {
  mount(root: HTMLElement, context: ViewContext): View;
}

/** An entry of the tab bar. */
export interface ViewEntry {
  /** As in the address: view=spacetime. */
  id: string;
  title: string;
  mount: ViewModule["mount"];
  /** Absent: always. A view that has nothing to show for this run is not offered. */
  offered?(context: ViewContext): boolean;
}
