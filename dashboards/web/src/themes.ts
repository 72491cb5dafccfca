// Light, dark, as the system, for the pages of many runs: by button, by the key T, and light on paper.
import { applyTheme } from "./app";
import { Store, type Theme } from "./store";

/** Goes on to the next theme. `redraw`: colours that were mixed have to be mixed again. */
export function themes(redraw: () => void): () => void {
  const store = new Store({ from: 0, to: 1 });
  const nextTheme = () => {
    const next: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };
    store.set({ theme: next[store.state.theme] });
    applyTheme(store.state.theme);
    redraw();
  };
  applyTheme(store.state.theme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { applyTheme("light"); redraw(); });
  addEventListener("afterprint", () => { applyTheme(store.state.theme); redraw(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key.toLowerCase() === "t" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) nextTheme();
  });
  return nextTheme;
}
