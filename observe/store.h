// results/index.sqlite: every run under results/ in tables, to list and to ask about.
//
// The folders are the truth and the store only their index: it is filled from what they say, can be
// deleted at any time, and a run is never lost because the store could not be written. One writer
// at a time, readers never wait (WAL); a folder is in it whole or not at all. docs/results.md
// describes the views that people may ask: results, runs, cells, cell_metrics, expectations,
// metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "observe/database.h"
#include "observe/read_results.h"

namespace byzlab {

/// The store cannot be used; what() says why and what to do. No run is lost by it.
struct StoreError : std::runtime_error {
  enum class Reason : std::uint8_t {
    disk_full,
    damaged,
    other_schema,  ///< of a newer or older byzlab
    foreign,       ///< a database of somebody else's
    busy,
    other,
  };
  StoreError(Reason reason, const std::string& what) : std::runtime_error(what), reason(reason) {}
  Reason reason;
};

class Store {
 public:
  /// Counts changes of the tables; a store of another one is not touched but by rebuild().
  static constexpr int kSchema = 1;

  /// Opens the store of this results folder, or makes it. Throws StoreError.
  explicit Store(const std::filesystem::path& results);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// For commands that read: the store, brought up to date; when that cannot be (a damaged file, a
  /// folder that cannot be written), one in memory that is made from the folders now, and `warning`
  /// says why. A results folder that is not there is empty.
  static Store for_reading(const std::filesystem::path& results, std::string& warning);

  /// A finished folder under results/, in place of what was known of it. Throws StoreError; or
  /// std::runtime_error when the folder has no summary that could be read.
  void add(const std::filesystem::path& folder);

  struct Sync {
    std::size_t added = 0, removed = 0, folders = 0;
    std::vector<std::string> unreadable;  ///< a line each
  };
  /// Adds the folders that are missing or were written again, forgets those that are gone.
  Sync sync();

  /// Makes the store anew from the folders, whatever it was. Throws StoreError.
  static Sync rebuild(const std::filesystem::path& results);

  /// Everything that the store says, as text in a fixed order: for tests and for comparing stores.
  std::string dump() const;

  const std::filesystem::path& results() const { return results_; }
  const Database& database() const { return database_; }

 private:
  struct Statements;
  struct InMemory {};
  Store(const std::filesystem::path& results, InMemory);
  void open();
  Statements& statements();
  std::int64_t insert_folder(const RecordedFolder& folder, std::int64_t stamp);
  void insert_cells(std::int64_t folder, const RecordedFolder& read);
  void insert_run(std::int64_t folder, std::uint64_t position, const RecordedRun& run,
                  bool with_metrics);
  std::int64_t word(const std::string& text);

  std::filesystem::path results_;
  Database database_;
  std::unique_ptr<Statements> statements_;
  std::unordered_map<std::string, std::int64_t> words_;
};

/// results/index.sqlite
std::filesystem::path store_file(const std::filesystem::path& results);

/// Adds a folder that was just finished. What is wrong with the store is said once on stderr and
/// does not count; but a full disk throws ResultsError.
void index_finished_folder(const std::filesystem::path& results,
                           const std::filesystem::path& folder);

/// The metrics that every run has as a column of its own: name of the column, name of the metric.
struct KeyMetric {
  const char* column;
  const char* metric;
};
inline constexpr KeyMetric kKeyMetrics[] = {
    {"throughput", "throughput.mean"},
    {"latency_p50", "commit_latency.p50"},
    {"latency_p99", "commit_latency.p99"},
    {"messages_per_commit", "messages_per_commit.mean"},
    {"bytes_per_commit", "bytes_per_commit.mean"},
    {"commits", "commits.count"},
    {"view_changes", "view_changes.count"},
    {"recovery_time", "recovery_time.max"},
    {"reorg_depth", "reorg_depth.max"},
    {"height", "height.max"},
};

}  // namespace byzlab
