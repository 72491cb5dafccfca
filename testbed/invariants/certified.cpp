#include "testbed/invariants/certified.h"

#include <fmt/format.h>

#include "testbed/invariants/words.h"

namespace byzlab {

void Certified::on(const CommitStep& step) {
  if (!step.log.created) return;
  ++blocks_;
  if (verdict_) return;
  const Block& block = *witness_.logs[step.log.node].block;
  const BlockFact* fact = witness_.facts.find(block.digest);
  const bool certified = fact != nullptr && fact->certified != kNever;
  if (certified && votes_suffice(*fact)) return;
  verdict_ =
      Violation{.at = step.now,
                .what = fmt::format("{} committed {} at height {} {}", witness_.name(step.replica),
                                    block.digest.short_hex(), block.height.value,
                                    certified ? "with less than a quorum of votes"
                                              : "before anybody had a certificate for it"),
                .lines = {fmt::format("proposed by {} in view {}", witness_.name(block.proposer),
                                      block.view.value)}};
}

bool Certified::votes_suffice(const BlockFact& fact) const {
  const Committee& committee = *witness_.run.committee;
  if (fact.voters == 0 || committee.n() > 64) return true;  // votes are not told
  Power power = 0;
  for (std::uint32_t r = 0; r < committee.n(); ++r) {
    if ((fact.voters >> r & 1) != 0 || witness_.is_byzantine(ReplicaId(r))) {
      power += committee.power(ReplicaId(r));
    }
  }
  return power >= committee.quorum();
}

std::string Certified::checked() const {
  return fmt::format("{}, each with a certificate before its first commit",
                     words::count(blocks_, "block"));
}

}  // namespace byzlab
