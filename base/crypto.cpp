#include "base/crypto.h"

#include <sodium.h>

#include <stdexcept>

namespace byzlab {

struct Crypto::Ed25519Keys {
  struct Pair {
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open;
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
  };
  std::vector<Pair> pairs;
};

Crypto::Crypto(Scheme scheme, std::uint64_t seed, std::uint32_t n)
    : scheme_(scheme), client_key_(mix(seed, 0xC11E57)) {
  if (scheme == Scheme::modelled) {
    keys_.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i) keys_.push_back(mix(seed, 0x516, i));
    return;
  }
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  ed25519_ = std::make_unique<Ed25519Keys>();
  ed25519_->pairs.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::array<std::uint64_t, 4> words;
    for (std::size_t w = 0; w < words.size(); ++w) words[w] = mix(seed, 0xED25519, i, w);
    static_assert(sizeof(words) == crypto_sign_SEEDBYTES);
    auto& pair = ed25519_->pairs[i];
    crypto_sign_seed_keypair(pair.open.data(), pair.secret.data(),
                             reinterpret_cast<const unsigned char*>(words.data()));
  }
}

Crypto::~Crypto() = default;
Crypto::Crypto(Crypto&&) noexcept = default;
Crypto& Crypto::operator=(Crypto&&) noexcept = default;

void Crypto::sign_bytes(MessageStore& store, Message& m) const {
  if (m.from_ >= ed25519_->pairs.size()) return;  // nobody has that key
  m.authentic_ = Verdict::good;
  Bytes bytes;
  ByteWriter writer(bytes);
  store.type(m.kind()).signed_bytes(m.payload(), writer);
  Signature s;
  static_assert(sizeof(s.words) == crypto_sign_BYTES);
  crypto_sign_detached(reinterpret_cast<unsigned char*>(s.words.data()), nullptr,
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                       ed25519_->pairs[m.from().value].secret.data());
  store.set_signature(m, s);
}

bool Crypto::verify(const MessageStore& store, const Message& m) const {
  if (scheme_ == Scheme::modelled) {
    return m.from_ < keys_.size() && m.tag_ == keyed(m.from(), m.digest());
  }
  if (m.signature_ == nullptr) return false;
  Bytes bytes;
  ByteWriter writer(bytes);
  store.type(m.kind()).signed_bytes(m.payload(), writer);
  return verify_bytes(m.from(), bytes, *m.signature_);
}

bool Crypto::verify_bytes(ReplicaId from, const Bytes& bytes, const Signature& signature) const {
  if (from.value >= ed25519_->pairs.size()) return false;
  return crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature.words.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     bytes.size(), ed25519_->pairs[from.value].open.data()) == 0;
}

/// In signer order; `from` is among the signers already.
void Crypto::add_share(AggregateSignature& aggregate, ReplicaId from, const Message& m) {
  std::size_t rank = 0;
  aggregate.signers.for_each([&](ReplicaId r) { rank += r < from ? 1 : 0; });
  aggregate.shares.insert(aggregate.shares.begin() + static_cast<std::ptrdiff_t>(rank),
                          m.signature());
}

bool Crypto::verify_sum(std::uint64_t digest, const AggregateSignature& aggregate) const {
  std::uint64_t sum = 0;
  bool known = true;
  aggregate.signers.for_each([&](ReplicaId r) {
    if (r.value >= keys_.size()) {
      known = false;
    } else {
      sum += keyed(r, digest);
    }
  });
  return known && sum == aggregate.sum;
}

bool Crypto::verify_shares(const Bytes& bytes, const AggregateSignature& aggregate) const {
  if (aggregate.shares.size() != aggregate.signers.size()) return false;
  std::size_t i = 0;
  bool good = true;
  aggregate.signers.for_each(
      [&](ReplicaId r) { good = good && verify_bytes(r, bytes, aggregate.shares[i++]); });
  return good;
}

std::uint64_t Crypto::authenticate(const Request& request) const {
  return mix(client_key_ ^ request.id.value,
             std::uint64_t{request.client.value} << 32 | request.bytes, request.coin);
}

}  // namespace byzlab
