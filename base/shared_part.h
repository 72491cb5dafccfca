// A part of a message that many messages repeat: by reference in one process, by value on the wire.
//
// A certificate travels in a proposal, in everybody's timeout, in what is made durable. Shared<T>
// makes each of these a pointer to one immutable value, as BlockPayload does for blocks, and
// remembers the answer of one expensive check for all of them.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <utility>

#include "base/codec.h"
#include "base/message.h"

namespace byzlab {

/// May be null: one byte on the wire, and reads as T{}.
template <class T>
class Shared {
 public:
  using shared_type = T;

  Shared() = default;
  explicit Shared(T value) : node_(new Node(std::move(value))) {}

  explicit operator bool() const { return node_ != nullptr; }
  const T& operator*() const { return node_ ? node_->value : none(); }
  const T* operator->() const { return &**this; }
  bool operator==(const Shared& other) const {
    if (node_ == nullptr || other.node_ == nullptr) return node_ == other.node_;
    return node_ == other.node_ || (hash() == other.hash() && **this == *other);
  }

  /// Remembers the answer of a check that depends on nothing but the value and the run. Null fails.
  template <class Check>
  bool checked(Check&& check) const {
    if (!node_) return false;
    if (node_->checked == Verdict::unknown) {
      node_->checked = check() ? Verdict::good : Verdict::bad;
    }
    return node_->checked == Verdict::good;
  }

  std::uint32_t wire_size() const { return 1 + (node_ ? node_->wire_size : 0); }
  void encode(ByteWriter& w) const {
    if (!node_) return w.integer(std::uint8_t{0});
    if (node_->bytes.empty()) {
      ByteWriter once(node_->bytes);
      once.integer(std::uint8_t{1});
      byzlab::encode(node_->value, once);
    }
    w.raw(node_->bytes.data(), node_->bytes.size());
  }
  static bool decode(ByteReader& r, Shared& out) {
    std::uint8_t present = 0;
    if (!r.integer(present) || present > 1) return false;
    out = Shared();
    if (present == 0) return true;
    T value;
    if (!byzlab::decode(r, value)) return false;
    out = Shared(std::move(value));
    return true;
  }
  template <class Hash>
  void absorb_into(Hash& hash) const {
    hash.word(this->hash());
  }

 private:
  struct Node final : boost::intrusive_ref_counter<Node, boost::thread_unsafe_counter> {
    explicit Node(T v)
        : value(std::move(v)), hash(hash_of(value)), wire_size(byzlab::wire_size(value)) {}
    T value;
    std::uint64_t hash;
    std::uint32_t wire_size;
    mutable Bytes bytes{};  // encoded once, with the byte before it
    mutable Verdict checked = Verdict::unknown;
  };
  static const T& none() {
    static const T value{};
    return value;
  }
  static std::uint64_t hash_of(const T& value) {
    FastHash hash;
    hash.absorb(value);
    return hash.value();
  }
  std::uint64_t hash() const { return node_ ? node_->hash : 0; }

  boost::intrusive_ptr<const Node> node_;
};

}  // namespace byzlab
