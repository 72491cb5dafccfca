// Finding scenario files.
#include "cli/find_scenarios.h"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <optional>

#include "testbed/scenario/nearest.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> scenarios_above(fs::path folder) {
  std::error_code error;
  while (true) {
    if (fs::is_directory(folder / "scenarios", error)) return folder / "scenarios";
    if (!folder.has_relative_path()) return std::nullopt;
    folder = folder.parent_path();
  }
}

std::optional<fs::path> scenarios_folder() {
  std::error_code error;
  if (fs::is_directory("scenarios", error)) return fs::path("scenarios");
  if (auto found = scenarios_above(fs::current_path(error))) return found;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::nullopt : scenarios_above(program.parent_path());
}

bool is_path(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".yaml") || word.ends_with(".yml");
}

bool is_glob(const std::string& word) { return word.find_first_of("*?[") != std::string::npos; }

std::vector<fs::path> expand(const std::string& pattern) {
  std::vector<fs::path> files;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  if (!files.empty()) return files;
  for (const auto& file : all_scenarios())
    if (::fnmatch(pattern.c_str(), file.stem().c_str(), 0) == 0) files.push_back(file);
  return files;
}

/// The nearest names, for a word that is none.
std::string nearest_names(const std::string& word, const std::vector<fs::path>& files) {
  std::vector<std::pair<std::size_t, std::string>> names;
  for (const auto& file : files) {
    const auto name = file.stem().string();
    const bool contains = name.find(word) != std::string::npos;
    names.emplace_back(contains ? 0 : scenario::edit_distance(word, name), name);
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i)
    text += (i == 0 ? "" : ", ") + names[i].second;
  return text;
}

}  // namespace

FoundScenarios find_scenarios(const std::vector<std::string>& words) {
  FoundScenarios found;
  std::error_code error;
  for (const auto& word : words) {
    if (fs::exists(word, error) || (is_path(word) && !is_glob(word))) {
      found.files.emplace_back(word);
    } else if (is_glob(word)) {
      auto files = expand(word);
      if (files.empty()) found.errors.push_back("no scenario matches `" + word + "`");
      std::move(files.begin(), files.end(), std::back_inserter(found.files));
    } else {
      const auto all = all_scenarios();
      std::vector<fs::path> matches;
      for (const auto& file : all)
        if (file.stem() == word) matches.push_back(file);
      if (matches.size() == 1) {
        found.files.push_back(matches.front());
      } else if (matches.empty()) {
        const auto near = nearest_names(word, all);
        found.errors.push_back("no scenario named `" + word + "`" +
                               (near.empty() ? "" : "; nearest: " + near) +
                               "  (byzlab list scenarios)");
      } else {
        std::string list;
        for (const auto& match : matches) list += "\n    " + match.string();
        found.errors.push_back("`" + word + "` is ambiguous; write one of" + list);
      }
    }
  }
  return found;
}

std::vector<fs::path> all_scenarios() {
  std::vector<fs::path> files;
  const auto folder = scenarios_folder();
  if (!folder) return files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(*folder, error), end; !error && at != end;
       at.increment(error))
    if (at->is_regular_file(error) && at->path().extension() == ".yaml")
      files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace byzlab
