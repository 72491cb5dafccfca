// Writes the bundled page as a C++ file: node embed.mjs NODE_MODULES OUT.cpp
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pagePieces } from "./bundle.mjs";

const [modules, out] = process.argv.slice(2);
const pieces = await pagePieces({ modules });
const names = ["before_policy", "before_data", "after_data"];

mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `// The bundled page; written by dashboards/web/embed.mjs.
#include "observe/web_page.h"

namespace byzlab {
namespace {
${pieces.map((piece, i) => `constexpr std::string_view ${names[i]}{\n${literal(piece)}, ${Buffer.byteLength(piece)}};`).join("\n")}
}  // namespace

WebPage web_page() {
  return {.before_policy = before_policy, .before_data = before_data, .after_data = after_data};
}

}  // namespace byzlab
`);

/** Adjacent string literals of a bearable length; every byte that is not plain ASCII in octal. */
function literal(text) {
  const bytes = Buffer.from(text, "utf8");
  const lines = [];
  for (let at = 0; at < bytes.length; at += 2000) {
    let line = "";
    for (const byte of bytes.subarray(at, at + 2000)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
      line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
    }
    lines.push(`"${line}"`);
  }
  return lines.length > 0 ? lines.join("\n") : '""';
}
