// How the fault bound says what it found: powers, names, causes.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "testbed/invariants/fault_bound.h"
#include "testbed/invariants/words.h"

namespace byzlab {
/// In replicas, or as a share of the power where that is not the same.
std::string FaultBound::amount(Power p) const {
  if (equal_power()) return fmt::format("{}", in_replicas(p));
  return words::share(static_cast<double>(p) / static_cast<double>(run_.committee->total_power())) +
         " of the power";
}

std::string FaultBound::limit_text(Power limit) const {
  if (equal_power()) return fmt::format("f = {}", in_replicas(limit));
  return words::share(static_cast<double>(limit) /
                      static_cast<double>(run_.committee->total_power()));
}

/// "r1 lies, r2 and r3 are down, r4 stands for links that `split` cut".
std::string FaultBound::who_text(const FaultState& state, const FaultyPower& power) const {
  std::vector<ReplicaId> lie, down, diskless, skewed, bad_disk, links;
  for (std::uint32_t r = 0; r < power.set.size(); ++r) {
    if (!power.set[r]) continue;
    auto& why = state.byzantine[r]  ? lie
                : state.down[r]     ? down
                : state.diskless[r] ? diskless
                : state.skewed[r]   ? skewed
                : state.bad_disk[r] ? bad_disk
                                    : links;
    why.push_back(ReplicaId(r));
  }
  std::string text;
  const auto say = [&](const std::vector<ReplicaId>& who, std::string_view one,
                       std::string_view many) {
    if (who.empty()) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", words::replicas(who),
                        who.size() == 1 ? one : many);
  };
  say(lie, "is Byzantine", "are Byzantine");
  say(down, "is down", "are down");
  say(diskless, "lost its disk", "lost their disks");
  say(skewed, "has a wrong clock", "have wrong clocks");
  say(bad_disk, "has a disk at fault", "have disks at fault");
  if (links.empty()) return text;
  std::string causes;
  std::set<std::uint32_t> told;  // of the timeline
  for (const std::uint32_t k : state.active) {
    const std::uint32_t entry = history_.link_fault(k).entry();
    if (!told.insert(entry).second) continue;
    causes +=
        fmt::format("{}`{}`", causes.empty() ? "" : " and ", run_.scenario->timeline[entry].label);
  }
  const auto& network = run_.scenario->network;
  if (network.loss > 0) {
    causes +=
        fmt::format("{}the loss of {}", causes.empty() ? "" : " and ", words::share(network.loss));
  }
  if (network.corrupt > 0) {
    causes += fmt::format("{}the corruption of {}", causes.empty() ? "" : " and ",
                          words::share(network.corrupt));
  }
  const std::string met =
      causes.empty() ? "links that are too slow" : "links that " + causes + " impaired";
  say(links, "stands for " + met, "stand for " + met);
  return text;
}

std::string FaultBound::time_text(const FaultState& state) const {
  std::optional<LinkDelays::TooSlow> worst;
  const std::uint32_t n = run_.committee->n();
  const auto look_at = [&](std::uint32_t a, std::uint32_t b) {
    Duration adds{};
    for (const std::uint32_t k : state.active) {
      const LinkFault& fault = history_.link_fault(k);
      if (fault.is(FaultMeaning::delays) && fault.meets(a, b)) adds += fault.reach().adds;
    }
    const auto slow = delays_.too_slow(ReplicaId(a), ReplicaId(b), adds);
    if (slow && (!worst || slow->takes > worst->takes)) worst = slow;
  };
  for (std::uint32_t a = 0; a < n; ++a) {
    for (std::uint32_t b = 0; b < n; ++b) {
      if (a != b) look_at(a, b);
    }
  }
  return "The engine's own assumption about time does not hold here: " +
         (worst ? worst->text() : std::string("messages are too slow for its clocks")) + ".";
}

double FaultBound::faulty_share() const {
  return static_cast<double>(lying_power(kNever)) /
         static_cast<double>(run_.committee->total_power());
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
std::string FaultBound::comparison(Time at) const {
  const Power faulty = lying_power(at);
  const bool over = faulty > allowed_;
  if (equal_power()) {
    const bool wiped = std::ranges::find(lost_disk(), true) != lost_disk().end();
    const std::string who = wiped ? "faulty replicas (a lost disk counts)" : "liars";
    return over ? fmt::format("{} > f = {} {}", in_replicas(faulty), f(), who)
                : fmt::format("{} ≤ f = {}", in_replicas(faulty), f());
  }
  const auto total = static_cast<double>(run_.committee->total_power());
  const std::string share = words::share(static_cast<double>(faulty) / total);
  return over ? fmt::format("{} of the power against the {} it survives", share,
                            words::share(allowed_share()))
              : fmt::format("{} ≤ {} of the power", share, words::share(allowed_share()));
}

std::string FaultBound::bound_text() const {
  if (equal_power()) {
    return fmt::format("{} Byzantine of f = {} allowed", run_.byzantine.size(), f());
  }
  return fmt::format("{} of the power Byzantine, less than {} allowed",
                     words::share(faulty_share()), words::share(allowed_share()));
}

std::string FaultBound::why_stalled(Time t) const {
  const Reach reached = reach(history_.at(t));
  if (!has_quorums() || reached.best >= run_.committee->quorum()) return {};
  if (equal_power()) {
    return reached.sides > 1 ? fmt::format("no side has {} replicas", quorum())
                             : fmt::format("{} of {} replicas are up, a quorum is {}", reached.up,
                                           run_.committee->n(), quorum());
  }
  return reached.sides > 1 ? "no side has a quorum of the power"
                           : "the replicas that are up have no quorum of the power";
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

}  // namespace byzlab
