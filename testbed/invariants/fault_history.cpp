#include "testbed/invariants/fault_history.h"

#include <algorithm>

#include "base/rng.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

std::vector<bool> marked(const std::vector<ReplicaId>& who, std::uint32_t n) {
  std::vector<bool> mark(n, false);
  for (const ReplicaId r : who) {
    if (r.value < n) mark[r.value] = true;
  }
  return mark;
}

/// Replicas that turn Byzantine in the course of the run and are not so from its start.
std::vector<bool> turncoats(const scenario::Scenario& s, std::uint32_t n) {
  const auto context = scenario::context_of(s);
  std::vector<bool> turn(n, false);
  for (const auto& entry : s.timeline) {
    const scenario::Selector* who = scenario::who_turns(entry.action);
    if (who == nullptr) continue;
    for (const ReplicaId r : scenario::resolve(*who, context)) turn[r.value] = true;
  }
  if (s.adversary.members) {
    for (const ReplicaId r : scenario::resolve(*s.adversary.members, context)) {
      turn[r.value] = false;
    }
  }
  return turn;
}

}  // namespace

LinkFault::LinkFault(const FaultReach& reach, std::uint32_t entry, std::uint32_t n)
    : reach_(reach), entry_(entry) {
  if (!reach.sides.empty()) {
    side_of_.assign(n, 0);  // sides count from 1: who is in none is alone with its like
    std::uint32_t side = 0;
    for (const auto& members : reach.sides) {
      ++side;
      for (const ReplicaId r : members) side_of_[r.value] = side;
    }
  }
  for (const LinkSet& set : reach.links) {
    sets_.push_back({.from = marked(set.from, n), .to = marked(set.to, n)});
  }
}

bool LinkFault::meets(std::uint32_t from, std::uint32_t to) const {
  if (!side_of_.empty() && side_of_[from] != side_of_[to]) return true;
  return std::ranges::any_of(sets_, [&](const Set& s) { return s.from[from] && s.to[to]; });
}

std::uint64_t FaultState::key() const {
  std::uint64_t key = 0;
  for (std::size_t r = 0; r < down.size(); ++r) {
    if (const unsigned bits =
            byzantine[r] | down[r] << 1 | diskless[r] << 2 | skewed[r] << 3 | bad_disk[r] << 4) {
      key = mix(key, r << 5 | bits);
    }
  }
  for (const std::uint32_t fault : active) key = mix(key, ~std::uint64_t{fault});
  return key;
}

FaultHistory::FaultHistory(const Case& run) : run_(run) {
  const std::uint32_t n = run.committee->n();
  start_.byzantine = marked(run.byzantine, n);
  const auto later = turncoats(*run.scenario, n);
  for (std::uint32_t r = 0; r < n; ++r) {
    start_.byzantine[r] = start_.byzantine[r] && !later[r];
  }
  start_.down.assign(n, false);
  start_.diskless.assign(n, false);
  start_.skewed.assign(n, false);
  start_.bad_disk.assign(n, false);
  now_ = start_;
  numbers_.resize(run.scenario->timeline.size());
  turned_.assign(n, 0);
  skews_.assign(n, 0);
  bad_disks_.assign(n, 0);
}

void FaultHistory::on(Time now, const ReplicaState& event) {
  if (event.process.value >= run_.committee->n()) return;  // a twin
  using Now = ReplicaState::Now;
  const std::uint32_t r = event.replica.value;
  const bool down = event.now == Now::crashed || event.now == Now::paused;
  if (down != now_.down[r]) change({now, r, Kind::down, down});
  if (event.durable_lost && !now_.diskless[r]) change({now, r, Kind::diskless, true});
}

void FaultHistory::on(Time now, const FaultChanged& event) {
  const FaultReach& reach = *event.reach;
  const auto each = [&](Kind kind, std::vector<std::uint32_t>& windows,
                        const std::vector<bool>& from_start) {
    for (const ReplicaId r : reach.who) {
      std::uint32_t& count = windows[r.value];
      count += event.active ? 1 : count > 0 ? ~std::uint32_t{0} : 0;
      if (from_start[r.value] || count > 1 || (count == 1) != event.active) continue;
      change({now, r.value, kind, event.active});
    }
  };
  switch (reach.meaning) {
    case FaultMeaning::cuts:
    case FaultMeaning::loses:
    case FaultMeaning::corrupts:
    case FaultMeaning::delays:
    case FaultMeaning::throttles:
      return change({now, number_of(event), Kind::link_fault, event.active});
    case FaultMeaning::turns: return each(Kind::byzantine, turned_, start_.byzantine);
    case FaultMeaning::skews: return each(Kind::skewed, skews_, start_.skewed);
    case FaultMeaning::marks:
    case FaultMeaning::disturbs:
    case FaultMeaning::stops:  // what became of the replicas is told by themselves
    case FaultMeaning::pauses:
    case FaultMeaning::restarts:
    case FaultMeaning::wipes: return;
    case FaultMeaning::fails_disk: return each(Kind::bad_disk, bad_disks_, start_.bad_disk);
  }
}

/// A fault that meets the same links in every round is one.
std::uint32_t FaultHistory::number_of(const FaultChanged& event) {
  auto& numbers = numbers_[event.fault];
  for (const std::uint32_t k : numbers) {
    if (link_faults_[k].reach() == *event.reach) return k;
  }
  link_faults_.emplace_back(*event.reach, event.fault, run_.committee->n());
  numbers.push_back(static_cast<std::uint32_t>(link_faults_.size() - 1));
  return numbers.back();
}

void FaultHistory::change(Change c) {
  changes_.push_back(c);
  apply(c, now_);
}

void FaultHistory::apply(const Change& c, FaultState& state) {
  switch (c.kind) {
    case Kind::down: state.down[c.subject] = c.holds; break;
    case Kind::diskless: state.diskless[c.subject] = c.holds; break;
    case Kind::byzantine: state.byzantine[c.subject] = c.holds; break;
    case Kind::skewed: state.skewed[c.subject] = c.holds; break;
    case Kind::bad_disk: state.bad_disk[c.subject] = c.holds; break;
    case Kind::link_fault:
      if (c.holds) {
        state.active.push_back(c.subject);
      } else if (const auto one = std::ranges::find(state.active, c.subject);
                 one != state.active.end()) {
        state.active.erase(one);
      }
      break;
  }
}

FaultState FaultHistory::at(Time t) const {
  FaultState state = start_;
  for (const Change& c : changes_) {
    if (c.at > t) break;
    apply(c, state);
  }
  return state;
}

std::vector<bool> FaultHistory::lied_until(Time t) const {
  std::vector<bool> lied = start_.byzantine;
  for (const Change& c : changes_) {
    if (c.at > t) break;
    if (c.kind == Kind::byzantine) lied[c.subject] = true;
  }
  return lied;
}

}  // namespace byzlab
