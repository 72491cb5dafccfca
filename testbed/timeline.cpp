#include "testbed/timeline.h"

#include <algorithm>

#include "base/overloaded.h"
#include "faults/links/corrupt.h"
#include "faults/links/cut.h"
#include "faults/links/delay.h"
#include "faults/links/duplicate.h"
#include "faults/links/isolate.h"
#include "faults/links/loss.h"
#include "faults/links/partition.h"
#include "faults/links/reorder.h"
#include "faults/links/synchrony.h"
#include "faults/links/throttle.h"
#include "testbed/fault_reach.h"

namespace byzlab {

namespace sc = scenario;

namespace {
// A packet's copy follows it by at most this.
constexpr Duration kDuplicateSpread = std::chrono::milliseconds{10};

/// Nothing passes the links it names.
bool cuts(const FaultReach& reach) {
  return reach.meaning == FaultMeaning::cuts ||
         (reach.meaning == FaultMeaning::loses && reach.probability >= 1);
}

/// A rule for both directions of a pair of sets: two rules behind one.
class BothWays final : public LinkRule {
 public:
  BothWays(std::unique_ptr<LinkRule> there, std::unique_ptr<LinkRule> back)
      : LinkRule(Where{}), there_(std::move(there)), back_(std::move(back)) {}
  void shape(const Message& m, Rng key, Fates& fates) override {
    // A pair that both directions name is looked at once.
    LinkRule& rule = there_->where().matches(fates.from, m) ? *there_ : *back_;
    if (!rule.where().matches(fates.from, m)) return;
    const std::uint64_t before = rule.affected();
    rule.shape(m, key, fates);
    count(rule.affected() - before);
  }

 private:
  std::unique_ptr<LinkRule> there_, back_;
};
}  // namespace

struct Timeline::Entry {
  const sc::TimelineEntry* description = nullptr;
  std::vector<Round> rounds;
  std::vector<std::size_t> active;  // rounds under way
  bool triggered = false;
  std::string text;            // whom it met, the first time
  std::uint64_t touched = 0;   // processes changed, links cut
  std::uint64_t instants = 0;  // marks
};

Timeline::Timeline(Parts parts)
    : scenario_(*parts.scenario),
      network_(*parts.network),
      injector_(*parts.injector),
      host_(*parts.host),
      events_(*parts.events),
      processes_(parts.processes),
      processes_of_(std::move(parts.processes_of)),
      turn_(std::move(parts.turn)),
      misbehave_(std::move(parts.misbehave)),
      context_(sc::context_of(scenario_)) {
  context_.byzantine = std::move(parts.byzantine);
  for (const auto& entry : scenario_.timeline) entries_.emplace_back().description = &entry;
}

Timeline::~Timeline() = default;

void Timeline::install() {
  const auto& net = scenario_.network;
  const auto add = [&](std::unique_ptr<LinkRule> rule) { base_rules_.push_back(std::move(rule)); };
  if (net.loss > 0) add(std::make_unique<links::Loss>(Where{}, Probability::of(net.loss)));
  if (net.duplicate > 0) {
    add(std::make_unique<links::Duplicate>(Where{}, Probability::of(net.duplicate),
                                           kDuplicateSpread));
  }
  if (net.reorder.probability > 0) {
    add(std::make_unique<links::Reorder>(Where{}, Probability::of(net.reorder.probability),
                                         net.reorder.by));
  }
  if (net.corrupt > 0) {
    add(std::make_unique<links::Corrupt>(Where{}, Probability::of(net.corrupt)));
  }
  if (net.synchrony) {
    promise_ = std::make_unique<links::Synchrony>(net.synchrony->gst, net.synchrony->delta);
    injector_.set_promise(promise_.get());
  }
  compile();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (const auto* at = std::get_if<sc::StartAt>(&entries_[i].description->start)) {
      plan(i, at->at);
    }
  }
}

void Timeline::plan(std::size_t entry, Time at) {
  if (at > kStart + scenario_.duration) return;
  network_.at(at, [this, entry] { begin(entry); });
}

void Timeline::reached(Height height) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto* trigger = std::get_if<sc::StartAtHeight>(&entries_[i].description->start);
    if (trigger == nullptr || entries_[i].triggered || height < trigger->height) continue;
    entries_[i].triggered = true;
    plan(i, network_.now());
  }
}

void Timeline::begin(std::size_t index) {
  Entry& entry = entries_[index];
  const auto& description = *entry.description;
  const std::size_t number = entry.rounds.size();
  entry.rounds.emplace_back();
  const bool lasts =
      description.length.has_value() || !std::holds_alternative<sc::Mark>(description.action);
  if (lasts) entry.active.push_back(number);
  FaultReach reach = reach_of(description.action, context());
  const bool as_before = number > 0 && *entry.rounds[number - 1].reach == reach;
  entry.rounds[number].reach = as_before ? entry.rounds[number - 1].reach
                                         : std::make_shared<const FaultReach>(std::move(reach));
  if (entry.text.empty()) {
    entry.text = text_of(*entry.rounds[number].reach, text_of(description.action));
  }
  tell(index, number, true);
  host_.trace(0xFA017, mix(index, number));
  apply(index, entry.rounds[number]);
  compile();
  const Time now = network_.now();
  if (description.length) {
    network_.at(now + *description.length, [this, index, number] { end(index, number); });
  } else {
    follow_up(index, now);
  }
  if (description.repeat && now + description.repeat->every < description.repeat->until) {
    plan(index, now + description.repeat->every);
  }
}

void Timeline::end(std::size_t index, std::size_t number) {
  Entry& entry = entries_[index];
  std::erase(entry.active, number);
  compile();
  undo(index, entry.rounds[number]);
  tell(index, number, false);
  follow_up(index, network_.now());
}

void Timeline::tell(std::size_t index, std::size_t round, bool active) {
  events_.emit(network_.now(), FaultChanged{.fault = static_cast<std::uint32_t>(index),
                                            .round = static_cast<std::uint32_t>(round),
                                            .active = active,
                                            .reach = entries_[index].rounds[round].reach.get()});
}

// Entries that start after this one.
void Timeline::follow_up(std::size_t index, Time at) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto* after = std::get_if<sc::StartAfter>(&entries_[i].description->start);
    if (after == nullptr || after->entry != index || entries_[i].triggered) continue;
    entries_[i].triggered = true;
    plan(i, at + after->offset);
  }
}

void Timeline::apply(std::size_t index, Round& round) {
  Entry& entry = entries_[index];
  const FaultReach& reach = *round.reach;
  const auto each = [&](auto&& change) {
    for (const ReplicaId r : reach.who) {
      for (const ProcessId p : processes_of_[r.value]) entry.touched += change(p) ? 1 : 0;
    }
  };
  if (cuts(reach)) entry.touched += count_links(reach);
  std::visit(Overloaded{
                 [&](const sc::Crash&) { each([&](ProcessId p) { return host_.crash(p); }); },
                 [&](const sc::Restart&) {
                   each([&](ProcessId p) {
                     host_.crash(p);
                     return host_.restart(p, true);
                   });
                 },
                 [&](const sc::Wipe&) {
                   each([&](ProcessId p) {
                     const bool was_up = host_.crash(p);
                     // With a window it comes back, empty, when that ends.
                     return entry.description->length ? was_up : host_.restart(p, false);
                   });
                 },
                 [&](const sc::Pause&) { each([&](ProcessId p) { return host_.pause(p); }); },
                 [&](const sc::Become&) {
                   for (const ReplicaId r : reach.who) {
                     const auto known = std::ranges::lower_bound(context_.byzantine, r);
                     if (known != context_.byzantine.end() && *known == r) continue;
                     context_.byzantine.insert(known, r);
                     turn_(r);
                   }
                   each([&](ProcessId p) { return misbehave_(p, index, true); });
                 },
                 [&](const sc::Mark&) { ++entry.instants; },
                 [&](const auto&) { round.rule = make_rule(entry.description->action, reach); },
             },
             entry.description->action);
}

void Timeline::undo(std::size_t index, Round& round) {
  Entry& entry = entries_[index];
  for (const ReplicaId r : round.reach->who) {
    for (const ProcessId p : processes_of_[r.value]) {
      std::visit(Overloaded{
                     [&](const sc::Crash&) { host_.restart(p, true); },
                     [&](const sc::Wipe&) { host_.restart(p, false); },
                     [&](const sc::Pause&) { host_.resume(p); },
                     [&](const sc::Become&) { misbehave_(p, index, false); },
                     [](const auto&) {},
                 },
                 entry.description->action);
    }
  }
}

// The rules active now: the network's own first, then the timeline's in its order.
void Timeline::compile() {
  std::vector<LinkRule*> rules;
  for (const auto& rule : base_rules_) rules.push_back(rule.get());
  for (const Entry& entry : entries_) {
    for (const std::size_t round : entry.active) {
      if (entry.rounds[round].rule) rules.push_back(entry.rounds[round].rule.get());
    }
  }
  injector_.assign(std::move(rules));
}

std::unique_ptr<LinkRule> Timeline::make_rule(const sc::Action& action, const FaultReach& reach) {
  const auto on_links = [&](auto&& make) -> std::unique_ptr<LinkRule> {
    const auto where = [&](const LinkSet& set) {
      return Where{.from = process_set(set.from), .to = process_set(set.to)};
    };
    if (reach.links.size() == 1) return make(where(reach.links[0]));
    return std::make_unique<BothWays>(make(where(reach.links[0])), make(where(reach.links[1])));
  };
  return std::visit(
      Overloaded{
          [&](const sc::Partition&) -> std::unique_ptr<LinkRule> {
            std::vector<std::vector<ProcessId>> groups;
            for (const auto& side : reach.sides) {
              auto& group = groups.emplace_back();
              for (const ReplicaId r : side) {
                group.insert(group.end(), processes_of_[r.value].begin(),
                             processes_of_[r.value].end());
              }
            }
            return std::make_unique<links::Partition>(Where{}, processes_, groups);
          },
          [&](const sc::Isolate&) -> std::unique_ptr<LinkRule> {
            return std::make_unique<links::Isolate>(process_set(reach.who));
          },
          [&](const sc::Cut&) {
            return on_links([](Where w) { return std::make_unique<links::Cut>(std::move(w)); });
          },
          [&](const sc::Delay& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Delay>(std::move(w), a.add, a.jitter);
            });
          },
          [&](const sc::Drop& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Loss>(std::move(w), Probability::of(a.probability));
            });
          },
          [&](const sc::Duplicate& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Duplicate>(
                  std::move(w), Probability::of(a.probability), kDuplicateSpread);
            });
          },
          [&](const sc::Reorder& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Reorder>(
                  std::move(w), Probability::of(a.reordering.probability), a.reordering.by);
            });
          },
          [&](const sc::Corrupt& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Corrupt>(std::move(w), Probability::of(a.probability));
            });
          },
          [&](const sc::Throttle& a) {
            return on_links([&](Where w) {
              return std::make_unique<links::Throttle>(std::move(w), links::Throttle::Scope::link,
                                                       a.bandwidth, processes_);
            });
          },
          [](const auto&) -> std::unique_ptr<LinkRule> { return nullptr; },
      },
      action);
}

// Whom the honest replicas that are up mostly take for the leader; of equals the lowest id.
std::optional<ReplicaId> Timeline::leader() const {
  std::vector<std::uint32_t> votes(scenario_.protocol.replicas, 0);
  for (std::uint32_t r = 0; r < scenario_.protocol.replicas; ++r) {
    if (std::ranges::binary_search(context_.byzantine, ReplicaId(r)) || !host_.up(ProcessId(r)))
      continue;
    if (const auto leader = host_.leader(ProcessId(r)); leader && leader->value < votes.size()) {
      ++votes[leader->value];
    }
  }
  const auto most = std::ranges::max_element(votes);
  if (most == votes.end() || *most == 0) return std::nullopt;
  return ReplicaId(static_cast<std::uint32_t>(most - votes.begin()));
}

sc::ResolutionContext Timeline::context() const {
  sc::ResolutionContext context = context_;
  context.role = [this](sc::Role role) -> std::optional<ReplicaId> {
    const auto now = leader();
    if (!now || role == sc::Role::leader) return now;
    // Engines rotate in the order of ids, or say otherwise when they get there.
    return ReplicaId((now->value + 1) % scenario_.protocol.replicas);
  };
  return context;
}

ProcessSet Timeline::process_set(const std::vector<ReplicaId>& replicas) const {
  ProcessSet set(processes_);
  for (const ReplicaId r : replicas) {
    for (const ProcessId p : processes_of_[r.value]) set.insert(p);
  }
  return set;
}

std::vector<FaultResult> Timeline::results() const {
  std::vector<FaultResult> results;
  for (const Entry& entry : entries_) {
    FaultResult result;
    result.label = entry.description->label;
    result.action = sc::action_name(entry.description->action);
    result.text = entry.text.empty() ? text_of(entry.description->action) : entry.text;
    for (const Round& round : entry.rounds) {
      result.windows.push_back({.from = kStart, .to = std::nullopt, .reach = round.reach});
    }
    std::uint64_t packets = 0;
    for (const Round& round : entry.rounds) packets += round.rule ? round.rule->affected() : 0;
    const bool cut_links = result.action == "partition" || result.action == "isolate" ||
                           (!entry.rounds.empty() && cuts(*entry.rounds[0].reach));
    if (cut_links) {
      result.effects.emplace_back("links_cut", entry.touched);
    } else if (result.action == "mark") {
      result.effects.emplace_back("shown", entry.instants);
    } else if (entry.touched > 0 || packets == 0) {
      result.effects.emplace_back("replicas_changed", entry.touched);
    }
    if (std::ranges::any_of(entry.rounds, [](const Round& r) { return r.rule != nullptr; })) {
      result.effects.emplace_back("packets_affected", packets);
    }
    result.had_effect = packets + entry.instants > 0 || (entry.touched > 0 && !cut_links);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace byzlab
