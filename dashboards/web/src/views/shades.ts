// Colours for canvases: the stylesheet's custom properties, read once a painting, and what is made of them.
import { paint, series } from "../colours";

export interface Shades {
  ink: string;
  ink2: string;
  ink3: string;
  paper: string;
  ground: string;
  line: string;
  line2: string;
  fail: string;
  pass: string;
  fault: string;
  accent: string;
  purple: string;
  /** Of `series`, in its order: views, kinds and blocks have the same colour everywhere. */
  hues: string[];
  dark: boolean;
}

export const font = "11px system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif";
export const bold = "600 11px system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif";

export function shades(): Shades {
  const paper = paint("--paper");
  return {
    ink: paint("--ink"),
    ink2: paint("--ink-2"),
    ink3: paint("--ink-3"),
    paper,
    ground: paint("--ground"),
    line: paint("--line"),
    line2: paint("--line-2"),
    fail: paint("--vermillion"),
    pass: paint("--green"),
    fault: paint("--fault"),
    accent: paint("--blue"),
    purple: paint("--purple"),
    hues: hue_order.map((name) => paint(name)),
    dark: lightness(paper) < 0.5,
  };
}

// Neighbours differ in lightness too. Vermillion is kept for what went wrong.
const hue_order = [
  "--blue",
  "--orange",
  "--green",
  "--purple",
  "--sky",
  "--yellow",
] satisfies (typeof series)[number][];
const dashes = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2], [12, 4], [2, 5], [6, 2, 2, 2, 2, 2]];

export function hue(shade: Shades, i: number): string {
  const { length } = shade.hues;
  return shade.hues[((i % length) + length) % length];
}

/** The i-th kind of line: after the colours have come round, the dash differs. */
export function dashOf(i: number): number[] {
  return dashes[(i + Math.floor(i / hue_order.length)) % dashes.length];
}

export function mixed(a: string, b: string, share: number): string {
  const x = rgb(a),
    y = rgb(b);
  return `rgb(${x.map((v, i) => Math.round(v + (y[i] - v) * share)).join(" ")})`;
}

/** Dark or white letters, whichever is read on the fill. */
export function lettersOn(fill: string): string {
  return lightness(fill) > 0.56 ? "#15191d" : "#ffffff";
}

function rgb(colour: string): number[] {
  const hex = /^#([0-9a-f]{6})/i.exec(colour);
  if (hex) return [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16));
  return (colour.match(/[\d.]+/g) ?? ["255", "255", "255"]).slice(0, 3).map(Number);
}

function lightness(colour: string): number {
  const [r, g, b] = rgb(colour);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

const tiles = new Map<string, HTMLCanvasElement>();

/** Diagonal strokes as a fill; falling ones for what must not be taken for a fault. */
export function hatching(
  pen: CanvasRenderingContext2D,
  stroke: string,
  gap = 6,
  falling = false,
): CanvasPattern | string {
  const key = `${stroke} ${gap} ${falling}`;
  let tile = tiles.get(key);
  if (!tile) {
    tile = document.createElement("canvas");
    tile.width = tile.height = gap * 2;
    const t = tile.getContext("2d");
    if (!t) return stroke;
    t.scale(2, 2);
    t.strokeStyle = stroke;
    t.lineWidth = 1.1;
    for (const shift of [-gap, 0, gap]) {
      t.beginPath();
      t.moveTo(shift - 1, falling ? -1 : gap + 1);
      t.lineTo(shift + gap + 1, falling ? gap + 1 : -1);
      t.stroke();
    }
    tiles.set(key, tile);
  }
  const pattern = pen.createPattern(tile, "repeat");
  pattern?.setTransform(new DOMMatrix().scale(0.5));
  return pattern ?? stroke;
}
