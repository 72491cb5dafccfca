// What a VIEW-CHANGE and a NEW-VIEW prove (§4.4): pure functions of the message, the committee, the
// keys and the watermarks' distance.
#pragma once

#include "base/crypto.h"
#include "consensus/committee.h"
#include "consensus/pbft/messages.h"

namespace byzlab::pbft {

/// The null request at seq (§4.4): its execution is a no-op. The same batch whoever proposes it.
BlockRef null_batch(const Crypto& crypto, Height seq);

/// What O must be, computed from V (§4.4).
struct Reproposals {
  const StableCheckpoint* stable = nullptr;  ///< min-s: the latest stable checkpoint in V
  std::vector<Digest> digests;               ///< for min-s + 1 … max-s
};
Reproposals reproposals(const Crypto& crypto, const std::vector<SignedViewChange>& v);

/// The checks of §4.4.
struct Validity {
  const Committee& committee;
  const Crypto& crypto;
  Power quorum;
  std::uint64_t window;  ///< L

  bool stable(const StableCheckpoint& c) const;
  bool prepared(const Prepared& p) const;
  bool view_change(const ViewChange& vc) const;
  bool new_view(const NewView& nv) const;
  bool decided(const Decided& d) const;
};

}  // namespace byzlab::pbft
