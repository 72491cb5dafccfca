// A run while it goes on, as the page sees it: the same tables as afterwards, in pieces.
//
// The run's thread writes, the server's threads read. A reader has a place in the tables and gets
// what is new since, so that the server keeps nothing for it; who is new, or has missed too much,
// gets everything there is ("reset"). The tables are bounded: when one is full its oldest rows go
// ("forget"); of the series every other row goes. Messages and requests are too many to be sent:
// the page asks for a window of the latest ones, and for the network's counts.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "observe/network_series.h"
#include "observe/page_server.h"
#include "observe/recent_window.h"
#include "observe/recording.h"
#include "testbed/run.h"

namespace byzlab {

class LiveFeed final : public RunObserver, public PageFeed {
 public:
  /// At most `rows` of each table at a time.
  explicit LiveFeed(std::string transport = "sim", bool interactive = false,
                    std::size_t rows = 20'000);

  // RunObserver; a second begin() is another run.
  Interest interest() const override;
  void begin(const RunInfo& info) override;
  bool wants_samples() const override { return true; }
  void on(Time now, const Event& event) override;
  void sampled(const RunSample& sample) override;
  void end(Time now, const Report& report) override;

  // PageFeed: LiveDelta's JSON.
  std::string next(Place& place) override;

  /// What the page says of the pace: a JSON object, `"speed":…`.
  void set_pace(std::string json);
  /// The run is over and its results are in this folder ("NAME/ID"); empty: nowhere.
  void finish(const std::string& id);

  std::string run_data_json();
  std::string row_json();
  /// Answers to what the page asks of the run while it looks at it.
  std::string messages_json(Time from, Time to, std::size_t limit) const;
  std::string requests_json(Time from, Time to, std::size_t limit) const;
  std::string network_json() const;
  Time now() const;

 private:
  void thin_series();
  void tell(Time at, std::string kind, std::string label, std::string text, bool violation);
  std::string series_json(std::size_t from) const;
  std::string story_json(std::size_t from) const;
  std::string run_data_locked() const;

  mutable std::mutex mutex_;
  std::string transport_;
  bool interactive_;
  std::size_t rows_;
  std::uint64_t generation_ = 0;
  RunInfo info_;
  // By entry of the timeline; texts: whom it is about, marks: the text of a mark.
  std::vector<std::string> labels_, texts_, marks_;
  std::vector<bool> instant_;
  Recording recording_;
  RecentMessages messages_;
  RecentRequests requests_;
  NetworkSeries network_;
  std::vector<SeriesRow> series_;
  Report report_;                      // as far as it is known
  std::uint64_t story_forgotten_ = 0;  // lines
  std::uint64_t summaries_ = 0;        // changes of report_
  std::uint64_t violations_ = 0;
  Time now_ = kStart;
  std::string pace_ = "{}";
  std::uint64_t paces_ = 0;
  bool finished_ = false;
  std::string id_, lock_;
};

}  // namespace byzlab
