#include "testbed/invariants/fault_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fault.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

/// Rosenfeld (2014) eq. 1; Grunspan and Pérez-Marco (2017) §3: the chance that a branch started
/// below a block with z confirmations ever overtakes, q < 1/2 being the attacker's share.
double reversal_probability(double q, std::uint64_t z) {
  const double p = 1 - q;
  if (q >= p) return 1;
  double kept = 0;
  double choose = 1;  // C(k + z - 1, k)
  for (std::uint64_t k = 0; k < z; ++k) {
    const auto kd = static_cast<double>(k), zd = static_cast<double>(z);
    kept += (std::pow(p, zd) * std::pow(q, kd) - std::pow(q, zd) * std::pow(p, kd)) * choose;
    choose = choose * (kd + zd) / (kd + 1);
  }
  return 1 - kept;
}

std::optional<std::uint64_t> confirmations(const scenario::Scenario& s) {
  for (const OptionSpec& spec : s.protocol.options.specs()) {
    if (spec.name == "confirmations") return s.protocol.options.count("confirmations");
  }
  return std::nullopt;
}

/// True for actions that keep or lose messages on some links.
bool disturbs_messages(const scenario::Action& action) {
  using namespace scenario;
  return std::holds_alternative<Partition>(action) || std::holds_alternative<Cut>(action) ||
         std::holds_alternative<Isolate>(action) || std::holds_alternative<Delay>(action) ||
         std::holds_alternative<Drop>(action) || std::holds_alternative<Throttle>(action) ||
         std::holds_alternative<Corrupt>(action);
}

/// True for actions that lose messages of replicas that are still connected.
bool loses_messages(const scenario::Action& action) {
  using namespace scenario;
  return std::holds_alternative<Cut>(action) || std::holds_alternative<Drop>(action) ||
         std::holds_alternative<Corrupt>(action);
}

}  // namespace

FaultBound::FaultBound(const Case& run, const FaultWindows& windows)
    : run_(run),
      windows_(windows),
      byzantine_(run.committee->n(), false),
      down_(run.committee->n(), false),
      wiped_(run.committee->n(), false),
      unsettled_(kStart) {
  const Committee& committee = *run.committee;
  for (const ReplicaId r : run.byzantine) {
    byzantine_[r.value] = true;
    faulty_power_ += committee.power(r);
  }
  // A crash-tolerant engine promises nothing once somebody lies.
  allowed_ = run.engine->fault_model == FaultModel::crash
                 ? 0
                 : run.engine->fault_bound(committee.total_power());
  for (std::uint32_t r = 1; r < committee.n(); ++r) {
    equal_power_ = equal_power_ && committee.power(ReplicaId(r)) == committee.power(ReplicaId(0));
  }
}

void FaultBound::on(Time now, const ReplicaState& state) {
  if (state.process.value >= run_.committee->n()) return;  // a twin
  settle();
  const std::uint32_t r = state.replica.value;
  using Now = ReplicaState::Now;
  down_[r] = state.now == Now::crashed || state.now == Now::paused;
  if (state.durable_lost && !wiped_[r]) {
    wiped_[r] = true;
    if (!byzantine_[r]) faulty_power_ += run_.committee->power(state.replica);
  }
  unsettled_ = now;
}

void FaultBound::on(Time now, const FaultChanged& event) {
  if (event.reach->sides.empty()) return;
  settle();
  unsettled_ = now;
  std::erase_if(divisions_, [&](const auto& d) { return d.first == event.fault; });
  if (!event.active) return;
  std::vector<std::uint32_t> side_of(run_.committee->n(), 0);
  std::uint32_t side = 0;
  for (const auto& members : event.reach->sides) {
    for (const ReplicaId r : members) side_of[r.value] = side;
    ++side;
  }
  divisions_.emplace_back(event.fault, std::move(side_of));
}

void FaultBound::turned(Time now, ReplicaId r) {
  settle();
  unsettled_ = now;
  byzantine_[r.value] = true;
  if (!wiped_[r.value]) faulty_power_ += run_.committee->power(r);
}

/// Takes down who can talk with whom since the last change.
void FaultBound::settle() {
  if (!unsettled_) return;
  const Committee& committee = *run_.committee;
  struct Side {
    std::uint64_t key;
    Power power = 0, honest = 0;
    std::uint32_t replicas = 0;
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed;
  for (std::uint32_t r = 0; r < committee.n(); ++r) {
    if (down_[r]) continue;
    std::uint64_t key = 0;
    for (const auto& [entry, side_of] : divisions_) key = mix(key, side_of[r]);
    keyed.emplace_back(key, r);
  }
  if (!divisions_.empty()) std::ranges::sort(keyed);
  std::vector<Side> sides;
  for (const auto& [key, r] : keyed) {
    if (sides.empty() || sides.back().key != key) sides.push_back({.key = key});
    const Power power = committee.power(ReplicaId(r));
    sides.back().power += power;
    sides.back().honest += byzantine_[r] ? 0 : power;
    ++sides.back().replicas;
  }
  Reach reach{.since = *unsettled_,
              .sides = static_cast<std::uint32_t>(sides.size()),
              .up = static_cast<std::uint32_t>(keyed.size())};
  for (const Side& s : sides) {
    reach.best_honest = std::max(reach.best_honest, s.honest);
    if (s.power <= reach.best) continue;
    reach.best = s.power;
    reach.best_replicas = s.replicas;
  }
  if (!reach_.empty() && reach_.back().since == reach.since) reach_.pop_back();
  reach_.push_back(reach);
  unsettled_.reset();
}

const FaultBound::Reach& FaultBound::reach_at(Time t) {
  settle();
  const auto after = std::ranges::upper_bound(reach_, t, {}, &Reach::since);
  return after == reach_.begin() ? reach_.front() : *std::prev(after);
}

FaultBound::Opinion FaultBound::on_safety(Time at) const {
  const auto beyond = [](std::string why) {
    return Opinion{.bound = Bound::beyond, .text = "BEYOND THE BOUND. " + std::move(why)};
  };
  if (exceeded()) {
    return beyond(
        run_.engine->fault_model == FaultModel::crash
            ? "Expected: this protocol survives crashes, and here somebody lies"
            : fmt::format("Expected of this protocol with {}, not a bug in it.", comparison()));
  }
  if (run_.engine->synchrony == Synchrony::synchronous) {
    const std::string late = asynchrony_before(at);
    if (!late.empty()) {
      return beyond("This protocol is safe only while messages arrive in time, and " + late + ".");
    }
  }
  if (run_.engine->finality == Finality::confirmations) {
    return {.bound = Bound::inside,
            .text = "INSIDE THE BOUND, but finality by confirmations is probabilistic: " +
                    probability_text()};
  }
  return {
      .bound = Bound::inside,
      .text = fmt::format("INSIDE THE BOUND. {}: this is a {}.", comparison(),
                          run_.engine->flaw.empty()
                              ? std::string("bug in the protocol or in its code here")
                              : fmt::format("known bug of the protocol: {}", run_.engine->flaw))};
}

FaultBound::Opinion FaultBound::on_liveness(Time from, Time to) {
  const auto beyond = [](std::string why) {
    return Opinion{.bound = Bound::beyond, .text = "BEYOND THE BOUND. " + std::move(why)};
  };
  settle();
  if (exceeded()) {
    return beyond(fmt::format("No progress is promised with {}.", comparison()));
  }
  const auto& synchrony = run_.scenario->network.synchrony;
  if (synchrony && from < synchrony->gst) {
    return beyond(
        fmt::format("Before GST at {} no progress is promised.", words::moment(synchrony->gst)));
  }
  for (std::size_t i = 0; i < reach_.size(); ++i) {
    const Time until = i + 1 < reach_.size() ? reach_[i + 1].since : kNever;
    if (until <= from || reach_[i].since > to) continue;
    if (has_quorums() && reach_[i].best_honest < run_.committee->quorum()) {
      return beyond(fmt::format("At {} no {}{} honest replicas that are up and connected.",
                                words::moment(std::max(from, reach_[i].since)),
                                reach_[i].sides > 1 ? "side had " : "", quorum()));
    }
  }
  const std::string loss = loss_between(from, to);
  if (!loss.empty()) return beyond("The model's links lose nothing, and " + loss + ".");
  return {.bound = Bound::inside,
          .text =
              "INSIDE THE BOUND. A quorum of honest replicas was up and connected all the time: "
              "a bug in the protocol or in its code here, or a limit too tight for it." +
              backlog_between(from, to)};
}

/// What waits longer than the protocol takes for a block is a load that its timeouts do not fit:
/// the bandwidth is not part of any paper's model, and this is the usual reason of a stall.
void FaultBound::look_at_uplinks(Time now) {
  if (!run_.uplink || run_.engine->block_interval == nullptr) return;
  const Duration pace = run_.engine->block_interval(run_.scenario->protocol.options);
  Backlog longest{.at = now, .wait = pace, .replica = ReplicaId(0)};
  for (std::uint32_t r = 0; r < run_.committee->n(); ++r) {
    if (byzantine_[r]) continue;
    const UplinkState uplink = run_.uplink(ReplicaId(r));
    if (uplink.bits_per_second == 0) return;
    if (uplink.idle_at - now <= longest.wait) continue;
    longest.wait = uplink.idle_at - now;
    longest.replica = ReplicaId(r);
  }
  if (longest.wait > pace) backlogs_.push_back(longest);
}

std::string FaultBound::backlog_between(Time from, Time to) const {
  const Backlog* longest = nullptr;
  for (const Backlog& b : backlogs_) {
    if (b.at >= from && b.at <= to && (!longest || b.wait > longest->wait)) longest = &b;
  }
  if (!longest) return {};
  return fmt::format(
      " At {} what r{} sent had to wait {} for its uplink: the timeouts may be too short for this "
      "bandwidth, or the messages too large.",
      words::moment(longest->at), longest->replica.value, words::duration(longest->wait));
}

std::string FaultBound::asynchrony_before(Time at) const {
  const auto& synchrony = run_.scenario->network.synchrony;
  if (synchrony && synchrony->gst > kStart) {
    return "before GST at " + words::moment(synchrony->gst) + " they did not";
  }
  for (std::size_t i = 0; i < run_.scenario->timeline.size(); ++i) {
    const auto& entry = run_.scenario->timeline[i];
    const Spans spans = windows_.of_entry(i, at);
    if (spans.empty() || spans.front().from > at || !disturbs_messages(entry.action)) continue;
    return fmt::format("`{}` has held some back since {}", entry.label,
                       words::moment(spans.front().from));
  }
  return {};
}

std::string FaultBound::loss_between(Time from, Time to) const {
  const auto& network = run_.scenario->network;
  for (std::size_t i = 0; i < run_.scenario->timeline.size(); ++i) {
    const auto& entry = run_.scenario->timeline[i];
    if (!loses_messages(entry.action)) continue;
    for (const Span& s : windows_.of_entry(i, to)) {
      if (s.from <= to && from < s.to) return fmt::format("`{}` was active", entry.label);
    }
  }
  if (network.loss > 0) return "this network loses " + words::share(network.loss);
  if (network.corrupt > 0) return "this network corrupts " + words::share(network.corrupt);
  return {};
}

std::string FaultBound::probability_text() const {
  const auto z = confirmations(*run_.scenario);
  if (!z) return "a deep reorganisation is rare, not impossible.";
  const double q = faulty_share();
  if (q == 0) {
    return fmt::format("nobody lies here, forks {} blocks deep are rare, not impossible.", *z);
  }
  return fmt::format("with {} of the power a block with {} is reversed with probability {}.",
                     words::share(q), words::count(*z, "confirmation"),
                     words::share(reversal_probability(q, *z)));
}

double FaultBound::faulty_share() const {
  return static_cast<double>(faulty_power_) / static_cast<double>(run_.committee->total_power());
}

double FaultBound::allowed_share() const {
  return static_cast<double>(allowed_) / static_cast<double>(run_.committee->total_power());
}

std::uint64_t FaultBound::in_replicas(Power p) const {
  using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{p} * run_.committee->n() / run_.committee->total_power());
}

std::uint64_t FaultBound::quorum() const {
  using Wide = unsigned __int128;
  const Wide total = run_.committee->total_power();
  return static_cast<std::uint64_t>(
      (Wide{run_.committee->quorum()} * run_.committee->n() + total - 1) / total);
}

/// "2 > f = 1 liars" or "1 ≤ f = 1"; with unequal power, shares of it.
std::string FaultBound::comparison() const {
  if (equal_power()) {
    const std::uint64_t faulty = in_replicas(faulty_power_);
    const bool wiped = std::ranges::find(wiped_, true) != wiped_.end();
    const std::string who = wiped ? "faulty replicas (a lost disk counts)" : "liars";
    return exceeded() ? fmt::format("{} > f = {} {}", faulty, f(), who)
                      : fmt::format("{} ≤ f = {}", faulty, f());
  }
  return exceeded() ? fmt::format("{} of the power against the {} it survives",
                                  words::share(faulty_share()), words::share(allowed_share()))
                    : fmt::format("{} ≤ {} of the power", words::share(faulty_share()),
                                  words::share(allowed_share()));
}

std::string FaultBound::bound_text() const {
  if (equal_power()) {
    return fmt::format("{} Byzantine of f = {} allowed", run_.byzantine.size(), f());
  }
  return fmt::format("{} of the power Byzantine, less than {} allowed",
                     words::share(faulty_share()), words::share(allowed_share()));
}

std::string FaultBound::why_stalled(Time t) {
  const Reach& reach = reach_at(t);
  if (!has_quorums() || reach.best >= run_.committee->quorum()) return {};
  if (equal_power()) {
    return reach.sides > 1 ? fmt::format("no side has {} replicas", quorum())
                           : fmt::format("{} of {} replicas are up, a quorum is {}", reach.up,
                                         run_.committee->n(), quorum());
  }
  return reach.sides > 1 ? "no side has a quorum of the power"
                         : "the replicas that are up have no quorum of the power";
}

}  // namespace byzlab
