#include "testbed/replica_host.h"

#include <algorithm>

#include "base/overloaded.h"

namespace byzlab {

ReplicaHost::ReplicaHost(Parts parts)
    : committee_(*parts.committee),
      crypto_(*parts.crypto),
      store_(*parts.store),
      network_(*parts.network),
      events_(*parts.events),
      commits_(*parts.commits),
      make_engine_(std::move(parts.make_engine)),
      costs_(parts.costs),
      cpu_is_free_(parts.costs.free()),
      seed_(parts.seed),
      processes_(parts.replica_of.size()),
      standings_(parts.replica_of.size()),
      tallies_(parts.replica_of.size()),
      trace_hash_(mix(parts.seed)) {
  for (std::uint32_t i = 0; i < processes_.size(); ++i) {
    Process& process = processes_[i];
    process.rng = Rng(mix(seed_, 0x9E5, i));
    process.environment = Context::Environment{
        .self = parts.replica_of[i],
        .committee = &committee_,
        .crypto = &crypto_,
        .store = &store_,
        .mempool = &parts.mempool(ProcessId(i)),
        .recovered = &process.durable,
        .rng = &process.rng,
    };
    if (i < committee_.n()) continue;
    if (twins_of_.empty()) twins_of_.resize(committee_.n());
    twins_of_[parts.replica_of[i].value].push_back(ProcessId(i));
  }
}

ReplicaHost::~ReplicaHost() {
  outbox_.discard(store_);
  for (; to_self_next_ < to_self_.size(); ++to_self_next_) store_.release(to_self_[to_self_next_]);
}

void ReplicaHost::keep_tallies() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    processes_[i].environment.tallies = &tallies_[i];
  }
}

void ReplicaHost::start() {
  outbox_.keeps_notes = events_.wants<Noted>();
  for (std::uint32_t i = 0; i < processes_.size(); ++i) boot(ProcessId(i));
}

void ReplicaHost::boot(ProcessId p) {
  Process& process = processes_[p.value];
  process.engine = make_engine_(p);
  step(network_.now(), p, process, Duration{0}, [&](Context& ctx) { process.engine->start(ctx); });
  sleep_until_next(p, process);
}

bool ReplicaHost::deliver(Time now, ProcessId to, Message& m) {
  Process& process = processes_[to.value];
  if (process.down) [[unlikely]] {
    reject(to, m, DropReason::receiver_down);
    return false;
  }
  if (!crypto_.authentic(store_, m)) [[unlikely]] {
    reject(to, m, DropReason::unauthentic);
    return false;
  }
  trace(static_cast<std::uint64_t>(nanoseconds(now)), m.digest() + to.value);
  if (cpu_is_free_ && !process.paused) [[likely]] {
    if (events_.wants<Delivered>()) tell_delivered(now, to, m, network_.transit());
    handle(now, to, process, m, Duration{0});
    return true;
  }
  process.inbox.push_back({HeldMessage(store_, &m), network_.transit()});
  serve_inbox(now, to, process);
  return true;
}

namespace {

/// The first two cache lines of an object, if there is one.
void fetch_ahead(const void* object) {
  if (object == nullptr) return;
  __builtin_prefetch(object);
  __builtin_prefetch(static_cast<const std::byte*>(object) + 64);
}

}  // namespace

void ReplicaHost::expect(ProcessId to) const { __builtin_prefetch(&processes_[to.value]); }

void ReplicaHost::expect(ProcessId to, const Message& m) const {
  fetch_ahead(processes_[to.value].engine.get());
  fetch_ahead(&m);
}

void ReplicaHost::tell_delivered(Time now, ProcessId p, const Message& m, const Transit& way) {
  events_.emit(now, Delivered{.from = way.from, .to = p, .sent = way.sent, .message = &m});
}

void ReplicaHost::lost(ProcessId from, ProcessId to, Time sent, const Message& m, DropReason why) {
  events_.emit(
      network_.now(),
      Dropped{
          .from = from, .to = to, .kind = m.kind(), .reason = why, .sent = sent, .message = &m});
}

inline void ReplicaHost::handle(Time now, ProcessId p, Process& process, const Message& m,
                                Duration service) {
  step(now, p, process, service,
       [&](Context& ctx) { process.engine->on_message(ctx, m.from(), m); });
}

template <class Call>
inline void ReplicaHost::step(Time now, ProcessId p, Process& process, Duration service,
                              Call&& call) {
  const Time leave = now + service;
  {
    Context ctx(process.environment, now, outbox_);
    call(ctx);
  }
  if (!outbox_.empty()) {
    carry_out(now, p, process, leave);
    if (!to_self_.empty()) hear_itself(now, p, process, leave);
  }
  occupy(process, leave);
}

/// The step's messages to itself, and what they lead to, until there are none.
void ReplicaHost::hear_itself(Time now, ProcessId p, Process& process, Time leave) {
  while (to_self_next_ < to_self_.size()) {
    Message* m = to_self_[to_self_next_++];
    if (crypto_.authentic(store_, *m)) {
      Context ctx(process.environment, now, outbox_);
      process.engine->on_message(ctx, m->from(), *m);
    }
    store_.release(m);
    if (!outbox_.empty()) carry_out(now, p, process, std::max(leave, process.cpu_free));
  }
  to_self_.clear();
  to_self_next_ = 0;
}

void ReplicaHost::carry_out(Time now, ProcessId p, Process& process, Time leave) {
  const ReplicaId self = process.environment.self;
  DurableState& durable = process.durable;
  const auto carry_out_one = Overloaded{
      [&](const Send& send) {
        leave = signed_by(process, *send.message, leave);
        dispatch(p, process, send.to, send.message, leave);
        store_.release(send.message);
      },
      [&](const Broadcast& broadcast) {
        leave = signed_by(process, *broadcast.message, leave);
        network_.broadcast(p, *broadcast.message, leave);
        to_self_.push_back(broadcast.message);  // with the effect's hold
      },
      [&](const SetTimer& set) { arm(p, process, set.timer, set.after); },
      [&](const CancelTimer& cancel) {
        std::erase_if(process.timers,
                      [&](const ArmedTimer& t) { return t.timer.same_key(cancel.timer); });
      },
      [&](const Commit& commit) {
        const BlockRef block(commit.block, false);  // with the effect's hold
        trace(static_cast<std::uint64_t>(nanoseconds(now)), block->digest.words[0] + p.value);
        commits_.committed(p, *block);
        events_.emit(now, Committed{.process = p, .replica = self, .block = block.get()});
      },
      [&](const Persist& persist) {
        if (persist.replace) durable.records.clear();
        durable.records.append(
            std::span(outbox_.bytes).subspan(persist.begin, persist.end - persist.begin));
      },
      [&](const PersistBlock& persist) {
        durable.blocks.emplace_back(persist.block, false);  // with the effect's hold
      },
      [&](const Note& note) {
        const BlockRef block(note.block, false);  // with the effect's hold
        events_.emit(now, Noted{.process = p,
                                .replica = self,
                                .milestone = note.milestone,
                                .view = note.view,
                                .value = note.value,
                                .subject = note.subject,
                                .block = block.get()});
      },
      [&](const EnterView& enter) {
        standings_[p.value] = {enter.view, enter.leader};
        events_.emit(now, ViewEntered{.process = p,
                                      .replica = self,
                                      .view = enter.view,
                                      .leader = enter.leader,
                                      .height = enter.height});
      },
  };
  // Nothing carried out here calls an engine, so the outbox does not grow under the loop.
  for (const Effect& effect : outbox_.effects) std::visit(carry_out_one, effect);
  occupy(process, leave);
  outbox_.clear();
}

inline Time ReplicaHost::signed_by(Process& process, Message& m, Time leave) {
  if (m.from() != process.environment.self || m.is_signed()) return leave;
  crypto_.sign(store_, m);
  ++signed_;
  if (cpu_is_free_) return leave;
  const Duration service = costs_.sign + costs_.hash_per_byte * m.bytes();
  process.cpu_used += service;
  return leave + service;
}

inline void ReplicaHost::dispatch(ProcessId p, Process& process, ReplicaId to, Message* m,
                                  Time leave) {
  if (to == process.environment.self) {
    store_.hold(m);
    to_self_.push_back(m);
    return;
  }
  if (!committee_.contains(to)) return;  // an engine answered a hostile id
  network_.send(p, ProcessId(to.value), *m, leave);
  if (twins_of_.empty()) return;
  for (const ProcessId twin : twins_of_[to.value]) network_.send(p, twin, *m, leave);
}

void ReplicaHost::reject(ProcessId to, const Message& m, DropReason why) {
  ++dropped_[static_cast<std::size_t>(why)];
  if (!events_.wants<Dropped>()) return;
  const Transit way = network_.transit();
  lost(way.from, to, way.sent, m, why);
}

inline void ReplicaHost::arm(ProcessId p, Process& process, Timer timer, Duration after) {
  const Time deadline = network_.now() + std::max(after, Duration{0});
  for (ArmedTimer& armed : process.timers) {
    if (!armed.timer.same_key(timer)) continue;
    armed = ArmedTimer{timer, deadline};
    request_wake(p, process, deadline);
    return;
  }
  process.timers.push_back(ArmedTimer{timer, deadline});
  request_wake(p, process, deadline);
}

void ReplicaHost::request_wake(ProcessId p, Process& process, Time when) {
  if (when >= process.queued_wake) return;  // an earlier wake-up re-arms this one
  process.queued_wake = when;
  network_.wake(p, when);
}

void ReplicaHost::woken(Time now, ProcessId p) {
  Process& process = processes_[p.value];
  if (now >= process.queued_wake) process.queued_wake = kNever;
  if (process.down || process.paused) return;
  if (process.cpu_free > now) {
    request_wake(p, process, process.cpu_free);
    return;
  }
  bool asked = false;
  while (!process.requests.empty() && process.requests.top() <= now) {
    process.requests.pop();
    asked = true;
  }
  if (asked) {
    step(now, p, process, Duration{0}, [&](Context& ctx) { process.engine->on_request(ctx); });
  }
  fire_due_timers(now, p, process);
  serve_inbox(now, p, process);
  sleep_until_next(p, process);
}

void ReplicaHost::fire_due_timers(Time now, ProcessId p, Process& process) {
  while (process.cpu_free <= now) {
    // The earliest deadline, and of equal ones the first armed.
    auto due = std::ranges::min_element(process.timers, {}, &ArmedTimer::deadline);
    if (due == process.timers.end() || due->deadline > now) return;
    const Timer timer = due->timer;
    process.timers.erase(due);
    trace(static_cast<std::uint64_t>(nanoseconds(now)),
          mix(std::uint64_t{timer.owner} << 8 | timer.id, p.value));
    step(now, p, process, Duration{0}, [&](Context& ctx) { process.engine->on_timer(ctx, timer); });
  }
}

void ReplicaHost::serve_inbox(Time now, ProcessId p, Process& process) {
  if (process.paused) return;
  while (!process.inbox.empty() && process.cpu_free <= now) {
    const auto [m, way] = std::move(process.inbox.front());
    process.inbox.pop_front();
    if (events_.wants<Delivered>()) tell_delivered(now, p, *m, way);
    const Duration service = costs_.verify + costs_.hash_per_byte * m->bytes();
    process.cpu_used += service;
    handle(now, p, process, *m, service);
  }
  if (!process.inbox.empty()) request_wake(p, process, process.cpu_free);
}

void ReplicaHost::sleep_until_next(ProcessId p, Process& process) {
  Time next = kNever;
  for (const ArmedTimer& t : process.timers) next = std::min(next, t.deadline);
  if (!process.requests.empty()) next = std::min(next, process.requests.top());
  if (next != kNever) request_wake(p, process, std::max(next, process.cpu_free));
}

void ReplicaHost::request_arrives(ProcessId p, Time when) {
  Process& process = processes_[p.value];
  if (process.down) return;  // a restarted engine finds it in its mempool
  process.requests.push(when);
  request_wake(p, process, when);
}

void ReplicaHost::call(ProcessId p, const std::function<void(Engine&, Context&)>& f) {
  Process& process = processes_[p.value];
  if (process.down) return;
  step(network_.now(), p, process, Duration{0}, [&](Context& ctx) { f(*process.engine, ctx); });
}

bool ReplicaHost::crash(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down) return false;
  process.down = true;
  process.paused = false;
  process.engine->save(process.durable);
  process.engine.reset();
  process.timers.clear();
  process.inbox.clear();
  process.requests = {};
  standings_[p.value].leader.reset();
  process.cpu_free = kStart;
  process.queued_wake = kNever;
  trace(static_cast<std::uint64_t>(nanoseconds(network_.now())), mix(0xC4A54, p.value));
  events_.emit(network_.now(), ReplicaState{.process = p,
                                            .replica = process.environment.self,
                                            .now = ReplicaState::Now::crashed,
                                            .durable_lost = false});
  return true;
}

bool ReplicaHost::restart(ProcessId p, bool keep_durable) {
  Process& process = processes_[p.value];
  if (!process.down) return false;
  if (!keep_durable) process.durable = DurableState{};
  process.down = false;
  events_.emit(network_.now(), ReplicaState{.process = p,
                                            .replica = process.environment.self,
                                            .now = ReplicaState::Now::up,
                                            .durable_lost = !keep_durable});
  boot(p);
  // What waits in its mempool counts as arriving now.
  request_arrives(p, network_.now());
  return true;
}

bool ReplicaHost::pause(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down || process.paused) return false;
  process.paused = true;
  events_.emit(network_.now(), ReplicaState{.process = p,
                                            .replica = process.environment.self,
                                            .now = ReplicaState::Now::paused,
                                            .durable_lost = false});
  return true;
}

bool ReplicaHost::resume(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down || !process.paused) return false;
  process.paused = false;
  events_.emit(network_.now(), ReplicaState{.process = p,
                                            .replica = process.environment.self,
                                            .now = ReplicaState::Now::resumed,
                                            .durable_lost = false});
  request_wake(p, process, network_.now());
  return true;
}

}  // namespace byzlab
