// Asking the store. What users write is only ever prepared where nothing but reading is possible.
#include "observe/store_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

constexpr const char* kViews[] = {"results",      "runs",         "cells",
                                  "cell_metrics", "expectations", "metrics"};

const char* view_of(const RunFilter& filter) { return filter.each ? "runs" : "results"; }

bool is_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

/// "(1) or (1" is no expression, and "1; drop" is two: what stands between our brackets must be one
/// thing. Throws QueryError.
void check_brackets(const std::string& where) {
  int depth = 0;
  char quote = 0;
  for (const char c : where) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth < 0) {
      break;
    } else if (c == ';') {
      throw QueryError("--where is one expression: no `;`");
    }
  }
  if (quote != 0) throw QueryError(fmt::format("--where: a {} is not closed", quote));
  if (depth != 0)
    throw QueryError(depth > 0 ? "--where: a ( is not closed" : "--where: a ) closes nothing");
}

/// The conditions after WHERE, with ?1 … ?6 for what is compared.
std::string conditions_of(const RunFilter& filter) {
  std::string text = "1";
  if (!filter.name.empty())
    text += is_pattern(filter.name) ? " AND name GLOB ?1" : " AND name = ?1";
  if (!filter.verdict.empty()) text += " AND verdict = ?2";
  if (!filter.protocol.empty()) text += " AND protocol = ?3";
  if (!filter.kind.empty()) text += " AND kind = ?4";
  if (filter.n) text += " AND n = ?5";
  if (filter.seed) text += filter.each ? " AND seed = ?6" : " AND ?6 BETWEEN seed AND last_seed";
  // A line of its own: a comment at its end must not swallow the bracket.
  if (!filter.where.empty()) text += " AND (" + filter.where + "\n)";
  return text;
}

std::string after(const std::string& text, std::string_view start) {
  return text.starts_with(start) ? text.substr(start.size()) : std::string();
}

/// SQLite's complaint in the words of our option.
QueryError query_error(const Store& store, const RunFilter& filter, const std::string& complaint) {
  const std::string view = view_of(filter);
  if (const auto name = after(complaint, "no such column: "); !name.empty()) {
    const auto columns = columns_of(store, view);
    const auto guess = scenario::nearest(name, columns);
    return QueryError(fmt::format(
        "there is no column `{}`{}\n  columns of `{}`: {}\n"
        "  text stands in single quotes: verdict = 'fail'",
        name, guess ? "; did you mean `" + *guess + "`?" : "", view, scenario::join(columns, " ")));
  }
  if (const auto name = after(complaint, "no such table: "); !name.empty()) {
    const std::vector<std::string> views(std::begin(kViews), std::end(kViews));
    const auto guess = scenario::nearest(name, views);
    return QueryError(fmt::format("there is no view `{}`{}; there are: {}", name,
                                  guess ? "; did you mean `" + *guess + "`?" : "",
                                  scenario::join(views, " ")));
  }
  if (complaint == "not authorized" || complaint.starts_with("access to") ||
      complaint.find("prohibited") != std::string::npos)
    return QueryError("--where may only read");
  if (complaint == "interrupted") return QueryError("interrupted");
  return QueryError("--where: " + complaint);
}

/// Prepares and fills in `SELECT what FROM view WHERE filter ending`, then gives every row to
/// `use`.
template <class Use>
void select(const Store& store, const RunFilter& filter, const std::string& what,
            const std::string& ending, const std::atomic<bool>* interrupt, const Use& use) {
  check_brackets(filter.where);
  const ReadingOnly guard(store.database(), interrupt);
  const auto sql = fmt::format("SELECT {} FROM {} WHERE {}{}", what, view_of(filter),
                               conditions_of(filter), ending);
  try {
    auto rows = store.database().prepare(sql);
    rows.bind(filter.name, filter.verdict, filter.protocol, filter.kind, filter.n, filter.seed);
    while (rows.step()) use(rows);
  } catch (const DatabaseError& e) {
    if (e.primary() == SQLITE_ERROR || e.primary() == SQLITE_AUTH ||
        e.primary() == SQLITE_INTERRUPT || e.primary() == SQLITE_TOOBIG)
      throw query_error(store, filter, e.what());
    throw StoreError(StoreError::Reason::other,
                     "cannot read " + store_file(store.results()).string() + ": " + e.what());
  }
}

std::string newest_first(const RunFilter& filter) {
  return fmt::format(" ORDER BY date DESC, written DESC{}{}", filter.each ? ", position" : "",
                     filter.limit == 0 ? "" : fmt::format(" LIMIT {}", filter.limit));
}

StoredValue value_of(const Statement& row, int column) {
  switch (row.type(column)) {
    case SQLITE_INTEGER: return row.integer(column);
    case SQLITE_FLOAT: return row.real(column);
    case SQLITE_NULL: return std::monostate{};
    default: return std::string(row.text(column));
  }
}

/// A seed beyond SQLite's integers is stored as its digits.
std::uint64_t seed_of(const Statement& row, int column) {
  if (row.type(column) == SQLITE_INTEGER) return static_cast<std::uint64_t>(row.integer(column));
  return std::strtoull(std::string(row.text(column)).c_str(), nullptr, 10);
}

}  // namespace

std::vector<RunRow> list_runs(const Store& store, const RunFilter& filter,
                              const std::atomic<bool>* interrupt) {
  const char* what =
      filter.each ? "id, kind, name, verdict, reason, protocol, n, seed, seed, 1, "
                    "verdict = 'fail', date, trace_hash, cell"
                  : "id, kind, name, verdict, reason, protocol, n, seed, last_seed, runs, failed, "
                    "date, trace_hash, NULL";
  std::vector<RunRow> list;
  select(store, filter, what, newest_first(filter), interrupt, [&](const Statement& row) {
    list.push_back({.id = std::string(row.text(0)),
                    .kind = std::string(row.text(1)),
                    .name = std::string(row.text(2)),
                    .verdict = std::string(row.text(3)),
                    .reason = std::string(row.text(4)),
                    .protocol = std::string(row.text(5)),
                    .n = static_cast<std::uint32_t>(row.integer(6)),
                    .seed = seed_of(row, 7),
                    .last_seed = seed_of(row, 8),
                    .runs = static_cast<std::uint64_t>(row.integer(9)),
                    .failed = static_cast<std::uint64_t>(row.integer(10)),
                    .when = std::string(row.text(11)),
                    .trace_hash = std::string(row.text(12)),
                    .cell = std::string(row.text(13))});
  });
  return list;
}

std::uint64_t count_runs(const Store& store, const RunFilter& filter,
                         const std::atomic<bool>* interrupt) {
  std::uint64_t count = 0;
  select(store, filter, "count(*)", "", interrupt,
         [&](const Statement& row) { count = static_cast<std::uint64_t>(row.integer(0)); });
  return count;
}

StoredTable list_columns(const Store& store, const RunFilter& filter,
                         const std::vector<std::string>& columns,
                         const std::atomic<bool>* interrupt) {
  StoredTable table;
  const auto all = columns_of(store, view_of(filter));
  table.columns = columns.empty() ? all : columns;
  for (const auto& column : table.columns) {
    if (std::ranges::find(all, column) == all.end())
      throw query_error(store, filter, "no such column: " + column);
  }
  select(store, filter, scenario::join(table.columns, ", "), newest_first(filter), interrupt,
         [&](const Statement& row) {
           auto& values = table.rows.emplace_back();
           for (int c = 0; c < row.columns(); ++c) values.push_back(value_of(row, c));
         });
  return table;
}

std::vector<std::string> columns_of(const Store& store, const std::string& view) {
  std::vector<std::string> names;
  if (std::ranges::find(kViews, view) == std::end(kViews)) return names;
  const auto all = store.database().prepare("SELECT * FROM " + view + " LIMIT 0");
  for (int c = 0; c < all.columns(); ++c) names.emplace_back(all.name(c));
  return names;
}

}  // namespace byzlab
