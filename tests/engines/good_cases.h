// What each paper says its good case costs: the table that runs are held against and
// docs/engines.md is written from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/registry.h"

namespace byzlab::testing {

/// One protocol in one mode. Delays are in units of the constant message delay.
struct GoodCaseClaim {
  std::string_view engine;
  std::string_view mode;  ///< what the options choose; empty where there is no choice
  std::vector<std::pair<std::string_view, std::string_view>> options;
  std::string_view formula;  ///< of the messages between replicas, a decision
  std::uint64_t (*messages)(std::uint64_t n);
  int at_proposer;  ///< delays from a block's proposal to its commit by whoever proposed it
  int everywhere;   ///< and by the last replica
  std::string_view remark;
};

/// Message delay of the runs: 10 ms. Options that depend on it are chosen for it.
inline constexpr Duration kDelay = std::chrono::milliseconds{10};

std::span<const GoodCaseClaim> good_case_claims();

}  // namespace byzlab::testing
