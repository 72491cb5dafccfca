// Runs test/*.test.ts on plain node: node test.mjs [MODULES]. MODULES: a node_modules folder elsewhere than
// beside this file, as in bundle.mjs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { here } from "./bundle.mjs";

const modules = process.argv[2];
const { build } = createRequire(join(modules ?? here, "any.js"))("esbuild");
const out = mkdtempSync(join(tmpdir(), "byzlab-web-"));
try {
  const tests = readdirSync(join(here, "test")).filter((file) => file.endsWith(".test.ts"));
  await build({
    entryPoints: tests.map((file) => join(here, "test", file)),
    nodePaths: modules ? [modules] : [],
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    loader: { ".css": "empty" },
    sourcemap: "inline",
    outdir: out,
    logLevel: "warning",
  });
  const files = tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs")));
  process.exitCode =
    spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
      stdio: "inherit",
      env: { ...process.env, BYZLAB_WEB: here },
    }).status ??
    1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
