#include "consensus/pacemaker.h"

#include <algorithm>
#include <utility>

namespace byzlab {

Pacemaker::Pacemaker(const Options& options, std::uint32_t tenure, int delays)
    : timeout_(options.duration("view_timeout")),
      round_robin_(options.choice("pacemaker") == "round_robin"),
      cap_(std::max(timeout_, options.duration("timeout_cap"))),
      tenure_(tenure),
      delays_(delays) {}

Pacemaker::Rounds& Pacemaker::rounds() {
  heard_any_ = true;
  if (!rounds_) rounds_ = std::make_unique<Rounds>();
  return *rounds_;
}

void Pacemaker::turn_rounds(View next) {
  auto& [now, before] = *rounds_;
  if (next == view_.next()) {
    std::swap(before, now);
  } else {
    before.clear();
  }
  now.clear();
  heard_any_ = !before.told.voters().empty();
}

bool Pacemaker::expired(Context& ctx) {
  fires_at_ = kNever;
  if (ctx.now() < until_) set_timer(ctx);
  return fires_at_ == kNever;
}

void Pacemaker::set_timer(Context& ctx) {
  fires_at_ = until_;
  ctx.set_timer({.owner = 0, .id = kTimer}, until_ - ctx.now());
}

void Pacemaker::give_up(Context& ctx, const Qc& high) {
  if (!gave_up()) {
    ctx.note(Milestone::view_change, view_);
    gave_up_at_ = ctx.now();
  }
  gave_up_ = view_;
  ctx.broadcast(Timeout{.view = view_, .high = high, .entry = entry(high)});
  wait(ctx, timeout_);
}

void Pacemaker::tell_leader_after_timeout(Context& ctx, const Qc& high) {
  const View last(view_.value - 1);
  if (gave_up_ >= last) return;
  gave_up_ = last;
  ctx.send(leader(ctx, view_), Timeout{.view = last, .high = high, .entry = entry(high)});
}

Pacemaker::Heard Pacemaker::on(Context& ctx, ReplicaId from, const Timeout& timeout,
                               const Message& m) {
  if (timeout.view > view_) return Heard::nothing;
  if (timeout.view.next() < view_) return Heard::lost;
  auto& [now, before] = rounds();
  Round& round = timeout.view == view_ ? now : before;
  const bool knew_enough = round.told.quorum(ctx.committee());
  round.told.add(ctx.committee(), from);
  const bool had_quorum = round.timeouts.quorum(ctx.committee());
  if (!round.timeouts.add(ctx.committee(), ctx.crypto(), from, m)) {
    return &round == &before ? Heard::lost : Heard::nothing;
  }
  if (&round == &before) {
    const bool knows_enough = round.told.quorum(ctx.committee());
    return knows_enough && !knew_enough ? Heard::enough : Heard::nothing;
  }
  if (had_quorum) return Heard::nothing;
  if (round.timeouts.quorum(ctx.committee())) {
    certificate_ = Tc(TimeoutCert{.view = view_, .timeouts = round.timeouts.aggregate()});
    return Heard::quorum;
  }
  const bool one_is_correct = round.timeouts.power() > ctx.committee().fault_bound();
  return one_is_correct && !gave_up() ? Heard::join : Heard::nothing;
}

bool Pacemaker::heard_quorum(const Context& ctx) const {
  return rounds_ && rounds_->before.told.quorum(ctx.committee());
}

void Pacemaker::told(Context& ctx, ReplicaId from, View now) {
  if (now != view_) return;
  rounds().before.told.add(ctx.committee(), from);
}

/// At the cap it grows on where a quorum needs long to agree that a view is given up, which takes a
/// delay and what their clocks are apart: to as many delays as a view has, and a third more. It
/// comes down with the next view that is given up in less, and stops where a delay is 3 s and more.
Duration Pacemaker::doubled_interval() const {
  constexpr Duration kSlowest = std::chrono::seconds{4};
  Duration interval = timeout_;
  for (std::uint32_t i = 1; i < given_up_ && interval < cap_; ++i) interval *= 2;
  if (interval < cap_) return interval;
  return std::max(cap_, delays_ * std::min(agreeing_took_ + agreeing_took_ / 3, kSlowest));
}

}  // namespace byzlab
