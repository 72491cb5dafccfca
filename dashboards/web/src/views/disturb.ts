// Clicks that disturb a live run: what the server did is shown as the timeline that would do the same.
import type { Disturbance } from "../data/source";
import { element } from "../dom";
import type { ViewContext } from "./view";

const kinds: [Disturbance, string][] = [
  ["crash", "crash"],
  ["restart", "restart"],
  ["isolate", "isolate"],
  ["heal", "heal"],
  ["become", "turn Byzantine"],
];

export interface Disturber {
  root: HTMLElement;
  update(replica: number): void;
  focus(): void;
}

/** null where the run cannot be disturbed: finished, or not interactive. */
export function disturber(context: ViewContext): Disturber | null {
  const { source, live } = context;
  const command = source.command?.bind(source);
  if (!command || !live) return null;
  let replica = 0;
  const written: string[] = [];
  const yaml = element("pre", { "aria-live": "polite", hidden: true });
  const said = element("p", { class: "note", role: "status" });
  const heading = element("h2");
  const tell = (what: Disturbance) => {
    command({ command: what, replica, behavior: what === "become" ? "silent" : undefined }).then(
      (done) => {
        said.textContent = "";
        if (done.yaml) written.push(done.yaml.trimEnd());
        yaml.textContent = `timeline:\n${written.join("\n")}`;
        yaml.hidden = written.length === 0;
      },
      (error: unknown) => {
        said.textContent = error instanceof Error ? error.message : String(error);
      },
    );
  };
  const buttons = kinds.map(([what, words]) =>
    element("button", { type: "button", class: "small", onclick: () => tell(what) }, words),
  );
  const root = element(
    "section",
    { class: "card disturb" },
    heading,
    element("div", { class: "chips" }, ...buttons),
    said,
    yaml,
  );
  return {
    root,
    update(of) {
      replica = of;
      root.hidden = !context.interactive;
      if (heading.textContent !== `Disturb r${of}`) heading.textContent = `Disturb r${of}`;
    },
    focus: () => buttons[0].focus(),
  };
}
