// The replica host: runs engines, carries out their effects, and is what can crash.
//
// One object hosts all processes of a run. For each it keeps the engine, what is durable, the armed
// timers, and a virtual CPU: a queue of one server that is charged for verifying, hashing and
// signing. A handler runs when its service begins; what it sends leaves when the service ends.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "consensus/engine.h"
#include "network/transport.h"
#include "testbed/event_stream.h"

namespace byzlab {

/// What the virtual CPU is charged. All zero: processing takes no time.
struct CpuCosts {
  Duration sign{};
  Duration verify{};
  Duration hash_per_byte{};
  bool free() const {
    return sign.count() == 0 && verify.count() == 0 && hash_per_byte.count() == 0;
  }
};

/// Hears of commits before the event stream does.
class CommitSink {
 public:
  virtual ~CommitSink() = default;
  virtual void committed(ProcessId process, const Block& block) = 0;
};

class ReplicaHost final : public Receiver, public PacketWatcher {
 public:
  struct Parts {
    const Committee* committee = nullptr;
    const Crypto* crypto = nullptr;
    MessageStore* store = nullptr;
    Network* network = nullptr;
    EventStream* events = nullptr;
    CommitSink* commits = nullptr;
    /// Whose copy each process is; process i is replica i for i < n.
    std::vector<ReplicaId> replica_of;
    std::function<std::unique_ptr<Engine>(ProcessId)> make_engine;
    std::function<Mempool&(ProcessId)> mempool;
    CpuCosts costs;
    std::uint64_t seed = 0;
  };
  explicit ReplicaHost(Parts parts);
  ~ReplicaHost() override;

  /// Before start(): counts what the engines think of proposals and votes.
  void keep_tallies();
  /// Makes the engines and starts them, in the order of processes.
  void start();

  // Receiver.
  bool deliver(Time now, ProcessId to, Message& m) override;
  void expect(ProcessId to) const override;
  void expect(ProcessId to, const Message& m) const override;
  void woken(Time now, ProcessId p) override;
  // PacketWatcher: tells the observers.
  void lost(ProcessId from, ProcessId to, Time sent, const Message& m, DropReason why) override;

  // What can happen to a process. Each is true when it changed something.
  bool crash(ProcessId p);
  /// Starts a crashed process with a new engine.
  bool restart(ProcessId p, bool keep_durable);
  /// Stopped but not dead: messages and timers wait for resume().
  bool pause(ProcessId p);
  bool resume(ProcessId p);
  /// Calls into the engine from outside the protocol (a behavior sets in), and carries out what
  /// that asks for. Nothing happens while it is down.
  void call(ProcessId p, const std::function<void(Engine&, Context&)>& f);
  /// A request reaches the mempool of `p` at `when`: its engine will be asked then.
  void request_arrives(ProcessId p, Time when);

  bool up(ProcessId p) const { return !processes_[p.value].down; }
  bool paused(ProcessId p) const { return processes_[p.value].paused; }
  View view(ProcessId p) const { return standings_[p.value].view; }
  /// The leader as `p` sees it.
  std::optional<ReplicaId> leader(ProcessId p) const { return standings_[p.value].leader; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(processes_.size()); }
  /// Messages signed so far.
  std::uint64_t signed_messages() const { return signed_; }
  /// Virtual CPU time charged so far; zero without costs.
  Duration cpu_used(ProcessId p) const { return processes_[p.value].cpu_used; }
  /// By process, of all its lives; zero unless they are kept.
  std::span<const Tallies> tallies() const { return tallies_; }
  /// Runs, and fetches what others have decided.
  bool syncing(ProcessId p) const {
    const Process& process = processes_[p.value];
    return !process.down && !process.paused && process.engine->syncing();
  }
  ReplicaId replica_of(ProcessId p) const { return processes_[p.value].environment.self; }
  Engine& engine(ProcessId p) { return *processes_[p.value].engine; }

  /// Mixes every delivery, timer and commit in order: two runs with the same hash did the same.
  std::uint64_t trace_hash() const { return trace_hash_; }
  /// Mixes a word of another part's history in.
  void trace(std::uint64_t a, std::uint64_t b) {
    trace_hash_ = (trace_hash_ ^ (a * 0x9E3779B97F4A7C15ull + b)) * 0xD1342543DE82EF95ull;
    trace_hash_ ^= trace_hash_ >> 29;
  }
  const std::array<std::uint64_t, kDropReasons>& dropped() const { return dropped_; }

 private:
  struct ArmedTimer {
    Timer timer;
    Time deadline;
  };
  /// Where an engine said it is.
  struct Standing {
    View view;
    std::optional<ReplicaId> leader;
  };
  struct Waiting {
    HeldMessage message;
    Transit way;
  };
  struct alignas(64) Process {
    // What a delivery touches, in one cache line.
    std::unique_ptr<Engine> engine;
    bool down = false;
    bool paused = false;
    Context::Environment environment{};

    std::vector<ArmedTimer> timers;
    Time queued_wake = kNever;
    Time cpu_free = kStart;     // past, unless something costs time
    std::deque<Waiting> inbox;  // waits for the CPU, or for the end of a pause
    std::priority_queue<Time, std::vector<Time>, std::greater<>> requests;  // arrivals to come
    DurableState durable;
    Duration cpu_used{};
    Rng rng{0};
  };

  void boot(ProcessId p);
  void tell_delivered(Time now, ProcessId p, const Message& m, const Transit& way);
  void handle(Time now, ProcessId p, Process& process, const Message& m, Duration service);
  /// Calls the engine, carries out what it asks for, then gives it its messages to itself.
  template <class Call>
  void step(Time now, ProcessId p, Process& process, Duration service, Call&& call);
  void hear_itself(Time now, ProcessId p, Process& process, Time leave);
  void carry_out(Time now, ProcessId p, Process& process, Time leave);
  [[gnu::always_inline]] void dispatch(ProcessId p, Process& process, ReplicaId to, Message* m,
                                       Time leave);
  [[gnu::always_inline]] Time signed_by(Process& process, Message& m, Time leave);
  [[gnu::always_inline]] void arm(ProcessId p, Process& process, Timer timer, Duration after);
  void fire_due_timers(Time now, ProcessId p, Process& process);
  void serve_inbox(Time now, ProcessId p, Process& process);
  /// The virtual CPU is busy until then.
  void occupy(Process& process, Time until) {
    if (!cpu_is_free_) process.cpu_free = std::max(process.cpu_free, until);
  }
  void request_wake(ProcessId p, Process& process, Time when);
  void sleep_until_next(ProcessId p, Process& process);
  void reject(ProcessId to, const Message& m, DropReason why);

  const Committee& committee_;
  const Crypto& crypto_;
  MessageStore& store_;
  Network& network_;
  EventStream& events_;
  CommitSink& commits_;
  std::function<std::unique_ptr<Engine>(ProcessId)> make_engine_;
  CpuCosts costs_;
  bool cpu_is_free_;
  std::uint64_t seed_;

  std::vector<Process> processes_;
  std::vector<Standing> standings_;               // by process
  std::vector<Tallies> tallies_;                  // by process
  std::vector<std::vector<ProcessId>> twins_of_;  // by replica; empty when nobody has twins
  Outbox outbox_;
  std::vector<Message*> to_self_;  // held; the current step's
  std::size_t to_self_next_ = 0;
  std::uint64_t trace_hash_ = 0;
  std::uint64_t signed_ = 0;
  std::array<std::uint64_t, kDropReasons> dropped_{};
};

}  // namespace byzlab
