// Spans of simulated time, half open: [from, to).
#pragma once

#include <vector>

#include "base/time.h"

namespace byzlab {

struct Span {
  Time from;
  Time to;
  bool open = false;  ///< still going when the run ended: `to` is just after its end

  bool contains(Time t) const { return from <= t && t < to; }
  Duration length() const { return to > from ? to - from : Duration{0}; }
};
using Spans = std::vector<Span>;

/// Sorted, without empty or overlapping ones.
Spans merged(Spans spans);
/// What `spans` (merged) leave of the whole.
Spans without(Span whole, const Spans& spans);
/// What both have. Both merged.
Spans common(const Spans& a, const Spans& b);
Duration length(const Spans& spans);
/// Of merged spans.
bool contains(const Spans& spans, Time t);
/// True when [from, to] touches one of the merged spans.
bool touches(const Spans& spans, Time from, Time to);

}  // namespace byzlab
