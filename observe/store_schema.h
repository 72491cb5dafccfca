// The tables of results/index.sqlite and the views over them.
//
// Views are what people ask (docs/results.md); tables may change, with Store::kSchema. Names of
// expectations and metrics are stored once, in `word`. Seeds have no type: those beyond SQLite's
// integers are their digits.
#pragma once

namespace byzlab {

/// "bzlb": that the file is ours, in PRAGMA application_id.
inline constexpr int kStoreApplication = 0x627a6c62;

inline constexpr const char* kStoreSchema = R"sql(
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE folder(
  id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, written INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, date TEXT NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, protocol TEXT, n INTEGER, f INTEGER,
  seed NOT NULL, last_seed NOT NULL,
  runs INTEGER NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL,
  inconclusive INTEGER NOT NULL, trace_hash TEXT NOT NULL, transport TEXT NOT NULL,
  version TEXT NOT NULL, interrupted INTEGER NOT NULL, beyond_bound INTEGER NOT NULL,
  simulated_seconds REAL, events INTEGER NOT NULL, wall_seconds REAL, cpu_seconds REAL);
CREATE INDEX folder_by_date ON folder(date, written);

CREATE TABLE cell(
  folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE, cell INTEGER NOT NULL,
  label TEXT NOT NULL, protocol TEXT, n INTEGER, excluded TEXT NOT NULL, violated TEXT NOT NULL,
  runs INTEGER NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL,
  inconclusive INTEGER NOT NULL, unsafe INTEGER NOT NULL,
  PRIMARY KEY(folder, cell)) WITHOUT ROWID;

CREATE TABLE cell_metric(
  folder INTEGER NOT NULL, cell INTEGER NOT NULL, name INTEGER NOT NULL REFERENCES word,
  value REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, samples INTEGER,
  PRIMARY KEY(folder, cell, name),
  FOREIGN KEY(folder, cell) REFERENCES cell ON DELETE CASCADE) WITHOUT ROWID;

CREATE TABLE run(
  id INTEGER PRIMARY KEY, folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
  position INTEGER NOT NULL, cell INTEGER, seed NOT NULL, verdict TEXT NOT NULL,
  reason TEXT NOT NULL, trace_hash TEXT NOT NULL, events INTEGER NOT NULL,
  throughput REAL, latency_p50 REAL, latency_p99 REAL, messages_per_commit REAL,
  bytes_per_commit REAL, commits REAL, view_changes REAL, recovery_time REAL, reorg_depth REAL,
  height REAL);
CREATE INDEX run_by_folder ON run(folder);

CREATE TABLE expectation(
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, name INTEGER NOT NULL REFERENCES word,
  status TEXT NOT NULL, value REAL, PRIMARY KEY(run, name)) WITHOUT ROWID;

CREATE TABLE metric(
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, name INTEGER NOT NULL REFERENCES word,
  value REAL NOT NULL, samples INTEGER, PRIMARY KEY(run, name)) WITHOUT ROWID;

CREATE VIEW results AS SELECT
  folder.path AS id, folder.kind, folder.name, folder.file, folder.date, folder.verdict,
  folder.reason, folder.protocol, folder.n, folder.f, folder.seed, folder.last_seed, folder.runs,
  folder.passed, folder.failed, folder.inconclusive, folder.trace_hash, folder.transport,
  folder.version, folder.interrupted, folder.beyond_bound, folder.simulated_seconds,
  folder.events, folder.wall_seconds, folder.cpu_seconds, run.throughput, run.latency_p50,
  run.latency_p99, run.messages_per_commit, run.bytes_per_commit, run.commits, run.view_changes,
  run.recovery_time, run.reorg_depth, run.height, folder.written
FROM folder LEFT JOIN run ON folder.kind = 'run' AND run.folder = folder.id;

CREATE VIEW runs AS SELECT
  folder.path AS id, folder.kind, folder.name, folder.file, folder.date, run.verdict, run.reason,
  coalesce(cell.protocol, folder.protocol) AS protocol, coalesce(cell.n, folder.n) AS n, folder.f,
  run.seed, cell.label AS cell, run.position, run.trace_hash, folder.transport, folder.version,
  run.events, run.throughput, run.latency_p50, run.latency_p99, run.messages_per_commit,
  run.bytes_per_commit, run.commits, run.view_changes, run.recovery_time, run.reorg_depth,
  run.height, folder.written
FROM run JOIN folder ON folder.id = run.folder
  LEFT JOIN cell ON cell.folder = run.folder AND cell.cell = run.cell;

CREATE VIEW cells AS SELECT
  folder.path AS id, folder.name, cell.cell AS position, cell.label AS cell,
  coalesce(cell.protocol, folder.protocol) AS protocol, coalesce(cell.n, folder.n) AS n,
  cell.excluded, cell.violated, cell.runs, cell.passed, cell.failed, cell.inconclusive, cell.unsafe
FROM cell JOIN folder ON folder.id = cell.folder;

CREATE VIEW cell_metrics AS SELECT
  folder.path AS id, cell.label AS cell, word.text AS metric, cell_metric.value, cell_metric.low,
  cell_metric.high, cell_metric.samples
FROM cell_metric JOIN folder ON folder.id = cell_metric.folder
  JOIN cell ON cell.folder = cell_metric.folder AND cell.cell = cell_metric.cell
  JOIN word ON word.id = cell_metric.name;

CREATE VIEW expectations AS SELECT
  folder.path AS id, run.position, run.seed, word.text AS expectation, expectation.status,
  expectation.value
FROM expectation JOIN run ON run.id = expectation.run JOIN folder ON folder.id = run.folder
  JOIN word ON word.id = expectation.name;

CREATE VIEW metrics AS SELECT
  folder.path AS id, run.position, run.seed, word.text AS metric, metric.value, metric.samples
FROM metric JOIN run ON run.id = metric.run JOIN folder ON folder.id = run.folder
  JOIN word ON word.id = metric.name;
)sql";

}  // namespace byzlab
