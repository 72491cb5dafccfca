// Okabe and Ito's eight colours, which colour-blind readers can tell apart. Colour never stands alone:
// lines have a dash, areas a hatch, states a sign.

/** CSS custom properties, so that light, dark and print each have their own shade. */
export const series = [
  "--blue", "--vermillion", "--green", "--orange", "--sky", "--purple", "--yellow", "--ink",
] as const;

const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3], [12, 4], [5, 2, 2, 2, 2, 2]];

/** The i-th of many lines: eight colours, then the same ones dashed. */
export function lineStyle(i: number): { colour: string; dash: readonly number[] } {
  return {
    colour: series[i % series.length],
    dash: dashes[(Math.floor(i / series.length) + (i % series.length)) % dashes.length],
  };
}

/** A colour for a name that is the same in every view of a run: by view number, by kind of message. */
export function colourOf(i: number): string {
  return series[((i % series.length) + series.length) % series.length];
}

/** The value that a custom property has now; canvases need it. */
export function paint(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim() || "#888";
}

const tiles = new Map<string, HTMLCanvasElement>();

/** A canvas fill of diagonal lines in a custom property's colour. */
export function hatch(context: CanvasRenderingContext2D, property: string, alpha = 0.35): CanvasPattern | string {
  const scale = window.devicePixelRatio || 1;
  const colour = paint(property), key = `${colour} ${alpha} ${scale}`;
  const tile = tiles.get(key) ?? hatchTile(colour, alpha, scale);
  tiles.set(key, tile);
  return context.createPattern(tile, "repeat") ?? colour;
}

function hatchTile(colour: string, alpha: number, scale: number): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(8 * scale);
  const pen = tile.getContext("2d");
  if (!pen) return tile;
  pen.globalAlpha = alpha;
  pen.strokeStyle = colour;
  pen.lineWidth = scale;
  const size = tile.width;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return tile;
}

export interface Sign {
  mark: string;
  word: string;
  /** Class of the stylesheet. */
  kind: "pass" | "fail" | "unknown";
}

export function signOf(status: string): Sign {
  switch (status) {
    case "pass": return { mark: "✓", word: "pass", kind: "pass" };
    case "fail": return { mark: "✗", word: "fail", kind: "fail" };
    case "vacuous": return { mark: "?", word: "nothing to check", kind: "unknown" };
    case "undecided": return { mark: "?", word: "undecided", kind: "unknown" };
    default: return { mark: "?", word: status, kind: "unknown" };
  }
}
