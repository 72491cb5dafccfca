// A square a seed: what became of every run, a strip a cell, with the share that failed and its interval.
import { element, svg } from "../dom";
import { figure } from "../figure";
import { number, share } from "../format";
import { drawToFit } from "../comparison/axes";
import type { SweepData } from "../data/types";

export interface Counts {
  passed: number;
  failed: number;
  open: number;
}

/** The squares of a cell. */
export function squaresOf(strip: SweepData["strips"][number]): Counts[] {
  if (typeof strip !== "string") return strip.map(([passed, failed, open]) => ({ passed, failed, open }));
  return [...strip].map((letter) => ({
    passed: letter === "p" ? 1 : 0, failed: letter === "f" ? 1 : 0, open: letter === "i" ? 1 : 0,
  }));
}

/** The worst of its seeds. */
export function stateOf(square: Counts): "failed" | "open" | "passed" | "none" {
  return square.failed > 0 ? "failed" : square.open > 0 ? "open" : square.passed > 0 ? "passed" : "none";
}

/** Wilson's score interval of a share, 95 %. */
export function wilson(count: number, trials: number): [number, number] {
  if (trials === 0) return [0, 1];
  const z = 1.959963984540054, p = count / trials, z2 = (z * z) / trials;
  const middle = p + z2 / 2, half = z * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials));
  return [Math.max(0, (middle - half) / (1 + z2)), Math.min(1, (middle + half) / (1 + z2))];
}

/** Of `count`, and perhaps of the `open` ones too. */
export function wilsonWithOpen(count: number, open: number, trials: number): [number, number] {
  return [wilson(count, trials)[0], wilson(count + open, trials)[1]];
}

export function sum(squares: Counts[]): Counts {
  const total = { passed: 0, failed: 0, open: 0 };
  for (const s of squares) {
    total.passed += s.passed;
    total.failed += s.failed;
    total.open += s.open;
  }
  return total;
}

/** `names`: of the cells; one nameless where nothing is varied. */
export function strips(data: SweepData, names: string[]): HTMLElement {
  const cells = data.strips.map(squaresOf);
  const per = data.seeds_a_square;
  const made = figure({
    title: "Seeds",
    meaning: (per === 1 ? "A square a seed" : `A square for ${number(per)} seeds, by the worst of them`)
      + ", in order: plain passed, ✗ failed, ? open. Beside it the share that failed, with Wilson's 95 % interval, which "
      + "holds both that none and that all of the open ones would have failed.",
    table: () => ({
      columns: [...(names.length > 1 ? ["cell"] : []), "runs", "✓", "✗", "?", "failed", "low", "high"],
      rows: cells.map((squares, i) => {
        const { passed, failed, open } = sum(squares), runs = passed + failed + open;
        const [low, high] = wilsonWithOpen(failed, open, runs);
        return [...(names.length > 1 ? [names[i]] : []), runs, passed, failed, open, runs > 0 && open === 0 ? failed / runs : null, low, high];
      }),
    }),
  });
  made.body.append(element("div", { class: cells.length > 3 ? "seed-strips several" : "seed-strips" }, ...cells.map((squares, i) => {
    const { passed, failed, open } = sum(squares), runs = passed + failed + open;
    const place = element("div", { class: "seed-strip" });
    drawToFit(place, (width) => strip(data, squares, width, names[i] ?? ""));
    return element("div", { class: "seed-row" },
      names.length > 1 ? element("h4", {}, names[i]) : null, place,
      element("div", { class: "seed-counts" },
        element("span", {}, `✓ ${number(passed)}`),
        element("span", { class: failed > 0 ? "bad" : null }, `✗ ${number(failed)}`),
        element("span", {}, `? ${number(open)}`),
        rate(failed, open, runs)));
  })));
  return made.root;
}

/** "failed 1.5 % (0.8 to 2.9 %)", with a bar from 0 to 1; of open ones both what it is and what it may be. */
function rate(failed: number, open: number, runs: number): HTMLElement | null {
  if (runs === 0) return null;
  const [low, high] = wilsonWithOpen(failed, open, runs);
  const known = open === 0 ? share(failed / runs) : `${number((failed / runs) * 100)} to ${share((failed + open) / runs)}`;
  const width = 120, x = (part: number) => 1 + part * (width - 2);
  return element("span", { class: "rate" },
    svg("svg", { width, height: 12, viewBox: `0 0 ${width} 12`, "aria-hidden": "true" },
      svg("line", { class: "rate-line", x1: 1, x2: width - 1, y1: 6, y2: 6 }),
      svg("rect", { class: "rate-interval", x: x(low), y: 3, width: Math.max(1, x(high) - x(low)), height: 6 }),
      svg("line", { class: "rate-mark", x1: x(failed / runs), x2: x(failed / runs), y1: 0, y2: 12 })),
    ` failed ${known} (${number(low * 100)} to ${share(high)})`);
}

function strip(data: SweepData, squares: Counts[], width: number, name: string): Element {
  const size = squares.length > 400 ? 9 : 13, step = size + 2;
  const columns = Math.max(1, Math.min(squares.length, Math.floor((width + 2) / step)));
  const place = (i: number) => [(i % columns) * step, Math.floor(i / columns) * step];
  const path = (state: string) => squares.flatMap((square, i) => {
    if (stateOf(square) !== state) return [];
    const [x, y] = place(i);
    return [`M${x} ${y}h${size}v${size}h${-size}z`];
  }).join("");
  const height = Math.ceil(squares.length / columns) * step;
  const seedsOf = (i: number) => {
    const first = data.seeds.first + i * data.seeds_a_square;
    const last = Math.min(first + data.seeds_a_square - 1, data.seeds.last);
    return first === last ? `seed ${first}` : `seeds ${first} to ${last}`;
  };
  const { passed, failed, open } = sum(squares);
  const title = svg("title", {}, "");
  const picture = svg("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${name ? `${name}: ` : ""}${passed} passed, ${failed} failed, ${open} open`,
    onmousemove: (event: MouseEvent) => {
      const box = (event.currentTarget as Element).getBoundingClientRect();
      const i = Math.floor((event.clientY - box.top) / step) * columns + Math.floor((event.clientX - box.left) / step);
      const square = squares[i];
      title.textContent = !square ? "" : `${seedsOf(i)}: `
        + (data.seeds_a_square === 1 ? stateOf(square) : `${square.passed} passed, ${square.failed} failed, ${square.open} open`);
    },
  }, title,
  ...["passed", "open", "failed", "none"].map((state) => svg("path", { class: `seed ${state}`, d: path(state) })));
  squares.forEach((square, i) => {
    const state = stateOf(square);
    if (state !== "failed" && state !== "open") return;
    const [x, y] = place(i);
    picture.append(svg("text", {
      class: `seed-mark ${state}`, x: x + size / 2, y: y + size / 2 + size * 0.32, "text-anchor": "middle",
      style: `font-size: ${size - 2}px`,
    }, state === "failed" ? "✗" : "?"));
  });
  return picture;
}
