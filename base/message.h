// A message: one immutable record, shared by all who receive it.
//
// The payload is a plain aggregate described once; this file derives from that line the codec, the
// size, the digest and the JSON. A record is allocated by a MessageStore in one block (header, then
// payload), counted while somebody still has to receive it, and never copied.
//
// A payload type is Wire when it is described by Boost.Describe and names its wire tag:
//
//   struct Vote {
//     static constexpr MessageKind kKind{1};       // stable on the wire, unique within the engine,
//     < 32 View epoch; Digest block;
//   };
//   BOOST_DESCRIBE_STRUCT(Vote, (), (epoch, block))
//
// What a signature covers is the kind and the whole payload, unless the payload has a
// signed_part(): a described struct that stands for it (PBFT's pre-prepare signs the digest, not
// the batch).
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/ids.h"
#include "base/json_text.h"
#include "base/signature.h"

namespace byzlab {

/// A payload type's wire tag, below kKindLimit.
struct MessageKind : Strong<MessageKind, std::uint8_t> {
  using Strong::Strong;
};
inline constexpr std::size_t kKindLimit = 32;

template <class M>
concept Wire = Described<M> && std::is_same_v<std::remove_cv_t<decltype(M::kKind)>, MessageKind>;

/// Envelope of every message on the wire: length, kind, sender, signature. Bytes.
inline constexpr std::uint32_t kEnvelopeBytes = 4 + 1 + 4 + 64;

/// Which block a message speaks of, as far as its members say: the caption of a picture.
struct MessageSubject {
  std::optional<Height> height;  ///< its first member of that type, or of its first block
  std::optional<Digest> block;   ///< its first digest that is not zero, or of its first block
};

/// What is known about a kind without knowing its type. One constant a payload type.
struct MessageType {
  std::string_view name;
  MessageKind kind;
  std::uint32_t payload_size;  ///< sizeof, bytes
  void (*encode)(const void* payload, ByteWriter&);
  /// Constructs at `storage`; false (nothing constructed) when the bytes are not such a payload.
  bool (*decode)(ByteReader&, void* storage);
  void (*signed_bytes)(const void* payload, ByteWriter&);
  std::uint64_t (*digest)(const void* payload);
  std::uint32_t (*wire_size)(const void* payload);
  void (*destroy)(void* payload);  ///< null when there is nothing to destroy
  void (*json)(const void* payload, std::string& out);
  /// The payload's member of type View, if it has one: for rules that match on it.
  std::optional<View> (*view)(const void* payload);
  MessageSubject (*subject)(const void* payload);
};

/// The kinds an engine speaks, indexed by kind; absent kinds are null.
using MessageTable = std::array<const MessageType*, kKindLimit>;

namespace detail {
template <class M>
constexpr const auto& signed_part(const M& m) {
  return m;
}
template <class M>
  requires requires(const M& m) { m.signed_part(); }
constexpr auto signed_part(const M& m) {
  return m.signed_part();
}

template <Wire M>
std::uint64_t payload_digest(const M& m) {
  FastHash hash;
  hash.word(M::kKind.value);
  hash.absorb(signed_part(m));
  return hash.value();
}

template <Wire M>
std::optional<View> payload_view(const M& m) {
  std::optional<View> found;
  for_each_member(m, [&](const auto& member) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, View>) {
      if (!found) found = member;
    }
  });
  return found;
}

/// Members in their order, those of members before the next; of a sequence the first element.
template <class T>
void find_subject(const T& value, MessageSubject& found) {
  if constexpr (std::is_same_v<T, Height>) {
    if (!found.height) found.height = value;
  } else if constexpr (std::is_same_v<T, Digest>) {
    if (!found.block && !value.is_zero()) found.block = value;
  } else if constexpr (std::is_same_v<T, BlockPayload>) {
    if (!value.ref) return;
    find_subject(value->height, found);
    find_subject(value->digest, found);
  } else if constexpr (is_vector<T>::value) {
    if (!value.empty()) find_subject(value.front(), found);
  } else if constexpr (is_optional<T>::value || requires { typename T::shared_type; }) {
    if (value) find_subject(*value, found);
  } else if constexpr (Described<T>) {
    for_each_member(value, [&](const auto& member) { find_subject(member, found); });
  }
}

/// The unqualified name of M, from the compiler's spelling of this function.
template <class M>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("M = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  const auto colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}
}  // namespace detail

/// The MessageType of M; traces and metrics call it by the struct's name.
template <Wire M>
constexpr MessageType describe_message() {
  static_assert(M::kKind.value < kKindLimit);
  return MessageType{
      .name = detail::type_name<M>(),
      .kind = M::kKind,
      .payload_size = sizeof(M),
      .encode = [](const void* p, ByteWriter& w) { byzlab::encode(*static_cast<const M*>(p), w); },
      .decode =
          [](ByteReader& r, void* storage) {
            auto* m = new (storage) M{};
            if (byzlab::decode(r, *m)) return true;
            m->~M();
            return false;
          },
      .signed_bytes =
          [](const void* p, ByteWriter& w) {
            w.integer(M::kKind.value);
            byzlab::encode(detail::signed_part(*static_cast<const M*>(p)), w);
          },
      .digest = [](const void* p) { return detail::payload_digest(*static_cast<const M*>(p)); },
      .wire_size = [](const void* p) { return byzlab::wire_size(*static_cast<const M*>(p)); },
      .destroy = std::is_trivially_destructible_v<M> ? nullptr
                                                     : +[](void* p) { static_cast<M*>(p)->~M(); },
      .json = [](const void* p, std::string& out) { write_json(*static_cast<const M*>(p), out); },
      .view = [](const void* p) { return detail::payload_view(*static_cast<const M*>(p)); },
      .subject =
          [](const void* p) {
            MessageSubject found;
            detail::find_subject(*static_cast<const M*>(p), found);
            return found;
          },
  };
}

template <Wire M>
inline constexpr MessageType message_type = describe_message<M>();

/// Three-valued memory of a check that is a pure function of a record.
enum class Verdict : std::uint8_t { unknown, good, bad };

class Message {
 public:
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  MessageKind kind() const { return kind_; }
  /// Who signed it: the original author, also when somebody else relayed it.
  ReplicaId from() const { return ReplicaId(from_); }
  /// Size on the wire with its envelope, bytes.
  std::uint32_t bytes() const { return bytes_; }
  /// Fast digest of kind and signed part; names the content in virtual time and in traces.
  std::uint64_t digest() const { return digest_; }
  /// The sender's signature; in virtual time only words[0] is used.
  Signature signature() const;
  std::uint64_t tag() const { return tag_; }
  bool is_signed() const { return tag_ != 0 || signature_ != nullptr; }

  const void* payload() const { return this + 1; }
  /// The payload; M must be the type of kind().
  template <Wire M>
  const M& as() const {
    return *std::launder(reinterpret_cast<const M*>(payload()));
  }

  /// Remembers the answer of a check that depends on nothing but this record (a certificate's
  /// validity, say): n recipients of one broadcast compute it once.
  template <class Check>
  bool checked(Check&& check) const {
    if (checked_ == Verdict::unknown) checked_ = check() ? Verdict::good : Verdict::bad;
    return checked_ == Verdict::good;
  }

 private:
  friend class MessageStore;
  friend class Crypto;
  Message() = default;

  std::uint64_t digest_ = 0;
  std::uint64_t tag_ = 0;                 // virtual time: the keyed hash
  const Signature* signature_ = nullptr;  // real crypto: owned
  std::uint32_t holders_ = 0;             // deliveries outstanding and references held
  std::uint32_t bytes_ = 0;
  std::uint32_t from_ = 0;
  MessageKind kind_;
  std::uint8_t size_class_ = 0;
  mutable Verdict authentic_ = Verdict::unknown;
  mutable Verdict checked_ = Verdict::unknown;
};
static_assert(sizeof(Message) == 40);

/// Where the records of one run live: blocks of a few sizes, reused last-in first-out.
class MessageStore {
 public:
  /// `table` must outlive the store.
  explicit MessageStore(const MessageTable& table) : table_(&table) {}
  ~MessageStore();
  MessageStore(const MessageStore&) = delete;
  MessageStore& operator=(const MessageStore&) = delete;

  /// A new, unsigned record with no holders; hold() it or hand it to a network.
  template <Wire M>
  Message* make(ReplicaId from, M&& payload) {
    using Payload = std::remove_cvref_t<M>;
    constexpr std::size_t kSize = sizeof(Message) + sizeof(Payload);
    Message* m = allocate(kSize, class_of(kSize));
    auto* p = new (m + 1) Payload(std::forward<M>(payload));
    m->kind_ = Payload::kKind;
    m->from_ = from.value;
    derive(*m, *p);
    return m;
  }

  /// A record from received bytes (kind and payload, no envelope); null when they are malformed:
  /// an unknown kind, a length that does not fit, bytes left over.
  Message* decode(ReplicaId from, std::span<const std::byte> bytes, HashScheme scheme);
  /// Kind and payload as bytes, what decode() reads.
  void encode(const Message& m, Bytes& out) const;
  /// Copies the signature of one record to another (a corrupted copy keeps its envelope).
  void copy_signature(const Message& from, Message& to);
  void set_signature(Message& m, const Signature& s);

  void hold(Message* m, std::uint32_t count = 1) { m->holders_ += count; }
  /// For those who see the record read-only, as handlers do.
  Message* hold(const Message& m) {
    auto* record = const_cast<Message*>(&m);
    hold(record);
    return record;
  }
  /// Gives up one hold; the last one frees the record.
  void release(Message* m) {
    if (--m->holders_ == 0) destroy(m);
  }
  /// Frees a record that nobody ever held.
  void discard_unheld(Message* m) {
    if (m->holders_ == 0) destroy(m);
  }

  const MessageType& type(MessageKind kind) const { return *(*table_)[kind.value]; }
  const MessageTable& table() const { return *table_; }
  /// Records alive now.
  std::uint64_t alive() const { return alive_; }

 private:
  static constexpr std::size_t kClasses = 6;
  static constexpr std::array<std::uint32_t, kClasses> kClassBytes{64, 96, 128, 192, 256, 512};
  struct Free {
    Free* next;
  };

  /// A small payload that can be compared, with what was derived from it.
  struct Derived {
    static constexpr std::size_t kPayloadBytes = 64;
    alignas(std::uint64_t) std::array<std::byte, kPayloadBytes> payload{};
    std::uint64_t digest = 0;
    std::uint32_t bytes = 0;  // 0: there is none yet
  };
  template <class M>
  static constexpr bool kRemembered =
      std::equality_comparable<M> && std::is_trivially_copyable_v<M> &&
      sizeof(M) <= Derived::kPayloadBytes && alignof(M) <= alignof(std::uint64_t);

  /// Digest and size. Hundreds of replicas send the same vote, each a record of its own: these are
  /// computed for the first.
  template <Wire M>
  void derive(Message& m, const M& payload) {
    if constexpr (!kRemembered<M>) {
      m.digest_ = detail::payload_digest(payload);
      m.bytes_ = kEnvelopeBytes + byzlab::wire_size(payload);
    } else {
      Derived& last = derived_[M::kKind.value];
      const M& before = *std::launder(reinterpret_cast<const M*>(last.payload.data()));
      if (last.bytes == 0 || !(before == payload)) {
        new (last.payload.data()) M(payload);
        last.digest = detail::payload_digest(payload);
        last.bytes = kEnvelopeBytes + byzlab::wire_size(payload);
      }
      m.digest_ = last.digest;
      m.bytes_ = last.bytes;
    }
  }

  /// The smallest class that is large enough, or kClasses.
  static constexpr std::size_t class_of(std::size_t size) {
    std::size_t c = 0;
    while (c < kClasses && kClassBytes[c] < size) ++c;
    return c;
  }
  Message* allocate(std::size_t size, std::size_t c) {
    ++alive_;
    void* block = nullptr;
    if (c < kClasses && free_[c] != nullptr) {
      block = free_[c];
      free_[c] = free_[c]->next;
    } else {
      block = fresh_block(c, size);
    }
    auto* m = new (block) Message;  // without (): that would fill it with zeros first
    m->size_class_ = static_cast<std::uint8_t>(c);
    return m;
  }
  void* fresh_block(std::size_t size_class, std::size_t size);
  void destroy(Message* m);

  const MessageTable* table_;
  std::array<Free*, kClasses> free_{};
  std::vector<std::byte*> slabs_;
  std::array<std::byte*, kClasses> slab_next_{};
  std::array<std::byte*, kClasses> slab_end_{};
  std::uint64_t alive_ = 0;
  std::array<Derived, kKindLimit> derived_{};  // of the last of each kind
};

/// Keeps a record alive beyond the handler that received it.
class HeldMessage {
 public:
  HeldMessage() = default;
  HeldMessage(MessageStore& store, Message* m) : store_(&store), message_(m) { store.hold(m); }
  HeldMessage(MessageStore& store, const Message& m) : store_(&store), message_(store.hold(m)) {}
  HeldMessage(HeldMessage&& other) noexcept
      : store_(other.store_), message_(std::exchange(other.message_, nullptr)) {}
  HeldMessage& operator=(HeldMessage&& other) noexcept {
    std::swap(store_, other.store_);
    std::swap(message_, other.message_);
    return *this;
  }
  ~HeldMessage() {
    if (message_ != nullptr) store_->release(message_);
  }
  Message* get() const { return message_; }
  const Message& operator*() const { return *message_; }
  const Message* operator->() const { return message_; }
  explicit operator bool() const { return message_ != nullptr; }

 private:
  MessageStore* store_ = nullptr;
  Message* message_ = nullptr;
};

}  // namespace byzlab
