#include "testbed/holds.h"

#include <algorithm>
#include <utility>

namespace byzlab {

void Holds::take(ProcessId p, Kind kind, bool for_good, Changed& changed) {
  processes_[p.value].holds.push_back({.kind = kind, .for_good = for_good, .owner = &changed});
  if (settle(p)) changed.insert(p);
}

bool Holds::release(ProcessId p, const Changed& owner) {
  Process& process = processes_[p.value];
  if (std::erase_if(process.holds, [&](const Hold& h) { return h.owner == &owner; }) == 0) {
    return false;
  }
  const bool changed = settle(p);
  // Those that are left are the reason that it does not run.
  const Kind reason = holds(process, Kind::down) ? Kind::down : Kind::still;
  for (const Hold& hold : process.holds) {
    if (hold.kind == reason) hold.owner->insert(p);
  }
  return changed && process.holds.empty();
}

void Holds::lose_disk(ProcessId p, Changed& changed) {
  Process& process = processes_[p.value];
  // Of one that runs the crash counts.
  if (!process.disk_lost && !host_.up(p)) changed.insert(p);
  process.disk_lost = true;
}

void Holds::restart(ProcessId p, Changed& changed) {
  Process& process = processes_[p.value];
  const bool freed = std::erase_if(process.holds, [](const Hold& h) { return h.for_good; }) > 0;
  const bool stopped = host_.crash(p);
  const bool started = process.holds.empty() && settle(p);
  if (freed || stopped || started) changed.insert(p);
}

bool Holds::holds(const Process& process, Kind kind) const {
  return std::ranges::any_of(process.holds, [&](const Hold& h) { return h.kind == kind; });
}

bool Holds::settle(ProcessId p) {
  Process& process = processes_[p.value];
  if (holds(process, Kind::down)) return host_.crash(p);
  // What is down when its machine stands still is started when that is over.
  if (holds(process, Kind::still)) return host_.pause(p);
  if (host_.up(p)) return host_.resume(p);
  return host_.restart(p, !std::exchange(process.disk_lost, false));
}

}  // namespace byzlab
