#include "network/corruption.h"

#include <algorithm>

#include "base/rng.h"

namespace byzlab {

Message* corrupt_bytes(MessageStore& store, const Message& m, std::uint64_t key,
                       HashScheme scheme) {
  Bytes bytes;
  store.encode(m, bytes);
  Bytes damaged = bytes;
  flip_bits(damaged, key);
  Message* received = store.decode(m.from(), damaged, scheme);
  if (received == nullptr) return nullptr;
  Bytes kept;
  store.encode(*received, kept);
  if (kept != bytes) store.copy_signature(m, *received);
  return received;
}

void flip_bits(Bytes& bytes, std::uint64_t key) {
  constexpr std::size_t kMost = 8;
  const std::size_t bits = 8 * bytes.size();
  Rng rng(key);
  const std::size_t flips = std::min<std::size_t>(1 + rng.below(kMost), bits);
  std::array<std::size_t, kMost> chosen{};
  for (std::size_t done = 0; done < flips;) {
    const std::size_t bit = rng.below(bits);
    const auto end = chosen.begin() + static_cast<std::ptrdiff_t>(done);
    if (std::find(chosen.begin(), end, bit) != end) continue;
    chosen[done++] = bit;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace byzlab
