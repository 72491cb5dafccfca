#include "testbed/invariants/validity.h"

#include <fmt/format.h>

#include "testbed/invariants/words.h"

namespace byzlab {

void Validity::on(const CommitStep& step) {
  if (!step.log.created) return;
  const Block& block = *witness_.logs[step.log.node].block;
  requests_ += block.requests.size();
  if (verdict_) return;
  for (const Request& r : block.requests) {
    if (valid(r)) continue;
    verdict_ = Violation{
        .at = step.now,
        .what = fmt::format("{} committed a request that no client submitted",
                            witness_.name(step.replica)),
        .lines = {fmt::format("request {} in the name of c{}, in block {} at height {}", r.id.value,
                              r.client.value, block.digest.short_hex(), block.height.value),
                  fmt::format("proposed by {}", witness_.name(block.proposer))}};
    return;
  }
}

bool Validity::valid(const Request& r) const {
  if (witness_.run.requests->submitted(r)) return true;
  return r.id >= Request::kFirstOwnId &&
         r.client.value >= witness_.run.scenario->workload.clients &&
         witness_.run.crypto->authentic(r);
}

std::string Validity::checked() const {
  return fmt::format("{} tx, all submitted", words::count(requests_));
}

}  // namespace byzlab
