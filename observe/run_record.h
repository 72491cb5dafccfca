// One run as a line of runs.jsonl, and back: what of a report is kept of every run. It is what
// workers send, what a sweep has on disk when it is killed, what shards are merged from, and what
// tallies and tables are made from; it holds no times, so that the same run is the same line.
//
//   {"seed":577,"verdict":"fail","reason":"…","trace_hash":"51c0be22…","events":58927,
//    "expectations":[{"id":"agreement-1","status":"fail","value":null,"text":"agreement: holds",
//    "detail":"…","bound":"beyond"}, …],"metrics":{"commit_latency":{"p50":0.057, …}, …}}
//
// With "cell" where there are several, "stopped" and "crashed" where the run did not end by itself,
// "ended_early" where its verdict was settled before, "idle" with what the file asks for and this
// seed did not get;
// expectations with "unit", "counts", "rate", "always_on" where they have one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "testbed/report.h"

namespace byzlab {

struct RecordOptions {
  std::optional<std::uint64_t> cell = {};  ///< of a sweep or comparison: which of its cells
  bool metrics = true;
  bool histograms = false;
};

/// The line, with its newline.
std::string run_line(const Report& report, const RecordOptions& options = {});

struct RunRecord {
  std::optional<std::uint64_t> cell;
  Report report;  ///< what the line holds; the rest is empty
};

/// What run_line wrote; none for anything else. Metrics and histograms take most of the time: ask
/// for them.
std::optional<RunRecord> read_run_line(std::string_view line, bool with_metrics);

}  // namespace byzlab
