#include "testbed/invariants/fault_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "testbed/invariants/luck.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

/// A replica and others outside the set are in one piece that holds a quorum.
bool piece_reaches(const Wiring& w, const std::vector<bool>& set, ReplicaId r, Power quorum) {
  const auto piece_of = pieces(w);
  Power power = 0;
  for (std::uint32_t other = 0; other < w.n(); ++other) {
    if (piece_of[other] == piece_of[r.value] && !set[other]) power += w.power[other];
  }
  return power >= quorum;
}

FaultBound::Opinion inside(const std::string& why) {
  return {.bound = Bound::inside, .text = "INSIDE THE BOUND. " + why};
}
FaultBound::Opinion beyond(const std::string& why) {
  return {.bound = Bound::beyond, .text = "BEYOND THE BOUND. " + why};
}

}  // namespace

FaultBound::FaultBound(const Case& run, const FaultWindows& windows)
    : run_(run),
      windows_(windows),
      history_(run),
      delays_(*run.scenario, run.engine->clock_needs, run.links) {
  const Committee& committee = *run.committee;
  allowed_ = crash_model() ? 0 : survives();
  for (std::uint32_t r = 1; r < committee.n(); ++r) {
    equal_power_ = equal_power_ && committee.power(ReplicaId(r)) == committee.power(ReplicaId(0));
  }
}

FaultBound::Opinion FaultBound::on_safety(Time at, const Reversal& reversal) const {
  const Power lying = lying_power(at);
  if (lying > allowed_) {
    if (!crash_model()) {
      return beyond(
          fmt::format("Expected of this protocol with {}, not a bug in it.", comparison(at)));
    }
    return beyond(is_lying(at)
                      ? "Expected: this protocol survives crashes, and here somebody lies"
                      : "Expected: this protocol survives crashes of replicas that keep what is "
                        "durable, and here a disk was lost.");
  }
  if (run_.engine->synchrony == Synchrony::synchronous) {
    const std::string late = asynchrony_before(at, reversal);
    if (!late.empty()) {
      return beyond("This protocol is safe only while messages arrive in time, and " + late + ".");
    }
  }
  if (run_.engine->finality == Finality::confirmations) return on_luck(at, reversal);
  return inside(fmt::format("{}: this is a {}.", comparison(at),
                            run_.engine->flaw.empty()
                                ? std::string("bug in the protocol or in its code here")
                                : fmt::format("known bug of the protocol: {}", run_.engine->flaw)));
}

FaultBound::Opinion FaultBound::on_liveness(Time from, Time to) const {
  const auto& synchrony = run_.scenario->network.synchrony;
  if (synchrony && from < synchrony->gst) {
    return beyond(
        fmt::format("Before GST at {} no progress is promised.", words::moment(synchrony->gst)));
  }
  std::map<std::uint64_t, Opinion> known;  // the same state comes again
  Opinion worst{.bound = Bound::inside, .text = {}};
  Power most = 0;
  history_.between(from, to, [&](Time since, Time, const FaultState& state) {
    const auto [found, is_new] = known.try_emplace(state.key());
    if (is_new) found->second = judge(state, std::max(from, since), most);
    if (found->second.bound == Bound::beyond || worst.bound == Bound::inside) {
      worst = found->second;
    }
    return worst.bound != Bound::beyond;
  });
  if (worst.bound != Bound::inside) return worst;
  const std::string luck = gap_by_chance(from, to);
  if (!luck.empty()) return {.bound = Bound::inside, .text = "INSIDE THE BOUND, " + luck};
  return inside(
      fmt::format("The faulty power was at most {} ≤ {} all the time, and the rest held "
                  "a quorum, connected: a bug in the protocol or in its code here, or a "
                  "limit too tight for it.{}",
                  amount(most), limit_text(survives()), backlog_between(from, to)));
}

/// Of a moment. `most` is raised to the faulty power.
FaultBound::Opinion FaultBound::judge(const FaultState& state, Time since, Power& most) const {
  const auto lies = std::ranges::find(state.byzantine, true);
  if (crash_model() && lies != state.byzantine.end()) {
    return beyond(
        "This protocol survives crashes, and here somebody lies: no progress is promised.");
  }
  const Power quorum = run_.committee->quorum();
  const Wiring wired = wiring(state, Links::late);
  const PowerStanding s = standing(wired, survives(), quorum);
  using Kind = PowerStanding::Kind;
  if (s.kind == Kind::within) {
    most = std::max(most, s.faulty.most);
    return {.bound = Bound::inside, .text = {}};
  }
  if (!delays_.assumes_nothing()) {
    const PowerStanding in_time = standing(wiring(state, Links::impaired), survives(), quorum);
    if (in_time.kind == Kind::within) return beyond(time_text(state));
  }
  const std::string when = words::moment(since);
  switch (s.kind) {
    case Kind::within: break;
    case Kind::too_faulty:
      return beyond(fmt::format("At {} the faulty power was {} > {}: {}.", when,
                                amount(s.faulty.least), limit_text(survives()),
                                who_text(state, s.faulty)));
    case Kind::fell_apart: {
      const std::string few =
          equal_power() ? fmt::format("{} replicas", this->quorum()) : "replicas with a quorum";
      return beyond(fmt::format("At {} the overlay fell apart: {}no {} of the rest were connected.",
                                when, s.faulty.most == 0 ? "" : who_text(state, s.faulty) + "; ",
                                few));
    }
    case Kind::cannot_tell: break;
  }
  return {.bound = Bound::cannot_tell,
          .text = fmt::format("CANNOT TELL whether it is beyond the bound. At {} the faulty power "
                              "was between {} and {}, {}: too many replicas to know exactly.",
                              when, amount(s.faulty.least), amount(s.faulty.most),
                              limit_text(survives()))};
}

FaultBound::Opinion FaultBound::on_lag(const std::vector<ReplicaId>& behind, Time from,
                                       Time to) const {
  Opinion opinion = on_liveness(from, to);
  if (opinion.bound != Bound::inside) return opinion;
  // Those whom the others could not reach have nothing to catch up with.
  history_.between(from, to, [&](Time since, Time, const FaultState& state) {
    for (const ReplicaId r : behind) {
      Wiring w = wiring(state, Links::late);
      if (w.faulty[r.value]) continue;
      const auto open = w.impaired[r.value];
      for (const std::uint32_t other : open) w.faulty[other] = true;
      PowerStanding s = standing(w, survives(), run_.committee->quorum());
      if (s.kind == PowerStanding::Kind::within &&
          piece_reaches(w, s.faulty.set, r, run_.committee->quorum()))
        continue;
      s.faulty.set.assign(w.n(), false);
      s.faulty.set[r.value] = true;
      opinion = beyond(fmt::format("At {} the others could not reach {} in time: {}.",
                                   words::moment(std::max(from, since)), words::replica(r),
                                   who_text(state, s.faulty)));
      return false;
    }
    return true;
  });
  return opinion;
}

/// The rest of a replica that lies is no worse than that, so it is in every set that counts.
Wiring FaultBound::wiring(const FaultState& state, Links which) const {
  const std::uint32_t n = run_.committee->n();
  std::vector<Power> power(n);
  for (std::uint32_t r = 0; r < n; ++r) power[r] = run_.committee->power(ReplicaId(r));
  Wiring w{power};
  w.links = run_.links;
  for (std::uint32_t r = 0; r < n; ++r) {
    w.faulty[r] = state.is_faulty(r);
    w.silent[r] = state.down[r] || (which != Links::cut && state.byzantine[r]);
  }
  const bool late = which == Links::late && !delays_.assumes_nothing();
  const auto& network = run_.scenario->network;
  const bool lossy = which != Links::cut && (network.loss > 0 || network.corrupt > 0);
  if (state.active.empty() && !lossy && !late) return w;
  // Where all links are alike and nobody slows one down, one answer is enough.
  const bool slowed = std::ranges::any_of(state.active, [&](std::uint32_t k) {
    return history_.link_fault(k).is(FaultMeaning::delays);
  });
  if (state.active.empty() && !lossy && delays_.is_uniform() && !slowed && !delays_.worst()) {
    return w;
  }
  const auto look_at = [&](std::uint32_t a, std::uint32_t b) {
    if (impairs(state, a, b, which) || impairs(state, b, a, which)) w.impair(a, b);
  };
  for (std::uint32_t a = 0; a < n; ++a) {
    if (w.links.empty()) {
      for (std::uint32_t b = 0; b < a; ++b) look_at(a, b);
    } else {
      for (const std::uint32_t b : w.links[a]) {
        if (b < a) look_at(a, b);
      }
    }
  }
  return w;
}

bool FaultBound::impairs(const FaultState& state, std::uint32_t from, std::uint32_t to,
                         Links which) const {
  const auto& network = run_.scenario->network;
  // The promise delivers what rules have lost, within Δ.
  const bool promised = which != Links::cut && network.synchrony.has_value();
  if (which != Links::cut && !promised && (network.loss > 0 || network.corrupt > 0)) return true;
  Duration adds{};
  for (const std::uint32_t k : state.active) {
    const LinkFault& fault = history_.link_fault(k);
    if (!fault.meets(from, to)) continue;
    if (which == Links::cut) {
      if (fault.is(FaultMeaning::cuts)) return true;
    } else if (!promised && fault.loses_messages()) {
      return true;
    }
    if (fault.is(FaultMeaning::delays)) adds += fault.reach().adds;
    // What is lost until the promise brings it takes as long as that allows.
    if (promised && fault.loses_messages()) adds += network.synchrony->delta;
  }
  return which == Links::late && delays_.too_slow(ReplicaId(from), ReplicaId(to), adds).has_value();
}

/// Of those who lied or lost their disk up to then.
Power FaultBound::lying_power(Time t) const {
  const auto lied = history_.lied_until(t);
  const auto diskless = t == kNever ? history_.diskless() : history_.at(t).diskless;
  Power power = 0;
  for (std::uint32_t r = 0; r < run_.committee->n(); ++r) {
    if (lied[r] || diskless[r]) power += run_.committee->power(ReplicaId(r));
  }
  return power;
}

bool FaultBound::is_lying(Time t) const {
  const auto lied = history_.lied_until(t);
  return std::ranges::find(lied, true) != lied.end();
}

FaultBound::Reach FaultBound::reach(const FaultState& state) const {
  const Wiring w = wiring(state, Links::cut);
  const auto piece_of = pieces(w);
  struct Side {
    Power power = 0;
    std::uint32_t replicas = 0;
  };
  std::vector<Side> sides;
  Reach reach{.sides = 0};
  for (std::uint32_t r = 0; r < w.n(); ++r) {
    if (piece_of[r] == kNoPiece) continue;
    if (piece_of[r] >= sides.size()) sides.resize(piece_of[r] + 1);
    sides[piece_of[r]].power += w.power[r];
    ++sides[piece_of[r]].replicas;
    ++reach.up;
  }
  reach.sides = static_cast<std::uint32_t>(sides.size());
  for (const Side& s : sides) {
    if (s.power <= reach.best && reach.best_replicas > 0) continue;
    reach.best = s.power;
    reach.best_replicas = s.replicas;
  }
  return reach;
}

const FaultBound::Reach& FaultBound::reach_now() {
  if (!reach_ || reach_of_ != history_.changes()) {
    reach_ = reach(history_.now());
    reach_of_ = history_.changes();
  }
  return *reach_;
}

/// What waits longer than the protocol takes for a block is a load that its timeouts do not fit:
/// the bandwidth is not part of any paper's model, and this is the usual reason of a stall.
void FaultBound::look_at_uplinks(Time now) {
  if (!run_.uplink || run_.engine->block_interval == nullptr) return;
  const Duration pace = run_.engine->block_interval(run_.scenario->protocol.options);
  Backlog longest{.at = now, .wait = pace, .replica = ReplicaId(0)};
  for (std::uint32_t r = 0; r < run_.committee->n(); ++r) {
    if (history_.now().byzantine[r]) continue;
    const UplinkState uplink = run_.uplink(ReplicaId(r));
    if (uplink.bits_per_second == 0) return;
    if (uplink.idle_at - now <= longest.wait) continue;
    longest.wait = uplink.idle_at - now;
    longest.replica = ReplicaId(r);
  }
  if (longest.wait > pace) backlogs_.push_back(longest);
}

}  // namespace byzlab
