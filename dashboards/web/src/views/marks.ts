// The signs of what a replica notes, as small paths: each has a shape of its own, whatever the colour.
import type { Shades } from "./shades";

/** Centred at (x, y), about 8 pixels wide. */
export function drawMark(
  pen: CanvasRenderingContext2D,
  what: string,
  x: number,
  y: number,
  shade: Shades,
): void {
  pen.lineWidth = 1.3;
  pen.beginPath();
  switch (what) {
    case "proposed":
      polygon(pen, [x - 3.5, y + 3, x + 3.5, y + 3, x, y - 3.5]);
      return fill(pen, shade.accent);
    case "timeout":
      pen.arc(x, y, 3.4, 0, 7);
      pen.moveTo(x, y - 2);
      pen.lineTo(x, y);
      pen.lineTo(x + 1.6, y + 1);
      return outline(pen, shade.fail);
    case "view_change":
      polygon(pen, [x, y - 4.5, x + 4, y, x, y + 4.5, x - 4, y]);
      return fill(pen, shade.fault);
    case "new_view":
      polygon(pen, [x - 2, y - 4, x + 4, y, x - 2, y + 4]);
      return outline(pen, shade.pass);
    case "reorg":
      pen.arc(x, y, 3.4, 0.6, 5.4);
      pen.moveTo(x + 4.6, y - 4);
      pen.lineTo(x + 2.4, y - 1.6);
      pen.lineTo(x - 0.4, y - 3.4);
      return outline(pen, shade.fail);
    case "equivocation":
      pen.rect(x - 3.2, y - 4, 2, 5);
      pen.rect(x + 1.2, y - 4, 2, 5);
      pen.rect(x - 3.2, y + 2.4, 2, 2);
      pen.rect(x + 1.2, y + 2.4, 2, 2);
      return fill(pen, shade.fail);
    case "state_transfer":
      polygon(pen, [x - 3.5, y - 2, x + 3.5, y - 2, x, y + 4]);
      return outline(pen, shade.pass);
    case "withheld":
      pen.rect(x - 3, y - 3, 6, 6);
      pen.setLineDash([2, 1.5]);
      outline(pen, shade.fail);
      return pen.setLineDash([]);
    case "published":
      pen.rect(x - 3, y - 3, 6, 6);
      return fill(pen, shade.fail);
    default:
      pen.arc(x, y, 2, 0, 7);
      return fill(pen, shade.ink3);
  }
}

function polygon(pen: CanvasRenderingContext2D, points: number[]): void {
  pen.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i], points[i + 1]);
  pen.closePath();
}

function fill(pen: CanvasRenderingContext2D, colour: string): void {
  pen.fillStyle = colour;
  pen.fill();
}

function outline(pen: CanvasRenderingContext2D, colour: string): void {
  pen.strokeStyle = colour;
  pen.stroke();
}
