// Above the time strip: play, speed, previous and next notable moment, where the cursor is, what is shown.
import type { RunData } from "./data/types";
import { element } from "./dom";
import { duration, moment, number } from "./format";
import { icon } from "./icons";
import { after, before, notableMoments } from "./notable";
import type { Store } from "./store";

const speeds = [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 60, 600, 3600, 21600, 86400];

export function transportBar(store: Store, data: RunData, showHelp: () => void): HTMLElement {
  const button = (sign: string | SVGElement, words: string, onclick: () => void) =>
    element("button", { type: "button", class: "quiet", "aria-label": words, title: words, onclick }, sign);
  const go = (t: number | undefined) => { if (t !== undefined) store.goTo(t); };
  const playButton = button(icon("play"), "play (Space)", () => store.set({ playing: !store.state.playing }));
  const speed = element("select", {
    "aria-label": "speed", title: "simulated seconds a second",
    onchange: () => store.set({ speed: Number(speed.value) }),
  }, ...speeds.map((s) => element("option", { value: s }, `${number(s)}×`)));
  const at = element("output", { class: "at" });
  const shown = element("span", { class: "shown" });
  const whole = button("whole run", "the whole run (0)", () => store.set({ range: store.state.whole }));

  const update = () => {
    const { cursor, range, whole: all, playing, speed: now } = store.state;
    at.textContent = moment(cursor, all.to);
    const partial = range.from !== all.from || range.to !== all.to;
    shown.textContent = partial
      ? `${moment(range.from, all.to)} to ${moment(range.to, all.to)} (${duration(range.to - range.from)})`
      : `whole run, ${duration(all.to - all.from)}`;
    whole.hidden = !partial;
    playButton.replaceChildren(icon(playing ? "pause" : "play"));
    playButton.setAttribute("aria-label", playing ? "pause (Space)" : "play (Space)");
    speed.value = String(now);
  };
  store.subscribe(update);
  update();

  return element("div", { class: "transport" },
    button(icon("previous"), "previous notable moment ([)", () => go(before(notableMoments(data), store.state.cursor))),
    playButton,
    button(icon("next"), "next notable moment (])", () => go(after(notableMoments(data), store.state.cursor))),
    speed, at, shown, whole,
    element("span", { class: "spring" }),
    button("?", "keys (?)", showHelp));
}
