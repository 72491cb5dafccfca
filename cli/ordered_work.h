// Many pieces of work on worker threads, their results taken in order: what is printed may not
// depend on which came first.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "cli/interrupt.h"
#include "testbed/worker_pool.h"

namespace byzlab {

/// Workers stay at most a few hundred pieces ahead of what was taken, so that memory has a bound.
/// An interrupt lets them finish what they are at.
template <class Result>
class OrderedWork {
 public:
  /// Pieces 0 … count-1; `make` is called from several threads and must not throw.
  OrderedWork(std::uint64_t count, unsigned jobs, std::function<Result(std::uint64_t)> make)
      : count_(count), make_(std::move(make)) {
    for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
  }
  ~OrderedWork() {
    stop();
    for (auto& thread : threads_) thread.join();
  }
  OrderedWork(const OrderedWork&) = delete;
  OrderedWork& operator=(const OrderedWork&) = delete;

  /// The next result in order; none when there are no more. Calls `idle` while it waits.
  template <class Idle>
  std::optional<Result> take(const Idle& idle) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!slots_.empty() && slots_.front()->result) {
        Result result = std::move(*slots_.front()->result);
        slots_.pop_front();
        changed_.notify_all();
        return result;
      }
      if (slots_.empty() && (stopped_ || next_ == count_)) return std::nullopt;
      changed_.wait_for(lock, std::chrono::milliseconds{200});
      lock.unlock();
      idle();
      lock.lock();
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  struct Slot {
    std::optional<Result> result;
  };
  static constexpr std::size_t kAhead = 256;

  void work() {
    while (true) {
      Slot* slot = nullptr;
      std::uint64_t piece = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock,
                      [this] { return stopped_ || next_ == count_ || slots_.size() < kAhead; });
        if (stopped_ || next_ == count_ || interrupted()) break;
        slots_.push_back(std::make_unique<Slot>());
        slot = slots_.back().get();
        piece = next_++;
      }
      Result result = make_(piece);
      const std::lock_guard lock(mutex_);
      slot->result = std::move(result);
      changed_.notify_all();
    }
    stop();
  }

  const std::uint64_t count_;
  const std::function<Result(std::uint64_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Slot>> slots_;  // in order of the pieces
  std::uint64_t next_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace byzlab
