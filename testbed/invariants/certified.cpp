#include "testbed/invariants/certified.h"

#include <fmt/format.h>

#include "consensus/quorum.h"
#include "testbed/invariants/words.h"

namespace byzlab {

void Certified::on(const CommitStep& step) {
  if (!step.log.created) return;
  ++blocks_;
  if (verdict_) return;
  const Block& block = *witness_.logs[step.log.node].block;
  const Block& named = step.certified != nullptr ? *step.certified : block;
  const BlockFact* fact = witness_.facts.find(named.digest);
  const bool certified = fact != nullptr && fact->certified != kNever;
  std::string wrong;
  if (!certified) {
    wrong = "before anybody had a certificate for it";
  } else if (!votes_suffice(*fact)) {
    wrong = "with less than a quorum of votes";
  } else if (step.certified != nullptr) {
    wrong = wrong_rest(step, block);
  }
  if (wrong.empty()) return;
  verdict_ =
      Violation{.at = step.now,
                .what = fmt::format("{} committed {} at height {} {}", witness_.name(step.replica),
                                    block.digest.short_hex(), block.height.value, wrong),
                .lines = {fmt::format("proposed by {} in view {}", witness_.name(block.proposer),
                                      block.view.value)}};
}

/// What is wrong with a block that was executed in place of the certified one; empty: nothing.
std::string Certified::wrong_rest(const CommitStep& step, const Block& committed) const {
  const Block& certified = *step.certified;
  const std::string name = "as what was left of " + certified.digest.short_hex();
  if (committed.height != certified.height || committed.proposer != certified.proposer ||
      committed.view != certified.view || committed.parent != certified.parent) {
    return name + ", which is another block";
  }
  auto next = committed.requests.begin();
  for (auto r = certified.requests.begin(); r != certified.requests.end(); ++r) {
    if (next != committed.requests.end() && *next == *r) {
      ++next;
      continue;
    }
    const bool repeated = std::any_of(certified.requests.begin(), r,
                                      [&](const Request& before) { return before.id == r->id; });
    if (!repeated && !integrity_.stands_below(step.log.node, r->id)) {
      return fmt::format("{}, leaving out request {}, which it had not executed", name,
                         r->id.value);
    }
  }
  if (next == committed.requests.end()) return {};
  return fmt::format("{}, with request {}, which that does not hold there", name, next->id.value);
}

bool Certified::votes_suffice(const BlockFact& fact) const {
  if (!witness_.facts.told_votes()) return true;
  const Committee& committee = *witness_.run.committee;
  const auto with_liars = [&](ReplicaSet voters) {
    for (const ReplicaId r : witness_.run.byzantine) voters.insert(r);
    return power_of(committee, voters) >= committee.quorum();
  };
  return with_liars({}) || std::ranges::any_of(fact.votes, with_liars, &BlockFact::Votes::voters);
}

std::string Certified::checked() const {
  return fmt::format("{}, each with a certificate before its first commit",
                     words::count(blocks_, "block"));
}

}  // namespace byzlab
