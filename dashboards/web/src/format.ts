// Numbers as the terminal writes them: base units in, three or four significant digits out.
import type { Metrics, Seconds } from "./data/types";

const thin = "\u202f";

/** 12 345.6; three significant digits below 100, whole numbers from 1000 on. */
export function number(x: number | null | undefined): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (Number.isInteger(x) || Math.abs(x) >= 1000) return grouped(Math.round(x).toString());
  return String(Number(x.toPrecision(Math.abs(x) >= 100 ? 4 : 3)));
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, thin);
}

/** 872 ms, 20.9 s, 12 min, 3.2 h, 2.5 d. */
export function duration(seconds: Seconds | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const s = Math.abs(seconds);
  if (s === 0) return "0 s";
  if (s < 1e-3) return `${number(seconds * 1e6)} µs`;
  if (s < 1) return `${number(seconds * 1e3)} ms`;
  if (s < 600) return `${number(seconds)} s`;
  if (s < 7200) return `${number(seconds / 60)} min`;
  if (s < 172800) return `${number(seconds / 3600)} h`;
  return `${number(seconds / 86400)} d`;
}

/** A moment of a run: 3.412 s, or 2 d 03:15:04 when the run is long. */
export function moment(seconds: Seconds, span: Seconds = 0): string {
  if (Math.max(seconds, span) < 6000) return `${seconds.toFixed(span > 0 && span < 0.01 ? 6 : 3)} s`;
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86400);
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, "0")).join(":");
  return days > 0 ? `${days} d ${clock}` : clock;
}

export function bytes(x: number | null | undefined): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (Math.abs(x) >= 1e9) return `${number(x / 1e9)} GB`;
  if (Math.abs(x) >= 1e6) return `${number(x / 1e6)} MB`;
  if (Math.abs(x) >= 1e3) return `${number(x / 1e3)} kB`;
  return `${number(x)} B`;
}

export function share(x: number | null | undefined): string {
  return x === null || x === undefined ? "–" : `${number(x * 100)} %`;
}

/** A value in the unit that summary.json gives it. */
export function withUnit(x: number | null | undefined, unit: string): string {
  if (x === null || x === undefined) return "–";
  switch (unit) {
    case "s": return duration(x);
    case "bytes":
    case "B": return bytes(x);
    case "ratio": return share(x);
    case "": return number(x);
    default: return `${number(x)} ${unit}`;
  }
}

/** metricOf(summary.metrics, "commit_latency.p99"); null when there is no such number. */
export function metricOf(metrics: Metrics, name: string): number | null {
  let at: number | null | Metrics | undefined = metrics;
  for (const part of name.split(".")) {
    if (at === null || at === undefined || typeof at === "number") return null;
    at = at[part];
  }
  return typeof at === "number" ? at : null;
}

/** What a metric of that name is measured in. */
export function unitOf(metric: string): string {
  const name = metric.replace(/^(steady|faults|drain)\./, "").split(".")[0];
  if (/(latency|interval|time)$/.test(name)) return metric.endsWith(".count") ? "" : "s";
  if (name.startsWith("bytes")) return "bytes";
  if (name === "throughput" || name === "goodput") return "tx/s";
  if (/(quality|revenue|ratio|carried)$/.test(name)) return "ratio";
  return "";
}

export function replica(id: number): string {
  return `r${id}`;
}
