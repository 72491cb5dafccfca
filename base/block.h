// Requests and the blocks that order them.
//
// A block is immutable and shared: every replica of a run in one process holds the same one. PBFT's
// batch, Streamlet's block and Nakamoto's block are all this type; an engine uses the fields its
// paper has and leaves the others zero.
#pragma once

#include <boost/describe.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <vector>

#include "base/codec.h"
#include "base/digest.h"
#include "base/ids.h"

namespace byzlab {

/// What a client asks to be ordered. Its body of `bytes` bytes is modelled, not carried, in virtual
/// time; on the wire it is filled with zeros.
struct Request {
  RequestId id;
  ClientId client;
  std::uint32_t bytes = 0;
  std::uint64_t coin = 0;  ///< requests that spend the same coin ≠ 0 conflict; 0 spends nothing
  std::uint64_t auth = 0;  ///< the client's authenticator over the fields above

  constexpr bool operator==(const Request&) const = default;
  /// The workload numbers its requests from 0; replicas give what they submit themselves (payments
  /// of a miner) ids from here up.
  static constexpr RequestId kFirstOwnId{std::uint64_t{1} << 63};
  static constexpr std::uint32_t kHeaderBytes = 8 + 4 + 4 + 8 + 8;
  std::uint32_t wire_size() const { return kHeaderBytes + bytes; }
  void encode(ByteWriter& w) const;
  static bool decode(ByteReader& r, Request& out);
  template <class Hash>
  void absorb_into(Hash& hash) const {
    hash.word(id.value);
    hash.word(mix(std::uint64_t{client.value} << 32 | bytes, coin, auth));
  }
};

BOOST_DESCRIBE_STRUCT(Request, (), (id, client, bytes, coin, auth))

struct Block;
using BlockRef = boost::intrusive_ptr<const Block>;

/// What a block says, before it has a name.
struct BlockBody {
  Digest parent{};
  Height height{};
  View view{};  ///< view, epoch or round it was proposed in
  ReplicaId proposer{};
  std::uint64_t nonce = 0;  ///< tells apart blocks that are otherwise equal (proof of work)
  std::vector<Request> requests{};
};
BOOST_DESCRIBE_STRUCT(BlockBody, (), (parent, height, view, proposer, nonce, requests))

/// An immutable block with its digest.
struct Block final : BlockBody, boost::intrusive_ref_counter<Block, boost::thread_unsafe_counter> {
  Digest digest;
  std::uint32_t bytes = 0;  ///< encoded size

  static BlockRef make(BlockBody body, HashScheme scheme);
  /// The block every chain starts from: height 0, no parent, no requests.
  static BlockRef genesis(HashScheme scheme);
};

/// A block as a message carries it: by reference in one process, by value on the wire, where the
/// digest is recomputed. Never null after a successful decode.
struct BlockPayload {
  BlockRef ref;

  const Block& operator*() const { return *ref; }
  const Block* operator->() const { return ref.get(); }
  std::uint32_t wire_size() const { return ref ? ref->bytes : 0; }
  void encode(ByteWriter& w) const;
  static bool decode(ByteReader& r, BlockPayload& out);
  template <class Hash>
  void absorb_into(Hash& hash) const {
    if (ref) hash.absorb(ref->digest);
  }
};

}  // namespace byzlab
