// What a VIEW-CHANGE and a NEW-VIEW prove (§4.4).
#include <algorithm>
#include <tuple>

#include "consensus/pbft/view_change.h"
#include "consensus/quorum.h"

namespace byzlab::pbft {

/// §4.4: V holds valid VIEW-CHANGEs for this view from a quorum of different replicas, and O is
/// what follows from them.
bool Validity::new_view(const NewView& nv) const {
  Power power = 0;
  for (std::size_t i = 0; i < nv.view_changes.size(); ++i) {
    const SignedViewChange& vc = nv.view_changes[i];
    if (i > 0 && vc.from <= nv.view_changes[i - 1].from) return false;
    if (vc.content.view != nv.view || !committee.contains(vc.from)) return false;
    if (!crypto.verify(vc.from, vc.content, vc.signature) || !view_change(vc.content)) return false;
    power += committee.power(vc.from);
  }
  return power >= quorum && nv.digests == reproposals(crypto, nv.view_changes).digests;
}

/// §4.4: C proves the checkpoint, and each member of P was prepared in an earlier view, between the
/// watermarks that follow from the checkpoint.
bool Validity::view_change(const ViewChange& vc) const {
  if (!stable(vc.stable)) return false;
  Height last = vc.stable.seq;
  for (const Prepared& p : vc.prepared) {
    if (p.seq <= last || p.seq.value - vc.stable.seq.value > window) return false;
    if (p.view >= vc.view || !prepared(p)) return false;
    last = p.seq;
  }
  return true;
}

Reproposals reproposals(const Crypto& crypto, const std::vector<SignedViewChange>& v) {
  Reproposals result;
  Height max_s{};
  for (const SignedViewChange& vc : v) {
    if (!result.stable || vc.content.stable.seq > result.stable->seq) {
      result.stable = &vc.content.stable;
    }
    if (!vc.content.prepared.empty()) max_s = std::max(max_s, vc.content.prepared.back().seq);
  }
  if (!result.stable || max_s <= result.stable->seq) return result;

  // For each n the certificate with the highest view; the null request where there is none.
  const Height min_s = result.stable->seq;
  std::vector<const Prepared*> best(max_s.value - min_s.value, nullptr);
  for (const SignedViewChange& vc : v) {
    for (const Prepared& p : vc.content.prepared) {
      if (p.seq <= min_s) continue;
      const Prepared*& chosen = best[p.seq.value - min_s.value - 1];
      if (!chosen || std::tie(p.view, p.digest) > std::tie(chosen->view, chosen->digest)) {
        chosen = &p;
      }
    }
  }
  for (std::size_t k = 0; k < best.size(); ++k) {
    result.digests.push_back(best[k] ? best[k]->digest
                                     : null_batch(crypto, min_s.plus(k + 1))->digest);
  }
  return result;
}

/// §4.4: P_m is the primary's pre-prepare and prepares of the same place from backups of that view;
/// together they are a quorum, and the primary counts once.
bool Validity::prepared(const Prepared& p) const {
  const ReplicaId primary = committee.turn(p.view.value);
  if (p.prepares.signers.contains(primary)) return false;
  const Power power = committee.power(primary) + power_of(committee, p.prepares.signers);
  const PrePrepare pre_prepare{.view = p.view, .seq = p.seq, .digest = p.digest};
  const Prepare prepare{.view = p.view, .seq = p.seq, .digest = p.digest};
  return power >= quorum && crypto.verify(primary, pre_prepare, p.pre_prepare) &&
         crypto.verify(prepare, p.prepares);
}

/// §4.3.
bool Validity::stable(const StableCheckpoint& c) const {
  if (c.seq.value == 0) return c.state.is_zero() && c.votes.signers.empty();
  return certifies(committee, crypto, Checkpoint{.seq = c.seq, .state = c.state}, c.votes, quorum);
}

bool Validity::decided(const Decided& d) const {
  const Commit commit{.view = d.view, .seq = d.seq, .digest = d.digest};
  return d.block.ref && d.block->digest == d.digest && d.block->height == d.seq &&
         certifies(committee, crypto, commit, d.commits, quorum);
}

BlockRef null_batch(const Crypto& crypto, Height seq) {
  return crypto.make_block(BlockBody{.height = seq, .nonce = ~std::uint64_t{0}});
}

}  // namespace byzlab::pbft
