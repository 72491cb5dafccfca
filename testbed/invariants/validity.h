// Validity: only what a client submitted is committed, unchanged.
//
// A request of the workload must be the one in the table, field by field, its authenticator too. An
// adversary may be a client as well: a request of its own must bear an identity of its own and a
// good authenticator, so that it speaks for nobody else.
#pragma once

#include "testbed/invariants/safety.h"

namespace byzlab {

class Validity final : public SafetyInvariant {
 public:
  using SafetyInvariant::SafetyInvariant;
  void on(const CommitStep& step) override;
  std::string checked() const override;

 private:
  bool valid(const Request& r) const;

  std::uint64_t requests_ = 0;
};

}  // namespace byzlab
