#include "base/digest.h"

#include <sodium.h>

#include "base/codec.h"

namespace byzlab {

std::string Digest::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (auto word : words) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[word >> shift & 15];
  }
  return out;
}

std::string Digest::short_hex() const { return hex().substr(0, 6); }

Digest blake2b(std::span<const std::byte> bytes) {
  std::array<unsigned char, 32> raw;
  crypto_generichash(raw.data(), raw.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  ByteReader reader(std::as_bytes(std::span(raw)));
  Digest digest;
  byzlab::decode(reader, digest);
  return digest;
}

}  // namespace byzlab
