// When a behavior acts: options that every behavior has beside its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/message.h"
#include "base/rng.h"
#include "base/time.h"
#include "consensus/options.h"

namespace byzlab {

/// What a replica's engine has said about where it stands.
struct Standing {
  View view;
  std::optional<ReplicaId> leader;  ///< none before the first EnterView
};

inline constexpr std::size_t kConditionCount = 5;

/// The rows of the condition; `kinds` differs in its default.
constexpr std::array<OptionSpec, kConditionCount> condition_options(std::string_view kinds = "") {
  return {{{.name = "while",
            .type = OptionType::choice,
            .default_text = "always",
            .range = "always|role:leader",
            .doc = "act always, or only while leading the view"},
           {.name = "kinds",
            .type = OptionType::kinds,
            .default_text = kinds,
            .range = "",
            .doc = "touch only these messages, by their names; `votes` and `proposals` stand for "
                   "the usual ones; none named: all"},
           {.name = "probability",
            .type = OptionType::probability,
            .default_text = "1",
            .range = "",
            .doc = "share of the matching broadcasts and sends that are touched"},
           {.name = "start",
            .type = OptionType::duration,
            .default_text = "0s",
            .range = "",
            .doc = "act from this time of the run on"},
           {.name = "stop",
            .type = OptionType::duration,
            .default_text = "0s",
            .range = "",
            .doc = "act until this time of the run; 0s: to its end"}}};
}

/// A behavior's own rows with those of the condition behind them.
template <std::size_t N>
constexpr std::array<OptionSpec, N + kConditionCount> with_condition(
    const std::array<OptionSpec, N>& own, std::string_view kinds = "") {
  std::array<OptionSpec, N + kConditionCount> all{};
  for (std::size_t i = 0; i < N; ++i) all[i] = own[i];
  const auto condition = condition_options(kinds);
  for (std::size_t i = 0; i < kConditionCount; ++i) all[N + i] = condition[i];
  return all;
}

class Condition {
 public:
  /// Always.
  Condition() = default;
  /// `options` has the rows above.
  explicit Condition(const Options& options);

  /// The time and the role are right.
  bool holds(Time now, ReplicaId self, const Standing& standing) const {
    return start_ <= now && now < stop_ && (!while_leader_ || standing.leader == self);
  }
  bool touches(const MessageTable& protocol, MessageKind kind);
  bool chance(Rng rng) const { return rng.chance(probability_); }

 private:
  bool while_leader_ = false;
  std::string kinds_;
  Probability probability_ = Probability::of(1);
  Time start_ = kStart, stop_ = kNever;
  std::optional<std::uint32_t> mask_;  // of kinds_, once the protocol is known
};

}  // namespace byzlab
