// Views that show a state, not a course, show it as of one moment of the range.
import type { Range } from "../store";

/** The cursor where it stands inside the range, else the end of the range. */
export function asOf(range: Range, cursor: number): number {
  return cursor > range.from && cursor < range.to ? cursor : range.to;
}
