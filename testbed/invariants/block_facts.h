// What the engines told of each block before it was committed: when it was proposed and by whom,
// who voted in which view, when a certificate was first seen.
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "base/event.h"
#include "base/signature.h"

namespace byzlab {

struct BlockFact {
  /// Those who told of a vote in one view. A block may be proposed again in the next.
  struct Votes {
    View view;
    ReplicaSet voters;
  };

  Time first_note = kNever;
  Time proposed = kNever;   ///< kNever when nobody said so
  Time certified = kNever;  ///< likewise
  std::uint64_t height = 0;
  boost::container::small_vector<Votes, 1> votes;
  View view{};
  ReplicaId proposer{};
  bool withheld = false;  ///< its maker said that it keeps it private

  /// When the block came into being, as far as known: kNever when nobody mentioned it.
  Time born() const { return proposed != kNever ? proposed : first_note; }
  ReplicaSet& voters_in(View v) {
    const auto known = std::ranges::find(votes, v, &Votes::view);
    return known != votes.end() ? known->voters : votes.emplace_back(Votes{v, {}}).voters;
  }
};

class BlockFacts {
 public:
  /// A note about a block. Returns true when it is the first proposal of it.
  bool on(Time now, const Noted& note) {
    if (last_ == nullptr || last_digest_ != note.subject) {
      last_ = &blocks_[note.subject];
      last_digest_ = note.subject;
    }
    BlockFact& fact = *last_;
    if (fact.first_note == kNever) {
      fact.first_note = now;
      fact.height = note.value;
      fact.view = note.view;
      fact.proposer = note.replica;
    }
    switch (note.milestone) {
      case Milestone::proposed:
      case Milestone::withheld: {  // mined, and kept back
        if (fact.proposed != kNever) return false;
        fact.proposed = now;
        fact.proposer = note.replica;
        fact.withheld = note.milestone == Milestone::withheld;
        return true;
      }
      case Milestone::voted:
        fact.voters_in(note.view).insert(note.replica);
        told_votes_ = true;
        return false;
      case Milestone::certified:
        if (fact.certified == kNever) fact.certified = now;
        told_certificates_ = true;
        return false;
      case Milestone::timeout:
      case Milestone::view_change:
      case Milestone::new_view:
      case Milestone::checkpoint:
      case Milestone::state_transfer:
      case Milestone::reorg:
      case Milestone::equivocation:
      case Milestone::published: return false;
    }
    return false;
  }
  /// True for the milestones that are about one block.
  static bool wants(Milestone m) {
    return m == Milestone::proposed || m == Milestone::voted || m == Milestone::certified ||
           m == Milestone::withheld;
  }

  /// What was told of `certified` is what there is to know of `rest`, which it was executed as.
  void executed_as(const Digest& certified, const Digest& rest) { certified_as_[rest] = certified; }
  /// The name under which a committed block was proposed and certified: its own, mostly.
  const Digest& name_of(const Digest& block) const {
    if (certified_as_.empty()) return block;
    const auto found = certified_as_.find(block);
    return found == certified_as_.end() ? block : found->second;
  }

  const BlockFact* find(const Digest& block) const {
    if (last_ != nullptr && last_digest_ == block) return last_;
    const auto found = blocks_.find(name_of(block));
    return found == blocks_.end() ? nullptr : &found->second;
  }
  /// Somebody entered a view of a height: views (rounds) begin anew at each.
  void entered_view_of(Height height) { views_begin_anew_ |= height != Height(0); }
  bool views_begin_anew() const { return views_begin_anew_; }
  bool told_votes() const { return told_votes_; }
  bool told_certificates() const { return told_certificates_; }
  /// In no particular order: for counts only.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [digest, fact] : blocks_) visit(digest, fact);
  }

 private:
  boost::unordered_flat_map<Digest, BlockFact, std::hash<Digest>> blocks_;
  boost::unordered_flat_map<Digest, Digest, std::hash<Digest>> certified_as_;
  // The block of the last note: most notes are about the same one as the note before.
  BlockFact* last_ = nullptr;
  Digest last_digest_{};
  bool told_votes_ = false;
  bool told_certificates_ = false;
  bool views_begin_anew_ = false;
};

}  // namespace byzlab
