// A picture with its heading, what it means, and the same numbers as a table: one keystroke away, and
// what a screen reader gets.
import { element, empty, fill, type Child } from "./dom";

export interface Table {
  columns: string[];
  /** Numbers are right-aligned; texts are shown as they are. */
  rows: (string | number | null)[][];
  /** Said under the table, such as "first 500 of 12 000 rows". */
  note?: string;
}

export interface FigureOptions {
  title: string;
  /** One sentence: how to read it. */
  meaning?: string;
  /** Made when it is asked for. */
  table: () => Table;
  /** Beside the heading: choosers, filters. */
  tools?: Child[];
}

export interface Figure {
  root: HTMLElement;
  /** Where the picture goes. */
  body: HTMLElement;
  /** Makes the table again if it is shown. */
  refresh(): void;
}

export function figure(options: FigureOptions): Figure {
  const body = element("div", { class: "figure-body" });
  const tableBody = element("div", { class: "figure-table", hidden: true, tabindex: 0 });
  const button = element("button", {
    class: "quiet as-table", type: "button", "aria-pressed": "false",
    title: "Show the numbers behind this picture",
    onclick: () => toggle(),
  }, "as table");
  const shown = () => !tableBody.hidden;
  const refresh = () => {
    if (!shown()) return;
    empty(tableBody);
    tableBody.append(tableOf(options.table()));
  };
  const toggle = () => {
    tableBody.hidden = shown();
    body.hidden = !tableBody.hidden;
    button.setAttribute("aria-pressed", String(shown()));
    button.textContent = shown() ? "as picture" : "as table";
    refresh();
    // A picture that was hidden may have missed a change of size.
    if (!shown()) window.dispatchEvent(new Event("resize"));
  };
  const head = element("div", { class: "figure-head" }, element("h3", {}, options.title));
  const tools = element("div", { class: "figure-tools" });
  fill(tools, ...(options.tools ?? []), button);
  head.append(tools);
  const root = element("figure", { class: "figure", "aria-label": options.title }, head,
    options.meaning ? element("figcaption", {}, options.meaning) : null, body, tableBody);
  return { root, body, refresh };
}

const most_rows = 500;

export function tableOf(table: Table): HTMLElement {
  const rows = table.rows.slice(0, most_rows);
  const cut = table.rows.length - rows.length;
  const note = cut > 0 ? `first ${most_rows} of ${table.rows.length} rows` : table.note;
  return element("div", { class: "table-box" },
    element("table", {},
      element("thead", {}, element("tr", {},
        ...table.columns.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {},
        ...row.map((cell) => element("td", { class: typeof cell === "number" ? "number" : null },
          cell === null ? "–" : typeof cell === "number" ? String(Number(cell.toPrecision(7))) : cell)))))),
    note ? element("p", { class: "note" }, note) : null);
}
