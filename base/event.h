// What happened, for whoever wants to know: metrics, traces, invariants, reports and live pages are
// all observers of this one stream.
//
// Events are small values. The message path has counters only; Delivered and Dropped are made only
// when an observer's interest asks for them.
#pragma once

#include <cstdint>
#include <variant>

#include "base/block.h"
#include "base/ids.h"
#include "base/message.h"
#include "base/time.h"

namespace byzlab {

/// What an engine can tell about its progress, beside committing.
enum class Milestone : std::uint8_t {
  proposed,        ///< value: height of the block proposed (or mined)
  voted,           ///< value: height
  certified,       ///< a quorum certificate or notarization was formed; value: height
  timeout,         ///< a progress timer fired in `view`
  view_change,     ///< gave up `view` and asked for the next; value: height, where views begin anew
  new_view,        ///< entered a view that a view change established
  checkpoint,      ///< a checkpoint became stable; value: height
  state_transfer,  ///< caught up by state transfer or block fetch; value: height reached
  reorg,           ///< switched chains; value: blocks abandoned
  equivocation,    ///< holds proof that somebody said two things; value: the replica
  withheld,        ///< an adversary keeps a block private; value: height
  published,       ///< an adversary publishes a private block; value: height
};

struct FaultReach;  // base/fault.h

enum class DropReason : std::uint8_t {
  loss,
  partition,
  isolation,
  adversary,
  receiver_down,
  queue_full,
  duplicate,
  malformed,    ///< the bytes were no message
  unauthentic,  ///< the signature was not the sender's
  sender_down,  ///< waited to leave when its sender crashed
};
inline constexpr std::size_t kDropReasons = 10;

struct Committed {
  ProcessId process;
  ReplicaId replica;
  const Block* block;  ///< alive during the call
  /// Null, or the block that was certified, of which `block` is what was left to execute.
  const Block* certified = nullptr;
};
struct ViewEntered {
  ProcessId process;
  ReplicaId replica;
  View view;
  ReplicaId leader;
  Height height{};  ///< 0 when views go on from height to height
};
struct Noted {
  ProcessId process;
  ReplicaId replica;
  Milestone milestone;
  View view;
  std::uint64_t value;
  Digest subject;  ///< the block it is about, or zero
  /// Of proposed, withheld, published: that block; of reorg: the tip that was left. Alive during
  /// the call, or null.
  const Block* block = nullptr;
};
struct Delivered {
  ProcessId from;  ///< who sent it here: its author, or who relayed it
  ProcessId to;
  Time sent;               ///< when it left `from`
  const Message* message;  ///< alive during the call
};
struct Dropped {
  ProcessId from;
  ProcessId to;
  MessageKind kind;
  DropReason reason;
  Time sent;               ///< when it left `from`
  const Message* message;  ///< alive during the call
};
struct ReplicaState {
  enum class Now : std::uint8_t { up, crashed, paused, resumed };
  ProcessId process;
  ReplicaId replica;
  Now now;
  bool durable_lost;  ///< restarted (up) without its durable state
};
struct FaultChanged {
  std::uint32_t fault;      ///< index into the scenario's timeline
  std::uint32_t round;      ///< counts repetitions from 0
  bool active;              ///< began (or happened) / ended
  const FaultReach* reach;  ///< alive during the call; the same when it begins and when it ends
};
struct RequestSubmitted {
  RequestId id;
  ClientId client;
};
struct RequestCompleted {
  RequestId id;
  ClientId client;
  Duration latency;  ///< submission to the client's acceptance
};
struct RequestExpired {
  RequestId id;
  ClientId client;  ///< waits no longer: `workload.timeout` has passed
};

using Event = std::variant<Committed, ViewEntered, Noted, Delivered, Dropped, ReplicaState,
                           FaultChanged, RequestSubmitted, RequestCompleted, RequestExpired>;

/// A set of event kinds.
class Interest {
 public:
  constexpr Interest() = default;
  static constexpr Interest none() { return {}; }
  /// Interest::in<Committed, Noted>()
  template <class... Events>
  static constexpr Interest in() {
    Interest i;
    ((i.mask_ |= bit<Events>()), ...);
    return i;
  }
  template <class E>
  constexpr bool wants() const {
    return (mask_ & bit<E>()) != 0;
  }
  constexpr Interest operator|(Interest other) const {
    Interest i;
    i.mask_ = mask_ | other.mask_;
    return i;
  }

 private:
  template <class E>
  static constexpr std::uint32_t bit() {
    return 1u << boost::mp11::mp_find<Event, E>::value;
  }
  std::uint32_t mask_ = 0;
};

/// Sees events in the order they happen; times never decrease.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Asked once, before the first event.
  virtual Interest interest() const = 0;
  virtual void on(Time now, const Event& event) = 0;
};

}  // namespace byzlab
