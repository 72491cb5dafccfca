// What the page asks for, answered from a results folder: the routes of the built-in page.
//
//   /                                        the page
//   /api/runs                                the results store (observe/store_query.h), newest
//   first /api/run?id=NAME/ID                      RunData (observe/page_data.h)
//   /api/messages?id=&from=&to=&limit=       MessageWindow (observe/message_window.h)
//   /api/requests?from=&to=&limit=           of the live run: RecentRequests
//   (observe/recent_window.h) /api/network                             of the live run:
//   NetworkSeries (observe/network_series.h) /api/comparison?id=NAME/ID               summary.json
//   of a comparison /healthz, /metrics
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "observe/page_server.h"

namespace byzlab {

class MessageIndex;

/// A run that is going on while its page is looked at.
class LiveRun {
 public:
  virtual ~LiveRun() = default;
  /// Its row in the list of runs; empty when it is over.
  virtual std::string row_json() = 0;
  virtual std::string run_data_json() = 0;
  virtual std::string messages_json(Time from, Time to, std::size_t limit) = 0;
  virtual std::string requests_json(Time from, Time to, std::size_t limit) = 0;
  virtual std::string network_json() = 0;
  /// A POST to /api/command or /api/fork.
  virtual PageAnswer command(const PageRequest& request) = 0;
};

class Pages {
 public:
  /// `live` may be null and must outlive this.
  explicit Pages(std::filesystem::path results, LiveRun* live = nullptr);
  ~Pages();

  PageAnswer answer(const PageRequest& request);
  /// The text of /metrics; until then there is none.
  void serve_metrics(std::function<std::string()> text) { metrics_ = std::move(text); }
  /// POST /api/fork; until then it is refused.
  void serve_forks(std::function<PageAnswer(const PageRequest&)> fork) { fork_ = std::move(fork); }

  /// Begins to make what /api/messages needs of a run, in the background. Asking for the run itself
  /// does so too. What is being made for another run, and nobody waits for, is given up.
  void prepare(const std::string& id);
  /// Whatever is being made is given up; who waits for it is told so. For the end of the server.
  void give_up();

  /// The folder of a run, if `id` is the name of one: "NAME/ID", each of letters, digits, '.', '_'
  /// and '-', not beginning with a dot, and inside the results folder when links are followed.
  std::optional<std::filesystem::path> folder_of(std::string_view id) const;

 private:
  PageAnswer runs() const;
  PageAnswer run(const std::string& id);
  PageAnswer comparison(const std::string& id) const;
  PageAnswer sweep(const std::string& id) const;
  PageAnswer messages(const PageRequest& request);
  PageAnswer live_requests(const PageRequest& request) const;
  using Index = std::shared_ptr<const MessageIndex>;
  /// One that is made in the background, or was.
  struct Making {
    std::string id;
    std::shared_ptr<std::atomic<bool>> stop;
    std::shared_future<Index> index;
    int waiting = 0;
  };
  Index index_of(const std::string& id, const std::filesystem::path& folder);
  Making& making(const std::string& id, const std::filesystem::path& folder);
  Index make(const std::filesystem::path& folder, const std::atomic<bool>& stop);
  std::filesystem::path scratch();

  std::filesystem::path results_;
  LiveRun* live_;
  std::function<std::string()> metrics_;
  std::function<PageAnswer(const PageRequest&)> fork_;

  std::mutex scratch_mutex_;
  std::filesystem::path scratch_;  // indexes of runs whose folder can't be written; or empty
  std::mutex mutex_;
  std::list<Making> indexes_;  // the last few, newest first
};

}  // namespace byzlab
