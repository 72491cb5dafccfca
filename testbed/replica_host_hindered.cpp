// What a process does that is hindered: by a virtual CPU that takes time, a pause, a disk at fault,
// a clock that is wrong. What a handler asks for happens as far as it may, and the rest waits in
// the order it was asked for.
#include <algorithm>

#include "base/overloaded.h"
#include "testbed/replica_host.h"

namespace byzlab {

namespace {

/// A mempool without what this process has committed already, though nobody has seen it yet.
class PendingCommits final : public Mempool {
 public:
  using Blocks = std::function<void(std::vector<BlockRef>&)>;
  PendingCommits(Mempool& inner, Blocks pending) : inner_(inner), pending_(std::move(pending)) {}

  Mempool& inner() const { return inner_; }
  bool pending() override {
    std::vector<BlockRef> blocks;
    pending_(blocks);
    if (blocks.empty() || !inner_.pending()) return inner_.pending();
    return !inner_.batch({.requests = 1}, blocks).empty();
  }
  std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) override {
    std::vector<BlockRef> blocks(in_flight.begin(), in_flight.end());
    pending_(blocks);
    return inner_.batch(limit, blocks);
  }

 private:
  Mempool& inner_;
  Blocks pending_;
};

bool same(const DurableState& a, const DurableState& b) {
  if (a.blocks != b.blocks || a.records.size() != b.records.size()) return false;
  auto other = b.records.begin();
  for (const auto record : a.records) {
    if (!std::ranges::equal(record, *other)) return false;
    ++other;
  }
  return true;
}

}  // namespace

bool ReplicaHost::take_in(Time now, ProcessId to, Process& process, Message& m) {
  if (process.down) {
    reject(to, m, DropReason::receiver_down);
    return false;
  }
  if (!crypto_.authentic(store_, m)) {
    reject(to, m, DropReason::unauthentic);
    return false;
  }
  trace(static_cast<std::uint64_t>(nanoseconds(now)), m.digest() + to.value);
  Hindered& h = *process.hindered;
  h.inbox.push_back({HeldMessage(store_, &m), network_.transit(), now});
  if (process.paused) return true;
  if (h.inbox.size() == 1 && process.cpu_free <= now) {
    if (h.disk) h.disk->advance(now);
    depart(now, to, process);
    serve(now, to, process);
  }
  if (!process.down) sleep_until_next(to, process);
  return true;
}

void ReplicaHost::go_on(Time now, ProcessId p, Process& process) {
  Hindered& h = *process.hindered;
  if (h.disk) h.disk->advance(now);
  depart(now, p, process);
  while (!h.calls.empty()) {
    const Call call = std::move(h.calls.front());
    h.calls.erase(h.calls.begin());
    work(now, p, process, &call, Duration{0});
  }
  while (!process.down && process.cpu_free <= now && take_next(now, p, process)) {
  }
  if (process.down) return;
  look_again(process);
  sleep_until_next(p, process);
}

/// What has waited longest; of what came at one moment a request, a message, a timer.
bool ReplicaHost::take_next(Time now, ProcessId p, Process& process) {
  const Hindered& h = *process.hindered;
  const auto due = std::ranges::min_element(process.timers, {}, &ArmedTimer::deadline);
  const bool fires = due != process.timers.end() && due->deadline <= now;
  const Time timer = fires ? std::max(due->deadline, h.resumed_at) : kNever;
  const Time message = h.inbox.empty() ? kNever : h.inbox.front().arrived;
  const bool asked = !process.requests.empty() && process.requests.top() <= now;
  if (asked && process.requests.top() <= std::min(message, timer)) {
    ask_for_requests(now, p, process);
  } else if (!h.inbox.empty() && message <= timer) {
    serve(now, p, process);
  } else if (fires) {
    work(now, p, process, *take_due(now, p, process), Duration{0});
  } else {
    return false;
  }
  return true;
}

void ReplicaHost::serve(Time now, ProcessId p, Process& process) {
  const auto [m, way, arrived] = std::move(process.hindered->inbox.front());
  process.hindered->inbox.pop_front();
  if (events_.wants<Delivered>()) tell_delivered(now, p, *m, way);
  const Message* input = m.get();
  work(now, p, process, input, costs_.verify + costs_.hash_per_byte * m->bytes());
}

void ReplicaHost::work(Time now, ProcessId p, Process& process, const Input& input,
                       Duration service) {
  Hindered& h = *process.hindered;
  process.cpu_used += service;
  Time leave = std::max(now, process.cpu_free) + service;
  {
    Context ctx(process.environment, h.clock.at(now), outbox_);
    hand(*process.engine, ctx, input);
  }
  leave = carry_out_later(now, p, process, leave);
  while (to_self_next_ < to_self_.size()) {
    Message* m = to_self_[to_self_next_++];
    if (!h.must_stop && crypto_.authentic(store_, *m)) {
      Context ctx(process.environment, h.clock.at(now), outbox_);
      process.engine->on_message(ctx, m->from(), *m);
    }
    store_.release(m);
    leave = carry_out_later(now, p, process, leave);
  }
  to_self_.clear();
  to_self_next_ = 0;
  if (!cpu_is_free_) process.cpu_free = leave;
  if (h.must_stop) {
    crash(p);
  } else {
    depart(now, p, process);
  }
}

/// Returns when the CPU is done with all of it.
Time ReplicaHost::carry_out_later(Time now, ProcessId p, Process& process, Time leave) {
  Hindered& h = *process.hindered;
  if (h.disk && !h.must_stop) write_down(leave, process);
  if (h.must_stop) {
    outbox_.discard(store_);
    return leave;
  }
  const std::uint64_t write = h.disk ? h.disk->written() : 0;
  const auto later = [&](const auto& effect, Time when) {
    h.departures.push_back({.effect = effect, .leave = when, .write = write});
    if (h.disk && write > h.disk->known()) ++disk_tallies_[p.value].syncs_awaited;
  };
  const auto carry_out_one = Overloaded{
      [&](const Send& send) {
        leave = charge_signature(process, *send.message, leave);
        sign(process, *send.message);
        if (send.to == process.environment.self) {
          to_self_.push_back(send.message);  // with the effect's hold
        } else {
          later(send, leave);
        }
      },
      [&](const Broadcast& broadcast) {
        leave = charge_signature(process, *broadcast.message, leave);
        sign(process, *broadcast.message);
        to_self_.push_back(store_.hold(*broadcast.message));
        later(broadcast, leave);
      },
      [&](const SetTimer& set) {
        arm(p, process, set.timer, now + h.clock.lasts(std::max(set.after, Duration{0})));
      },
      [&](const CancelTimer& cancelled) { cancel(process, cancelled.timer); },
      [&](const Commit& commit) {
        h.disk ? later(commit, now) : tell_commit(now, p, process, commit);
      },
      [&](const Persist& persist) {
        if (h.disk) return;  // written down already
        if (persist.replace) process.durable.records.clear();
        process.durable.records.append(
            std::span(outbox_.bytes).subspan(persist.begin, persist.end - persist.begin));
      },
      [&](const PersistBlock& persist) {
        BlockRef block(persist.block, false);  // with the effect's hold
        if (!h.disk) process.durable.blocks.push_back(std::move(block));
      },
      [&](const Note& note) { h.disk ? later(note, now) : tell_note(now, p, process, note); },
      [&](const EnterView& enter) { tell_view(now, p, process, enter); },
  };
  for (const Effect& effect : outbox_.effects) std::visit(carry_out_one, effect);
  outbox_.clear();
  return leave;
}

Time ReplicaHost::charge_signature(Process& process, const Message& m, Time leave) {
  if (cpu_is_free_ || m.from() != process.environment.self || m.is_signed()) return leave;
  const Duration service = costs_.sign + costs_.hash_per_byte * m.bytes();
  process.cpu_used += service;
  return leave + service;
}

/// Gives the disk what the call wrote: what it persisted, or its state if that has changed.
void ReplicaHost::write_down(Time done, Process& process) {
  Hindered& h = *process.hindered;
  VirtualDisk::Write what;
  for (const Effect& effect : outbox_.effects) {
    if (const auto* persist = std::get_if<Persist>(&effect)) {
      const auto bytes =
          std::span(outbox_.bytes).subspan(persist->begin, persist->end - persist->begin);
      const Bytes record(bytes.begin(), bytes.end());
      if (persist->replace) {
        what.emplace_back(VirtualDisk::Replace{record});
      } else {
        what.emplace_back(VirtualDisk::Append{record});
      }
    } else if (const auto* block = std::get_if<PersistBlock>(&effect)) {
      what.emplace_back(BlockRef(block->block));
    }
  }
  DurableState state;
  process.engine->save(state);
  if (!state.empty() && !same(state, h.saved)) {
    h.saved = state;
    what.emplace_back(std::move(state));
  }
  if (what.empty()) return;
  h.must_stop = h.disk->fails();
  if (!h.must_stop) h.disk->write(done, std::move(what));
}

/// Lets go what may be seen by now.
void ReplicaHost::depart(Time now, ProcessId p, Process& process) {
  Hindered& h = *process.hindered;
  while (!process.paused && !h.departures.empty()) {
    const Departure next = h.departures.front();
    if (next.leave > now || (h.disk && next.write > h.disk->known())) return;
    h.departures.pop_front();
    std::visit(Overloaded{
                   [&](const Send& send) {
                     transmit(now, p, send.to, *send.message);
                     store_.release(send.message);
                   },
                   [&](const Broadcast& broadcast) {
                     network_.broadcast(p, *broadcast.message, now);
                     store_.release(broadcast.message);
                   },
                   [&](const Commit& commit) { tell_commit(now, p, process, commit); },
                   [&](const Note& note) { tell_note(now, p, process, note); },
                   [](const auto&) {},  // nothing else departs
               },
               next.effect);
  }
}

/// When it has something to do, beside timers and requests.
Time ReplicaHost::next_step(const Process& process) const {
  const Hindered& h = *process.hindered;
  Time next = h.disk ? h.disk->sync_ends() : kNever;
  if (!h.calls.empty()) next = kStart;
  if (!h.inbox.empty()) next = std::min(next, process.cpu_free);
  if (h.departures.empty()) return next;
  const Departure& first = h.departures.front();
  return h.disk && first.write > h.disk->known() ? next : std::min(next, first.leave);
}

/// Whether anything hinders it.
void ReplicaHost::look_again(Process& process) {
  bool free = process.engine && !process.down && !process.paused && cpu_is_free_;
  if (Hindered* const h = process.hindered.get()) {
    if (h->disk && h->disk->idle()) {
      process.environment.mempool = &static_cast<PendingCommits&>(*h->mempool).inner();
      h->mempool.reset();
      h->disk.reset();
      h->saved = {};
    }
    free = free && !h->disk && h->clock.right() && h->inbox.empty() && h->departures.empty() &&
           h->calls.empty();
  }
  if (!free) hindered(process);
  process.free = free;
}

ReplicaHost::Hindered& ReplicaHost::hindered(Process& process) {
  if (!process.hindered) process.hindered = std::make_unique<Hindered>();
  return *process.hindered;
}

// The CPU has not spent what it was charged for the rest of its service.
void ReplicaHost::crash_hindered(Time now, ProcessId p, Process& process) {
  Hindered& h = *process.hindered;
  const Time stopped = process.paused ? h.paused_at : now;
  process.cpu_used -= std::max(process.cpu_free - stopped, Duration{0});
  for (const Departure& departure : h.departures) discard(departure.effect);
  h.departures.clear();
  h.inbox.clear();
  h.calls.clear();
  if (h.disk) {
    const std::uint64_t draw =
        mix(seed_, 0xD15C, p.value, static_cast<std::uint64_t>(nanoseconds(now)));
    const VirtualDisk::Loss loss = h.disk->crash(now, Rng(draw));
    process.amnesia = process.amnesia || loss.amnesia;
    DiskTally& tally = disk_tallies_[p.value];
    tally.writes_lost += loss.gone;
    tally.writes_torn += loss.torn ? 1 : 0;
    tally.syncs_failed += h.must_stop ? 1 : 0;
  }
  h.must_stop = false;
}

// The CPU goes on where it stood.
void ReplicaHost::resume_hindered(Time now, Process& process) {
  Hindered& h = *process.hindered;
  const Duration stood = now - h.paused_at;
  if (process.cpu_free > h.paused_at) process.cpu_free += stood;
  for (Departure& departure : h.departures) {
    if (departure.leave > h.paused_at) departure.leave += stood;
  }
  h.resumed_at = now;
}

void ReplicaHost::discard(const Effect& effect) {
  Outbox one;
  one.effects.push_back(effect);
  one.discard(store_);
}

void ReplicaHost::disk_fails(ProcessId p, const DiskFault& fault) {
  Process& process = processes_[p.value];
  Hindered& h = hindered(process);
  if (!h.disk) {
    // So far all was durable.
    if (process.engine) {
      process.engine->save(process.durable);
      process.engine->save(h.saved);
    }
    h.disk = std::make_unique<VirtualDisk>(process.durable);
    h.mempool = std::make_unique<PendingCommits>(
        *process.environment.mempool, [&h](std::vector<BlockRef>& blocks) {
          for (const Departure& d : h.departures) {
            const auto* commit = std::get_if<Commit>(&d.effect);
            if (commit != nullptr) blocks.emplace_back(commit->block);
          }
        });
    process.environment.mempool = h.mempool.get();
  }
  h.disk->add(fault);
  look_again(process);
  if (!process.down) request_wake(p, process, network_.now());
}

void ReplicaHost::disk_heals(ProcessId p, const DiskFault& fault) {
  Process& process = processes_[p.value];
  if (!process.hindered || !process.hindered->disk) return;
  process.hindered->disk->remove(network_.now(), fault);
  if (process.down) {
    look_again(process);
  } else {
    request_wake(p, process, network_.now());
  }
}

template <class Change>
void ReplicaHost::change_clock(ProcessId p, Change&& change) {
  Process& process = processes_[p.value];
  LocalClock& clock = hindered(process).clock;
  const Time now = network_.now();
  const Time before = clock.at(now);
  std::vector<Duration> left;
  for (const ArmedTimer& t : process.timers) left.push_back(clock.ticks(t.deadline - now));
  change(clock, now);
  const Duration leap = clock.at(now) - before;
  for (std::size_t i = 0; i < left.size(); ++i) {
    process.timers[i].deadline = std::max(now, now + clock.lasts(left[i] - leap));
  }
  look_again(process);
  if (!process.down) sleep_until_next(p, process);
}

void ReplicaHost::set_clock(ProcessId p, Duration by) {
  change_clock(p, [&](LocalClock& clock, Time) { clock.shift(by); });
}

void ReplicaHost::drift_clock(ProcessId p, std::int64_t billionths) {
  change_clock(p, [&](LocalClock& clock, Time now) { clock.drift(now, billionths); });
}

// No timer hears of it.
void ReplicaHost::skew_clock(ProcessId p, Duration by) {
  Process& process = processes_[p.value];
  hindered(process).clock.shift(by);
  look_again(process);
}

Time ReplicaHost::local_time(ProcessId p) const {
  const Process& process = processes_[p.value];
  return process.hindered ? process.hindered->clock.at(network_.now()) : network_.now();
}

}  // namespace byzlab
