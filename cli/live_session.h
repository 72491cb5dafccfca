// A run whose page is open: keeps pace with the clock, takes commands.
//
// A command that changes the run (a crash, say) becomes an entry of its timeline at the next
// millisecond, and the run is repeated up to there with it, as fast as it goes. A run is a function
// of its file and its seed, so nobody sees a difference but the fault; and the file that is kept is
// the file that was run. Waiting and stepping happen between events and change nothing.
#pragma once

#include <atomic>
#include <boost/json/fwd.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/one_more_fault.h"
#include "observe/live_feed.h"
#include "observe/metrics_collector.h"
#include "observe/pages.h"
#include "testbed/run.h"

namespace byzlab {

/// {"command":"crash","replica":2}. Throws std::invalid_argument with a sentence.
FaultCommand fault_command(const boost::json::object& command);

class LiveSession final : public RunDriver, public LiveRun {
 public:
  struct Options {
    std::optional<double> speed;  ///< simulated seconds a second; none: as fast as it goes
    bool interactive = false;     ///< takes commands
    bool real_time = false;       ///< over TCP: the clock is the run's own
    const std::atomic<bool>* interrupt = nullptr;
  };
  explicit LiveSession(const Options& options);

  /// Before each run.
  void begin(const scenario::Scenario& scenario, std::uint64_t seed,
             std::shared_ptr<const MetricsCollector> metrics);
  /// After it: what is to be run instead, from the start, because of a command. None: that was the
  /// run, and no more commands are taken.
  std::optional<scenario::Scenario> instead();

  // RunDriver, on the run's thread.
  std::optional<Time> next(Time now) override;

  // LiveRun, on the server's threads.
  std::string row_json() override { return feed.row_json(); }
  std::string run_data_json() override { return feed.run_data_json(); }
  std::string messages_json(Time from, Time to, std::size_t limit) override {
    return feed.messages_json(from, to, limit);
  }
  std::string requests_json(Time from, Time to, std::size_t limit) override {
    return feed.requests_json(from, to, limit);
  }
  std::string network_json() override { return feed.network_json(); }
  PageAnswer command(const PageRequest& request) override;

  /// Of /metrics: the run under way, or the last one.
  std::string metrics_text();

  LiveFeed feed;

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<Time> paced(Time now, std::unique_lock<std::mutex>& lock);
  std::string change(const FaultCommand& command);
  void anchor(Time now);
  void tell_pace();
  bool interrupted() const { return options_.interrupt != nullptr && options_.interrupt->load(); }

  Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<double> speed_;
  bool paused_ = false;
  Duration step_{};  // to go while paused
  Time reached_ = kStart, fast_until_ = kStart;
  Time anchor_ = kStart;  // was due at anchor_wall_
  Clock::time_point anchor_wall_;
  Duration slice_ = std::chrono::milliseconds{10};  // of simulated time, without a pace
  Clock::time_point slice_began_;
  scenario::Scenario scenario_;
  std::uint64_t seed_ = 1;
  std::shared_ptr<const MetricsCollector> metrics_;
  std::optional<scenario::Scenario> instead_;
  bool over_ = false;
};

}  // namespace byzlab
