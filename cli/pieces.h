// Many runs, one piece of work each: worker processes make their lines, a journal on disk has them
// in order, whoever asked counts them. A sweep and a comparison are such work; so is a part of one
// (--shard), the rest of one (after a crash, Ctrl-C, a full disk), and putting parts together.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "observe/results_folder.h"
#include "observe/terminal.h"
#include "testbed/report.h"
#include "testbed/shard.h"
#include "testbed/worker_pool.h"

namespace byzlab {

struct PieceCounts {
  std::uint64_t done = 0, passed = 0, failed = 0, open = 0;
};

struct PieceWork {
  std::string name;   ///< of the scenario or comparison
  std::string title;  ///< "s1..1000": in the folder's name
  /// plan.json: all that says what is to be done. Work with the same plan can be gone on with, and
  /// parts of it can be put together.
  std::string plan;
  std::vector<std::pair<std::string, std::string>> inputs;  ///< files that lie beside the results
  std::uint64_t pieces = 0;

  /// The piece's line of runs.jsonl. Called in a worker; what it throws makes the piece broken.
  std::function<std::string(std::uint64_t piece)> make;
  /// The command that repeats it.
  std::function<std::string(std::uint64_t piece)> again;
  /// The line of a piece that came to nothing.
  std::function<std::string(std::uint64_t piece, const Report& stopped)> line;

  /// Counts a piece, in order; false when the line is none of that piece. `now`: it was made by
  /// this process, just now.
  std::function<bool(std::uint64_t piece, std::string_view line, bool now)> count;
  std::function<PieceCounts()> counts;  ///< so far, for progress
  std::function<std::string()> news;    ///< what the last piece is worth telling at once
  std::function<bool()> enough = {};    ///< true: the rest is not wanted
};

struct PieceOptions {
  std::filesystem::path out;
  unsigned jobs = 1;
  RunLimits limits;
  Shard shard;
  bool fresh = false;  ///< drop what an earlier process had done
  bool store = true;
  ProgressMode progress = ProgressMode::none;
  bool ascii = false;
};

/// What became of the work.
struct PieceOutcome {
  std::optional<ResultsFolder> folder;  ///< with plan.json, the inputs and runs.jsonl in it
  std::filesystem::path place;          ///< where the folder will lie, or lies while unfinished
  Shard shard;
  unsigned jobs = 1;  ///< worker processes, or shards that were put together
  std::uint64_t planned = 0;
  bool interrupted = false;
  double wall_seconds = 0, cpu_seconds = 0;  ///< of all processes that worked on it

  /// What people are told of it: "results", "go on", "whole".
  std::vector<Pointer> pointers() const;
  /// The last that is done to the folder: times.json, and the way to its place with a line in the
  /// list of runs. What was interrupted stays, to be gone on with.
  void finish(const Report& index);
};

/// Does what is not done yet. Throws ResultsError, whose text says what is kept.
PieceOutcome run_pieces(const PieceWork& work, const PieceOptions& options);

/// The parts of the work, in folders of finished shards, as if it had been done here. Throws
/// ResultsError, also when the folders are not all shards of one and the same work.
PieceOutcome merge_pieces(const PieceWork& work, const std::vector<std::filesystem::path>& folders,
                          const std::filesystem::path& out);

/// What a folder's plan.json says: the work and which part of it.
struct RecordedPlan {
  Shard shard;
  std::string plan;
};
/// None when there is no such file, or it cannot be read.
std::optional<RecordedPlan> read_plan(const std::filesystem::path& folder);

/// "unfinished-s1..1000-5d41402a": where the work has its place from its first moment, so that the
/// same command of the same build finds it again.
std::string unfinished_name(const PieceWork& work, Shard shard);

/// With how much memory a worker may do, when nobody says: its share of the machine's.
std::uint64_t default_memory(unsigned jobs);

}  // namespace byzlab
