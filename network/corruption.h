// What damage on the way does to a message: a few flipped bits, then whatever the receiver can make
// of the bytes. Shared by every network, so that virtual time and sockets damage alike.
#pragma once

#include <cstdint>

#include "base/message.h"

namespace byzlab {

/// Flips 1 to 8 distinct bits of `bytes`, which and how many by the key. Does nothing to no bytes.
void flip_bits(Bytes& bytes, std::uint64_t key);

/// The record a receiver decodes from m's kind and payload after flip_bits(); null when they are
/// malformed then. The sender and the signature are the original's, so the record is not authentic
/// unless the damage lies outside what the signature covers (the batch of a message that signs its
/// digest only): that one the engine must notice. Damage to a request body, which is not carried in
/// virtual time, shows as a record without signature. Nobody holds the result yet.
Message* corrupt_bytes(MessageStore& store, const Message& m, std::uint64_t key, HashScheme scheme);

}  // namespace byzlab
