// What the process says when it ends. Stable: scripts and CI depend on it.
#pragma once

#include "testbed/report.h"

namespace byzlab {

enum class Exit : int {
  ok = 0,             ///< every expectation met, including "the attack succeeds"
  failed = 1,         ///< at least one expectation failed
  inconclusive = 2,   ///< undecided or vacuous, or nothing ran
  usage = 64,         ///< wrong command line
  bad_scenario = 65,  ///< the scenario file is wrong; nothing was run
  internal = 70,      ///< an error in byzlab itself
  no_results = 74,    ///< results could not be written
  interrupted = 130,  ///< partial results kept and marked
};

constexpr Exit exit_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::pass: return Exit::ok;
    case RunVerdict::fail: return Exit::failed;
    case RunVerdict::inconclusive: return Exit::inconclusive;
  }
  return Exit::internal;
}

/// Several runs as one: what broke the tool beats what the scenarios say; then 1 beats 2 beats 0.
constexpr Exit worst(Exit a, Exit b) {
  const auto rank = [](Exit e) {
    switch (e) {
      case Exit::ok: return 0;
      case Exit::inconclusive: return 1;
      case Exit::failed: return 2;
      case Exit::bad_scenario: return 3;
      case Exit::usage: return 4;
      case Exit::interrupted: return 5;
      case Exit::no_results: return 6;
      case Exit::internal: return 7;
    }
    return 7;
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace byzlab
