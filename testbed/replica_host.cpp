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
      disk_tallies_(parts.replica_of.size()),
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
  for (const Process& process : processes_) {
    if (!process.hindered) continue;
    for (const Departure& departure : process.hindered->departures) discard(departure.effect);
  }
}

void ReplicaHost::keep_tallies() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    processes_[i].environment.tallies = &tallies_[i];
  }
}

// Some have been stopped before they began.
void ReplicaHost::start() {
  for (std::uint32_t i = 0; i < processes_.size(); ++i) {
    const Process& process = processes_[i];
    if (!process.engine && !process.down && !process.paused) boot(ProcessId(i));
  }
}

void ReplicaHost::boot(ProcessId p) {
  Process& process = processes_[p.value];
  process.engine = make_engine_(p);
  outbox_.keeps_notes = events_.wants<Noted>();
  look_again(process);
  if (process.hindered && process.hindered->disk) process.hindered->saved = process.durable;
  give(network_.now(), p, process, Start{});
  sleep_until_next(p, process);
}

bool ReplicaHost::deliver(Time now, ProcessId to, Message& m) {
  Process& process = processes_[to.value];
  if (!process.free) [[unlikely]]
    return take_in(now, to, process, m);
  if (!crypto_.authentic(store_, m)) [[unlikely]] {
    reject(to, m, DropReason::unauthentic);
    return false;
  }
  trace(static_cast<std::uint64_t>(nanoseconds(now)), m.digest() + to.value);
  if (events_.wants<Delivered>()) tell_delivered(now, to, m, network_.transit());
  step(now, to, process, [&](Context& ctx) { process.engine->on_message(ctx, m.from(), m); });
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

template <class Handler>
inline void ReplicaHost::step(Time now, ProcessId p, Process& process, Handler&& handler) {
  {
    Context ctx(process.environment, now, outbox_);
    handler(ctx);
  }
  if (outbox_.empty()) return;
  carry_out(now, p, process);
  if (!to_self_.empty()) hear_itself(now, p, process);
}

void ReplicaHost::give(Time now, ProcessId p, Process& process, const Input& input) {
  if (process.free) {
    step(now, p, process, [&](Context& ctx) { hand(*process.engine, ctx, input); });
  } else {
    work(now, p, process, input, Duration{0});
  }
}

void ReplicaHost::hand(Engine& engine, Context& ctx, const Input& input) {
  std::visit(Overloaded{
                 [&](Start) { engine.start(ctx); },
                 [&](const Message* m) { engine.on_message(ctx, m->from(), *m); },
                 [&](Timer timer) { engine.on_timer(ctx, timer); },
                 [&](Asked) { engine.on_request(ctx); },
                 [&](const Call* call) { (*call)(engine, ctx); },
             },
             input);
}

/// The step's messages to itself, and what they lead to, until there are none.
void ReplicaHost::hear_itself(Time now, ProcessId p, Process& process) {
  while (to_self_next_ < to_self_.size()) {
    Message* m = to_self_[to_self_next_++];
    if (crypto_.authentic(store_, *m)) {
      Context ctx(process.environment, now, outbox_);
      process.engine->on_message(ctx, m->from(), *m);
    }
    store_.release(m);
    if (!outbox_.empty()) carry_out(now, p, process);
  }
  to_self_.clear();
  to_self_next_ = 0;
}

void ReplicaHost::carry_out(Time now, ProcessId p, Process& process) {
  const auto carry_out_one = Overloaded{
      [&](const Send& send) {
        sign(process, *send.message);
        if (send.to == process.environment.self) {
          to_self_.push_back(send.message);  // with the effect's hold
          return;
        }
        transmit(now, p, send.to, *send.message);
        store_.release(send.message);
      },
      [&](const Broadcast& broadcast) {
        sign(process, *broadcast.message);
        network_.broadcast(p, *broadcast.message, now);
        to_self_.push_back(broadcast.message);  // with the effect's hold
      },
      [&](const SetTimer& set) {
        arm(p, process, set.timer, later(network_.now(), std::max(set.after, Duration{0})));
      },
      [&](const CancelTimer& cancelled) { cancel(process, cancelled.timer); },
      [&](const Commit& commit) { tell_commit(now, p, process, commit); },
      [&](const Persist& persist) {
        if (persist.replace) process.durable.records.clear();
        process.durable.records.append(
            std::span(outbox_.bytes).subspan(persist.begin, persist.end - persist.begin));
      },
      [&](const PersistBlock& persist) {
        process.durable.blocks.emplace_back(persist.block, false);  // with the effect's hold
      },
      [&](const Note& note) { tell_note(now, p, process, note); },
      [&](const EnterView& enter) { tell_view(now, p, process, enter); },
  };
  // Nothing carried out here calls an engine, so the outbox does not grow under the loop.
  for (const Effect& effect : outbox_.effects) std::visit(carry_out_one, effect);
  outbox_.clear();
}

void ReplicaHost::tell_commit(Time now, ProcessId p, Process& process, const Commit& commit) {
  const BlockRef block(commit.block, false);  // with the effect's hold
  const BlockRef certified(commit.certified, false);
  trace(static_cast<std::uint64_t>(nanoseconds(now)), block->digest.words[0] + p.value);
  commits_.committed(p, *block);
  events_.emit(now, Committed{.process = p,
                              .replica = process.environment.self,
                              .block = block.get(),
                              .certified = certified.get()});
}

void ReplicaHost::tell_note(Time now, ProcessId p, Process& process, const Note& note) {
  const BlockRef block(note.block, false);  // with the effect's hold
  events_.emit(now, Noted{.process = p,
                          .replica = process.environment.self,
                          .milestone = note.milestone,
                          .view = note.view,
                          .value = note.value,
                          .subject = note.subject,
                          .block = block.get()});
}

void ReplicaHost::tell_view(Time now, ProcessId p, Process& process, const EnterView& enter) {
  standings_[p.value] = {enter.view, enter.leader};
  events_.emit(now, ViewEntered{.process = p,
                                .replica = process.environment.self,
                                .view = enter.view,
                                .leader = enter.leader,
                                .height = enter.height});
}

void ReplicaHost::reject(ProcessId to, const Message& m, DropReason why) {
  ++dropped_[static_cast<std::size_t>(why)];
  if (!events_.wants<Dropped>()) return;
  const Transit way = network_.transit();
  lost(way.from, to, way.sent, m, why);
}

void ReplicaHost::cancel(Process& process, Timer timer) {
  std::erase_if(process.timers, [&](const ArmedTimer& t) { return t.timer.same_key(timer); });
}

void ReplicaHost::request_wake(ProcessId p, Process& process, Time when) {
  if (when >= process.queued_wake) return;  // an earlier wake-up re-arms this one
  process.queued_wake = when;
  network_.wake(p, when);
}

void ReplicaHost::woken(Time now, ProcessId p) {
  Process& process = processes_[p.value];
  if (now >= process.queued_wake) process.queued_wake = kNever;
  if (process.free) [[likely]] {
    ask_for_requests(now, p, process);
    fire_due_timers(now, p, process);
    sleep_until_next(p, process);
  } else if (!process.down && !process.paused) {
    go_on(now, p, process);
  }
}

/// One look at the mempool for all that has come.
void ReplicaHost::ask_for_requests(Time now, ProcessId p, Process& process) {
  bool asked = false;
  for (; !process.requests.empty() && process.requests.top() <= now; process.requests.pop()) {
    asked = true;
  }
  if (asked) give(now, p, process, Asked{});
}

void ReplicaHost::fire_due_timers(Time now, ProcessId p, Process& process) {
  while (const auto timer = take_due(now, p, process)) {
    step(now, p, process, [&](Context& ctx) { process.engine->on_timer(ctx, *timer); });
  }
}

/// The earliest deadline, and of equal ones the first armed; none that is not due.
std::optional<Timer> ReplicaHost::take_due(Time now, ProcessId p, Process& process) {
  const auto due = std::ranges::min_element(process.timers, {}, &ArmedTimer::deadline);
  if (due == process.timers.end() || due->deadline > now) return std::nullopt;
  const Timer timer = due->timer;
  process.timers.erase(due);
  trace(static_cast<std::uint64_t>(nanoseconds(now)),
        mix(std::uint64_t{timer.owner} << 8 | timer.id, p.value));
  return timer;
}

void ReplicaHost::sleep_until_next(ProcessId p, Process& process) {
  Time next = kNever;
  for (const ArmedTimer& t : process.timers) next = std::min(next, t.deadline);
  if (!process.requests.empty()) next = std::min(next, process.requests.top());
  if (!process.free && process.hindered) {
    if (next != kNever) next = std::max(next, process.cpu_free);
    next = std::min(next, next_step(process));
  }
  if (next != kNever) request_wake(p, process, next);
}

void ReplicaHost::request_arrives(ProcessId p, Time when) {
  Process& process = processes_[p.value];
  if (process.down) return;  // a restarted engine finds it in its mempool
  process.requests.push(when);
  request_wake(p, process, when);
}

void ReplicaHost::call(ProcessId p, const std::function<void(Engine&, Context&)>& f) {
  Process& process = processes_[p.value];
  if (!process.engine) return;
  if (process.paused) {
    process.hindered->calls.push_back(f);
    return;
  }
  give(network_.now(), p, process, &f);
  sleep_until_next(p, process);
}

bool ReplicaHost::crash(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down) return false;
  const Time now = network_.now();
  if (process.hindered) crash_hindered(now, p, process);
  const bool healthy = !process.hindered || !process.hindered->disk;
  if (process.engine && healthy) process.engine->save(process.durable);
  process.free = false;
  process.down = true;
  process.paused = false;
  process.engine.reset();
  process.timers.clear();
  process.requests = {};
  standings_[p.value].leader.reset();
  process.cpu_free = kStart;
  process.queued_wake = kNever;
  trace(static_cast<std::uint64_t>(nanoseconds(now)), mix(0xC4A54, p.value));
  tell_state(p, process, ReplicaState::Now::crashed);
  return true;
}

bool ReplicaHost::restart(ProcessId p, bool keep_durable) {
  Process& process = processes_[p.value];
  if (!process.down) return false;
  if (!keep_durable) process.durable = DurableState{};
  process.down = false;
  tell_state(p, process, ReplicaState::Now::up,
             std::exchange(process.amnesia, false) || !keep_durable);
  boot(p);
  // What waits in its mempool counts as arriving now.
  request_arrives(p, network_.now());
  return true;
}

bool ReplicaHost::pause(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down || process.paused) return false;
  process.paused = true;
  look_again(process);
  process.hindered->paused_at = network_.now();
  tell_state(p, process, ReplicaState::Now::paused);
  return true;
}

bool ReplicaHost::resume(ProcessId p) {
  Process& process = processes_[p.value];
  if (process.down || !process.paused) return false;
  process.paused = false;
  resume_hindered(network_.now(), process);
  tell_state(p, process, ReplicaState::Now::resumed);
  if (!process.engine) boot(p);  // stopped before it began
  look_again(process);
  request_wake(p, process, network_.now());
  return true;
}

/// To the network, too: what is in the uplink of one that crashed is gone, and an overlay goes
/// through no process that stands still.
void ReplicaHost::tell_state(ProcessId p, const Process& process, ReplicaState::Now now,
                             bool lost) {
  network_.changed(p, now);
  events_.emit(
      network_.now(),
      ReplicaState{
          .process = p, .replica = process.environment.self, .now = now, .durable_lost = lost});
}

}  // namespace byzlab
