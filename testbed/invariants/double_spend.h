// The double spend: a merchant commits a payment, and later a different one of the same coin in its
// place. Merchants are those whom the attack names; when it names nobody, all honest replicas.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "testbed/invariants/safety.h"

namespace byzlab {

class DoubleSpend {
 public:
  explicit DoubleSpend(const Witness& witness);

  bool is_merchant(ProcessId p) const { return merchant_[p.value]; }
  /// A block of a merchant's log that spends coins.
  void on(const CommitStep& step);

  /// When a merchant was cheated first.
  const std::optional<Violation>& success() const { return success_; }
  /// True when a merchant committed a payment: there was something to take back.
  bool attempted() const { return !paid_.empty(); }

 private:
  struct Payment {
    RequestId id;
    LogTree::NodeId node;
    Time at;
  };
  const Witness& witness_;
  std::vector<bool> merchant_;                              // by process
  boost::unordered_flat_map<std::uint64_t, Payment> paid_;  // by coin
  std::optional<Violation> success_;
};

}  // namespace byzlab
