// Two messages for tests of faults: one with a view, one with a body.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <vector>

#include "base/message.h"

namespace byzlab::toy {

struct Ping {
  static constexpr MessageKind kKind{3};
  View view;
  std::uint64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Ping, (), (view, number))

struct Blob {
  static constexpr MessageKind kKind{5};
  std::vector<std::uint8_t> body;
};
BOOST_DESCRIBE_STRUCT(Blob, (), (body))

inline constexpr MessageTable kToyMessages = [] {
  MessageTable table{};
  table[Ping::kKind.value] = &message_type<Ping>;
  table[Blob::kKind.value] = &message_type<Blob>;
  return table;
}();

}  // namespace byzlab::toy
