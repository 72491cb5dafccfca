// What the faults that bend links have in common: which links, which messages, which views.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "faults/fault.h"

namespace byzlab::faults {

inline constexpr OptionSpec kLinks{
    .name = "links",
    .type = OptionType::links,
    .default_text = "all -> all",
    .doc = "which links: `A -> B` one way, `A <-> B` both, A and B being selectors; or a list"};
inline constexpr std::array<OptionSpec, 2> kMessages{
    {{.name = "kinds",
      .type = OptionType::kinds,
      .doc = "these messages only, by their names; `votes` and `proposals` stand for the usual "
             "ones"},
     {.name = "views",
      .type = OptionType::views,
      .doc = "messages of these views only, such as `3..7`; what has no view is left alone"}}};

/// A fault's own rows behind which links, before which messages.
template <std::size_t N>
constexpr std::array<OptionSpec, N + 3> on_links(const std::array<OptionSpec, N>& own) {
  std::array<OptionSpec, N + 3> all{};
  all[0] = kLinks;
  for (std::size_t i = 0; i < N; ++i) all[i + 1] = own[i];
  for (std::size_t i = 0; i < kMessages.size(); ++i) all[N + 1 + i] = kMessages[i];
  return all;
}

/// The processes that run one of these replicas.
ProcessSet processes_of(const Ground& ground, const std::vector<ReplicaId>& replicas);

/// One rule on links for as long as the fault lasts.
class LinkFault : public Fault {
 public:
  explicit LinkFault(const Options& options)
      : kinds_(options.kinds("kinds")), views_(options.views("views")) {}

  FaultReach reach(const Targets& targets) const final;
  void begin(Ground& ground, const FaultReach& reach) final;

 protected:
  /// What else the model wants to know: how likely, how late.
  virtual void describe(FaultReach&) const {}
  virtual std::unique_ptr<LinkRule> rule(Where where, const Ground& ground) const = 0;

 private:
  std::string kinds_;
  std::optional<std::pair<View, View>> views_;
};

}  // namespace byzlab::faults
