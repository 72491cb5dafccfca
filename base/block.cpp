#include "base/block.h"

#include <algorithm>

namespace byzlab {

void Request::encode(ByteWriter& w) const {
  w.integer(id.value);
  w.integer(client.value);
  w.integer(bytes);
  w.integer(coin);
  w.integer(auth);
  static constexpr std::array<std::byte, 256> kZeros{};
  for (std::uint32_t left = bytes; left > 0;) {
    const auto step = std::min<std::uint32_t>(left, kZeros.size());
    w.raw(kZeros.data(), step);
    left -= step;
  }
}

bool Request::decode(ByteReader& r, Request& out) {
  return r.integer(out.id.value) && r.integer(out.client.value) && r.integer(out.bytes) &&
         r.integer(out.coin) && r.integer(out.auth) && r.skip(out.bytes);
}

BlockRef Block::make(BlockBody body, HashScheme scheme) {
  auto* block = new Block;
  BlockRef ref(block);
  block->digest = digest_of(body, scheme);
  block->bytes = byzlab::wire_size(body);
  static_cast<BlockBody&>(*block) = std::move(body);
  return ref;
}

BlockRef Block::genesis(HashScheme scheme) { return make(BlockBody{}, scheme); }

void BlockPayload::encode(ByteWriter& w) const {
  byzlab::encode(static_cast<const BlockBody&>(*ref), w);
}

bool BlockPayload::decode(ByteReader& r, BlockPayload& out) {
  BlockBody body;
  if (!byzlab::decode(r, body)) return false;
  out.ref = Block::make(std::move(body), r.scheme());
  return true;
}

}  // namespace byzlab
