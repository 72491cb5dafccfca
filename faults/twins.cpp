#include "faults/twins.h"

#include <algorithm>
#include <stdexcept>

#include "faults/byzantine.h"

namespace byzlab {
namespace {

/// Says nothing to others unless it leads.
class OnlyWhileLeading final : public Behavior {
 public:
  void on_send(Stage& on, const Outgoing& out) override {
    if (on.standing().leader == on.self()) {
      on.pass(out);
    } else {
      on.own_copy(out);
    }
  }
};

/// The honest replicas of audience A.
std::vector<ReplicaId> first_audience(std::vector<ReplicaId> honest, const Options& options,
                                      Rng mind) {
  const auto named = options.replicas("audience");
  if (!named.empty()) {
    std::erase_if(honest, [&](ReplicaId r) { return std::ranges::find(named, r) == named.end(); });
    return honest;
  }
  if (options.choice("split") == "random") {
    std::ranges::sort(honest, {}, [&](ReplicaId r) { return mind.fork(r.value).key(); });
  }
  honest.resize((honest.size() + 1) / 2);
  return honest;
}

}  // namespace

TwinsPlan plan_twins(std::uint32_t n, std::span<const ReplicaId> twinned, const ReplicaSet& members,
                     const Options& options, Rng mind) {
  const std::uint32_t processes = n + static_cast<std::uint32_t>(twinned.size());
  TwinsPlan plan{.n = n,
                 .replica_of = {},
                 .audience_of = std::vector<std::uint8_t>(processes, TwinsPlan::both),
                 .is_copy = std::vector<bool>(processes, false)};
  std::vector<ReplicaId> honest;
  for (std::uint32_t r = 0; r < n; ++r) {
    plan.replica_of.emplace_back(r);
    if (!members.contains(ReplicaId(r))) honest.emplace_back(r);
  }
  for (ReplicaId r : honest) plan.audience_of[r.value] = TwinsPlan::b;
  const std::size_t all = honest.size();
  const auto told_first = first_audience(std::move(honest), options, mind);
  if (told_first.empty() || told_first.size() == all) {
    throw std::invalid_argument("all honest replicas are in one audience");
  }
  for (ReplicaId r : told_first) plan.audience_of[r.value] = TwinsPlan::a;
  for (ReplicaId r : twinned) {
    const std::uint32_t twin = static_cast<std::uint32_t>(plan.replica_of.size());
    plan.replica_of.push_back(r);
    plan.audience_of[r.value] = TwinsPlan::a;
    plan.audience_of[twin] = TwinsPlan::b;
    plan.is_copy[r.value] = plan.is_copy[twin] = true;
  }
  return plan;
}

namespace {
constexpr std::uint8_t kCopy = 4;
}

AudienceRule::AudienceRule(const TwinsPlan& plan) : LinkRule(Where{}), reach_(plan.audience_of) {
  for (std::size_t p = 0; p < reach_.size(); ++p) {
    if (plan.is_copy[p]) reach_[p] |= kCopy;
  }
}

void AudienceRule::shape(const Message&, Rng, Fates& fates) {
  const auto apart = [&](ProcessId to) { return severs(fates.from, to); };
  const auto dropped = fates.dropped;
  lose_if(fates, DropReason::adversary, apart);
  fates.dropped = dropped;  // these links do not exist: nothing was lost on them
}

bool AudienceRule::severs(ProcessId from, ProcessId to) const {
  const std::uint8_t mine = reach_[from.value], theirs = reach_[to.value];
  return ((mine | theirs) & kCopy) != 0 && (mine & theirs & TwinsPlan::both) == 0;
}

std::unique_ptr<Engine> make_twin(std::unique_ptr<Engine> engine, const Adversary& adversary,
                                  const Options& options) {
  if (options.choice("while") == "always") return engine;
  auto hushed = std::make_unique<Byzantine>(std::move(engine), adversary);
  hushed->add(std::make_unique<OnlyWhileLeading>(), Condition{});
  return hushed;
}

std::vector<Request> TwinMempool::batch(BatchLimit limit, std::span<const BlockRef> in_flight) {
  auto requests = mempool_.batch(limit, in_flight);
  if (requests.size() == 1) requests.clear();
  std::ranges::reverse(requests);
  return requests;
}

}  // namespace byzlab
