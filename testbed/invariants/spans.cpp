#include "testbed/invariants/spans.h"

#include <algorithm>

namespace byzlab {

Spans merged(Spans spans) {
  std::erase_if(spans, [](const Span& s) { return s.to <= s.from; });
  std::ranges::sort(spans, {}, &Span::from);
  Spans result;
  for (const Span& s : spans) {
    if (!result.empty() && s.from <= result.back().to) {
      if (s.to > result.back().to) {
        result.back().to = s.to;
        result.back().open = s.open;
      }
    } else {
      result.push_back(s);
    }
  }
  return result;
}

Spans without(Span whole, const Spans& spans) {
  Spans result;
  Time at = whole.from;
  for (const Span& s : spans) {
    if (s.from > at) result.push_back({.from = at, .to = std::min(s.from, whole.to)});
    at = std::max(at, s.to);
  }
  if (at < whole.to) result.push_back({.from = at, .to = whole.to, .open = whole.open});
  return merged(std::move(result));
}

Spans common(const Spans& a, const Spans& b) {
  Spans result;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    result.push_back({.from = std::max(i->from, j->from),
                      .to = std::min(i->to, j->to),
                      .open = i->open || j->open});
    if (i->to < j->to) {
      ++i;
    } else {
      ++j;
    }
  }
  return merged(std::move(result));
}

Duration length(const Spans& spans) {
  Duration sum{0};
  for (const Span& s : spans) sum += s.length();
  return sum;
}

bool contains(const Spans& spans, Time t) { return touches(spans, t, t); }

bool touches(const Spans& spans, Time from, Time to) {
  // The first span that ends after `from` is the only candidate: later ones start later.
  const auto s = std::ranges::upper_bound(spans, from, {}, &Span::to);
  return s != spans.end() && s->from <= to;
}

}  // namespace byzlab
