// Progress on stderr: a bar on a terminal, otherwise a plain line now and then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "cli/arguments.h"
#include "testbed/run.h"

namespace byzlab {

/// Whether and how to show progress, once `automatic` is decided.
ProgressMode decided(ProgressMode mode, bool quiet);

/// Of many runs. Used by one thread.
class SweepProgress {
 public:
  /// `earlier` of the total were done before.
  SweepProgress(ProgressMode mode, std::string name, std::uint64_t total, std::uint64_t earlier,
                bool ascii);
  ~SweepProgress() { clear(); }

  void update(std::uint64_t done, std::uint64_t passed, std::uint64_t failed, std::uint64_t open);
  /// Takes the bar away, so that a line can be printed; the next update() draws it again.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw_bar(std::uint64_t done, const std::string& counts);
  std::string pace(std::uint64_t done) const;

  ProgressMode mode_;
  std::string name_;
  std::uint64_t total_, earlier_;
  bool ascii_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_{};
  std::uint64_t last_tenth_ = 0;
};

/// Of one run: how much of its simulated time has passed. Shown only when the run takes longer than
/// half a second.
class RunProgress final : public RunObserver {
 public:
  RunProgress(ProgressMode mode, std::string name, Duration whole, bool ascii);
  ~RunProgress() override;

  Interest interest() const override;
  void on(Time now, const Event&) override {
    now_.store(nanoseconds(now), std::memory_order_relaxed);
  }

 private:
  void show();

  ProgressMode mode_;
  std::string name_;
  Duration whole_;
  bool ascii_;
  std::atomic<std::int64_t> now_{0};
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace byzlab
