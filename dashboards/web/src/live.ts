// A live run grows: deltas of the stream, put into the data that the views look at.
import type { LiveDelta, RunData } from "./data/types";

/** False when there is nothing to add to yet: the stream's first word has to be a reset. */
export function grow(data: RunData, delta: LiveDelta): boolean {
  if (delta.reset) Object.assign(data, delta.reset);
  if (!data.summary) return false;
  forget(data, delta.forget ?? {});
  if (delta.summary) data.summary = delta.summary;
  if (delta.story) (data.story ??= []).push(...delta.story);
  append(data.series, delta.series);
  const { recording } = data;
  for (const table of ["blocks", "commits", "views", "states", "notes"] as const)
    append(recording?.[table], delta.recording?.[table]);
  if (delta.changed?.blocks && recording) replaceRows(recording.blocks, delta.changed.blocks);
  for (const news of delta.expectations ?? []) {
    const known = data.summary.expectations.find((e) => e.id === news.id);
    if (known) known.status = news.status;
  }
  return true;
}

/** The oldest rows go, and what pointed to a block that went points nowhere. */
function forget(data: RunData, gone: NonNullable<LiveDelta["forget"]>): void {
  const { recording } = data;
  data.story?.splice(0, gone.story ?? 0);
  if (!recording) return;
  for (const table of ["blocks", "commits", "views", "states", "notes"] as const) {
    const count = gone[table] ?? 0;
    if (count === 0) continue;
    recording.forgotten = (recording.forgotten ?? 0) + count;
    for (const column of Object.values(recording[table])) if (Array.isArray(column)) column.splice(0, count);
  }
  const blocks = gone.blocks ?? 0;
  if (blocks === 0) return;
  for (const column of [recording.blocks.parent, recording.commits.block, recording.notes.block])
    column.forEach((b, i) => { column[i] = Math.max(-1, b - blocks); });
}

/** How many rows the page holds, of all tables: bounded by the server, where the oldest make room. */
export function rowsKept(data: RunData): number {
  const { recording, series, story } = data;
  const tables = recording
    ? [recording.blocks.id, recording.commits.t, recording.views.t, recording.states.t, recording.notes.t] : [];
  return [...tables, series?.t ?? [], story ?? []].reduce((sum, column) => sum + column.length, 0);
}

type Columns = Record<string, unknown[] | undefined>;

function append(table: object | undefined, more: object | undefined): void {
  if (!table || !more) return;
  for (const [name, added] of Object.entries(more)) {
    const column = (table as Columns)[name];
    if (Array.isArray(column) && Array.isArray(added)) for (const value of added) column.push(value);
  }
}

function replaceRows(table: object, changed: { row: number[] }): void {
  for (const [name, values] of Object.entries(changed)) {
    const column = (table as Columns)[name];
    if (name === "row" || !Array.isArray(column) || !Array.isArray(values)) continue;
    changed.row.forEach((row, i) => { if (row < column.length) column[row] = values[i]; });
  }
}
