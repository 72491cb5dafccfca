// Signatures and aggregates of them, as engines hold them.
//
// In virtual time a signature is a 64-bit keyed hash; over real sockets it is Ed25519. Either way
// it costs 64 bytes on the wire, and an aggregate of k signatures costs k of them: there is no BLS
// here.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/codec.h"
#include "base/ids.h"

namespace byzlab {

/// 64 bytes. In virtual time only the first 8 are used, they hold the keyed hash.
struct Signature {
  std::array<std::uint64_t, 8> words{};
  constexpr bool operator==(const Signature&) const = default;
  constexpr std::uint32_t wire_size() const { return 64; }
};
BOOST_DESCRIBE_STRUCT(Signature, (), (words))

/// A set of replicas as bits: 16 bytes inline (n ≤ 128), the heap beyond.
class ReplicaSet {
 public:
  ReplicaSet() = default;
  explicit ReplicaSet(std::uint32_t n) : words_((n + 63) / 64, 0) {}

  bool contains(ReplicaId r) const {
    const std::size_t w = r.value / 64;
    return w < words_.size() && (words_[w] >> (r.value % 64) & 1) != 0;
  }
  /// True if r was not in the set.
  bool insert(ReplicaId r) {
    const std::size_t w = r.value / 64;
    if (w >= words_.size()) words_.resize(w + 1, 0);
    const std::uint64_t bit = std::uint64_t{1} << (r.value % 64);
    const bool fresh = (words_[w] & bit) == 0;
    words_[w] |= bit;
    return fresh;
  }
  void clear() {
    for (auto& w : words_) w = 0;
  }
  std::uint32_t size() const {
    std::uint32_t count = 0;
    for (auto w : words_) count += static_cast<std::uint32_t>(__builtin_popcountll(w));
    return count;
  }
  bool empty() const { return size() == 0; }
  /// Calls f(ReplicaId) in increasing order.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1) {
        f(ReplicaId(static_cast<std::uint32_t>(64 * i) +
                    static_cast<std::uint32_t>(__builtin_ctzll(w))));
      }
    }
  }
  bool operator==(const ReplicaSet& other) const {
    const std::size_t n = std::max(words_.size(), other.words_.size());
    for (std::size_t i = 0; i < n; ++i) {
      if (word(i) != other.word(i)) return false;
    }
    return true;
  }

  void encode(ByteWriter& w) const {
    w.integer(static_cast<std::uint16_t>(words_.size()));
    for (auto word : words_) w.integer(word);
  }
  static bool decode(ByteReader& r, ReplicaSet& out) {
    std::uint16_t count = 0;
    if (!r.integer(count) || count * std::size_t{8} > r.remaining()) return false;
    out.words_.assign(count, 0);
    for (auto& word : out.words_) {
      if (!r.integer(word)) return false;
    }
    return true;
  }
  std::uint32_t wire_size() const { return 2 + 8 * static_cast<std::uint32_t>(words_.size()); }
  template <class Hash>
  void absorb_into(Hash& hash) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != 0) hash.word(words_[i] ^ (i << 56));
    }
  }

 private:
  std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }
  boost::container::small_vector<std::uint64_t, 2> words_;
};

/// Signatures of several replicas over one digest: who signed, and the proof.
/// Virtual time sums the keyed hashes into one word; real crypto lists the signatures in signer
/// order.
struct AggregateSignature {
  ReplicaSet signers;
  std::uint64_t sum = 0;
  std::vector<Signature> shares;  ///< empty in virtual time

  bool operator==(const AggregateSignature&) const = default;
  std::uint32_t wire_size() const { return signers.wire_size() + 64 * signers.size(); }
};
BOOST_DESCRIBE_STRUCT(AggregateSignature, (), (signers, sum, shares))

}  // namespace byzlab
