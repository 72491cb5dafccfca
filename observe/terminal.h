// A finished run as text: what the terminal shows, and console.txt without colour.
#pragma once

#include <string>
#include <vector>

#include "observe/style.h"
#include "testbed/report.h"

namespace byzlab {

/// A line below the verdict that says where to go on: {"again", "byzlab run …"}.
struct Pointer {
  std::string name;
  std::string text;
};

struct TextOptions {
  Style style;
  bool whole_story = false;   ///< -v: every line of the story, however many
  bool verdict_only = false;  ///< -q
};

/// Header, story, expectations, figures, verdict, pointers.
std::string run_text(const Report& report, const std::vector<Pointer>& pointers,
                     const TextOptions& options);

// The parts, for a run whose header is wanted before its end.

/// "pbft-partition   pbft  n=7 f=2 quorum=5   full mesh, normal 40 ± 8 ms   60 s   seed 42"
std::string header_text(const Report& report, const TextOptions& options);
std::string story_text(const Report& report, const TextOptions& options);
std::string expectations_text(const Report& report, const TextOptions& options);
/// Throughput, latency, messages: outside and inside fault windows. A figure nobody measured is
/// "-".
std::string figures_text(const Report& report, const TextOptions& options);
std::string verdict_text(const Report& report, const TextOptions& options);
std::string pointers_text(const std::vector<Pointer>& pointers, const TextOptions& options);

/// "✓", "✗", "?" or "ok", "FAIL", "?", painted.
std::string mark_of(Status status, const Style& style);
/// "PASS", "FAIL", "INCONCLUSIVE", painted.
std::string verdict_word(RunVerdict verdict, const Style& style);

/// "r2 r3", "r0..r9"
std::string replica_list(const std::vector<ReplicaId>& replicas);

/// A metric of the report by name, if it was measured.
const Metric* find_metric(const Report& report, std::string_view name);

}  // namespace byzlab
