// All runs: filters, and for a scenario that was run with many seeds a square a seed.
import { verdictBadge } from "../header";
import { signOf } from "../colours";
import type { RunRow } from "../data/types";
import { element, svg } from "../dom";
import { number } from "../format";

const most_rows = 400;

export function runsList(rows: RunRow[]): HTMLElement {
  const words = element("input", {
    type: "search", placeholder: "name, protocol, seed, reason, hash", "aria-label": "filter", oninput: () => write(),
  });
  const choice = (label: string, values: string[]) => {
    const made: HTMLSelectElement = element("select", { "aria-label": label, onchange: () => write() },
      element("option", { value: "" }, `any ${label}`), ...values.map((v) => element("option", { value: v }, v)));
    return made;
  };
  const verdict = choice("verdict", distinct(rows.map((r) => r.verdict)));
  const protocol = choice("protocol", distinct(rows.map((r) => r.protocol).filter(Boolean)));
  const kind = choice("kind", distinct(rows.map((r) => r.kind)));
  const body = element("tbody");
  const picked: string[] = [];
  const beside = element("a", { class: "beside-link", hidden: true }, "the two picked side by side");
  const pick = (id: string, on: boolean) => {
    if (on) picked.push(id);
    else picked.splice(picked.indexOf(id), 1);
    beside.hidden = picked.length !== 2;
    beside.setAttribute("href", `#id=${encodeURIComponent(picked[0] ?? "")}&with=${encodeURIComponent(picked[1] ?? "")}`);
  };
  const count = element("p", { class: "note", role: "status" });
  const strips = element("div", { class: "strips" });
  const write = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => (verdict.value === "" || row.verdict === verdict.value)
      && (protocol.value === "" || row.protocol === protocol.value) && (kind.value === "" || row.kind === kind.value)
      && wanted.every((word) => textOf(row).includes(word)));
    body.replaceChildren(...found.slice(0, most_rows).map((row) => line(row, picked.includes(row.id), pick)));
    strips.replaceChildren(...seedStrips(found));
    count.textContent = `${number(found.length)} of ${number(rows.length)} runs`
      + (found.length > most_rows ? `, the first ${most_rows} shown` : "");
  };
  write();
  return element("main", { class: "view runs" },
    element("h1", {}, "Runs"),
    element("div", { class: "filters" }, words, verdict, protocol, kind, count, beside),
    strips,
    element("div", { class: "card table-box" }, element("table", {},
      element("thead", {}, element("tr", {}, ...["", "name", "protocol", "n", "seed", "when", "why", "trace", "beside"]
        .map((name) => element("th", { scope: "col" }, name)))), body)));
}

function line(row: RunRow, picked: boolean, pick: (id: string, on: boolean) => void): HTMLElement {
  const group = row.runs && row.runs > 1 ? `${number(row.runs)} runs, ${number(row.failed ?? 0)} failed` : "";
  return element("tr", {},
    element("td", {}, row.live ? element("span", { class: "badge live" }, "● live") : verdictBadge(row.verdict)),
    element("td", {}, element("a", { href: `#id=${encodeURIComponent(row.id)}` }, row.name || row.id)),
    element("td", {}, row.kind === "comparison" ? "comparison" : row.protocol),
    element("td", { class: "number" }, row.n || ""),
    element("td", { class: "number" }, row.last_seed !== undefined && row.last_seed !== row.seed
      ? `${row.seed} to ${row.last_seed}` : row.seed),
    element("td", {}, row.when), element("td", {}, [row.reason, group].filter(Boolean).join(", ")),
    element("td", {}, element("code", {}, (row.trace_hash ?? "").slice(0, 8))),
    element("td", {}, row.kind !== "run" ? null : element("input", {
      type: "checkbox", checked: picked, "aria-label": `pick ${row.name} seed ${row.seed} to see two runs side by side`,
      onchange: (event: Event) => pick(row.id, (event.currentTarget as HTMLInputElement).checked),
    })));
}

/** Scenarios with three seeds or more. */
function seedStrips(rows: RunRow[]): HTMLElement[] {
  const by_name = new Map<string, Map<number, RunRow>>();
  for (const row of rows) {
    if (row.kind !== "run" || row.live) continue;
    const seeds = by_name.get(row.name) ?? new Map<number, RunRow>();
    if (!seeds.has(row.seed)) seeds.set(row.seed, row);
    by_name.set(row.name, seeds);
  }
  return [...by_name].filter(([, seeds]) => seeds.size >= 3).map(([name, seeds]) =>
    element("div", { class: "strip" }, element("h4", {}, name),
      ...[...seeds.values()].sort((a, b) => a.seed - b.seed).map((row) => {
        const sign = signOf(row.verdict);
        return element("a", {
          class: sign.kind, href: `#id=${encodeURIComponent(row.id)}`, title: `seed ${row.seed}: ${sign.word} ${row.reason}`,
          "aria-label": `seed ${row.seed}: ${sign.word}`,
        }, svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
          svg("text", { x: 8, y: 12, "text-anchor": "middle" }, sign.mark)));
      })));
}

function textOf(row: RunRow): string {
  return [row.name, row.protocol, row.seed, row.reason, row.trace_hash, row.id, row.when].join(" ").toLowerCase();
}

function distinct(values: string[]): string[] {
  return [...new Set(values)].sort();
}
