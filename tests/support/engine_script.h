// Drives engines by hand and writes down what they do: golden transcripts.
//
// A script hosts the n replicas of one engine over a perfect little network of its own: every
// message takes `latency` unless the test says otherwise, time moves only when asked, and every
// input with its effects becomes lines of text.
//
//   EngineScript script(*find_engine("streamlet"), {.n = 4});
//   script.start_all();
//   script.run_for(200ms);
//   check_golden("tests/streamlet/golden/notarizes.txt", script.text());
//
// A transcript looks like
//
//   10ms r1 <- r0 Proposal #3f2a91
//     broadcast Vote #77c1b0 {"epoch":1,"height":1,"block":"c3d4…"}
//     timer 0 in 190ms
//
// and check_golden compares it with the file; BYZLAB_UPDATE_GOLDENS=1 rewrites the file.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/engine.h"
#include "consensus/registry.h"

namespace byzlab {

/// Fails the test case when `text` is not what the file holds. `path` is from the repository's
/// root.
void check_golden(std::string_view path, std::string_view text);

class EngineScript {
 public:
  struct Setup {
    std::uint32_t n = 4;
    std::vector<Power> power{};  ///< one each when empty
    Duration latency = std::chrono::milliseconds(10);
    std::uint64_t seed = 1;
  };
  EngineScript(const EngineInfo& info, Setup setup)
      : EngineScript(info, setup, Options(info.options)) {}
  EngineScript(const EngineInfo& info, Setup setup, Options options);
  ~EngineScript();

  // Inputs. Those that have a replica do nothing while it is down.
  void start(ReplicaId r);
  void start_all();
  /// Forgets the engine; messages to it are lost until start(), which restarts it over what it
  /// persisted.
  void crash(ReplicaId r);
  /// Also forget what it persisted.
  void wipe(ReplicaId r);
  /// `count` new requests reach every mempool now.
  void submit(std::uint32_t count, std::uint32_t bytes = 100, std::uint64_t coin = 0);
  /// Hands `payload`, signed by `from`, to `to` now: what a hostile `from` may do at any time.
  template <Wire M>
  void inject(ReplicaId from, ReplicaId to, M payload) {
    Message* m = store_->make(from, std::move(payload));
    crypto_->sign(*store_, *m);
    handle(to, HeldMessage(*store_, m));
  }
  /// The same from bytes of kind and payload; false when they are no message.
  bool inject_bytes(ReplicaId from, ReplicaId to, std::span<const std::byte> bytes);

  // Time. Everything due happens in order of (time, when it was caused).
  void run_until(Time end);
  void run_for(Duration d) { run_until(now_ + d); }
  /// Moves time without letting anything happen; what is overdue happens next.
  void skip_to(Time t) { now_ = t; }
  Time now() const { return now_; }
  /// Fires a replica's live timer at once, whenever it was due. False when there is none.
  bool fire(ReplicaId r, std::uint8_t owner, std::uint8_t id);

  // The network.
  /// How long a message takes; kNever's distance (Duration::max()) loses it. Asked a copy.
  std::function<Duration(ReplicaId from, ReplicaId to, const Message&)> link;
  /// Messages under way to `to` (or to anybody) whose type has this name ("" any).
  std::size_t in_flight(std::string_view type = "") const;
  /// Delivers now, out of turn, the oldest message under way that matches; false when there is
  /// none.
  bool deliver(ReplicaId from, ReplicaId to, std::string_view type);
  /// Loses all messages under way that match.
  std::size_t lose(const std::function<bool(ReplicaId from, ReplicaId to, const Message&)>& which);

  // What happened.
  const std::string& text() const { return text_; }
  /// A line of the test's own in the transcript.
  void say(std::string_view line) { text_ += "# " + std::string(line) + "\n"; }
  /// Off: nothing is written down until it is on again.
  void record(bool on) { recording_ = on; }
  /// Every block `r` committed since it was started last, in order: what its application knows.
  const std::vector<BlockRef>& commits(ReplicaId r) const { return replicas_[r.value].commits; }
  /// What `r` has persisted; of an engine that save()s, what it saved at its last crash or step
  /// written down.
  const DurableState& durable(ReplicaId r) const { return replicas_[r.value].durable; }
  /// True when no two replicas committed different blocks at one height.
  bool agreement() const;
  /// The highest block `r` has committed; genesis is 0.
  Height committed_height(ReplicaId r) const;
  struct Noted {
    Time at;
    ReplicaId replica;
    Note note;
  };
  const std::vector<Noted>& notes() const { return notes_; }
  std::size_t noted(Milestone milestone) const;

  bool is_up(ReplicaId r) const { return replicas_[r.value].engine != nullptr; }
  Engine& engine(ReplicaId r) { return *replicas_[r.value].engine; }
  const Crypto& crypto() const { return *crypto_; }
  const Committee& committee() const { return committee_; }
  MessageStore& store() { return *store_; }

 private:
  class FakeMempool;
  struct ArmedTimer {
    Timer timer;
    Time at;
    std::uint64_t order;
  };
  struct Replica {
    std::unique_ptr<Engine> engine;
    std::unique_ptr<FakeMempool> mempool;
    std::unique_ptr<Rng> rng;
    DurableState durable;
    DurableState recovered;
    std::vector<ArmedTimer> timers;
    std::vector<BlockRef> commits;  // since its last start
    std::vector<BlockRef> earlier;  // and before
    Context::Environment environment;
    std::uint32_t starts = 0;
  };
  struct Flying {
    Time arrives;
    std::uint64_t order;
    ReplicaId from, to;
    HeldMessage message;
  };

  template <class Call>
  void step(ReplicaId r, const std::string& title, Call&& call);
  void handle(ReplicaId to, HeldMessage m);
  void write_saved(ReplicaId r);
  void carry_out(ReplicaId r, Outbox& outbox);
  void carry_out(ReplicaId r, const Outbox& outbox, const Effect& effect);
  void transmit(ReplicaId from, ReplicaId to, Message* m);
  void write(const std::string& line);
  std::string name(const Message& m) const;

  const EngineInfo& info_;
  Options options_;
  Committee committee_;
  std::unique_ptr<Crypto> crypto_;
  std::unique_ptr<MessageStore> store_;
  Duration latency_;
  std::uint64_t seed_;
  Time now_ = kStart;
  std::uint64_t order_ = 0;
  std::vector<Request> requests_;
  std::vector<Replica> replicas_;
  std::vector<Flying> flying_;
  std::deque<HeldMessage> to_self_;
  std::vector<Noted> notes_;
  std::string text_;
  bool recording_ = true;
};

}  // namespace byzlab
