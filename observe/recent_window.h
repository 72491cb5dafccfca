// What a live page can ask of the latest moments of a run: its messages, its requests. The last
// so many are kept, the oldest make room.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "observe/message_window.h"
#include "testbed/run.h"

namespace byzlab {

/// The last `size` of what was put in, oldest first.
template <class Row>
class Ring {
 public:
  explicit Ring(std::size_t size) : size_(size) {}

  void clear() {
    rows_.clear();
    next_ = 0;
    was_full_ = false;
  }
  void add(const Row& row) {
    if (rows_.size() < size_) {
      rows_.push_back(row);
      return;
    }
    was_full_ = true;
    rows_[next_] = row;
    next_ = (next_ + 1) % size_;
  }
  /// Something was let go.
  bool forgot() const { return was_full_; }
  const Row& oldest() const { return rows_[next_]; }
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) f(rows_[(next_ + i) % rows_.size()]);
  }

 private:
  std::size_t size_;
  std::vector<Row> rows_;
  std::size_t next_ = 0;  // the oldest, where it is full
  bool was_full_ = false;
};

class RecentMessages {
 public:
  explicit RecentMessages(std::size_t size = 100'000) : ring_(size) {}

  void begin(const RunInfo& info);
  void note(Time now, const Delivered& e);
  void note(Time now, const Dropped& e);

  /// MessageWindow of messages that have arrived or were lost by `now`, blocks called by so many
  /// digits; `known_from` says since when there are all of them.
  std::string window_json(Time from, Time to, Time now, std::size_t limit, int digits) const;

 private:
  struct Kept {
    MessageRow row;
    std::uint64_t block;  // of its digest
  };
  void add(MessageRow row, ProcessId from, ProcessId to, Time sent, const Message& m);

  RunInfo info_;
  std::array<std::string, kKindLimit> kinds_;
  Ring<Kept> ring_;
};

class RecentRequests {
 public:
  explicit RecentRequests(std::size_t size = 50'000) : ring_(size) {}

  void clear() { ring_.clear(); }
  void note(Time now, const RequestCompleted& e) { ring_.add({now, e.client.value, e.latency}); }

  /// Those accepted in the window, or of more than `limit` every so many:
  /// {"from","to","total","known_from","t":[],"client":[],"latency":[]}.
  std::string window_json(Time from, Time to, std::size_t limit) const;

 private:
  struct Row {
    Time at;
    std::uint32_t client;
    Duration latency;
  };
  Ring<Row> ring_;
};

}  // namespace byzlab
