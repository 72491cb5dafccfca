#include "testbed/timeline.h"

#include <algorithm>
#include <deque>

#include "faults/fault.h"
#include "faults/links/corrupt.h"
#include "faults/links/duplicate.h"
#include "faults/links/loss.h"
#include "faults/links/reorder.h"
#include "faults/links/synchrony.h"
#include "testbed/fault_reach.h"

namespace byzlab {

namespace sc = scenario;

/// One carrying out of one entry.
struct Timeline::Round {
  std::unique_ptr<Fault> fault;
  std::shared_ptr<const FaultReach> reach;  // often that of the round before
  Time ends = kNever;
  std::vector<std::unique_ptr<LinkRule>> rules;
  std::vector<ProcessId> held;
  std::vector<ReplicaId> turned;
  struct BadDisk {
    ProcessId process;
    DiskFault fault;
    std::uint64_t before;  // what had come of its disk's faults until then
    bool came_of_it(const ReplicaHost& host) const {
      return host.disk_tally(process).sum() > before;
    }
  };
  std::vector<BadDisk> disks;
  struct BadClock {
    ProcessId process;
    ClockFault fault;
    Time since;
  };
  std::vector<BadClock> clocks;
  Changed changed;
  std::uint64_t packets = 0;  // affected by rules that are gone
  bool freed = false;         // its end let somebody run again
};

struct Timeline::Entry {
  Entry() = default;
  Entry(Entry&&) = default;
  const sc::TimelineEntry* description = nullptr;
  std::deque<Round> rounds;         // where one stands it stays
  std::vector<std::size_t> active;  // rounds under way
  bool triggered = false;
  bool bends = false;           // it has had rules of links
  std::string text;             // whom it met, the first time
  std::uint64_t links_cut = 0;  // of all rounds
};

/// What one round sees of the run, and what it asks for: remembered, to be undone.
class Timeline::Scene final : public Ground {
 public:
  Scene(Timeline& timeline, std::size_t entry, Round& round)
      : timeline_(timeline), entry_(entry), round_(round) {}

  Time ends() const override { return round_.ends; }
  std::uint32_t processes() const override { return timeline_.processes_; }
  std::span<const ProcessId> processes_of(ReplicaId r) const override {
    return timeline_.processes_of_[r.value];
  }
  const MessageTable& messages() const override { return timeline_.messages_; }
  void bend(std::unique_ptr<LinkRule> rule) override { round_.rules.push_back(std::move(rule)); }

  void hold_down(ReplicaId r) override { hold(r, Holds::Kind::down); }
  void hold_still(ReplicaId r) override { hold(r, Holds::Kind::still); }
  void lose_disk(ReplicaId r) override {
    for (const ProcessId p : processes_of(r)) timeline_.holds_.lose_disk(p, round_.changed);
  }
  void restart(ReplicaId r) override {
    for (const ProcessId p : processes_of(r)) timeline_.holds_.restart(p, round_.changed);
  }
  void turn(ReplicaId r) override {
    auto& byzantine = timeline_.context_.byzantine;
    const auto known = std::ranges::lower_bound(byzantine, r);
    if (known == byzantine.end() || *known != r) {
      byzantine.insert(known, r);
      timeline_.turn_(r);
    }
    round_.turned.push_back(r);
    for (const ProcessId p : processes_of(r)) {
      if (timeline_.misbehave_(p, entry_, true)) round_.changed.insert(p);
    }
  }

  void break_disk(ReplicaId r, const DiskFault& fault) override {
    ReplicaHost& host = timeline_.host_;
    for (const ProcessId p : processes_of(r)) {
      round_.disks.push_back({p, fault, host.disk_tally(p).sum()});
      host.disk_fails(p, fault);
    }
  }
  void turn_clock(ReplicaId r, const ClockFault& fault) override {
    if (fault == ClockFault{}) return;
    for (const ProcessId p : processes_of(r)) {
      round_.clocks.push_back({p, fault, timeline_.network_.now()});
      round_.changed.insert(p);
      set_clock(p, fault);
    }
  }

  void undo() {
    for (const auto& [p, fault, since] : round_.clocks) {
      const Duration gained = LocalClock::gained(timeline_.network_.now() - since, fault.drift);
      set_clock(p, {.skew = -fault.skew, .drift = -fault.drift});
      set_clock(p, {.jump = -fault.jump - gained});
    }
    for (const Round::BadDisk& disk : round_.disks) {
      if (disk.came_of_it(timeline_.host_)) round_.changed.insert(disk.process);
      timeline_.host_.disk_heals(disk.process, disk.fault);
      // Whom it stopped starts again, unless something else holds it.
      if (disk.fault.fails) round_.freed |= timeline_.holds_.free(disk.process);
    }
    round_.disks.clear();
    for (const ProcessId p : round_.held) {
      round_.freed |= timeline_.holds_.release(p, round_.changed);
    }
    for (const ReplicaId r : round_.turned) {
      for (const ProcessId p : processes_of(r)) timeline_.misbehave_(p, entry_, false);
    }
  }

 private:
  void set_clock(ProcessId p, const ClockFault& fault) {
    ReplicaHost& host = timeline_.host_;
    if (fault.skew != Duration{0}) host.skew_clock(p, fault.skew);
    if (fault.jump != Duration{0}) host.set_clock(p, fault.jump);
    if (fault.drift != 0) host.drift_clock(p, fault.drift);
  }
  void hold(ReplicaId r, Holds::Kind kind) {
    for (const ProcessId p : processes_of(r)) {
      round_.held.push_back(p);
      timeline_.holds_.take(p, kind, round_.ends == kNever, round_.changed);
    }
  }

  Timeline& timeline_;
  std::size_t entry_;
  Round& round_;
};

Timeline::Timeline(Parts parts)
    : scenario_(*parts.scenario),
      network_(*parts.network),
      injector_(*parts.injector),
      host_(*parts.host),
      events_(*parts.events),
      messages_(*parts.messages),
      processes_(parts.processes),
      processes_of_(std::move(parts.processes_of)),
      turn_(std::move(parts.turn)),
      misbehave_(std::move(parts.misbehave)),
      context_(sc::context_of(scenario_)),
      holds_(host_) {
  context_.byzantine = std::move(parts.byzantine);
  for (const auto& entry : scenario_.timeline) entries_.emplace_back().description = &entry;
}

Timeline::~Timeline() = default;

void Timeline::install() {
  const auto& net = scenario_.network;
  const auto add = [&](std::string key, std::unique_ptr<LinkRule> rule) {
    base_keys_.push_back(std::move(key));
    base_rules_.push_back(std::move(rule));
  };
  if (net.loss > 0) add("loss", std::make_unique<links::Loss>(Where{}, Probability::of(net.loss)));
  if (net.duplicate > 0) {
    add("duplicate", std::make_unique<links::Duplicate>(Where{}, Probability::of(net.duplicate),
                                                        links::kDuplicateSpread));
  }
  if (net.reorder.probability > 0) {
    add("reorder", std::make_unique<links::Reorder>(
                       Where{}, Probability::of(net.reorder.probability), net.reorder.by));
  }
  if (net.corrupt > 0) {
    add("corrupt", std::make_unique<links::Corrupt>(Where{}, Probability::of(net.corrupt)));
  }
  if (net.synchrony) {
    promise_ = std::make_unique<links::Synchrony>(net.synchrony->gst, net.synchrony->delta);
    injector_.set_promise(promise_.get());
  }
  compile();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto* at = std::get_if<sc::StartAt>(&entries_[i].description->start);
    if (at == nullptr) continue;
    // At 0 s before anybody has said a word; a role is nobody's until somebody has.
    if (at->at == kStart && !asks_for_role(i)) {
      begin(i);
    } else {
      plan(i, at->at);
    }
  }
}

bool Timeline::asks_for_role(std::size_t entry) const {
  bool asked = false;
  sc::ResolutionContext context = context_;
  context.role = [&](sc::Role) -> std::vector<ReplicaId> {
    asked = true;
    return {};
  };
  reach_of(entries_[entry].description->action, context);
  return asked;
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
  const Time now = network_.now();
  Round& round = entry.rounds.emplace_back();
  if (description.length) round.ends = later(now, *description.length);
  round.fault = make_fault(description.action);
  FaultReach reach = reach_of(description.action, *round.fault, context());
  const bool as_before = number > 0 && *entry.rounds[number - 1].reach == reach;
  round.reach = as_before ? entry.rounds[number - 1].reach
                          : std::make_shared<const FaultReach>(std::move(reach));
  if (entry.text.empty()) entry.text = text_of(*round.reach, sc::to_text(description.action));
  if (cuts(*round.reach)) entry.links_cut += count_links(*round.reach);
  if (description.length || !description.action.is_mark()) entry.active.push_back(number);
  tell(index, number, true);
  host_.trace(0xFA017, mix(index, number));
  Scene scene(*this, index, round);
  round.fault->begin(scene, *round.reach);
  entry.bends |= !round.rules.empty();
  compile();
  // The next round is planned first: where it follows at once, what both hold is held throughout.
  if (description.repeat && now + description.repeat->every < description.repeat->until) {
    plan(index, now + description.repeat->every);
  }
  if (description.length) {
    network_.at(round.ends, [this, index, number] { end(index, number); });
  } else {
    follow_up(index, now);
  }
}

void Timeline::end(std::size_t index, std::size_t number) {
  Entry& entry = entries_[index];
  Round& round = entry.rounds[number];
  std::erase(entry.active, number);
  compile();
  Scene scene(*this, index, round);
  round.fault->end(scene, *round.reach);
  scene.undo();
  for (const auto& rule : round.rules) round.packets += rule->affected();
  round.rules.clear();
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

// The rules active now: the network's own first, then the timeline's in its order.
void Timeline::compile() {
  std::vector<LinkRule*> rules;
  for (const auto& rule : base_rules_) rules.push_back(rule.get());
  for (const Entry& entry : entries_) {
    for (const std::size_t round : entry.active) {
      for (const auto& rule : entry.rounds[round].rules) rules.push_back(rule.get());
    }
  }
  injector_.assign(std::move(rules));
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

std::vector<ReplicaId> Timeline::who_is(sc::Role role) const {
  const std::uint32_t n = scenario_.protocol.replicas;
  const auto now = leader();
  switch (role) {
    case sc::Role::leader: break;
    case sc::Role::next_leader:
      // Engines rotate in the order of ids, or say otherwise when they get there.
      if (now) return {ReplicaId((now->value + 1) % n)};
      break;
    case sc::Role::follower: {
      std::vector<ReplicaId> followers;
      for (std::uint32_t r = 0; r < n; ++r) {
        if (host_.up(ProcessId(r)) && now != ReplicaId(r)) followers.push_back(ReplicaId(r));
      }
      return followers;
    }
  }
  return now ? std::vector{*now} : std::vector<ReplicaId>{};
}

sc::ResolutionContext Timeline::context() const {
  sc::ResolutionContext context = context_;
  context.role = [this](sc::Role role) { return who_is(role); };
  return context;
}

std::vector<std::pair<std::string, std::uint64_t>> Timeline::base_effects() const {
  std::vector<std::pair<std::string, std::uint64_t>> effects;
  for (std::size_t i = 0; i < base_rules_.size(); ++i) {
    effects.emplace_back(base_keys_[i], base_rules_[i]->affected());
  }
  return effects;
}

std::vector<FaultResult> Timeline::results() const {
  std::vector<FaultResult> results;
  for (const Entry& entry : entries_) {
    const sc::Action& action = entry.description->action;
    FaultResult result;
    result.label = entry.description->label;
    result.action = action.name;
    result.text = entry.text.empty() ? sc::to_text(action) : entry.text;
    std::uint64_t packets = 0, changed = 0;
    for (const Round& round : entry.rounds) {
      packets += round.packets;
      for (const auto& rule : round.rules) packets += rule->affected();
      changed += round.changed.size();
      for (const Round::BadDisk& disk : round.disks) changed += disk.came_of_it(host_) ? 1 : 0;
      result.windows.push_back(
          {.from = kStart, .to = std::nullopt, .reach = round.reach, .freed = round.freed});
    }
    const bool mark = action.is_mark();
    if (mark) {
      result.effects.emplace_back("shown", entry.rounds.size());
    } else if (action.meaning == FaultMeaning::cuts || entry.links_cut > 0) {
      result.effects.emplace_back("links_cut", entry.links_cut);
    } else if (changed > 0 || !entry.bends) {
      result.effects.emplace_back("replicas_changed", changed);
    }
    if (entry.bends) result.effects.emplace_back("packets_affected", packets);
    result.had_effect = packets + changed > 0 || (mark && !entry.rounds.empty());
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace byzlab
