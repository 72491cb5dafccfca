#include "testbed/invariants/growth.h"

#include <algorithm>

namespace byzlab {

std::uint64_t Growth::count_in(const Span& span) const {
  const auto from = std::ranges::lower_bound(steps_, span.from, {}, &Step::at);
  const auto to = std::ranges::lower_bound(steps_, span.to, {}, &Step::at);
  return to > from ? static_cast<std::uint64_t>(to - from) : 0;
}

const Growth::Step* Growth::after(Time t) const {
  const auto next = std::ranges::upper_bound(steps_, t, {}, &Step::at);
  return next == steps_.end() ? nullptr : &*next;
}

std::uint64_t Growth::height_at(Time t) const {
  const auto next = std::ranges::upper_bound(steps_, t, {}, &Step::at);
  return next == steps_.begin() ? 0 : std::prev(next)->height;
}

Growth::Gap Growth::longest_gap(const Span& span) const {
  Gap longest{.from = span.from, .to = span.from};
  Time last = span.from;
  const auto look_at = [&](Time next) {
    if (next - last > longest.to - longest.from) longest = {.from = last, .to = next};
    last = next;
  };
  for (auto s = std::ranges::lower_bound(steps_, span.from, {}, &Step::at);
       s != steps_.end() && s->at < span.to; ++s) {
    look_at(s->at);
  }
  look_at(span.to);
  return longest;
}

}  // namespace byzlab
