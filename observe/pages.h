// What the page asks for, answered from a results folder: the routes of the built-in page.
//
//   /                                        the page
//   /api/runs                                the results store (observe/store_query.h), newest
//   first /api/run?id=NAME/ID                      RunData (observe/page_data.h)
//   /api/messages?id=&from=&to=&limit=       MessageWindow (observe/message_index.h)
//   /api/comparison?id=NAME/ID               summary.json of a comparison
//   /healthz, /metrics
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

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

  /// The folder of a run, if `id` is the name of one: "NAME/ID", each of letters, digits, '.', '_'
  /// and '-', not beginning with a dot, and inside the results folder when links are followed.
  std::optional<std::filesystem::path> folder_of(std::string_view id) const;

 private:
  PageAnswer runs() const;
  PageAnswer run(const std::string& id) const;
  PageAnswer comparison(const std::string& id) const;
  PageAnswer messages(const PageRequest& request);
  std::shared_ptr<const MessageIndex> index_of(const std::string& id,
                                               const std::filesystem::path& folder);
  const std::filesystem::path& scratch();

  std::filesystem::path results_;
  LiveRun* live_;
  std::function<std::string()> metrics_;
  std::function<PageAnswer(const PageRequest&)> fork_;

  std::mutex mutex_;  // of what is below; held while an index is made: one at a time
  struct Opened {
    std::string id;
    std::shared_ptr<const MessageIndex> index;
  };
  std::list<Opened> opened_;       // the last few, newest first
  std::filesystem::path scratch_;  // indexes of runs whose folder can't be written; or empty
};

}  // namespace byzlab
