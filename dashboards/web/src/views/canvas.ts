// A canvas as wide as its box, sharp on any screen, painted at most once a frame.
import { element } from "../dom";

export type Paint = (pen: CanvasRenderingContext2D, width: number, height: number) => void;

export class Canvas {
  readonly element: HTMLCanvasElement;
  private frame = 0;
  private readonly sizes: ResizeObserver;
  private height_: number;

  constructor(
    private readonly box: HTMLElement,
    label: string,
    height: number,
    private readonly paint: Paint,
  ) {
    this.height_ = height;
    this.element = element("canvas", { class: "drawing", tabindex: 0, role: "img", "aria-label": label });
    box.append(this.element);
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(box);
    this.redraw();
  }

  get width(): number {
    return this.box.clientWidth;
  }

  get height(): number {
    return this.height_;
  }

  set height(height: number) {
    if (Math.round(height) === this.height_) return;
    this.height_ = Math.round(height);
    this.redraw();
  }

  redraw(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }

  private draw(): void {
    const ratio = Math.min(3, devicePixelRatio || 1);
    const { width, height_: height } = this;
    const pen = this.element.getContext("2d");
    if (!pen || width <= 0 || height <= 0) return;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.element.width !== w || this.element.height !== h) {
      this.element.width = w;
      this.element.height = h;
      this.element.style.width = `${width}px`;
      this.element.style.height = `${height}px`;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.lineJoin = "round";
    pen.textBaseline = "middle";
    this.paint(pen, width, height);
  }
}

/** The text, cut with an ellipsis where it is wider than `width`; "" where not even two letters fit. */
export function fitted(pen: CanvasRenderingContext2D, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  for (let keep = Math.min(text.length - 1, Math.floor(width / 4)); keep >= 2; keep--) {
    const cut = text.slice(0, keep) + "…";
    if (pen.measureText(cut).width <= width) return cut;
  }
  return "";
}

export function stroke(
  pen: CanvasRenderingContext2D,
  points: readonly number[],
  colour: string,
  width = 1,
  dash: number[] = [],
): void {
  pen.beginPath();
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i], points[i + 1]);
  pen.stroke();
  pen.setLineDash([]);
}

export function label(
  pen: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  align: CanvasTextAlign = "left",
): void {
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(text, x, y);
}
