// report.html is one file that asks for nothing: node bundle_test.mjs BYZLAB OUT_FOLDER
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { check, finish, results } from "./results.mjs";

const [byzlab, out] = process.argv.slice(2);
const largest_bundle = 300_000;  // bytes, gzipped
const largest_page = 10_000_000;

for (const words of [
  ["run", "scenarios/faults/pbft-partition.yaml"],
  ["sweep", "scenarios/faults/leader-crash-pbft.yaml", "--seeds", "1..4", "--vary", "replicas=4,7"],
  ["compare", "scenarios/faults/leader-crash-pbft.yaml", "--protocols", "pbft,raft", "--seeds", "1..2"],
]) {
  const { page } = results(byzlab, `${out}/${words[0]}`, ...words);
  const html = readFileSync(page, "utf8");
  const data = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html);
  check(data !== null, "the data stand in a script element and contain no <");
  const bundle = data ? html.replace(data[1], "") : html;
  const size = gzipSync(bundle, { level: 9 }).length;
  console.log(`${words[0]}: page ${html.length} bytes, bundle ${bundle.length}, gzipped ${size}`);
  check(size < largest_bundle, `the bundle is below ${largest_bundle} bytes gzipped: ${size}`);
  check(html.length < largest_page, `the page is below ${largest_page} bytes: ${html.length}`);

  check(html.includes(`content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"`),
    "the policy forbids every request");
  // Names of XML namespaces look like addresses and are none.
  const addresses = (html.match(/\b(?:https?|wss?|ftp):\/\/[^\s"'`)\\<]*/g) ?? [])
    .filter((address) => !address.startsWith("http://www.w3.org/"));
  check(addresses.length === 0, `no address of another machine: ${addresses.join(" ")}`);
  const loads = (html.match(/<(?:script|link|img|iframe|object|embed|source)\b[^>]*\b(?:src|href|data)=["'][^"']*/g) ?? [])
    .filter((tag) => !/=["'](?:data:|#)/.test(tag));
  check(loads.length === 0, `no element loads anything: ${loads.join(" ")}`);
  check(!/@import|url\(\s*["']?(?!#|data:)/.test(html.replace(data?.[1] ?? "", "")), "no style loads anything");
}
finish();
