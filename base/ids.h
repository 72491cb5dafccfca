// Strong identifiers: a ReplicaId is not a View, and the compiler knows.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace byzlab {

/// An integer with a meaning; Tag is the id type itself. Ordered, hashable, explicitly made and
/// read.
template <class Tag, class Rep>
struct Strong {
  using rep = Rep;
  Rep value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Rep v) : value(v) {}
  constexpr explicit operator Rep() const { return value; }

  constexpr auto operator<=>(const Strong&) const = default;
  constexpr Strong& operator++() {
    ++value;
    return *this;
  }
  constexpr Tag next() const { return Tag(static_cast<Rep>(value + 1)); }
  constexpr Tag plus(Rep n) const { return Tag(static_cast<Rep>(value + n)); }
};

template <class T>
concept StrongId =
    requires { typename T::rep; } && std::is_base_of_v<Strong<T, typename T::rep>, T>;

/// A member of the committee: 0 … n-1, printed r0 … r(n-1).
struct ReplicaId : Strong<ReplicaId, std::uint32_t> {
  using Strong::Strong;
};

/// A running copy of an engine. Process i is replica i for i < n; twins are the processes beyond.
struct ProcessId : Strong<ProcessId, std::uint32_t> {
  using Strong::Strong;
};

/// A client: c0, c1, …
struct ClientId : Strong<ClientId, std::uint32_t> {
  using Strong::Strong;
};

/// A client request. Dense: the k-th request submitted in a run has id k.
struct RequestId : Strong<RequestId, std::uint64_t> {
  using Strong::Strong;
};

/// View, round, epoch or term: the engine says which.
struct View : Strong<View, std::uint64_t> {
  using Strong::Strong;
};

/// Position of a block in the log or chain; genesis is 0.
struct Height : Strong<Height, std::uint64_t> {
  using Strong::Strong;
};

}  // namespace byzlab

template <class T>
  requires byzlab::StrongId<T>
struct std::hash<T> {
  std::size_t operator()(T id) const noexcept {
    return static_cast<std::size_t>((id.value + 1) * 0x9E3779B97F4A7C15ull);
  }
};
