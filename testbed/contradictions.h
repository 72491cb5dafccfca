// What the two copies of a twinned replica said against each other: for one height, one
// proposed, voted for or committed this block, the other that. Twins that never do are one honest
// replica.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "base/event.h"
#include "base/rng.h"

namespace byzlab {

class Contradictions {
 public:
  explicit Contradictions(std::size_t replicas) : count_(replicas, 0) {}

  /// A note of a copy.
  void on(const Noted& e) {
    if (e.milestone != Milestone::proposed && e.milestone != Milestone::voted) return;
    votes_ = votes_ || e.milestone == Milestone::voted;
    says(e.process, e.replica, static_cast<std::uint64_t>(e.milestone), e.value, e.subject);
  }
  /// A commit of a copy.
  void on(const Committed& e) {
    says(e.process, e.replica, kCommits, e.block->height.value, e.block->digest);
  }
  std::uint64_t of(ReplicaId r) const { return count_[r.value]; }
  /// The copies noted votes. Not every protocol does, and where they do not, nobody can say that
  /// the two never differed.
  bool hears_votes() const { return votes_; }

 private:
  static constexpr std::size_t kRemembered = 1 << 16;
  static constexpr std::uint64_t kCommits = 256;  // behind the milestones

  struct Said {
    ProcessId process;
    Digest subject;
  };

  void says(ProcessId process, ReplicaId r, std::uint64_t what, std::uint64_t height,
            const Digest& subject) {
    if (said_.size() >= kRemembered) said_.clear();
    const auto [said, is_new] =
        said_.try_emplace(mix(r.value, what, height), Said{process, subject});
    if (is_new || said->second.process == process || said->second.subject == subject) return;
    ++count_[r.value];
  }

  boost::unordered_flat_map<std::uint64_t, Said> said_;
  std::vector<std::uint64_t> count_;
  bool votes_ = false;
};

}  // namespace byzlab
