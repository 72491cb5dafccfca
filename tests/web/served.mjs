// byzlab as a server: begun on a free port, asked where its page is, ended with Ctrl-C.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** `words` begin a server; its address is the first that it prints. */
export async function serve(byzlab, ...words) {
  const child = spawn(byzlab, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const over = new Promise((done) => child.once("exit", done));
  const url = await new Promise((found, failed) => {
    const read = (text) => {
      said += text;
      const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(said);
      if (address) found(address[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => failed(new Error(`${words.join(" ")} ended: ${said}`)));
  });
  return {
    url,
    said: () => said,
    /** Bytes of memory that the process has now. */
    memory: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) * 1024,
    async stop() {
      if (child.exitCode === null) child.kill("SIGINT");
      return over;
    },
  };
}

/** A page whose console errors, warnings and exceptions are failures; it may ask its own server only. */
export async function openPage(chromium, check, name, url, options) {
  const context = await chromium.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const home = new URL(url).origin;
  page.on("console", (message) => {
    check(message.type() !== "error" && message.type() !== "warning", `${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${name}: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    check(request.url().startsWith(home) || /^(data|blob):/.test(request.url()), `${name}: asks for ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector("h1");
  return { page, context };
}
