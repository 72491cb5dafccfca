// Who said what: signatures, client authenticators and digests of one run.
//
// Two worlds, one interface. Virtual time: a signature is a keyed 64-bit hash of the message's
// digest, the keys are inside this object and no engine or behavior can read them, so forging fails
// for real at about a nanosecond. Real sockets: Ed25519 over the encoded bytes, BLAKE2b-256 digests
// (libsodium).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/block.h"
#include "base/digest.h"
#include "base/message.h"
#include "base/signature.h"

namespace byzlab {

/// What engines have asked for so far; the signatures of records are their hosts' business.
struct CryptoCounters {
  std::uint64_t verified = 0;  ///< aggregates, and signatures inside of messages
  std::uint64_t combined = 0;  ///< signatures put into aggregates
};

class Crypto {
 public:
  enum class Scheme : std::uint8_t { modelled, ed25519 };

  /// Keys for n replicas, derived from the seed: same seed, same keys.
  Crypto(Scheme scheme, std::uint64_t seed, std::uint32_t n);
  ~Crypto();
  Crypto(Crypto&&) noexcept;
  Crypto& operator=(Crypto&&) noexcept;

  Scheme scheme() const { return scheme_; }
  HashScheme hash_scheme() const {
    return scheme_ == Scheme::modelled ? HashScheme::modelled : HashScheme::blake2b;
  }

  /// Signs a record as its sender; one outside the committee has no key, and its record stays
  /// unsigned. Only hosts and networks call this: an engine's messages are signed when they leave
  /// it.
  void sign(MessageStore& store, Message& m) const {
    if (scheme_ != Scheme::modelled) return sign_bytes(store, m);
    if (m.from_ >= keys_.size()) return;  // nobody has that key
    m.authentic_ = Verdict::good;
    m.tag_ = keyed(m.from(), m.digest());
  }

  /// True when the record's signature is its sender's over its content. The answer is a function of
  /// the record and is remembered in it.
  bool authentic(const MessageStore& store, const Message& m) const {
    if (m.authentic_ == Verdict::unknown) {
      m.authentic_ = verify(store, m) ? Verdict::good : Verdict::bad;
    }
    return m.authentic_ == Verdict::good;
  }

  /// True when `signature` is what `from` would put on a message with this payload. For messages
  /// that travel inside others (a view-change proof).
  template <Wire M>
  bool verify(ReplicaId from, const M& payload, const Signature& signature) const {
    ++counters_.verified;
    if (scheme_ == Scheme::modelled) {
      return from.value < keys_.size() &&
             signature.words[0] == keyed(from, detail::payload_digest(payload));
    }
    return verify_bytes(from, signed_bytes(payload), signature);
  }

  /// Adds one replica's signature to an aggregate; the caller has checked it (a handler's message
  /// is). False when the replica's is in it already.
  bool add(AggregateSignature& aggregate, ReplicaId from, const Message& m) const {
    if (!aggregate.signers.insert(from)) return false;
    ++counters_.combined;
    if (scheme_ == Scheme::modelled) {
      aggregate.sum += m.tag();
    } else {
      add_share(aggregate, from, m);
    }
    return true;
  }

  /// True when every signer in the aggregate signed a message with exactly this payload.
  template <Wire M>
  bool verify(const M& payload, const AggregateSignature& aggregate) const {
    ++counters_.verified;
    if (scheme_ == Scheme::modelled) {
      return verify_sum(detail::payload_digest(payload), aggregate);
    }
    return verify_shares(signed_bytes(payload), aggregate);
  }

  /// The digest of a described value: a state, a batch, a log prefix.
  template <class T>
  Digest digest(const T& value) const {
    return digest_of(value, hash_scheme());
  }
  BlockRef make_block(BlockBody body) const { return Block::make(std::move(body), hash_scheme()); }
  BlockRef genesis() const { return Block::genesis(hash_scheme()); }

  /// Client authenticators, keyed and shared with the replicas as in PBFT's MACs (both worlds).
  std::uint64_t authenticate(const Request& request) const;
  bool authentic(const Request& request) const { return request.auth == authenticate(request); }

  const CryptoCounters& counters() const { return counters_; }

 private:
  std::uint64_t keyed(ReplicaId from, std::uint64_t digest) const {
    return mix(digest ^ keys_[from.value]);
  }
  template <Wire M>
  static Bytes signed_bytes(const M& payload) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.integer(M::kKind.value);
    byzlab::encode(detail::signed_part(payload), writer);
    return bytes;
  }
  bool verify(const MessageStore& store, const Message& m) const;
  void sign_bytes(MessageStore& store, Message& m) const;
  static void add_share(AggregateSignature& aggregate, ReplicaId from, const Message& m);
  bool verify_bytes(ReplicaId from, const Bytes& bytes, const Signature& signature) const;
  bool verify_sum(std::uint64_t digest, const AggregateSignature& aggregate) const;
  bool verify_shares(const Bytes& bytes, const AggregateSignature& aggregate) const;

  struct Ed25519Keys;
  Scheme scheme_;
  std::uint64_t client_key_;
  std::vector<std::uint64_t> keys_;  // modelled: one word a replica
  std::unique_ptr<Ed25519Keys> ed25519_;
  mutable CryptoCounters counters_;
};

}  // namespace byzlab
