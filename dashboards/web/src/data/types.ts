// What the C++ side and the page say to each other, as types. Times are simulated seconds, replicas are
// numbers 0..n-1, tables are columns of one length. Every part but `summary` may be missing: folders of
// older versions have none of it.

export type Seconds = number;

// ---------------------------------------------------------------- one run

export interface RunData {
  schema: 1;
  /** Folder below results/: "pbft-partition/20261122-143301-s42-9f3c1a7e". */
  id: string;
  summary: Summary;
  series?: Series;
  story?: StoryLine[];
  recording?: Recording;
  network?: NetworkData;
  /** Its size in bytes, when it is too large for the file. */
  recording_left_out?: number;
  /** scenario.lock.yaml: runnable, everything resolved. */
  lock_yaml?: string;
  /** With the messages around them. */
  violations?: Violation[];
}

export type Verdict = "pass" | "fail" | "inconclusive";
export type Status = "pass" | "fail" | "undecided" | "vacuous";

/** summary.json of a run. */
export interface Summary {
  schema: 1;
  name: string;
  file?: string;
  verdict: Verdict;
  reason: string;
  seed: number;
  trace_hash: string;
  transport: string;
  interrupted: boolean;
  build: { version: string; commit: string; compiler: string; build_type: string };
  protocol: { name: string; n: number; f: number; quorum: number };
  network: string;
  bound: {
    byzantine: number;
    allowed: number;
    byzantine_share: number;
    allowed_share: number;
    exceeded: boolean;
    replicas: number[];
    text: string;
  };
  expectations: Expectation[];
  faults: Fault[];
  metrics: Metrics;
  /** By kind of message. */
  messages: Record<string, { sent: number; bytes: number; delivered: number }>;
  /** By reason. */
  dropped: Record<string, number>;
  simulated_seconds: Seconds;
  /** How long the scenario is; absent in older results. */
  asked_seconds?: Seconds;
  /** Why the run did not come to its end: "66 ms after the violation", or a limit. */
  stopped?: string;
  /** What the file asks for and this run did not get. */
  idle?: { what: string; text: string }[];
  /** Whether anybody was drawn, and what the behaviors did. */
  adversary?: { drawn: boolean; behaviors: { name: string; effects: number; by_member: Record<string, number> }[] };
  events: number;
  wall_seconds: number;
  cpu_seconds: number;
}

/** metrics.commit_latency.p99; null without samples. */
export interface Metrics {
  [name: string]: number | null | Metrics;
}

export interface Expectation {
  id: string;
  text: string;
  status: Status;
  detail: string;
  value: number | null;
  limit: number | null;
  unit: string;
  at: Seconds | null;
  always_on: boolean;
  /** What the fault model says of a violation. */
  bound: "not_applicable" | "inside" | "beyond" | "cannot_tell";
  explanation?: string[];
  counts?: boolean;
  file?: string;
  line?: number;
}

export interface Fault extends Reach {
  label: string;
  action: string;
  text: string;
  from: Seconds | null;
  to: Seconds | null;
  /** Whom it met stands with the fault; with a window where it met others than the first time. */
  windows: ({ from: Seconds; to: Seconds | null } & Reach)[];
  effect: Record<string, number>;
  had_effect: boolean;
  meaning?: string;
}

/** Whom a fault met: replicas; sides that hear nothing of each other; directed links. */
export interface Reach {
  who?: number[];
  sides?: number[][];
  links?: { from: number[]; to: number[] }[];
}

/** The columns of timeseries.csv. */
export interface Series {
  t: Seconds[];
  height: number[];
  lowest_height: number[];
  view: number[];
  committed_tx: number[];
  throughput: number[];
  latency_p50: Seconds[];
  messages: number[];
  message_rate: number[];
  bytes: number[];
  dropped: number[];
  view_changes: number[];
  mempool: number[];
  replicas_up: number[];
  faults_active: number[];
}

/** kind: fault heal stall resume view commit violation mark reorg … */
export interface StoryLine {
  at: Seconds;
  kind: string;
  label: string;
  text: string;
  violation: boolean;
}

/** recording.json. */
export interface Recording {
  schema: 1;
  replicas: number;
  byzantine: number[];
  regions?: string[];
  blocks: BlockTable;
  commits: { t: Seconds[]; replica: number[]; block: number[] };
  /** `height` 0: views go on over heights. */
  views: { t: Seconds[]; replica: number[]; view: number[]; leader: number[]; height: number[] };
  states: { t: Seconds[]; replica: number[]; state: ("up" | "crashed" | "paused" | "resumed")[] };
  /** `what`: names of milestones; `block`: index or -1. */
  notes: { t: Seconds[]; replica: number[]; what: string[]; view: number[]; value: number[]; block: number[] };
  /** Accepted by their clients at t; of many every so many, evenly over the run. */
  requests?: { t: Seconds[]; client: number[]; latency: Seconds[] };
  /** Latitude and longitude of the regions whose place is known. */
  places?: Record<string, [latitude: number, longitude: number]>;
  /** Rows left out beyond the bound, by table. */
  truncated: { [table: string]: number };
  /** Of a live run: how many rows went, of all tables; counted by the page. */
  forgotten?: number;
}

/** network.json: what went through the network; every column counts from the beginning of the run. */
export interface NetworkData {
  t: Seconds[];
  kinds: Record<string, { sent: number[]; bytes: number[]; delivered: number[] }>;
  /** By reason. */
  dropped: Record<string, number[]>;
  /** Where the scenario limits bandwidth. */
  uplinks?: {
    bits_per_second: number;
    /** A row a replica: seconds of sending. */
    busy: Seconds[][];
    /** A row a replica: bytes that wait, the most since the moment before. */
    queue: number[][];
  };
}

/** Requests that a live run's clients saw accepted lately. */
export interface RequestWindow {
  from: Seconds;
  to: Seconds;
  total: number;
  known_from: Seconds;
  t: Seconds[];
  client: number[];
  latency: Seconds[];
}

export interface BlockTable {
  id: string[];
  /** Index into this table, or -1. */
  parent: number[];
  height: number[];
  view: number[];
  proposer: number[];
  tx: number[];
  /** First time anybody noted or committed it. */
  seen: Seconds[];
  /** First honest commit. */
  committed: (Seconds | null)[];
  /** How many honest replicas committed it. */
  commits: number[];
  /** When a replica left it. */
  reverted: (Seconds | null)[];
  adversary: boolean[];
  /** Mined in private; `published` null then means never. */
  withheld?: boolean[];
  /** Private until then; null: never private. */
  published: (Seconds | null)[];
}

// ---------------------------------------------------------------- messages

/** The messages whose [sent, at] touches the window; `rows`, or `bundles` when there are too many. */
export interface MessageWindow {
  from: Seconds;
  to: Seconds;
  total: number;
  kinds: string[];
  /** Of a live run: since when there are all of them. */
  known_from?: Seconds;
  /** What was kept ends here; `left_out` came later. */
  known_to?: Seconds;
  left_out?: number;
  rows: MessageRows | null;
  bundles: MessageBundle[] | null;
}

export interface MessageRows {
  sent: Seconds[];
  /** null: dropped. */
  at: (Seconds | null)[];
  from: number[];
  to: number[];
  /** Index into `kinds`. */
  kind: number[];
  view: (number | null)[];
  height: (number | null)[];
  block: (string | null)[];
  bytes: number[];
  /** Why, or null. */
  dropped: (string | null)[];
}

export interface MessageBundle {
  from_t: Seconds;
  to_t: Seconds;
  kind: number;
  count: number;
  dropped: number;
}

/** `id` is the expectation's; `proves` are row indexes of the window: the minimal set. */
export interface Violation {
  id: string;
  at: Seconds;
  window: MessageWindow;
  proves: number[];
}

// ---------------------------------------------------------------- many runs

export interface RunRow {
  id: string;
  name: string;
  verdict: Verdict;
  reason: string;
  protocol: string;
  n: number;
  seed: number;
  when: string;
  trace_hash: string;
  kind: "run" | "seeds" | "sweep" | "comparison";
  /** Of groups. */
  last_seed?: number;
  runs?: number;
  failed?: number;
  /** Going on now. */
  live?: boolean;
  interactive?: boolean;
}

/** What a live run adds, ten times a second. `reset` comes first, and whenever the server starts anew. */
export interface LiveDelta {
  now: Seconds;
  reset?: RunData;
  /** How many rows to take away at the beginning of these tables, before anything else is done. */
  forget?: Partial<Record<"blocks" | "commits" | "views" | "states" | "notes" | "story", number>>;
  /** Rows of tables that are known already and have changed. */
  changed?: { blocks?: Partial<BlockTable> & { row: number[] } };
  expectations?: { id: string; status: Status }[];
  pace?: Pace;
  series?: Partial<Series>;
  story?: StoryLine[];
  recording?: Partial<Recording>;
  summary?: Summary;
  finished?: boolean;
  /** With `finished`: the results folder. */
  id?: string;
}

export interface Pace {
  /** Simulated seconds a second; null: as fast as it goes. */
  speed: number | null;
  paused: boolean;
  /** Whether the run takes commands. */
  interactive: boolean;
}

/** summary.json of a comparison. */
export interface ComparisonData {
  schema: 1;
  kind: "comparison";
  name: string;
  description?: string;
  verdict: Verdict;
  first_seed?: number;
  last_seed?: number;
  baseline?: string;
  interrupted: boolean;
  trace_hash: string;
  /** In the order of the file. */
  axes?: ComparisonAxis[];
  table?: ComparisonTable;
  cells: ComparisonCell[];
  ratios?: ComparisonRatio[];
  scaling?: ComparisonScaling | null;
}

export interface ComparisonAxis {
  name: string;
  values: string[];
}

export interface ComparisonTable {
  rows?: string;
  columns?: string;
  pages?: string[] | string;
  metrics?: string[];
  baseline?: string;
  map?: boolean | null;
  charts?: unknown;
}

export interface ComparisonCell {
  /** Axis → value. */
  at: Record<string, string>;
  /** Why it was not run. */
  excluded?: string;
  runs: number;
  passed: number;
  failed: number;
  inconclusive: number;
  unsafe: number;
  /** Mean share of the requests submitted after the warm-up that were committed, and of how many runs. */
  carried?: number;
  carried_samples?: number;
  /** Safe runs in which something did not go on as expected. */
  stalled?: number;
  /** The worst its runs came to. */
  outcome?: string;
  metrics: Record<string, ComparisonMetric>;
  /** By metric, against the baseline. */
  ratios?: Record<string, { mean?: number; ratio?: number; low: number; high: number; samples: number }>;
  histograms?: Record<string, Sketch>;
}

export interface ComparisonMetric {
  /** The median of the runs; folders of older versions have means. */
  value?: number;
  mean?: number;
  half_width?: number;
  confidence?: number;
  above_zero?: number;
  max?: number;
  low?: number;
  high?: number;
  samples: number;
  p50?: number;
  p99?: number;
  unit?: string;
}

/** Against the baseline: the median over pairs with the same seed, 95 % interval. */
export interface ComparisonRatio {
  /** Index into `cells`, or the cell's place. */
  cell?: number;
  at?: Record<string, string>;
  metric: string;
  ratio: number;
  low: number;
  high: number;
  samples: number;
  confidence?: number;
  /** Pairs that divide by 0. */
  left_out?: number;
}

/** Powers fitted along the axis of sizes: value = factor × size^exponent. */
export interface ComparisonScaling {
  axis: string;
  fits: {
    /** Without that axis. */
    at: Record<string, string>;
    metric: string;
    exponent: number;
    low?: number;
    high?: number;
    factor: number;
    r_squared?: number;
    samples?: number;
  }[];
}

/** DDSketch: bucket i covers (gamma^(i-1), gamma^i]. */
export interface Sketch {
  relative_error: number;
  gamma: number;
  zero: number;
  buckets: [index: number, count: number][];
}

// ---------------------------------------------------------------- sweeps

/** summary.json of a sweep, and what the page wants to know of its runs. */
export interface SweepData {
  schema: 1;
  kind: "seeds" | "sweep";
  name: string;
  file: string;
  verdict: Verdict;
  seeds: { first: number; last: number };
  trace_hash: string;
  interrupted: boolean;
  protocol: { name: string; n: number };
  /** "2/4": the part of it that was run here. */
  shard?: string;
  events: number;
  runs: { passed: number; failed: number; inconclusive: number; stopped: number; crashed: number; ended_early?: number };
  /** Keys that are varied, and a cell for every combination of their values; none: one cell. */
  keys?: string[];
  cells?: SweepCell[];
  /** Where nothing is varied. */
  expectations?: SweepExpectation[];
  /** `--set`s of the command. */
  sets?: string[];
  /** By cell: "ppf.i", a letter a seed ('.' was not run), or [passed, failed, open] a square. */
  strips: (string | [number, number, number][])[];
  seeds_a_square: number;
  /** The first that did not pass. */
  troubles: { seed: number; cell: number; verdict: Verdict; why: string }[];
  /** By cell, of the first `figures_of` runs. */
  figures: Record<string, SweepFigure>[];
  figures_of: number;
}

export interface SweepCell {
  label: string;
  at: Record<string, string>;
  verdict: Verdict;
  runs: number;
  passed: number;
  failed: number;
  inconclusive: number;
  /** Wilson's, 95 %. */
  failed_share_interval: [number, number];
  expectations: SweepExpectation[];
}

/** Counted over the seeds, or, with a required rate, a share of them. */
export interface SweepExpectation {
  id: string;
  text: string;
  status: Status;
  passed?: number;
  failed?: number;
  undecided?: number;
  successes?: number;
  trials?: number;
  limit?: number;
  confidence?: number;
  interval?: [number, number];
}

/** Over the runs of a cell: the median with its interval, and where the runs lie. */
export interface SweepFigure {
  /** The median. */
  value: number;
  mean: number;
  confidence: number;
  low: number;
  high: number;
  samples: number;
  min: number;
  p5: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
  max: number;
}

// ---------------------------------------------------------------- what is inlined in the page

export type PageData =
  | { kind: "run"; data: RunData; violations?: Violation[] }
  | { kind: "comparison"; data: ComparisonData }
  | { kind: "sweep"; data: SweepData }
  | { kind: "server" };
