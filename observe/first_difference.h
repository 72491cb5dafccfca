// Where two runs part: both are run again in virtual time, and the first event that differs is
// found, deliveries included, in memory that does not grow with the runs.
//
// Each run is fingerprinted in chunks of kChunk events; only the first chunk that differs is run
// again with its events kept as text. So at most four runs, two of which stop at the difference.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "testbed/run.h"

namespace byzlab {

struct SeenEvent {
  Time at{};
  std::string text;  ///< "deliver Vote r1 -> r2 {…}"
};

struct FirstDifference {
  std::uint64_t number = 0;       ///< of the event, from 1
  std::optional<SeenEvent> a, b;  ///< nothing: that run had ended
};

struct Lockstep {
  std::uint64_t events = 0;              ///< that are the same
  std::optional<FirstDifference> first;  ///< nothing: they are all the same
  std::uint64_t hash_a = 0,
                hash_b = 0;  ///< trace hashes; 0 when that run was stopped before its end
  bool interrupted = false;
};

/// Scenarios must have been loaded for the seeds that they name. Throws what run() throws.
Lockstep first_difference(const scenario::Scenario& a, const scenario::Scenario& b,
                          const std::atomic<bool>& interrupt);

}  // namespace byzlab
