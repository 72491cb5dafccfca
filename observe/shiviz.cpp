// Vector clocks (Mattern 1989; Fidge 1988) of a window of a run: an event counts its replica's
// clock up, a receipt first takes the maximum with the clock of the sending. What a replica does at
// one instant is put into the order in which it must have been: it hears, it decides, it speaks.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "observe/run_picture.h"

namespace byzlab {
namespace {

using Clock = std::vector<std::uint32_t>;

enum class Step : std::uint8_t { hears, does, sends, hears_at_once };

struct LogEvent {
  std::int64_t at;
  Step step;
  std::uint32_t replica;
  std::string text;
  std::size_t sending;  // which it is, or was caused by
  static constexpr std::size_t kNone = ~std::size_t{0};
};

/// What one replica said to some at one instant is one event.
std::vector<LogEvent> events_of(const RunPicture& picture) {
  std::vector<LogEvent> events;
  using Key = std::tuple<std::int64_t, std::uint16_t, std::string>;
  std::map<Key, std::size_t> sendings;  // to its event
  for (const MessageRow& m : picture.messages) {
    const auto text = text_of(m, *picture.index);
    const auto [known, is_new] = sendings.try_emplace(Key{m.sent, m.from, text}, events.size());
    const auto sending = known->second;
    if (is_new) events.push_back({m.sent, Step::sends, m.from, "sends " + text + " to", sending});
    events[sending].text += fmt::format(" r{}", m.to);
    if (m.dropped != 0) {
      events[sending].text += fmt::format(" (lost: {})", m.why_lost());
    } else {
      events.push_back({m.at, m.at == m.sent ? Step::hears_at_once : Step::hears, m.to,
                        fmt::format("hears {} of r{}", text, m.from), sending});
    }
  }
  for (const auto& commit : picture.commits)
    events.push_back({nanoseconds(commit.at), Step::does, commit.replica,
                      fmt::format("commits height {} block {}", commit.height, commit.block),
                      LogEvent::kNone});
  for (const auto& view : picture.views) {
    if (view.at < picture.from) continue;
    events.push_back({nanoseconds(view.at), Step::does, view.replica,
                      fmt::format("enters view {}", view.view), LogEvent::kNone});
  }
  return events;
}

std::string clock_text(const Clock& clock) {
  std::string out = "{";
  for (std::size_t r = 0; r < clock.size(); ++r)
    if (clock[r] > 0) out += fmt::format("{}\"r{}\":{}", out.size() > 1 ? ", " : "", r, clock[r]);
  return out + "}";
}

}  // namespace

std::string shiviz_log(const RunPicture& picture) {
  const auto events = events_of(picture);
  std::vector<std::size_t> order(events.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return std::pair(events[i].at, events[i].step); });
  std::vector<Clock> now(picture.n, Clock(picture.n, 0));
  std::map<std::size_t, Clock> sent;
  std::string out;
  for (const std::size_t i : order) {
    const LogEvent& event = events[i];
    Clock& clock = now[event.replica];
    if (event.step == Step::hears || event.step == Step::hears_at_once) {
      const Clock& theirs = sent.at(event.sending);
      for (std::size_t r = 0; r < clock.size(); ++r) clock[r] = std::max(clock[r], theirs[r]);
    }
    ++clock[event.replica];
    if (event.step == Step::sends) sent[i] = clock;
    out += fmt::format("{}\nr{} {}\n", event.text, event.replica, clock_text(clock));
  }
  return out;
}

}  // namespace byzlab
