// The few signs that fonts may lack, as drawings in the colour of the text.
import { svg } from "./dom";

const paths = {
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  previous: "M3 3h2v10H3zM13 3v10L6 8z",
  next: "M11 3h2v10h-2zM3 3v10l7-5z",
  copy: "M5 1.5h8.5V11H11V4H5zM2.5 5H10v9.5H2.5zM4 6.5V13h4.5V6.5z",
  theme: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0 -13zM8 3a5 5 0 0 1 0 10z",
} as const;

export function icon(name: keyof typeof paths): SVGElement {
  return svg("svg", { class: "icon", width: 14, height: 14, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: paths[name], fill: "currentColor", "fill-rule": "evenodd" }));
}
