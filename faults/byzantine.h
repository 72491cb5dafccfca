// A Byzantine replica: an engine around an honest engine, whose effects behaviors rewrite.
//
// The inner engine is any protocol's. After each of its handlers the behaviors are asked in order,
// each gets what the one before it let go. With no behavior acting this is transparent, so that a
// replica which may turn Byzantine during a run is wrapped from the start.
#pragma once

#include <memory>
#include <vector>

#include "consensus/engine.h"
#include "faults/behavior.h"

namespace byzlab {

class Byzantine final : public Engine {
 public:
  /// `adversary` must outlive this.
  Byzantine(std::unique_ptr<Engine> inner, const Adversary& adversary);

  /// Adds a behavior behind those there are and returns its seat. It acts from the start on if
  /// `from_start`, else between begin() and end(). At most 192 of them. `deeds`, which outlives
  /// this, counts the messages that were not let go as the engine meant them, and those made up.
  std::size_t add(std::unique_ptr<Behavior> behavior, Condition condition, bool from_start = true,
                  std::uint64_t* deeds = nullptr);
  /// A behavior sets in, or ends. Like handlers: what they want done is in ctx's outbox.
  void begin(Context& ctx, std::size_t seat);
  void end(Context& ctx, std::size_t seat);

  void start(Context&) override;
  void on_message(Context&, ReplicaId from, const Message&) override;
  void on_timer(Context&, Timer) override;
  void on_request(Context&) override;
  bool syncing() const override { return inner_->syncing(); }
  void save(DurableState& durable) const override { inner_->save(durable); }

 private:
  struct Seat {
    std::unique_ptr<Behavior> behavior;
    Condition condition;
    bool from_start;
    bool acting;
    std::uint64_t* deeds;
  };

  void rewrite(Context& ctx, std::size_t first_seat);
  void rewrite_by(Context& ctx, std::size_t seat);
  void offer(Context& ctx, std::size_t seat, const Standing& standing, const Effect& effect,
             const Outgoing& out);
  bool is_echo(const Message& m);
  Stage stage(Context& ctx, std::size_t seat, const Standing& standing);

  std::unique_ptr<Engine> inner_;
  const Adversary& adversary_;
  std::vector<Seat> seats_;
  Standing standing_;
  std::vector<HeldMessage> echoes_;  // broadcasts whose copy to self the engine must not see
  Effects effects_;                  // being rewritten
  std::uint64_t calls_ = 0;          // of behaviors: names their randomness
  std::uint64_t uncounted_ = 0;      // deeds of behaviors whose nobody asked for
};

}  // namespace byzlab
