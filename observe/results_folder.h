// The results folder: written beside its place and moved there when it is whole, so that nobody
// ever sees half of one.
//
//   results/latest -> NAME/20261122-143301-s42-9f3c1a7e      and latest.txt with the same words
//   results/index.jsonl                                      one line a run
//   results/index.sqlite                                     all runs in tables (observe/store.h)
//   results/NAME/20261122-143301-s42-9f3c1a7e/…
//   results/NAME/unfinished-s1..1000-5d41402a/…              many runs, to be gone on with
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace byzlab {

/// Results could not be written; what() says which file and why.
struct ResultsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ResultsFolder {
 public:
  /// Makes `root` and an unfinished folder in it, which shows that results can be written before
  /// anything is run. Throws ResultsError.
  explicit ResultsFolder(std::filesystem::path root);
  /// Opens `root/name/unfinished`, where somebody may have begun, or makes it. It is kept until it
  /// is finished. Throws ResultsError.
  ResultsFolder(std::filesystem::path root, const std::string& name, const std::string& unfinished);
  /// Removes what was not finished and is not to be kept.
  ~ResultsFolder();
  ResultsFolder(ResultsFolder&& other) noexcept;
  ResultsFolder(const ResultsFolder&) = delete;
  ResultsFolder& operator=(const ResultsFolder&) = delete;

  /// Where files can be written until finish().
  const std::filesystem::path& unfinished() const { return unfinished_; }
  /// Writes one file of the folder, with the folders above it.
  void write(const std::filesystem::path& file, std::string_view content, bool executable = false);

  void remove(const std::filesystem::path& file);

  /// The place a folder of this name will have: `root/name/id`, with "-2", "-3" … when it is taken.
  std::filesystem::path place(const std::string& name, const std::string& id) const;
  /// Moves the folder to its place, points `latest` to it, adds a line to index.jsonl and what it
  /// holds to index.sqlite.
  void finish(const std::filesystem::path& place, const std::string& index_line);

  const std::filesystem::path& root() const { return root_; }
  /// Empties the unfinished folder, to begin anew.
  void clear();

 private:
  std::filesystem::path root_;
  std::filesystem::path unfinished_;
  bool kept_ = false;
};

/// "20261122-143301", local time.
std::string time_of_day();

/// A scenario's name as the name of a folder: other characters than letters, digits, '.', '_', '-'
/// become '-'.
std::string folder_name(std::string_view name);

}  // namespace byzlab
