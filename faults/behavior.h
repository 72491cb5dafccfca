// A behavior turns effects into other effects: one way of lying, blind to the protocol.
//
// It sees each message its replica's engine wants to send and puts others in its place, or none; it
// may remember messages and wake up by an alarm. It never sees the copy an engine sends to itself:
// whatever a Byzantine replica tells others, its own engine goes on as if it had been honest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "consensus/engine.h"
#include "faults/adversary.h"
#include "faults/condition.h"

namespace byzlab {

/// What the engine wants to send: to one other replica, or to everybody.
struct Outgoing {
  const Message& message;
  std::optional<ReplicaId> to;  ///< none: a broadcast, self included
};

/// Timers of behaviors have owners from here on, one a behavior.
inline constexpr std::uint8_t kBehaviorTimers = 64;

/// What a behavior acts with. Made for one call, never stored.
class Stage {
 public:
  Stage(Context& ctx, const Standing& standing, const Adversary& adversary, Rng rng, Timer alarm,
        std::vector<HeldMessage>& echoes, std::uint64_t& deeds)
      : ctx_(ctx),
        standing_(standing),
        adversary_(adversary),
        rng_(rng),
        alarm_(alarm),
        echoes_(echoes),
        deeds_(deeds) {}

  Context& ctx() { return ctx_; }
  ReplicaId self() const { return ctx_.self(); }
  Time now() const { return ctx_.now(); }
  const Standing& standing() const { return standing_; }
  const Adversary& adversary() const { return adversary_; }
  /// Independent for every call.
  Rng& rng() { return rng_; }

  /// Lets it go as the engine meant it.
  void pass(const Outgoing& out) {
    if (out.to) {
      ctx_.relay(*out.to, out.message);
    } else {
      ctx_.relay(out.message);
    }
  }
  void send(ReplicaId to, const Message& m) { ctx_.relay(to, m); }
  /// What the engine is owed of a broadcast in any case: its own copy, at once.
  void own_copy(const Outgoing& out) {
    if (!out.to) ctx_.relay(self(), out.message);
  }
  /// Broadcasts, by whatever overlay there is; the copy to self is kept from the engine.
  void to_others(const Message& m) {
    echoes_.emplace_back(ctx_.store(), m);
    ctx_.relay(m);
  }
  /// Says what its engine did not mean to say now. What becomes of what it does mean is counted
  /// without a word.
  void make_up(const Message& m) {
    ++deeds_;
    to_others(m);
  }
  /// Calls f(ReplicaId) for everybody else who is meant to get it.
  template <class F>
  void for_each_receiver(const Outgoing& out, F&& f) const {
    if (out.to) {
      f(*out.to);
      return;
    }
    for (std::uint32_t r = 0; r < ctx_.n(); ++r) {
      if (ReplicaId(r) != self()) f(ReplicaId(r));
    }
  }

  /// One alarm a behavior: setting it again moves it.
  void set_alarm(Duration after) { ctx_.set_timer(alarm_, after); }
  void cancel_alarm() { ctx_.cancel_timer(alarm_); }
  /// For a behavior made of others: the stage of its i-th part, with an alarm of its own.
  Stage part(std::uint8_t i) {
    return Stage(ctx_, standing_, adversary_, rng_.fork(i),
                 Timer{.owner = alarm_.owner, .id = static_cast<std::uint8_t>(i + 1)}, echoes_,
                 deeds_);
  }

 private:
  Context& ctx_;
  const Standing& standing_;
  const Adversary& adversary_;
  Rng rng_;
  Timer alarm_;
  std::vector<HeldMessage>& echoes_;
  std::uint64_t& deeds_;
};

class Behavior {
 public:
  virtual ~Behavior() = default;
  /// The replica turns Byzantine.
  virtual void begin(Stage&) {}
  /// In place of `out`, which is not sent unless the behavior passes it.
  virtual void on_send(Stage&, const Outgoing& out) = 0;
  /// A message of the kinds the condition names was received, or leaves the engine.
  virtual void saw(Stage&, const Message&) {}
  /// Also when the condition does not hold: `acts` says whether it does.
  virtual void on_alarm(Stage&, Timer, [[maybe_unused]] bool acts) {}
  /// The replica turns honest again: lets go of what it holds back.
  virtual void end(Stage&) {}
};

}  // namespace byzlab
