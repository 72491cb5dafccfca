// Typed dispatch: a protocol lists its messages and writes one on() for each.
//
//   class Streamlet final : public Protocol<Streamlet, Propose, Vote> {
//    public:
//     void on(Context&, ReplicaId from, const Propose&, const Message&);
//     void on(Context&, ReplicaId from, const Vote&, const Message&);
//
// The last argument is the record the payload came in: its signature, for certificates, and
// checked().
#pragma once

#include "consensus/engine.h"

namespace byzlab {

template <class Self, Wire... Messages>
class Protocol : public Engine {
 public:
  /// The kinds this protocol speaks, for codec, traces and metrics.
  static constexpr MessageTable messages() {
    MessageTable table{};
    ((table[Messages::kKind.value] = &message_type<Messages>), ...);
    return table;
  }

  void on_message(Context& ctx, ReplicaId from, const Message& m) override {
    dispatch<Messages...>(ctx, from, m);
  }

 private:
  /// Each on() is a tail call.
  template <Wire First, Wire... Rest>
  [[gnu::always_inline]] void dispatch(Context& ctx, ReplicaId from, const Message& m) {
    if (m.kind() == First::kKind) {
      return static_cast<Self&>(*this).on(ctx, from, m.as<First>(), m);
    }
    if constexpr (sizeof...(Rest) > 0) dispatch<Rest...>(ctx, from, m);
  }
  static consteval bool kinds_differ() {
    std::array<bool, kKindLimit> seen{};
    bool differ = true;
    ((differ = differ && !std::exchange(seen[Messages::kKind.value], true)), ...);
    return differ;
  }
  static_assert(kinds_differ(), "two messages of one protocol share a wire tag");
};

}  // namespace byzlab
