// "What if": the same seed with one more fault at the cursor. A server runs it; a file says what to write.
import type { Disturbance } from "./data/source";
import { element, fill } from "./dom";
import { replica } from "./format";
import type { ViewContext } from "./views/view";

const disturbances: [Disturbance, string][] = [
  ["crash", "crash"], ["isolate", "isolate"], ["become", "turn Byzantine (silent)"],
];

export function forkDialog(context: ViewContext): HTMLDialogElement {
  const { data, source, store } = context;
  const at = Number(store.state.cursor.toFixed(6));
  const dialog = element("dialog", { class: "help" });
  const what = element("select", { "aria-label": "fault" },
    ...disturbances.map(([name, words]) => element("option", { value: name }, words)));
  const whom = element("select", { "aria-label": "replica" },
    ...Array.from({ length: Math.min(data.summary.protocol.n, 256) }, (_, r) => element("option", { value: r }, replica(r))));
  const said = element("pre", { "aria-live": "polite" });
  const write = () => { said.textContent = yamlOf(what.value as Disturbance, Number(whom.value), at); };
  const run = source.fork && !context.live ? element("button", {
    type: "button", onclick: () => {
      const command = what.value as Disturbance;
      source.fork?.({
        id: data.id, at, command, replica: Number(whom.value), behavior: command === "become" ? "silent" : undefined,
      }).then(
        (made) => { dialog.close(); location.hash = `id=${encodeURIComponent(made.id)}&at=${at}`; },
        (error: unknown) => { said.textContent = error instanceof Error ? error.message : String(error); });
    },
  }, "run it") : null;
  what.addEventListener("change", write);
  whom.addEventListener("change", write);
  write();
  fill(dialog, element("h2", {}, `Fork at ${at} s`),
    element("p", {}, context.live ? "A run that goes on cannot be forked yet: disturb it in Topology, or append this to its file."
      : run ? "The same seed with one more fault." : "The same seed with one more fault: append this to scenario.lock.yaml and run it."),
    element("p", { class: "fork-choice" }, what, whom), said,
    element("form", { method: "dialog" }, run, " ", element("button", {}, "close")));
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

function yamlOf(what: Disturbance, whom: number, at: number): string {
  const action = what === "become"
    ? `become: { who: ${replica(whom)}, behavior: silent }` : `${what}: ${replica(whom)}`;
  return `timeline:\n  - at: ${at}s\n    ${action}`;
}
