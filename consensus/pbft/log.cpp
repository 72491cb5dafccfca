#include "consensus/pbft/log.h"

#include <algorithm>
#include <bit>

namespace byzlab::pbft {

void Slot::renew(View v, Height n) {
  if (seq != n) {
    earlier.reset();
    decided.reset();
    proof = HeldMessage();
  } else if (accepted) {
    remember(block);
    if (prepared) {
      earlier->certificate = certificate();
      earlier->block = block;
    }
    if (committed) {
      earlier->commit_view = view;
      earlier->commits = commits.aggregate();
      earlier->committed = block;
    }
  }
  seq = n;
  view = v;
  named = accepted = prepared = committed = claimed = false;
  prepares.clear();
  commits.clear();
  pre_prepare = HeldMessage();
  block.reset();
}

BlockRef Slot::batch(const Digest& wanted) const {
  const auto is = [&](const BlockRef& b) { return b && b->digest == wanted; };
  if (is(block)) return block;
  if (is(decided)) return decided;
  if (!earlier) return {};
  const auto found = std::ranges::find_if(earlier->batches, is);
  return found != earlier->batches.end() ? *found : BlockRef();
}

void Slot::remember(const BlockRef& accepted_before) {
  if (!earlier) earlier = std::make_unique<Earlier>();
  const auto same = [&](const BlockRef& b) { return b->digest == accepted_before->digest; };
  if (std::ranges::none_of(earlier->batches, same)) earlier->batches.push_back(accepted_before);
}

Prepared Slot::certificate() const {
  return {.view = view,
          .seq = seq,
          .digest = digest,
          .pre_prepare = pre_prepare->signature(),
          .prepares = prepares.aggregate()};
}

const Prepared* Slot::best_prepared(Prepared& current) const {
  if (prepared) {
    current = certificate();
    return &current;
  }
  return earlier && earlier->block ? &earlier->certificate : nullptr;
}

std::optional<CommitProof> Slot::commit_proof() const {
  if (committed) {
    return CommitProof{{.view = view, .seq = seq, .digest = digest}, &commits.aggregate(), block};
  }
  if (proof) {
    const auto& d = proof->as<Decided>();
    return CommitProof{{.view = d.view, .seq = d.seq, .digest = d.digest}, &d.commits, d.block.ref};
  }
  if (!earlier || !earlier->committed) return std::nullopt;
  return CommitProof{
      {.view = earlier->commit_view, .seq = seq, .digest = earlier->committed->digest},
      &earlier->commits,
      earlier->committed};
}

Slot& SlotRing::renewed(View view, Height seq, Height low) {
  // Two live slots must not meet: grow until they do not.
  while (slots_[seq.value & mask_].seq > low && slots_[seq.value & mask_].seq != seq &&
         slots_.size() < std::bit_ceil(limit_)) {
    std::vector<Slot> wider(slots_.size() * 2);
    const std::uint64_t mask = wider.size() - 1;
    for (Slot& s : slots_) {
      if (s.seq > low) wider[s.seq.value & mask] = std::move(s);
    }
    slots_ = std::move(wider);
    mask_ = mask;
  }
  Slot& s = slots_[seq.value & mask_];
  s.renew(view, seq);
  return s;
}

bool OrderedRequests::claim(const Block& block) {
  for (std::size_t i = 0; i < block.requests.size(); ++i) {
    if (!contains(block.requests[i].id)) {
      insert(block.requests[i].id);
      continue;
    }
    while (i-- > 0) {
      const std::uint64_t id = block.requests[i].id.value;
      if (id - base_ < kSpan) {
        words_[(id - base_) / 64] &= ~(std::uint64_t{1} << (id % 64));
      } else {
        std::erase(far_, id);
      }
    }
    return false;
  }
  forget_prefix();
  return true;
}

void OrderedRequests::release(const Block& block) {
  for (const Request& r : block.requests) {
    const std::uint64_t id = r.id.value;
    if (id < base_) {
      // The prefix was forgotten with this id in flight: bring the words back.
      const std::uint64_t words = (base_ - id + 63) / 64;
      words_.insert(words_.begin(), words, ~std::uint64_t{0});
      base_ -= words * 64;
    }
    if (id - base_ < kSpan) {
      const std::uint64_t w = (id - base_) / 64;
      if (w < words_.size()) words_[w] &= ~(std::uint64_t{1} << (id % 64));
    }
    std::erase(far_, id);
  }
}

bool OrderedRequests::contains(RequestId id) const {
  if (id.value < base_) return true;
  const std::uint64_t w = (id.value - base_) / 64;
  if (w < words_.size() && (words_[w] >> (id.value % 64) & 1) != 0) return true;
  return !far_.empty() && std::binary_search(far_.begin(), far_.end(), id.value);
}

void OrderedRequests::insert(RequestId id) {
  if (id.value < base_) return;
  if (id.value - base_ >= kSpan) {
    const auto at = std::lower_bound(far_.begin(), far_.end(), id.value);
    if (at == far_.end() || *at != id.value) far_.insert(at, id.value);
    return;
  }
  const std::uint64_t w = (id.value - base_) / 64;
  if (w >= words_.size()) words_.resize(std::max<std::size_t>(w + 1, words_.size() * 2), 0);
  words_[w] |= std::uint64_t{1} << (id.value % 64);
}

void OrderedRequests::forget_prefix() {
  constexpr std::size_t kEnough = 256;  // words; moving the rest is paid for by this many
  if (words_.size() < kEnough || words_[kEnough - 1] != ~std::uint64_t{0}) return;
  const auto full =
      std::find_if(words_.begin(), words_.end(), [](std::uint64_t w) { return ~w != 0; });
  const auto count = full - words_.begin();
  if (static_cast<std::size_t>(count) < kEnough) return;
  words_.erase(words_.begin(), full);
  base_ += static_cast<std::uint64_t>(count) * 64;
}

}  // namespace byzlab::pbft
