// Certified: a certificate for a block exists before any honest replica commits it.
//
// As far as the stream of events tells: engines note every certificate they form or accept. An
// engine that notes none leaves this undecided. Where votes are noted too, those of honest replicas
// and all that the Byzantine ones could have cast must make a quorum.
#pragma once

#include "testbed/invariants/safety.h"

namespace byzlab {

class Certified final : public SafetyInvariant {
 public:
  using SafetyInvariant::SafetyInvariant;
  void on(const CommitStep& step) override;
  std::string checked() const override;
  bool has_checked() const override { return witness_.facts.told_certificates() && blocks_ > 0; }

 private:
  bool votes_suffice(const BlockFact& fact) const;

  std::uint64_t blocks_ = 0;
};

}  // namespace byzlab
