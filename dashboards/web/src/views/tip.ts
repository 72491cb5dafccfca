// What is under the pointer, in words; and legends drawn with the strokes of the picture itself.
import { element } from "../dom";
import { shades, type Shades } from "./shades";

export class Tip {
  private readonly root = element("div", { class: "tip", role: "status", hidden: true });
  constructor(private readonly box: HTMLElement) {
    box.append(this.root);
  }

  show(x: number, y: number, lines: (string | null | false)[]): void {
    const text = lines.filter(Boolean).join("\n");
    if (this.root.textContent !== text) this.root.textContent = text;
    this.root.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = this.root;
    this.root.style.left = `${Math.max(2, Math.min(x + 14, this.box.clientWidth - w - 2))}px`;
    this.root.style.top = `${y + 18 + h > this.box.clientHeight && y > h + 12 ? y - h - 10 : y + 18}px`;
  }

  hide(): void {
    this.root.hidden = true;
  }
}

export interface Key {
  text: string;
  /** Into 24 × 14 pixels. */
  draw(pen: CanvasRenderingContext2D, shade: Shades): void;
}

export class Legend {
  readonly root: HTMLElement;
  private readonly samples: HTMLCanvasElement[];
  private drawn = "";

  constructor(private readonly keys: readonly Key[]) {
    this.samples = keys.map(() => element("canvas", { width: 48, height: 28, "aria-hidden": "true" }));
    this.root = element(
      "ul",
      { class: "legend" },
      ...keys.map((key, i) => element("li", {}, this.samples[i], key.text)),
    );
  }

  /** Draws again when the theme changed. */
  update(): void {
    const shade = shades();
    if (this.drawn === shade.ink + shade.paper) return;
    this.drawn = shade.ink + shade.paper;
    this.keys.forEach((key, i) => {
      const pen = this.samples[i].getContext("2d");
      if (!pen) return;
      pen.setTransform(2, 0, 0, 2, 0, 0);
      pen.clearRect(0, 0, 24, 14);
      key.draw(pen, shade);
    });
  }
}
