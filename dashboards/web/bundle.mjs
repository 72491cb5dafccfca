// One bundle from src/: the script and the style that every page carries, as texts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));

/** `modules`: a node_modules folder elsewhere than beside this file. */
export async function bundle({ modules, minify = true } = {}) {
  const { build } = createRequire(join(modules ?? here, "any.js"))("esbuild");
  const made = await build({
    entryPoints: { app: join(here, "src/main.ts") },
    nodePaths: modules ? [modules] : [],
    bundle: true,
    minify,
    target: ["es2021", "chrome100", "firefox100", "safari15"],
    format: "iife",
    charset: "utf8",
    legalComments: "none",
    outdir: "out",
    write: false,
    logLevel: "warning",
  });
  const text = (end) => made.outputFiles.find((file) => file.path.endsWith(end)).text;
  // Neither may end the element it stands in.
  const js = text(".js").replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--");
  const css = text(".css").replace(/<\/style/gi, "<\\/style");
  return { js, css };
}

/** The page in three pieces, between which the policy's sources and the data go. */
export async function pagePieces(options) {
  const { js, css } = await bundle(options);
  const page = readFileSync(join(here, "page.html"), "utf8")
    .replace("{{css}}", () => css).replace("{{js}}", () => js);
  return page.split(/\{\{connect\}\}|\{\{data\}\}/);
}

/** As observe/web_assets.cpp does it. */
export function pageWith([head, middle, tail], data) {
  return head + middle + JSON.stringify(data).replace(/</g, "\\u003c") + tail;
}
