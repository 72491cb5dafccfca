// The replica host: runs engines, carries out their effects, and is what can crash.
//
// One object hosts all processes of a run. For each it keeps the engine, what is durable, the armed
// timers, and a virtual CPU: a queue of one server that is charged for verifying, hashing and
// signing.
//
// Most processes are hindered by nothing: an input is handled when it comes, and all it leads to
// happens at that moment. What hinders one is a CPU that takes time, a pause, a disk at fault, a
// clock that is wrong. Then (replica_host_hindered.cpp)
//  - a handler runs when its service begins, and what it writes is written then: a crash later on
//    finds it durable. Its messages leave one by one as the service signs them, the last when it
//    ends, and what becomes of them is decided then: a crash before that and they are gone, a pause
//    and they leave after it, a cut link and they are cut;
//  - what waits for the process is taken in order of time: a message since it came, a timer since
//    it was due. To a process that stood still all timers that came due meanwhile are due when it
//    goes on, behind what waits in its sockets;
//  - nothing a call leads to (messages, commits, notes) is seen before its writes are durable, nor
//    does anything later overtake it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <variant>
#include <vector>

#include "consensus/engine.h"
#include "network/transport.h"
#include "testbed/event_stream.h"
#include "testbed/local_clock.h"
#include "testbed/virtual_disk.h"

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
  /// Something goes wrong with its disk, and is over. Several add up. A process whose sync fails
  /// crashes at its next write.
  void disk_fails(ProcessId p, const DiskFault& fault);
  void disk_heals(ProcessId p, const DiskFault& fault);
  /// Its clock was always off by so much more.
  void skew_clock(ProcessId p, Duration by);
  /// Its clock is set forward or back: timers are due at moments of that clock.
  void set_clock(ProcessId p, Duration by);
  /// Its clock runs faster from now on, by so many billionths.
  void drift_clock(ProcessId p, std::int64_t billionths);
  /// Calls into the engine from outside the protocol (a behavior sets in), and carries out what
  /// that asks for. Nothing happens while it is down; while it is paused this waits.
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
    return !process.down && !process.paused && process.engine && process.engine->syncing();
  }
  /// Its own time: true time, but for faults of its clock.
  Time local_time(ProcessId p) const;
  /// What became of its disk's faults: outputs that waited for a sync, writes that a crash undid.
  struct DiskTally {
    std::uint64_t syncs_awaited = 0;
    std::uint64_t writes_lost = 0;
    std::uint64_t writes_torn = 0;
    std::uint64_t syncs_failed = 0;
    std::uint64_t sum() const { return syncs_awaited + writes_lost + writes_torn + syncs_failed; }
  };
  const DiskTally& disk_tally(ProcessId p) const { return disk_tallies_[p.value]; }
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
    Time arrived;
  };
  /// What has been computed and not been seen yet.
  struct Departure {
    Effect effect;        // Send, Broadcast, Commit or Note, with its hold
    Time leave;           // when the CPU is done with it
    std::uint64_t write;  // of the disk; it must be durable
  };
  using Call = std::function<void(Engine&, Context&)>;
  struct Start {};
  struct Asked {};  // a request has come
  /// What an engine can be given.
  using Input = std::variant<Start, const Message*, Timer, Asked, const Call*>;
  /// What only a process has that is, or was, hindered.
  struct Hindered {
    std::deque<Waiting> inbox;         // waits for the CPU, or for the end of a pause
    std::deque<Departure> departures;  // in the order they leave
    std::vector<Call> calls;           // wait for the end of a pause
    Time paused_at = kNever;
    Time resumed_at = kStart;
    LocalClock clock;
    std::unique_ptr<VirtualDisk> disk;  // while something is wrong with it
    DurableState saved;                 // what save() last said, with a disk at fault
    std::unique_ptr<Mempool> mempool;   // beside the disk: knows of commits nobody has seen yet
    bool must_stop = false;             // a sync has failed
  };
  struct alignas(64) Process {
    // What a delivery touches, in one cache line.
    std::unique_ptr<Engine> engine;  // null before the start, too
    bool free = false;               // it is up and nothing hinders it
    bool down = false;
    bool paused = false;
    bool amnesia = false;  // a crash took what counted as durable
    Context::Environment environment{};

    std::vector<ArmedTimer> timers;
    Time queued_wake = kNever;
    Time cpu_free = kStart;  // past, unless something costs time
    std::priority_queue<Time, std::vector<Time>, std::greater<>> requests;  // arrivals to come
    std::unique_ptr<Hindered> hindered;
    DurableState durable;
    Duration cpu_used{};
    Rng rng{0};
  };

  void boot(ProcessId p);
  void tell_delivered(Time now, ProcessId p, const Message& m, const Transit& way);
  void tell_state(ProcessId p, const Process& process, ReplicaState::Now now, bool lost = false);
  /// Gives the engine an input, carries out what it asks for, then gives it its messages to itself.
  template <class Handler>
  void step(Time now, ProcessId p, Process& process, Handler&& handler);
  void give(Time now, ProcessId p, Process& process, const Input& input);
  static void hand(Engine& engine, Context& ctx, const Input& input);
  void hear_itself(Time now, ProcessId p, Process& process);
  void carry_out(Time now, ProcessId p, Process& process);
  [[gnu::always_inline]] void sign(const Process& process, Message& m);
  [[gnu::always_inline]] void transmit(Time now, ProcessId p, ReplicaId to, Message& m);
  void tell_commit(Time now, ProcessId p, Process& process, const Commit& commit);
  void tell_note(Time now, ProcessId p, Process& process, const Note& note);
  void tell_view(Time now, ProcessId p, Process& process, const EnterView& enter);
  static void cancel(Process& process, Timer timer);
  [[gnu::always_inline]] void arm(ProcessId p, Process& process, Timer timer, Time deadline);
  void fire_due_timers(Time now, ProcessId p, Process& process);
  void ask_for_requests(Time now, ProcessId p, Process& process);
  std::optional<Timer> take_due(Time now, ProcessId p, Process& process);
  void request_wake(ProcessId p, Process& process, Time when);
  void sleep_until_next(ProcessId p, Process& process);
  void reject(ProcessId to, const Message& m, DropReason why);

  // The same for a process that is hindered.
  Hindered& hindered(Process& process);
  void look_again(Process& process);
  bool take_in(Time now, ProcessId to, Process& process, Message& m);
  void go_on(Time now, ProcessId p, Process& process);
  bool take_next(Time now, ProcessId p, Process& process);
  void serve(Time now, ProcessId p, Process& process);
  void work(Time now, ProcessId p, Process& process, const Input& input, Duration service);
  Time carry_out_later(Time now, ProcessId p, Process& process, Time leave);
  Time charge_signature(Process& process, const Message& m, Time leave);
  void write_down(Time done, Process& process);
  void depart(Time now, ProcessId p, Process& process);
  void discard(const Effect& effect);
  void crash_hindered(Time now, ProcessId p, Process& process);
  void resume_hindered(Time now, Process& process);
  Time next_step(const Process& process) const;
  template <class Change>
  void change_clock(ProcessId p, Change&& change);

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
  std::vector<DiskTally> disk_tallies_;           // by process
  std::vector<std::vector<ProcessId>> twins_of_;  // by replica; empty when nobody has twins
  Outbox outbox_;
  std::vector<Message*> to_self_;  // held; the current step's
  std::size_t to_self_next_ = 0;
  std::uint64_t trace_hash_ = 0;
  std::uint64_t signed_ = 0;
  std::array<std::uint64_t, kDropReasons> dropped_{};
};

inline void ReplicaHost::sign(const Process& process, Message& m) {
  if (m.from() != process.environment.self || m.is_signed()) return;
  crypto_.sign(store_, m);
  ++signed_;
}

inline void ReplicaHost::transmit(Time now, ProcessId p, ReplicaId to, Message& m) {
  if (!committee_.contains(to)) return;  // an engine answered a hostile id
  network_.send(p, ProcessId(to.value), m, now);
  if (twins_of_.empty()) return;
  for (const ProcessId twin : twins_of_[to.value]) network_.send(p, twin, m, now);
}

inline void ReplicaHost::arm(ProcessId p, Process& process, Timer timer, Time deadline) {
  for (ArmedTimer& armed : process.timers) {
    if (!armed.timer.same_key(timer)) continue;
    armed = ArmedTimer{timer, deadline};
    request_wake(p, process, deadline);
    return;
  }
  process.timers.push_back(ArmedTimer{timer, deadline});
  request_wake(p, process, deadline);
}

}  // namespace byzlab
