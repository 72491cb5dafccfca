// Finding runs by what people call them.
#include "observe/find_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include "observe/store_query.h"
#include "testbed/scenario/nearest.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "summary.json", error);
}

std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

/// `latest` is a link; where there are none, latest.txt says the same.
std::optional<fs::path> latest(const fs::path& results) {
  if (is_run(results / "latest")) return results / "latest";
  std::ifstream in(results / "latest.txt");
  std::string line;
  if (std::getline(in, line) && is_run(results / line)) return results / line;
  return std::nullopt;
}

/// A folder or a file in one, as it stands or below results/.
std::optional<fs::path> as_path(const std::string& word, const fs::path& results) {
  for (const auto& path : {fs::path(word), results / word}) {
    if (is_run(path)) return path;
    std::error_code error;
    if (fs::is_regular_file(path, error) && is_run(path.parent_path())) return path.parent_path();
  }
  return std::nullopt;
}

std::string folder_part(const RunRow& row) { return row.id.substr(row.id.find('/') + 1); }
std::string name_part(const RunRow& row) { return row.id.substr(0, row.id.find('/')); }

FoundRun found(const RunRow& row, const fs::path& results) { return {results / row.id, ""}; }

/// Runs that all did the same are one; of others the user must choose.
FoundRun only_one(const std::vector<const RunRow*>& rows, const std::string& word,
                  const fs::path& results) {
  const auto same = [&](const RunRow* row) {
    return row->trace_hash == rows.front()->trace_hash && row->kind == rows.front()->kind;
  };
  if (std::ranges::all_of(rows, same)) return found(*rows.front(), results);
  constexpr std::size_t kShown = 5;
  std::string text = fmt::format("`{}` could be any of {} runs:", word, rows.size());
  for (std::size_t i = 0; i < std::min(rows.size(), kShown); ++i)
    text += fmt::format("\n  {}   {}", rows[i]->id, rows[i]->verdict);
  if (rows.size() > kShown) text += "\n  …";
  return {{}, text};
}

/// A seed that ran only among others has no folder: how to make one.
FoundRun not_found(const Store& store, const std::string& word, std::optional<std::uint64_t> seed,
                   const std::vector<RunRow>& rows, const fs::path& results) {
  if (seed) {
    const auto among = list_runs(store, {.each = true, .seed = seed, .limit = 1});
    if (!among.empty())
      return {
          {},
          fmt::format("seed {} ran only as one of many, in {}/{}; run it alone: byzlab run "
                      "{}/{}/scenario.yaml --seed {}",
                      *seed, results.string(), among[0].id, results.string(), among[0].id, *seed)};
  }
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(name_part(row));
  const auto guess = scenario::nearest(word, names);
  return {{},
          fmt::format("no run `{}` in {}{}; byzlab runs lists them", word, results.string(),
                      guess ? "; did you mean `" + *guess + "`?" : "")};
}

FoundRun in_store(const std::string& word, const fs::path& results) {
  std::string ignored;
  const auto store = Store::for_reading(results, ignored);
  const auto rows = list_runs(store);
  if (word.starts_with("latest~")) {
    const auto back = digits(std::string_view(word).substr(7));
    if (back && *back < rows.size()) return found(rows[*back], results);
    return {{},
            fmt::format("there is no `{}`: {} has {} runs", word, results.string(), rows.size())};
  }
  const auto chosen = [&](const auto& wanted) {
    std::vector<const RunRow*> list;
    for (const auto& row : rows)
      if (wanted(row)) list.push_back(&row);
    return list;
  };
  const auto named =
      chosen([&](const RunRow& r) { return name_part(r) == word || r.name == word; });
  if (!named.empty()) return found(*named.front(), results);
  const auto seed = digits(word.starts_with('s') ? std::string_view(word).substr(1) : word);
  if (seed) {
    const auto with_seed =
        chosen([&](const RunRow& r) { return r.kind == "run" && r.seed == *seed; });
    if (!with_seed.empty()) return only_one(with_seed, word, results);
  }
  const auto begun = chosen([&](const RunRow& r) {
    return r.id.starts_with(word) || folder_part(r).starts_with(word) ||
           (word.size() >= 4 && r.trace_hash.starts_with(word));
  });
  if (!begun.empty()) return only_one(begun, word, results);
  return not_found(store, word, seed, rows, results);
}

}  // namespace

FoundRun find_run(const std::string& word, const fs::path& results) {
  if (word == "latest" || word.empty()) {
    if (const auto folder = latest(results)) return {*folder, ""};
    return {{}, "no run in " + results.string() + " yet"};
  }
  if (const auto path = as_path(word, results)) return {*path, ""};
  std::error_code error;
  if (fs::exists(word, error) && word.find('/') != std::string::npos)
    return {{}, "no run in " + word + ": it has no summary.json"};
  try {
    return in_store(word, results);
  } catch (const StoreError& e) {
    return {{}, e.what()};
  }
}

}  // namespace byzlab
