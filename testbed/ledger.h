// The ledger: which process has committed what, kept so that agreement costs nothing.
//
// The first process to commit a height writes the canonical log. While a process commits what the
// canonical log has, all it needs is its height. One that commits something else keeps a log of its
// own from there on. Mempools ask here what is still pending, the safety invariants what went
// wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "base/block.h"
#include "base/ids.h"
#include "base/time.h"
#include "testbed/request_table.h"

namespace byzlab {

class Ledger {
 public:
  /// `requests` must outlive the ledger. Ids that it does not have are ignored: they are validity's
  /// concern.
  Ledger(std::uint32_t processes, const RequestTable& requests)
      : requests_(requests), logs_(processes) {}

  /// A Byzantine process: its commits count for itself only.
  void distrust(ProcessId p) {
    Log& log = logs_[p.value];
    if (!log.own) keep_own(log);
  }

  /// What a commit was.
  struct Entry {
    bool first = false;     ///< extends the canonical log
    bool conflict = false;  ///< differs from the canonical block of that height
    bool rewrites = false;  ///< this process had committed that height already, differently
    bool repeated = false;  ///< the same block at the same height again: nothing changed
    bool gap = false;       ///< skips heights of this process's own log
  };
  Entry commit(ProcessId process, const Block& block, Time at);

  /// Highest height in the log of `p`; 0 when it has committed nothing.
  Height height(ProcessId p) const { return logs_[p.value].height; }
  /// The block `p` committed at a height ≤ height(p), or null.
  const Block* block(ProcessId p, Height h) const;
  /// True when the log of `p` holds this request.
  bool committed(ProcessId p, RequestId id) const {
    const Log& log = logs_[p.value];
    if (log.own) return id.value < log.own->requests.size() && log.own->requests[id.value];
    return id.value < height_of_.size() && height_of_[id.value] <= log.height.value;
  }

  /// How many requests the log of `p` holds.
  std::uint64_t committed_requests(ProcessId p) const {
    const Log& log = logs_[p.value];
    if (log.own) return log.own->count;
    return log.height.value == 0 ? 0 : canonical_[log.height.value - 1].requests;
  }

  /// How often the log of `p` took back what it held.
  std::uint32_t rewrites(ProcessId p) const { return logs_[p.value].rewrites; }

  /// The canonical log; block k has height k + 1.
  struct Canonical {
    BlockRef block;
    Time first_commit;
    ProcessId first_by;
    std::uint64_t requests;  ///< up to here, this block's included
  };
  const std::vector<Canonical>& canonical() const { return canonical_; }
  /// True while every process's log is a prefix of the canonical one.
  bool agrees() const { return deviants_ == 0; }

 private:
  static constexpr std::uint32_t kNotCommitted = std::numeric_limits<std::uint32_t>::max();
  /// A log that left the canonical one.
  struct Own {
    std::vector<BlockRef> blocks;  // block k has height k + 1
    std::vector<bool> requests;    // by id
    std::uint64_t count = 0;       // of those that are true
  };
  struct Log {
    Height height;
    std::uint32_t rewrites = 0;
    std::unique_ptr<Own> own;
  };

  /// How many of the block's requests no block before it had.
  std::uint64_t mark(const Block& block);
  void deviate(Log& log);
  /// From here on its log is its own, with what it has committed so far.
  void keep_own(Log& log) const;
  void own_mark(Own& own, const Block& block, bool committed) const;

  const RequestTable& requests_;
  std::vector<Canonical> canonical_;
  std::vector<std::uint32_t> height_of_;  // by request id: its canonical height
  std::vector<Log> logs_;                 // by process
  std::uint32_t deviants_ = 0;
};

}  // namespace byzlab
