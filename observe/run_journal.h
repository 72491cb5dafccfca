// runs.jsonl while it grows: whole lines, appended in order, so that at any moment, whatever
// happens to the process, the file is the beginning of what it will be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "observe/results_folder.h"

namespace byzlab {

class RunJournal {
 public:
  /// Opens the file, or makes it, for this process alone. Throws ResultsError, also when another
  /// process has it open.
  explicit RunJournal(std::filesystem::path file);
  ~RunJournal();
  RunJournal(const RunJournal&) = delete;
  RunJournal& operator=(const RunJournal&) = delete;

  /// Every line that is there, until `use` says that one is none; it and what follows are cut off,
  /// as is a last line without an end. Returns the number of lines that remain.
  std::uint64_t replay(const std::function<bool(std::string_view line)>& use);

  /// One whole line, newline included. Throws ResultsError, and then the file is as before.
  void append(std::string_view line);

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// Reads the lines of a runs.jsonl one after the other; memory has a bound.
class LineReader {
 public:
  /// Throws ResultsError.
  explicit LineReader(std::filesystem::path file);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its newline, valid until the next call; false at the end. A last line
  /// without a newline is none.
  bool next(std::string_view& line);

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace byzlab
