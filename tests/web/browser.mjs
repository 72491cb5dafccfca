// Debian's Chromium, driven by playwright-core.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const skipped = 77;

/** Ends the process as skipped when there is no browser. */
export async function browser(modules) {
  const executable = process.env.CHROMIUM ?? which("chromium") ?? which("chromium-browser") ?? which("google-chrome");
  if (!executable) {
    console.log("skipped: no chromium here (apt-get install chromium, or set CHROMIUM)");
    process.exit(skipped);
  }
  const { chromium } = createRequire(resolve(modules, "any.js"))("playwright-core");
  return chromium.launch({
    executablePath: executable,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

function which(command) {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}
