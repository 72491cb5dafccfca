// The resilience map: what each engine came to under each attack — safe and live, safe but stalled, or
// violated — with the sign and the word in the square, since colour never stands alone.
import { element } from "../dom";
import { figure } from "../figure";
import { wilson } from "../sweep/strips";
import { pageWidth } from "./heat_map";
import { cellAt, outcomeOf, pagesOf, placeOf, placeText, rowsOn, valuesOf, type Model, type Place } from "./model";

export function resilienceMap(model: Model): HTMLElement {
  const made = figure({
    title: "Resilience",
    meaning: "✓ live: safe, and goes on. ? stalled: safe, and does not. ✗ violated: safety is lost, in how many "
      + `of the runs.${ofAllSeeds(model)}`,
    table: () => ({
      columns: [...model.axes.map((axis) => axis.name), "outcome", "runs", "unsafe"],
      rows: model.data.cells.map((cell) => [
        ...model.axes.map((axis) => cell.at[axis.name]), outcomeOf(cell).word, cell.runs, cell.unsafe]),
    }),
  });
  made.body.append(element("div", { class: "pages", style: pageWidth(model, 86) }, ...pagesOf(model).map((page) => map(model, page))));
  return made.root;
}

/** What never, and always, says of the seeds that were not run. */
function ofAllSeeds(model: Model): string {
  const runs = Math.max(0, ...model.data.cells.map((cell) => cell.runs));
  if (runs === 0) return "";
  const most = Math.round(wilson(0, runs)[1] * 100);
  return ` Of all seeds, none of ${runs} is 0 to ${most} %, and all of them ${100 - most} to 100 % (Wilson's 95 % interval).`;
}

function map(model: Model, page: Place): HTMLElement {
  const columns = valuesOf(model, model.columns);
  return element("div", { class: "heat outcomes" },
    Object.keys(page).length > 0 ? element("h4", {}, placeText(page)) : null,
    element("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": `outcomes ${placeText(page)}` },
      element("table", {},
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, ""),
          ...columns.map((column) => element("th", { scope: "col" }, column)))),
        element("tbody", {}, ...rowsOn(model, page).map((row) => element("tr", {},
          element("th", { scope: "row" }, row),
          ...columns.map((column) => square(model, placeOf(model, row, column, page)))))))));
}

function square(model: Model, place: Place): HTMLElement {
  const cell = cellAt(model, place);
  const sign = outcomeOf(cell);
  return element("td", { class: `outcome ${sign.outcome}`, title: cell?.excluded ?? `${cell?.runs ?? 0} runs` },
    element("span", {}, `${sign.mark} ${sign.word}`), sign.count ? element("small", {}, sign.count) : null);
}
