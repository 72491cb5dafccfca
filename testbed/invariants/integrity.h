// Integrity: no honest log has a request twice.
//
// The node that first has a request is remembered by the request's id. A second node that has it is
// wrong only if one of the earlier ones is below it: on two branches a request may stand twice.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "testbed/invariants/safety.h"

namespace byzlab {

class Integrity final : public SafetyInvariant {
 public:
  using SafetyInvariant::SafetyInvariant;
  void on(const CommitStep& step) override;
  std::string checked() const override;

  /// Requests of the last new node that no log had before.
  std::uint32_t fresh() const { return fresh_; }
  /// True when the log that ends in `node` has the request before it.
  bool stands_below(LogTree::NodeId node, RequestId id) const;
  /// Where a request of the workload stands first; LogTree::kNone: in no honest log.
  LogTree::NodeId first_node(RequestId id) const {
    return id.value < holder_.size() ? holder_[id.value] : LogTree::kNone;
  }
  /// Distinct requests committed so far.
  std::uint64_t distinct() const { return distinct_; }

 private:
  using NodeId = LogTree::NodeId;
  /// Where the request stands already, or the empty slot for it.
  NodeId& first_holder(RequestId id);
  void check_again(const CommitStep& step, const std::vector<RequestId>& suspects);
  void violate(const CommitStep& step, RequestId id, NodeId first);

  std::vector<NodeId> holder_;  // by id of the workload; kNone: nobody
  boost::unordered_flat_map<RequestId, NodeId, std::hash<RequestId>>
      strange_;  // the same for ids out of its range
  boost::unordered_flat_map<RequestId, std::vector<NodeId>, std::hash<RequestId>>
      later_;  // further holders
  std::uint64_t requests_ = 0;
  std::uint64_t distinct_ = 0;
  std::uint32_t fresh_ = 0;
};

}  // namespace byzlab
