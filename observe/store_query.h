// Asking the store: lists of runs by name, verdict, seed … or by an SQL expression.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "observe/store.h"

namespace byzlab {

/// One line of the list of runs: a results folder, or one run of many in it.
struct RunRow {
  std::string id;    ///< folder under results/: "pbft-partition/20261122-143301-s42-9f3c1a7e"
  std::string kind;  ///< run, seeds, sweep, comparison
  std::string name, verdict, reason;
  std::string protocol;  ///< empty: several
  std::uint32_t n = 0;   ///< 0: several
  std::uint64_t seed = 0, last_seed = 0;
  std::uint64_t runs = 1, failed = 0;
  std::string when;  ///< "2026-11-22 14:33:01", local time
  std::string trace_hash;
  std::string cell;  ///< "protocol=pbft, replicas=4"; of one run of many
};

struct RunFilter {
  bool each = false;      ///< every run there was, those of sweeps and comparisons too
  std::string name = {};  ///< exact, or with * and ?
  std::string verdict = {}, protocol = {}, kind = {};
  std::optional<std::uint32_t> n = {};
  std::optional<std::uint64_t> seed = {};  ///< a sweep that ran it, too
  std::string where = {};   ///< an SQL expression over the view `results` (each: `runs`)
  std::uint64_t limit = 0;  ///< 0: all
};

/// What is wrong with RunFilter::where or a column, for the user, with the nearest right name.
struct QueryError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Newest first. Throws QueryError, StoreError.
std::vector<RunRow> list_runs(const Store& store, const RunFilter& filter = {},
                              const std::atomic<bool>* interrupt = nullptr);

/// How many there are without the limit.
std::uint64_t count_runs(const Store& store, const RunFilter& filter,
                         const std::atomic<bool>* interrupt = nullptr);

using StoredValue = std::variant<std::monostate, std::int64_t, double, std::string>;

struct StoredTable {
  std::vector<std::string> columns;
  std::vector<std::vector<StoredValue>> rows;
};

/// The same rows with these columns of the view; none: all of them.
StoredTable list_columns(const Store& store, const RunFilter& filter,
                         const std::vector<std::string>& columns,
                         const std::atomic<bool>* interrupt = nullptr);

/// Columns of a view: results, runs, cells, cell_metrics, expectations, metrics.
std::vector<std::string> columns_of(const Store& store, const std::string& view);

}  // namespace byzlab
