#include "testbed/invariants/fault_windows.h"

#include <algorithm>

namespace byzlab {

void FaultWindows::on(Time now, const FaultChanged& event) {
  const scenario::TimelineEntry& entry = scenario_.timeline[event.fault];
  auto& windows = windows_[event.fault];
  const bool counts = !is_mark(entry) && !is_instant(entry);
  if (event.active) {
    windows.push_back({.round = event.round, .from = now, .to = is_instant(entry) ? now : kNever});
    if (counts) ++active_;
  } else {
    const auto open = std::ranges::find_if(
        windows, [&](const Window& w) { return w.round == event.round && w.to == kNever; });
    if (open == windows.end()) return;
    open->to = now;
    if (counts) --active_;
  }
  if (!is_mark(entry)) last_change_ = now;
}

Spans FaultWindows::of_entry(std::size_t entry, Time end) const {
  Spans spans;
  for (const Window& w : windows_[entry]) {
    const bool open = w.to == kNever;
    spans.push_back({.from = w.from, .to = open ? end + Duration{1} : w.to, .open = open});
  }
  return spans;
}

Spans FaultWindows::of(const scenario::Window& window, Time end) const {
  using Kind = scenario::Window::Kind;
  switch (window.kind) {
    case Kind::entry: return of_entry(window.entry, end);
    case Kind::faults: return faults(end);
    case Kind::start: return {{.from = kStart, .to = kStart}};
    case Kind::end: return {{.from = end, .to = end}};
    case Kind::gst: {
      const Time gst = scenario_.network.synchrony ? scenario_.network.synchrony->gst : kStart;
      if (gst > end) return {};
      return {{.from = kStart, .to = gst}};
    }
  }
  return {};
}

Spans FaultWindows::faults(Time end) const {
  Spans all;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (is_mark(scenario_.timeline[i])) continue;
    // An instant is kept as a span of a nanosecond, so that a grace can lengthen it.
    for (Span s : of_entry(i, end)) {
      s.to = std::max(s.to, s.from + Duration{1});
      all.push_back(s);
    }
  }
  return merged(std::move(all));
}

}  // namespace byzlab
