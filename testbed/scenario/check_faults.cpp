// The adversary and the faults as a whole, once everybody is known: more faulty power than the
// protocol tolerates, behaviors that exclude each other or come too late.
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/selectors.h"

namespace byzlab::scenario {
namespace {

using Plays = BehaviorEntry::Plays;

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// Whom an action stops for as long as it lasts; nullptr where it stops nobody.
const Selector* stops(const Action& action) {
  switch (action.meaning) {
    case FaultMeaning::stops:
    case FaultMeaning::wipes:
    case FaultMeaning::pauses: return action.selector("who");
    case FaultMeaning::marks:
    case FaultMeaning::cuts:
    case FaultMeaning::loses:
    case FaultMeaning::corrupts:
    case FaultMeaning::delays:
    case FaultMeaning::disturbs:
    case FaultMeaning::throttles:
    case FaultMeaning::restarts:
    case FaultMeaning::turns:
    case FaultMeaning::fails_disk:
    case FaultMeaning::skews: break;
  }
  return nullptr;
}

class FaultCheck {
 public:
  FaultCheck(Loading& loading, const Scenario& scenario)
      : loading_(loading),
        scenario_(scenario),
        protocol_(protocol_entry(loading.catalogue, scenario.protocol.name)),
        n_(scenario.protocol.replicas) {}

  void check() {
    check_behaviors();
    if (!protocol_ || n_ == 0 || loading_.findings.errors() > 0) return;
    context_ = context_of(scenario_);
    power_ = power_units(scenario_);
    total_ = std::accumulate(power_.begin(), power_.end(), std::uint64_t{0});
    check_liars();
    check_stops();
  }

 private:
  Plays plays(const Behavior& behavior) const {
    const auto& all = loading_.catalogue.behaviors;
    const auto entry = std::ranges::find(all, behavior.name, &BehaviorEntry::name);
    return entry == all.end() ? Plays::beside_engine : entry->plays;
  }

  void refuse(const Behavior& behavior, const std::string& why, std::string hint = "") {
    loading_.findings.error("E117", behavior.at, static_cast<std::uint32_t>(behavior.name.size()),
                            "`" + behavior.name + "` has no meaning " + why, std::move(hint));
  }

  void check_behaviors() {
    const Behavior* twins = nullptr;
    const Behavior* variant = nullptr;
    for (const Behavior& behavior : scenario_.adversary.behaviors) {
      switch (plays(behavior)) {
        case Plays::beside_engine: break;
        case Plays::as_two:
          if (twins) refuse(behavior, "beside `" + twins->name + "`: a member has one twin");
          twins = twins ? twins : &behavior;
          break;
        case Plays::other_engine:
          if (variant) refuse(behavior, "beside `" + variant->name + "`: a member runs one engine");
          variant = variant ? variant : &behavior;
          break;
      }
    }
    for (const TimelineEntry& entry : scenario_.timeline) {
      const auto& behavior = entry.action.behavior;
      if (behavior && plays(*behavior) != Plays::beside_engine)
        refuse(*behavior, "in `become`: it is what a member runs from the start",
               "name its members in `adversary`");
    }
    if (twins) check_audiences(*twins);
  }

  void check_audiences(const Behavior& twins) {
    const std::size_t liars = byzantine_replicas(scenario_).size();
    if (n_ == 0 || n_ - liars >= 2) return;
    loading_.findings.error(
        "E164", twins.at, static_cast<std::uint32_t>(twins.name.size()),
        "`" + twins.name + "` says one thing to some honest replicas and another to the rest: " +
            (n_ == liars ? "here is none" : "here is only one"));
  }

  bool beyond(std::uint64_t power) const {
    return power * protocol_->fault_denominator >= total_ * protocol_->fault_numerator;
  }

  std::uint64_t power_of(const std::vector<ReplicaId>& who) const {
    return std::accumulate(who.begin(), who.end(), std::uint64_t{0},
                           [&](std::uint64_t sum, ReplicaId r) { return sum + power_[r.value]; });
  }

  std::string bound_words() const {
    return scenario_.protocol.power.empty()
               ? "the bound f = " + std::to_string(protocol_->max_faulty(n_)) +
                     " of n = " + std::to_string(n_)
               : "the bound of " + protocol_->name;
  }

  /// More Byzantine power than the protocol tolerates is allowed if the file says that it is the
  /// point.
  void check_liars() {
    const auto& liars = context_.byzantine;
    if (liars.empty() || scenario_.adversary.beyond_bound) return;
    Position at = scenario_.adversary.members ? scenario_.adversary.members->at : Position{};
    if (at.line == 0)
      for (const TimelineEntry& entry : scenario_.timeline)
        if (const Selector* who = who_turns(entry.action)) at = who->at;
    if (protocol_->crash_only) {
      for (const Behavior& behavior : scenario_.adversary.behaviors)
        loading_.findings.error("E161", behavior.at,
                                static_cast<std::uint32_t>(behavior.name.size()),
                                protocol_->name + " has no defence against `" + behavior.name + "`",
                                "add `beyond_bound: true` if that is the point");
      return;
    }
    const std::uint64_t theirs = power_of(liars);
    if (!beyond(theirs)) return;
    const std::string count = counted(liars.size(), "Byzantine replica");
    const std::string exceed = liars.size() == 1 ? " exceeds " : " exceed ";
    loading_.findings.warning("W310", at, 1,
                              scenario_.protocol.power.empty()
                                  ? count + exceed + bound_words()
                                  : count + " with " + std::to_string(theirs * 100 / total_) +
                                        " % of the power" + exceed + bound_words(),
                              "set `beyond_bound: true` to accept");
    warned_ = true;
  }

  // A protocol of proof of work goes on with whoever is left, and a file that expects nothing to
  // be committed knows what it does.
  void check_stops() {
    if (warned_ || scenario_.adversary.beyond_bound || protocol_->double_spend) return;
    if (std::ranges::any_of(scenario_.expectations, expects_standstill)) return;
    down_.assign(n_, 0);
    for (const ReplicaId r : context_.byzantine) go_down(r);
    struct Change {
      Time at;
      bool begins;
      const Selector* who;
    };
    const auto& synchrony = scenario_.network.synchrony;
    const auto gst = synchrony ? std::optional(synchrony->gst) : std::nullopt;
    std::vector<Change> changes;
    intervals_.resize(scenario_.timeline.size());
    for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
      const Selector* who = stops(scenario_.timeline[i].action);
      if (!who || asks_for_nobody(*who)) continue;
      if (const auto known = interval_of(i)) {
        if (gst && known->to <= *gst) continue;  // no progress is promised before it
        changes.push_back({known->from, true, who});
        changes.push_back({known->to, false, who});
      } else if (const auto alone = resolve(*who, context_); !begin(*who, alone)) {
        return;
      } else {
        for (const ReplicaId r : alone) come_up(r);
      }
    }
    std::ranges::stable_sort(changes, [](const Change& a, const Change& b) {
      return std::pair(a.at, a.begins) < std::pair(b.at, b.begins);  // who is back is back
    });
    for (const Change& change : changes) {
      const auto who = resolve(*change.who, context_);
      if (change.begins && !begin(*change.who, who)) return;
      if (change.begins) continue;
      for (const ReplicaId r : who) come_up(r);
    }
  }

  void go_down(ReplicaId r) {
    if (down_[r.value]++ > 0) return;
    ++number_down_;
    power_down_ += power_[r.value];
  }
  void come_up(ReplicaId r) {
    if (--down_[r.value] > 0) return;
    --number_down_;
    power_down_ -= power_[r.value];
  }

  /// Who else is down now? False when that is more than is tolerated: W312 has been said.
  bool begin(const Selector& who, const std::vector<ReplicaId>& replicas) {
    for (const ReplicaId r : replicas) go_down(r);
    // Whoever has a role is one replica, nobody knows which.
    const bool somebody = replicas.empty() && is_dynamic(who, scenario_.groups);
    const std::uint64_t least = somebody ? *std::ranges::min_element(power_) : 0;
    if (number_down_ + (somebody ? 1 : 0) == 0 || !beyond(power_down_ + least)) return true;
    const std::size_t number = number_down_ + (somebody ? 1 : 0);
    const bool equal = scenario_.protocol.power.empty();
    loading_.findings.warning(
        "W312", who.at, 1,
        equal && protocol_->max_faulty(n_) == 0
            ? protocol_->name + " with " + counted(n_, "replica") +
                  " tolerates no fault (f = 0); " + std::to_string(protocol_->least_for_one()) +
                  " is the least for f = 1"
            : counted(number, "replica") +
                  (context_.byzantine.empty() ? " down at once" : " down or Byzantine at once") +
                  (number == 1 ? " exceeds " : " exceed ") + bound_words(),
        "set `adversary: { beyond_bound: true }` to accept");
    return false;
  }

  static bool expects_standstill(const Expectation& e) {
    const bool of_progress = e.property == Property::progress || e.property == Property::liveness;
    return of_progress && (e.outcome == Outcome::none || e.outcome == Outcome::violated);
  }

  struct Interval {
    Time from, to;
  };

  /// When an entry is in force the first time, as far as the file tells.
  std::optional<Interval> interval_of(std::size_t index) {
    if (intervals_[index]) return *intervals_[index];
    const TimelineEntry& entry = scenario_.timeline[index];
    std::optional<Time> from;
    if (const auto* at = std::get_if<StartAt>(&entry.start)) from = at->at;
    if (const auto* after = std::get_if<StartAfter>(&entry.start)) {
      const auto before = interval_of(after->entry);
      const bool lasted = scenario_.timeline[after->entry].length.has_value();
      if (before) from = std::min((lasted ? before->to : before->from) + after->offset, end());
    }
    std::optional<Interval> known;
    if (from) known = {*from, entry.length ? std::min(*from + *entry.length, end()) : end()};
    intervals_[index] = known;
    return known;
  }

  Time end() const { return Time{scenario_.duration}; }

  Loading& loading_;
  const Scenario& scenario_;
  const ProtocolEntry* protocol_;
  std::uint32_t n_;
  ResolutionContext context_;
  std::vector<std::uint64_t> power_;
  std::uint64_t total_ = 0;
  bool warned_ = false;
  std::vector<std::uint32_t> down_;  // by replica: how many reasons to be down there are
  std::size_t number_down_ = 0;
  std::uint64_t power_down_ = 0;
  std::vector<std::optional<std::optional<Interval>>> intervals_;  // by entry, once it is known
};

}  // namespace

void check_faults(Loading& loading, const Scenario& scenario) {
  FaultCheck(loading, scenario).check();
}

}  // namespace byzlab::scenario
