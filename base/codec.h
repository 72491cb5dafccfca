// The wire codec: bytes of any described struct, and back, with every length checked.
//
// A struct that Boost.Describe knows is encoded member by member: integers little-endian and fixed
// width, bool as one byte 0 or 1, optional as a presence byte, sequences as a u32 count and their
// elements. Decoding never trusts a length: a count may not exceed the bytes that are left. Types
// with a representation of their own give `void encode(ByteWriter&) const` and `static bool
// decode(ByteReader&, T&)`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"

namespace byzlab {

using Bytes = std::vector<std::byte>;

/// Bytes on the hot path: room is made without filling it, and appending is inline.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer& other) {
    if (other.size_ > 0) append(other.data(), other.size_);
  }
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer other) noexcept {
    swap(other);
    return *this;
  }

  [[gnu::always_inline]] void append(const void* data, std::size_t size) {
    if (size > capacity_ - size_) make_room(size);
    if (size == 0) return;
    std::memcpy(bytes_.get() + size_, data, size);
    size_ += size;
  }
  void clear() { size_ = 0; }
  const std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size_; }

 private:
  [[gnu::noinline]] void make_room(std::size_t size) {
    capacity_ = std::max<std::size_t>({size_ + size, 2 * capacity_, 64});
    auto bigger = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    if (size_ > 0) std::memcpy(bigger.get(), bytes_.get(), size_);
    bytes_ = std::move(bigger);
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : bytes_(&out) {}
  explicit ByteWriter(ByteBuffer& out) : buffer_(&out) {}
  [[gnu::always_inline]] void raw(const void* data, std::size_t size) {
    if (buffer_ != nullptr) return buffer_->append(data, size);
    append_to_vector(static_cast<const std::byte*>(data), size);
  }
  /// Little-endian.
  template <class Int>
    requires std::is_integral_v<Int>
  void integer(Int v);

 private:
  [[gnu::noinline]] void append_to_vector(const std::byte* data, std::size_t size) {
    bytes_->insert(bytes_->end(), data, data + size);
  }

  Bytes* bytes_ = nullptr;  // one of the two
  ByteBuffer* buffer_ = nullptr;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> in, HashScheme scheme = HashScheme::modelled)
      : in_(in), scheme_(scheme) {}
  bool raw(void* data, std::size_t size) {
    if (size > in_.size()) return false;
    if (size > 0) std::memcpy(data, in_.data(), size);
    in_ = in_.subspan(size);
    return true;
  }
  template <class Int>
    requires std::is_integral_v<Int>
  bool integer(Int& v) {
    std::byte little[sizeof(Int)];
    if (!raw(little, sizeof(Int))) return false;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
      word |= std::to_integer<std::uint64_t>(little[i]) << (8 * i);
    }
    v = static_cast<Int>(word);
    return true;
  }
  bool skip(std::size_t size) {
    if (size > in_.size()) return false;
    in_ = in_.subspan(size);
    return true;
  }
  std::size_t remaining() const { return in_.size(); }
  /// How digests of decoded content are to be recomputed.
  HashScheme scheme() const { return scheme_; }

 private:
  std::span<const std::byte> in_;
  HashScheme scheme_;
};

/// Structs described by BOOST_DESCRIBE_STRUCT.
template <class T>
concept Described =
    std::is_class_v<T> && boost::describe::has_describe_members<std::remove_const_t<T>>::value;

/// Calls f(member reference) for every described member, in order.
template <Described T, class F>
constexpr void for_each_member(T& value, F&& f) {
  using Members =
      boost::describe::describe_members<std::remove_const_t<T>, boost::describe::mod_any_access |
                                                                    boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<Members>([&](auto d) { f(value.*d.pointer); });
}

/// Calls f(name, member reference).
template <Described T, class F>
constexpr void for_each_named_member(const T& value, F&& f) {
  using Members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                           boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<Members>([&](auto d) { f(d.name, value.*d.pointer); });
}

template <class T>
concept SelfEncoding = requires(const T& v, ByteWriter& w, ByteReader& r, T& out) {
  v.encode(w);
  { T::decode(r, out) } -> std::same_as<bool>;
};

template <class T>
struct is_vector : std::false_type {};
template <class E, class A>
struct is_vector<std::vector<E, A>> : std::true_type {};
template <class T>
struct is_optional : std::false_type {};
template <class E>
struct is_optional<std::optional<E>> : std::true_type {};
template <class T>
struct is_array : std::false_type {};
template <class E, std::size_t N>
struct is_array<std::array<E, N>> : std::true_type {};

/// How many bytes every T is encoded in; 0 when that depends on the value.
template <class T>
consteval std::size_t fixed_size() {
  if constexpr (SelfEncoding<T> || is_vector<T>::value || is_optional<T>::value) {
    return 0;
  } else if constexpr (std::is_same_v<T, bool>) {
    return 1;
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return sizeof(T);
  } else if constexpr (StrongId<T>) {
    return sizeof(typename T::rep);
  } else if constexpr (std::is_same_v<T, Digest> || std::is_same_v<T, Time>) {
    return sizeof(T);
  } else if constexpr (is_array<T>::value) {
    return fixed_size<typename T::value_type>() * std::tuple_size_v<T>;
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                             boost::describe::mod_inherited>;
    std::size_t total = 0;
    bool fixed = true;
    boost::mp11::mp_for_each<Members>([&](auto d) {
      constexpr std::size_t size =
          fixed_size<std::remove_cvref_t<decltype(std::declval<const T&>().*d.pointer)>>();
      total += size;
      fixed = fixed && size != 0;
    });
    return fixed ? total : 0;
  }
}

/// How many bytes the members of fixed size take.
template <Described T>
consteval std::size_t fixed_part() {
  using Members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                           boost::describe::mod_inherited>;
  std::size_t total = 0;
  boost::mp11::mp_for_each<Members>([&](auto d) {
    total += fixed_size<std::remove_cvref_t<decltype(std::declval<const T&>().*d.pointer)>>();
  });
  return total;
}

/// Writes a T of fixed size; gives the place behind it.
template <class T>
std::byte* encode_at(const T& value, std::byte* out) {
  if constexpr (std::is_same_v<T, bool>) {
    return encode_at(static_cast<std::uint8_t>(value), out);
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(out, &value, sizeof(T));  // compilers do not make one store of the loop
    } else {
      for (std::size_t i = 0; i < sizeof(T); ++i) {
        out[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
      }
    }
    return out + sizeof(T);
  } else if constexpr (std::is_enum_v<T>) {
    return encode_at(static_cast<std::underlying_type_t<T>>(value), out);
  } else if constexpr (StrongId<T>) {
    return encode_at(value.value, out);
  } else if constexpr (std::is_same_v<T, Digest>) {
    return encode_at(value.words, out);
  } else if constexpr (std::is_same_v<T, Time>) {
    return encode_at(nanoseconds(value), out);
  } else if constexpr (is_array<T>::value) {
    for (const auto& e : value) out = encode_at(e, out);
    return out;
  } else {
    for_each_member(value, [&](const auto& m) { out = encode_at(m, out); });
    return out;
  }
}

template <class T>
void encode(const T& value, ByteWriter& w) {
  if constexpr (SelfEncoding<T>) {
    value.encode(w);
  } else if constexpr (fixed_size<T>() != 0) {
    std::array<std::byte, fixed_size<T>()> bytes;
    encode_at(value, bytes.data());
    w.raw(bytes.data(), bytes.size());
  } else if constexpr (is_vector<T>::value) {
    w.integer(static_cast<std::uint32_t>(value.size()));
    for (const auto& e : value) byzlab::encode(e, w);
  } else if constexpr (is_optional<T>::value) {
    w.integer(static_cast<std::uint8_t>(value.has_value()));
    if (value) byzlab::encode(*value, w);
  } else {
    // Neighbours of fixed size are written at once.
    std::array<std::byte, fixed_part<T>()> run;
    std::byte* end = run.data();
    const auto flush = [&] {
      if constexpr (fixed_part<T>() != 0) {
        if (end != run.data()) w.raw(run.data(), static_cast<std::size_t>(end - run.data()));
        end = run.data();
      }
    };
    for_each_member(value, [&](const auto& m) {
      if constexpr (fixed_size<std::remove_cvref_t<decltype(m)>>() != 0) {
        end = encode_at(m, end);
      } else {
        flush();
        byzlab::encode(m, w);
      }
    });
    flush();
  }
}

template <class Int>
  requires std::is_integral_v<Int>
void ByteWriter::integer(Int v) {
  std::byte bytes[sizeof(Int)];
  encode_at(v, bytes);
  raw(bytes, sizeof(Int));
}

/// False, with `value` unspecified, when the bytes are not a T.
template <class T>
bool decode(ByteReader& r, T& value) {
  if constexpr (SelfEncoding<T>) {
    return T::decode(r, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    if (!r.integer(byte) || byte > 1) return false;
    value = byte == 1;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    return r.integer(value);
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> raw{};
    if (!r.integer(raw)) return false;
    value = static_cast<T>(raw);
    if constexpr (boost::describe::has_describe_enumerators<T>::value) {
      bool known = false;
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
          [&](auto e) { known = known || e.value == value; });
      return known;
    }
    return true;
  } else if constexpr (StrongId<T>) {
    return r.integer(value.value);
  } else if constexpr (std::is_same_v<T, Digest>) {
    for (auto& word : value.words) {
      if (!r.integer(word)) return false;
    }
    return true;
  } else if constexpr (std::is_same_v<T, Time>) {
    std::int64_t ns = 0;
    if (!r.integer(ns)) return false;
    value = Time{Duration{ns}};
    return true;
  } else if constexpr (is_array<T>::value) {
    for (auto& e : value) {
      if (!byzlab::decode(r, e)) return false;
    }
    return true;
  } else if constexpr (is_vector<T>::value) {
    std::uint32_t count = 0;
    if (!r.integer(count) || count > r.remaining()) return false;
    value.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!byzlab::decode(r, value.emplace_back())) return false;
    }
    return true;
  } else if constexpr (is_optional<T>::value) {
    std::uint8_t present = 0;
    if (!r.integer(present) || present > 1) return false;
    value.reset();
    return present == 0 || byzlab::decode(r, value.emplace());
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    bool ok = true;
    for_each_member(value, [&](auto& m) { ok = ok && byzlab::decode(r, m); });
    return ok;
  }
}

/// Number of bytes encode() writes. Types whose modelled size differs give `wire_size() const`.
template <class T>
constexpr std::uint32_t wire_size(const T& value) {
  if constexpr (requires {
                  { value.wire_size() } -> std::convertible_to<std::uint32_t>;
                }) {
    return value.wire_size();
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return sizeof(T);
  } else if constexpr (StrongId<T>) {
    return sizeof(typename T::rep);
  } else if constexpr (std::is_same_v<T, Digest>) {
    return 32;
  } else if constexpr (std::is_same_v<T, Time>) {
    return 8;
  } else if constexpr (is_array<T>::value || is_vector<T>::value) {
    std::uint32_t total = is_vector<T>::value ? 4 : 0;
    for (const auto& e : value) total += byzlab::wire_size(e);
    return total;
  } else if constexpr (is_optional<T>::value) {
    return 1 + (value ? byzlab::wire_size(*value) : 0);
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    std::uint32_t total = 0;
    for_each_member(value, [&](const auto& m) { total += byzlab::wire_size(m); });
    return total;
  }
}

/// The fast hash of virtual time, over members and in order. Not cryptographic.
class FastHash {
 public:
  constexpr void word(std::uint64_t w) { state_ = mix(state_ ^ w); }
  constexpr std::uint64_t value() const { return state_; }

  template <class T>
  constexpr void absorb(const T& value) {
    if constexpr (requires { value.absorb_into(*this); }) {
      value.absorb_into(*this);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      word(static_cast<std::uint64_t>(value));
    } else if constexpr (StrongId<T>) {
      word(static_cast<std::uint64_t>(value.value));
    } else if constexpr (std::is_same_v<T, Digest>) {
      word(value.words[0]);
      word(value.words[1]);
      word(value.words[2]);
      word(value.words[3]);
    } else if constexpr (std::is_same_v<T, Time>) {
      word(static_cast<std::uint64_t>(nanoseconds(value)));
    } else if constexpr (is_array<T>::value || is_vector<T>::value) {
      word(value.size());
      for (const auto& e : value) absorb(e);
    } else if constexpr (is_optional<T>::value) {
      word(value.has_value());
      if (value) absorb(*value);
    } else {
      static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
      for_each_member(value, [&](const auto& m) { absorb(m); });
    }
  }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3ull;
};

/// Widens the state of a fast hash to 256 bits.
constexpr Digest widen(std::uint64_t h) { return Digest{{h, mix(h, 1), mix(h, 2), mix(h, 3)}}; }

/// BLAKE2b-256 of bytes.
Digest blake2b(std::span<const std::byte> bytes);

/// The digest of a described value under either scheme.
template <class T>
Digest digest_of(const T& value, HashScheme scheme) {
  if (scheme == HashScheme::modelled) {
    FastHash hash;
    hash.absorb(value);
    return widen(hash.value());
  }
  Bytes bytes;
  ByteWriter writer(bytes);
  byzlab::encode(value, writer);
  return blake2b(bytes);
}

}  // namespace byzlab
