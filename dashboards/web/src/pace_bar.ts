// How fast a live run goes: pause, go on, a step, a speed. Says what the server answered when it refuses.
import type { Command, Source } from "./data/source";
import type { Pace } from "./data/types";
import { element } from "./dom";
import { number } from "./format";

export interface PaceBar {
  root: HTMLElement;
  update(pace: Pace): void;
}

const speeds: (number | null)[] = [0.1, 1, 10, 100, 1000, null];

export function paceBar(source: Source): PaceBar {
  let now: Pace = { speed: null, paused: false, interactive: false };
  const said = element("span", { class: "note", role: "status" });
  const tell = (command: Command) => {
    source.command?.(command).then(
      () => { said.textContent = ""; },
      (error: unknown) => { said.textContent = error instanceof Error ? error.message : String(error); });
  };
  const pause = element("button", {
    type: "button", onclick: () => tell({ command: now.paused ? "resume" : "pause" }),
  }, "pause");
  const step = element("button", {
    type: "button", title: "a tenth of a simulated second", onclick: () => tell({ command: "step", by: 0.1 }),
  }, "step");
  const speed = element("select", {
    "aria-label": "speed of the run",
    onchange: () => tell({ command: "speed", speed: speed.value === "max" ? null : Number(speed.value) }),
  }, ...speeds.map((s) => element("option", { value: s ?? "max" }, s === null ? "max" : `${number(s)}×`)));
  // Between two scrapes a second apart lie more than ten simulated ones: rates and alerts see too little.
  const tooFast = element("span", {
    class: "note too-fast", hidden: true,
    title: "Above 10× what Prometheus scrapes is too far apart: run with --pace 1x, or load the finished run with dashboards/load.sh",
  }, "too fast to scrape");
  const root = element("div", { class: "pace", hidden: true },
    element("span", { class: "live-sign" }, "● live"), pause, step, speed, tooFast, said);
  return {
    root,
    update(pace) {
      now = pace;
      root.hidden = false;
      pause.textContent = pace.paused ? "go on" : "pause";
      const value = pace.speed === null ? "max" : String(pace.speed);
      // One that the command line asked for stands among the others.
      if (![...speed.options].some((o) => o.value === value))
        speed.prepend(element("option", { value }, `${number(pace.speed)}×`));
      speed.value = value;
      tooFast.hidden = pace.speed !== null && pace.speed <= 10;
      for (const control of [pause, step, speed]) control.disabled = !pace.interactive;
      step.disabled ||= !pace.paused;
    },
  };
}
