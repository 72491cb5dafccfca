#include "faults/byzantine.h"

#include <stdexcept>

namespace byzlab {
namespace {

/// A message on its way to others, or nothing.
std::optional<Outgoing> outgoing(const Effect& effect, ReplicaId self) {
  if (const auto* send = std::get_if<Send>(&effect)) {
    if (send->to == self) return std::nullopt;
    return Outgoing{.message = *send->message, .to = send->to};
  }
  if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
    return Outgoing{.message = *broadcast->message, .to = std::nullopt};
  }
  return std::nullopt;
}

/// Whether effects from number `first` on carry out just what the engine meant by `out`, if in
/// other words: a broadcast may have become a message to each.
bool as_meant(const Outgoing& out, const Effects& effects, std::size_t first, const Context& ctx) {
  std::uint32_t told = 0;
  for (std::size_t i = first; i < effects.size(); ++i) {
    const Effect& effect = effects.begin()[i];
    if (const auto* send = std::get_if<Send>(&effect)) {
      if (send->to == ctx.self()) continue;
      if (send->message != &out.message || (out.to && send->to != *out.to)) return false;
      ++told;
    } else if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
      if (broadcast->message != &out.message || out.to) return false;
      told += ctx.n() - 1;
    }
  }
  return told == (out.to ? 1 : ctx.n() - 1);
}

}  // namespace

Byzantine::Byzantine(std::unique_ptr<Engine> inner, const Adversary& adversary)
    : inner_(std::move(inner)), adversary_(adversary) {}

std::size_t Byzantine::add(std::unique_ptr<Behavior> behavior, Condition condition, bool from_start,
                           std::uint64_t* deeds) {
  if (seats_.size() == 256 - kBehaviorTimers) throw std::length_error("too many behaviors");
  seats_.push_back({.behavior = std::move(behavior),
                    .condition = std::move(condition),
                    .from_start = from_start,
                    .acting = false,
                    .deeds = deeds == nullptr ? &uncounted_ : deeds});
  return seats_.size() - 1;
}

void Byzantine::start(Context& ctx) {
  inner_->start(ctx);
  for (std::size_t s = 0; s < seats_.size(); ++s) {
    if (seats_[s].from_start) seats_[s].acting = true;
  }
  rewrite(ctx, 0);
  for (std::size_t s = 0; s < seats_.size(); ++s) {
    if (!seats_[s].from_start) continue;
    Stage on = stage(ctx, s, standing_);
    seats_[s].behavior->begin(on);
  }
}

void Byzantine::on_message(Context& ctx, ReplicaId from, const Message& m) {
  if (is_echo(m)) return;
  if (from != ctx.self()) {
    for (std::size_t s = 0; s < seats_.size(); ++s) {
      Seat& seat = seats_[s];
      if (!seat.acting || !seat.condition.touches(ctx.store().table(), m.kind())) continue;
      Stage on = stage(ctx, s, standing_);
      seat.behavior->saw(on, m);
    }
  }
  inner_->on_message(ctx, from, m);
  rewrite(ctx, 0);
}

void Byzantine::on_timer(Context& ctx, Timer timer) {
  if (timer.owner < kBehaviorTimers) {
    inner_->on_timer(ctx, timer);
    rewrite(ctx, 0);
    return;
  }
  const std::size_t s = timer.owner - kBehaviorTimers;
  if (s >= seats_.size() || !seats_[s].acting) return;
  Stage on = stage(ctx, s, standing_);
  const Condition& condition = seats_[s].condition;
  const bool acts =
      condition.holds(ctx.now(), ctx.self(), standing_) && condition.chance(on.rng().fork(0));
  seats_[s].behavior->on_alarm(on, timer, acts);
  rewrite(ctx, s + 1);
}

void Byzantine::on_request(Context& ctx) {
  inner_->on_request(ctx);
  rewrite(ctx, 0);
}

void Byzantine::begin(Context& ctx, std::size_t s) {
  if (seats_.at(s).acting) return;
  seats_[s].acting = true;
  Stage on = stage(ctx, s, standing_);
  seats_[s].behavior->begin(on);
  rewrite(ctx, s + 1);
}

void Byzantine::end(Context& ctx, std::size_t s) {
  if (!seats_.at(s).acting) return;
  seats_[s].acting = false;
  Stage on = stage(ctx, s, standing_);
  seats_[s].behavior->end(on);
  rewrite(ctx, s + 1);
}

void Byzantine::rewrite(Context& ctx, std::size_t first_seat) {
  Standing after = standing_;
  for (const Effect& effect : ctx.outbox().effects) {
    if (const auto* entered = std::get_if<EnterView>(&effect)) {
      after = {.view = entered->view, .leader = entered->leader};
    }
  }
  for (std::size_t s = first_seat; s < seats_.size(); ++s) {
    if (seats_[s].acting) rewrite_by(ctx, s);
  }
  standing_ = after;
}

void Byzantine::rewrite_by(Context& ctx, std::size_t s) {
  Effects& after = ctx.outbox().effects;
  effects_.clear();
  std::swap(effects_, after);
  Standing standing = standing_;
  for (const Effect& effect : effects_) {
    if (const auto* entered = std::get_if<EnterView>(&effect)) {
      standing = {.view = entered->view, .leader = entered->leader};
    }
    if (const auto out = outgoing(effect, ctx.self())) {
      offer(ctx, s, standing, effect, *out);
    } else {
      after.push_back(effect);
    }
  }
}

void Byzantine::offer(Context& ctx, std::size_t s, const Standing& standing, const Effect& effect,
                      const Outgoing& out) {
  Seat& seat = seats_[s];
  if (!seat.condition.touches(ctx.store().table(), out.message.kind())) {
    ctx.outbox().effects.push_back(effect);
    return;
  }
  Stage on = stage(ctx, s, standing);
  seat.behavior->saw(on, out.message);
  if (seat.condition.holds(ctx.now(), ctx.self(), standing) &&
      seat.condition.chance(on.rng().fork(0))) {
    const std::size_t first = ctx.outbox().effects.size();
    seat.behavior->on_send(on, out);
    if (!as_meant(out, ctx.outbox().effects, first, ctx)) ++*seat.deeds;
    ctx.store().release(const_cast<Message*>(&out.message));  // the effect's hold: it is taken away
  } else {
    ctx.outbox().effects.push_back(effect);
  }
}

bool Byzantine::is_echo(const Message& m) {
  for (auto echo = echoes_.begin(); echo != echoes_.end(); ++echo) {
    if (echo->get() != &m) continue;
    echoes_.erase(echo);
    return true;
  }
  return false;
}

Stage Byzantine::stage(Context& ctx, std::size_t s, const Standing& standing) {
  const Rng rng = adversary_.of(ctx.self())
                      .fork(s)
                      .fork(static_cast<std::uint64_t>(nanoseconds(ctx.now())))
                      .fork(++calls_);
  return Stage(ctx, standing, adversary_, rng,
               Timer{.owner = static_cast<std::uint8_t>(kBehaviorTimers + s)}, echoes_,
               *seats_[s].deeds);
}

}  // namespace byzlab
