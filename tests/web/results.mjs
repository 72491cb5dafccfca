// Runs byzlab and finds what it wrote.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Runs `words` into an empty folder; the newest results folder, its page and its summary. */
export function results(byzlab, out, ...words) {
  rmSync(out, { recursive: true, force: true });
  execFileSync(byzlab, [...words, "-q", "-o", out], { stdio: ["ignore", "ignore", "inherit"] });
  const folder = join(out, readFileSync(join(out, "latest.txt"), "utf8").trim());
  return {
    folder,
    page: join(folder, "report.html"),
    summary: JSON.parse(readFileSync(join(folder, "summary.json"), "utf8")),
  };
}

const failures = [];

/** Notes a failure and goes on: one run of the test tells all. */
export function check(holds, what) {
  if (!holds) {
    failures.push(what);
    console.error(`FAILED: ${what}`);
  }
}

export function finish() {
  if (failures.length > 0) {
    console.error(`${failures.length} checks failed`);
    process.exit(1);
  }
  console.log("all checks passed");
}
