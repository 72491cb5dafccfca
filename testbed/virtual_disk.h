// The disk of one process while something is wrong with it.
//
// A healthy disk makes durable what a call writes before anything that call sends leaves, in no
// time; the host needs none of this for it. A disk at fault takes what each call wrote, and says
// from when on it may be spoken of:
//  - a slow sync: one sync at a time makes durable all that was written before it began (group
//    commit); what was written meanwhile waits for the next;
//  - a failing sync: nothing written is durable any more; the process must stop;
//  - a disk that lies says at once that it is done. What was written in the last so much time is
//    gone after a crash, although the process has acted upon it: it has amnesia;
//  - a torn write: a crash finds the writes under way half done. Some of them are there, in order,
//    and the one being written is not. Nobody has acted upon them.
// What one call writes is one record of a log, with a checksum: it is there whole, or not. Engines
// that save() some of their members write their state as a whole, the others a log: both are writes
// here.
#pragma once

#include <cstdint>
#include <deque>
#include <variant>
#include <vector>

#include "base/machine_fault.h"
#include "base/rng.h"
#include "consensus/engine.h"

namespace byzlab {

class VirtualDisk {
 public:
  /// One record, one block, or the whole state.
  struct Append {
    Bytes record;
  };
  struct Replace {
    Bytes record;
  };
  using Op = std::variant<Append, Replace, BlockRef, DurableState>;
  /// What one call wrote, in order.
  using Write = std::vector<Op>;

  /// `platter` is what is durable; it must outlive the disk.
  explicit VirtualDisk(DurableState& platter) : platter_(platter) {}

  void add(const DiskFault& fault);
  /// A fault is over. What is being synced becomes durable when that is done, as planned.
  void remove(Time now, const DiskFault& fault);
  /// Nothing is wrong with it and nothing under way.
  bool idle() const { return faults_.empty() && waiting_.empty(); }
  bool fails() const;

  /// A call wrote this. What it says may leave when `known()` has reached the number returned.
  std::uint64_t write(Time now, Write what);
  /// All up to this write counts as durable.
  std::uint64_t known() const { return known_; }
  std::uint64_t written() const { return written_; }
  /// Syncs that are done by now.
  void advance(Time now);
  /// When the sync under way is done; kNever without one.
  Time sync_ends() const { return sync_ends_; }

  /// The process stopped. What was not durable is gone.
  struct Loss {
    bool amnesia = false;    ///< something that counted as durable is gone
    std::uint64_t gone = 0;  ///< writes
    bool torn = false;       ///< one of them was being written
  };
  Loss crash(Time now, Rng draw);

 private:
  struct Waiting {
    std::uint64_t number;
    Time first, since;  // of the writes in it: whole states that follow closely are one
    Write what;
  };
  bool joins_last(Time now, const Write& what) const;
  Duration sync() const;
  Duration loses() const;
  bool tears() const;
  void settle(std::uint64_t up_to);
  void apply(Op& op);

  DurableState& platter_;
  std::vector<DiskFault> faults_;
  std::deque<Waiting> waiting_;  // not durable yet
  std::uint64_t written_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t synced_next_ = 0;  // what the sync under way covers
  Time sync_ends_ = kNever;
};

}  // namespace byzlab
