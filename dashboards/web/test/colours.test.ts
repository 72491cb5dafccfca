// Colours that carry meaning can be told apart by everybody: simulated after Machado, Oliveira and Fernandes
// (2009), compared in CIELAB, where a difference of 2 is just seen and one of 20 is plain.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

type Triple = [number, number, number];
const css = readFileSync(join(process.env["BYZLAB_WEB"] ?? "dashboards/web", "src/style.css"), "utf8");
const themes = {
  light: custom(/:root \{([^}]*)\}/),
  "dark of the system": custom(/:root:not\(\[data-theme="light"\]\) \{([^}]*)\}/),
  dark: custom(/:root\[data-theme="dark"\] \{([^}]*)\}/),
};
const sight: Record<string, Triple[]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const grey: Triple[] = [[0.2126, 0.7152, 0.0722], [0.2126, 0.7152, 0.0722], [0.2126, 0.7152, 0.0722]];
const names = ["blue", "orange", "green", "purple", "sky", "yellow", "vermillion"];

function custom(block: RegExp): Record<string, string> {
  const found = block.exec(css)?.[1] ?? "";
  return Object.fromEntries([...found.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

const linear = (hex: string): Triple => [1, 3, 5].map((i) => {
  const v = parseInt(hex.slice(i, i + 2), 16) / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}) as Triple;

function lab(hex: string, seen: Triple[]): Triple {
  const light = linear(hex);
  const [r, g, b] = seen.map((row) => Math.min(1, Math.max(0, row.reduce((sum, k, i) => sum + k * light[i], 0))));
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047), y = f(0.2126 * r + 0.7152 * g + 0.0722 * b),
    z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const difference = (a: string, b: string, seen: Triple[]) =>
  Math.hypot(...lab(a, seen).map((v, i) => v - lab(b, seen)[i]));

function contrast(a: string, b: string): number {
  const [dark, light] = [a, b].map((c) => linear(c).reduce((sum, v, i) => sum + v * grey[0][i], 0)).sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

for (const [theme, colour] of Object.entries(themes)) {
  test(`${theme}: any two of the seven colours differ, whoever looks`, () => {
    for (const [who, seen] of Object.entries(sight))
      for (let i = 0; i < names.length; i++)
        for (let k = i + 1; k < names.length; k++) {
          const d = difference(colour[names[i]], colour[names[k]], seen);
          assert.ok(d >= 22, `${who}: ${names[i]} and ${names[k]} differ by ${d.toFixed(1)}`);
        }
  });
  test(`${theme}: what went wrong differs from what went well in lightness alone`, () => {
    for (const [a, b, least] of [["green", "vermillion", 8], ["fault", "vermillion", 10]] as const)
      assert.ok(difference(colour[a], colour[b], grey) >= least, `${a} and ${b}`);
  });
  test(`${theme}: colours stand out from the paper, and words in them can be read`, () => {
    for (const name of names) assert.ok(contrast(colour[name], colour["paper"]) >= 2, name);
    for (const name of ["blue", "green", "vermillion", "ink", "ink-2"])
      assert.ok(contrast(colour[name], colour["paper"]) >= 4.4, `${name}: ${contrast(colour[name], colour["paper"])}`);
  });
}
