// PBFT's message log (§4.2): one slot a sequence number between the watermarks, in a ring.
//
// A slot holds what this replica knows in its current view. When a newer view touches the slot, the
// prepared certificate moves aside, because P must report it (§4.4), and so does every batch that
// was accepted: somebody else may have it prepared, and a later view may have to propose it again.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "consensus/pbft/messages.h"
#include "consensus/quorum.h"

namespace byzlab::pbft {

/// What a replica keeps of a slot's earlier views: the prepared certificate with the highest view
/// (null batch: none), a quorum of commits, and the batches accepted: one a view at most.
struct Earlier {
  Prepared certificate;
  BlockRef block;
  View commit_view{};
  AggregateSignature commits;
  BlockRef committed;  ///< null when there is no such quorum
  std::vector<BlockRef> batches;
};

/// Proof of committed(m, v, n), for as long as the slot stays as it is.
struct CommitProof {
  Place place;
  const AggregateSignature* commits;
  BlockRef block;
};

struct Slot {
  Height seq{};
  View view{};
  bool named = false;      ///< `digest` is known: from the pre-prepare or from the first vote
  bool accepted = false;   ///< a pre-prepare is in the log (§4.2)
  bool prepared = false;   ///< prepared(m, v, n, i)
  bool committed = false;  ///< committed-local(m, v, n, i)
  bool claimed = false;    ///< the batch's requests are marked in OrderedRequests on its behalf
  Digest digest{};
  CertifiedVotes prepares;
  CertifiedVotes commits;
  HeldMessage pre_prepare;  ///< null before it came, and after a restart until it comes again
  BlockRef block;           ///< of the accepted pre-prepare
  BlockRef decided;         ///< proven to be committed at seq, in whatever view
  HeldMessage proof;        ///< the DECIDED that proved it, if that is how
  std::unique_ptr<Earlier> earlier;

  /// Becomes the empty slot of (view, seq); what outlives a view stays if seq is the same.
  void renew(View v, Height n);
  /// P_m with the highest view, or null. `current` is scratch for the certificate of this view.
  const Prepared* best_prepared(Prepared& current) const;
  Prepared certificate() const;
  /// Has this replica prepared in the slot's view, now or before it restarted?
  bool said_commit() const {
    return prepared || (earlier && earlier->block && earlier->certificate.view == view);
  }
  std::optional<CommitProof> commit_proof() const;
  /// The batch of that digest, if the slot has it.
  BlockRef batch(const Digest& digest) const;
  /// Keeps a batch that was accepted in an earlier view.
  void remember(const BlockRef& accepted_before);
};

/// Slots by sequence number. Grows to the watermarks' distance when they are used.
class SlotRing {
 public:
  explicit SlotRing(std::uint64_t limit) : limit_(limit), slots_(16) {}

  /// The slot of (view, seq), which must not be older than what it holds. seq must be in (low, low
  /// + limit], which keeps live slots apart.
  Slot& at(View view, Height seq, Height low) {
    Slot& s = slots_[seq.value & mask_];
    if (s.seq == seq && s.view == view) [[likely]]
      return s;
    return renewed(view, seq, low);
  }
  /// What is known of seq in any view; null when nothing is.
  Slot* find(Height seq) {
    Slot& s = slots_[seq.value & mask_];
    return s.seq == seq && seq.value != 0 ? &s : nullptr;
  }
  const Slot* find(Height seq) const { return const_cast<SlotRing*>(this)->find(seq); }

 private:
  Slot& renewed(View view, Height seq, Height low);

  std::uint64_t limit_;
  std::uint64_t mask_ = 15;
  std::vector<Slot> slots_;
};

/// Requests ordered already: executed, or claimed by an accepted batch that is in flight. Ids are
/// dense (the k-th request of a run has id k), so this is a bitmap whose full prefix is forgotten.
class OrderedRequests {
 public:
  /// Marks a batch's requests; false, with nothing marked, when one is marked already.
  bool claim(const Block& block);
  void release(const Block& block);
  bool contains(RequestId id) const;
  void insert(RequestId id);

 private:
  static constexpr std::uint64_t kSpan = std::uint64_t{1} << 24;

  void forget_prefix();
  std::uint64_t base_ = 0;  // multiple of 64: all ids below are marked
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> far_;  // sorted: ids too far above base_ for the bitmap
};

}  // namespace byzlab::pbft
