// Agreement: no two honest replicas commit different blocks at one height, and none takes a commit
// back. For an engine with finality by confirmations the second is a reorganisation deeper than the
// confirmation depth.
#pragma once

#include "testbed/invariants/safety.h"

namespace byzlab {

class Agreement final : public SafetyInvariant {
 public:
  using SafetyInvariant::SafetyInvariant;
  void on(const CommitStep& step) override;
  std::string checked() const override;

  /// Violations after the first one are only counted.
  std::uint64_t conflicts() const { return conflicts_; }

 private:
  Violation conflict(const CommitStep& step) const;
  Violation rewrite(const CommitStep& step) const;
  std::string commit_line(ReplicaId who, LogTree::NodeId node, Time at) const;
  void explain_votes(LogTree::NodeId a, LogTree::NodeId b, std::vector<std::string>& lines) const;
  void explain_double_proposal(const Block& a, const Block& b,
                               std::vector<std::string>& lines) const;
  bool explain_votes_for_both(const BlockFact& a, const BlockFact& b,
                              std::vector<std::string>& lines) const;
  bool explain_double_votes(std::vector<std::string>& lines) const;
  void explain_changed_votes(const BlockFact& a, const BlockFact& b,
                             std::vector<std::string>& lines) const;
  void explain_quorums(std::vector<std::string>& lines) const;
  /// Where a vote was cast: "view 3", "round 0 of height 7".
  std::string place(std::uint64_t height, View view) const;
  std::string names(const ReplicaSet& replicas) const;
  std::string legend(const ReplicaSet& replicas) const;
  void explain_branch(LogTree::NodeId node, std::vector<std::string>& lines) const;

  std::uint64_t conflicts_ = 0;
};

}  // namespace byzlab
