// Certified: a certificate for a block exists before any honest replica commits it.
//
// As far as the stream of events tells: engines note every certificate they form or accept. An
// engine that notes none leaves this undecided. Where votes are noted too, those of honest replicas
// and all that the Byzantine ones could have cast must make a quorum, in one view.
//
// An engine that executes each request once may commit less than was certified. It names the
// certified block then, and what it commits must be that one without the requests that stand below
// in the same log, all of them and no other.
#pragma once

#include "testbed/invariants/integrity.h"
#include "testbed/invariants/safety.h"

namespace byzlab {

class Certified final : public SafetyInvariant {
 public:
  Certified(const Witness& witness, const Integrity& integrity)
      : SafetyInvariant(witness), integrity_(integrity) {}
  /// After Integrity has seen the same.
  void on(const CommitStep& step) override;
  std::string checked() const override;
  bool has_checked() const override { return witness_.facts.told_certificates() && blocks_ > 0; }

 private:
  bool votes_suffice(const BlockFact& fact) const;
  std::string wrong_rest(const CommitStep& step, const Block& committed) const;

  const Integrity& integrity_;
  std::uint64_t blocks_ = 0;
};

}  // namespace byzlab
