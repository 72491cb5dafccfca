#include "network/uplink.h"

#include <algorithm>
#include <functional>

#include "network/overlay.h"

namespace byzlab {

Uplinks::Uplinks(std::size_t processes, std::optional<std::uint64_t> bits_per_second)
    : rate_(bits_per_second.value_or(0)), servers_(rate_ == 0 ? 0 : processes) {}

void Uplinks::give(ProcessId from, Load load, const Overlay& overlay, std::uint64_t draw,
                   Time now) {
  if (load.packets == 0) return;
  if (!load.to) load.next = static_cast<std::uint32_t>(Rng(draw).below(overlay.degree(from)));
  const Duration each = transmission(load.message->bytes());
  const Duration all = times(each, load.packets);
  Server& server = servers_[from.value];
  server.given = sum(server.given, all);
  server.idle_at = later(std::max(server.idle_at, now), all);
  server.queue.push_back(load);
  waiting_ += load.packets;
  if (server.queue.size() > 1) return;
  departures_.push_back({later(now, each), from});
  std::ranges::push_heap(departures_, std::greater{});
}

Uplinks::Packet Uplinks::take(const Overlay& overlay) {
  std::ranges::pop_heap(departures_, std::greater{});
  const auto [when, from] = departures_.back();
  std::deque<Load>& queue = servers_[from.value].queue;
  const Packet packet = advance(from, queue.front(), overlay);
  if (packet.last) queue.pop_front();
  if (queue.empty()) {
    departures_.pop_back();
  } else {
    departures_.back().when = later(when, transmission(queue.front().message->bytes()));
    std::ranges::push_heap(departures_, std::greater{});
  }
  return packet;
}

Uplinks::Packet Uplinks::advance(ProcessId from, Load& load, const Overlay& overlay) {
  ProcessId to{};
  if (load.to) {
    to = *load.to;
  } else {
    do {
      to = overlay.neighbor(from, load.next);
      load.next = load.next + 1 < overlay.degree(from) ? load.next + 1 : 0;
    } while (load.skip && to == *load.skip);
  }
  --waiting_;
  return {load.message, load.journey, from, to, --load.packets == 0};
}

void Uplinks::stop_sending(ProcessId from, Time now) {
  Server& server = servers_[from.value];
  const Duration unsent = server.idle_at - now;
  server.given -= std::max(unsent, Duration{0});
  server.idle_at = now;
  std::erase_if(departures_, [&](const Departure& d) { return d.from == from; });
  std::ranges::make_heap(departures_, std::greater{});
}

}  // namespace byzlab
