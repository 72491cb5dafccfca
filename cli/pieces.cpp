#include "cli/pieces.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>

#include "base/codec.h"
#include "base/version.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "observe/json_document.h"
#include "observe/run_journal.h"
#include "observe/style.h"
#include "observe/summary.h"

namespace byzlab {
namespace {

/// "5d41402a"
std::string short_digest(const std::string& text) {
  return blake2b(std::as_bytes(std::span(text))).hex().substr(0, 8);
}

namespace fs = std::filesystem;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// When the first so many pieces all crash, the others would too.
constexpr std::uint64_t kHopeless = 20;
constexpr const char* kCrashes = "crashes.txt";

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// ---------------------------------------------------------------------------------------- times

/// What was spent: a line now and then, so that a killed process has told most of it.
class Times {
 public:
  /// Reads what earlier processes spent. No folder: only in memory.
  explicit Times(std::optional<fs::path> file) {
    if (!file) return;
    double wall = 0, cpu = 0;
    {
      LineReader lines(*file);
      std::string_view line;
      while (lines.next(line)) {
        json::error_code wrong;
        const auto value = json::parse(line, wrong);
        const auto* spent = wrong ? nullptr : value.if_array();
        if (!spent || spent->size() != 2) continue;
        if ((*spent)[0].to_number<double>(wrong) < wall) earlier_wall_ += wall, earlier_cpu_ += cpu;
        wall = (*spent)[0].to_number<double>(wrong);
        cpu = (*spent)[1].to_number<double>(wrong);
      }
    }
    earlier_wall_ += wall;
    earlier_cpu_ += cpu;
    journal_.emplace(*file);
    journal_->replay([](std::string_view) { return true; });
    note();
  }

  void add_cpu(double seconds) {
    cpu_ += seconds;
    if (journal_ && Clock::now() - noted_ > std::chrono::seconds{2}) note();
  }
  double wall() const {
    return earlier_wall_ + std::chrono::duration<double>(Clock::now() - start_).count();
  }
  double cpu() const { return earlier_cpu_ + cpu_; }

 private:
  /// [real seconds, CPU seconds] of this process so far; real ones begin at 0 with each.
  void note() {
    noted_ = Clock::now();
    journal_->append(fmt::format("[{:.3f},{:.3f}]\n",
                                 std::chrono::duration<double>(noted_ - start_).count(), cpu_));
  }

  Clock::time_point start_ = Clock::now(), noted_{};
  double earlier_wall_ = 0, earlier_cpu_ = 0, cpu_ = 0;
  std::optional<RunJournal> journal_;
};

// ------------------------------------------------------------------------------------ the folder

/// plan.json with the shard, where it is one.
std::string plan_of(const PieceWork& work, Shard shard) {
  if (shard.all()) return work.plan;
  return pretty(
      json::object{{"shard", shard.index}, {"of", shard.of}, {"plan", json::parse(work.plan)}});
}

void begin_folder(ResultsFolder& folder, const PieceWork& work, const PieceOptions& options) {
  const auto plan = plan_of(work, options.shard);
  const auto there = folder.unfinished() / "plan.json";
  if (options.fresh || (fs::exists(there) && content_of(there) != plan)) folder.clear();
  if (fs::exists(there)) return;
  for (const auto& [file, content] : work.inputs) folder.write(file, content);
  // The plan is what makes it work to go on with: last, and whole.
  folder.write("plan.json.new", plan);
  fs::rename(folder.unfinished() / "plan.json.new", there);
}

/// "-shard2of3"; empty for all.
std::string part_of(Shard shard) {
  return shard.all() ? "" : fmt::format("-shard{}of{}", shard.index, shard.of);
}

fs::path place_of(const PieceWork& work, const PieceOutcome& outcome) {
  if (!outcome.folder) return {};
  if (outcome.interrupted) return outcome.folder->unfinished();
  return outcome.folder->place(
      work.name, fmt::format("{}-{}{}", time_of_day(), work.title, part_of(outcome.shard)));
}

// ------------------------------------------------------------------------------------- the work

/// The report of a piece that has none of its own.
Report stopped_report(const PieceResult& result, bool& crashed) {
  Report report;
  report.verdict = RunVerdict::inconclusive;
  crashed = result.end == PieceEnd::crashed || result.end == PieceEnd::threw;
  report.crashed = crashed;
  report.stopped = result.text;
  report.reason = (crashed ? "crashed: " : "stopped: ") + result.text;
  return report;
}

/// In a new worker: its crashes are reports in the folder, not text between progress bars.
void begin_worker(const std::optional<ResultsFolder>& folder) {
  crash_silently(folder ? folder->unfinished() / kCrashes : fs::path{});
}

class Doing {
 public:
  Doing(const PieceWork& work, const PieceOptions& options, PieceOutcome& outcome)
      : work_(work), options_(options), outcome_(outcome), pieces_(work.pieces, options.shard) {
    outcome_.planned = pieces_.count();
    if (!options.store) return;
    outcome_.folder.emplace(options.out, work.name, unfinished_name(work, options.shard));
    begin_folder(*outcome_.folder, work, options);
    journal_.emplace(outcome_.folder->unfinished() / "runs.jsonl");
  }

  void all() {
    try {
      replay();
      Times times(times_file());
      make_rest(times);
      outcome_.wall_seconds = times.wall();
      outcome_.cpu_seconds = times.cpu();
    } catch (const ResultsError& e) {
      throw ResultsError(fmt::format("{}\n  kept     {} of {} runs in {}; the same command goes on",
                                     e.what(), done_, outcome_.planned,
                                     outcome_.folder->unfinished().string()));
    }
  }

 private:
  std::optional<fs::path> times_file() const {
    if (!outcome_.folder) return std::nullopt;
    const auto file = outcome_.folder->unfinished() / "times.jsonl";
    if (!fs::exists(file)) outcome_.folder->write("times.jsonl", "");
    return file;
  }

  void replay() {
    if (!journal_) return;
    journal_->replay([&](std::string_view line) {
      if (done_ == outcome_.planned || !work_.count(pieces_[done_], line, false)) return false;
      ++done_;
      return true;
    });
    if (done_ > 0)
      log_info(fmt::format("continuing {}: {} of {} runs were done",
                           outcome_.folder->unfinished().string(), done_, outcome_.planned));
  }

  void make_rest(Times& times) {
    const auto earlier = done_;
    PiecePlan plan;
    plan.count = outcome_.planned - done_;
    plan.next = [this, next = done_]() mutable { return pieces_[next++]; };
    plan.workers = workers_for(options_.jobs, plan.count);
    plan.limits = {.wall = options_.limits.wall, .memory_bytes = options_.limits.memory};
    if (plan.limits.memory_bytes == 0) plan.limits.memory_bytes = default_memory(plan.workers);
    plan.make = [this](std::uint64_t piece) {
      crash_note(work_.again(piece));
      return work_.make(piece);
    };
    plan.begin = [this] { begin_worker(outcome_.folder); };
    plan.interrupt = &interrupted();
    WorkerPool pool(std::move(plan));
    SweepProgress progress(options_.progress, work_.name, outcome_.planned, earlier,
                           options_.ascii);
    const auto show = [&] {
      const auto c = work_.counts();
      progress.update(c.done, c.passed, c.failed, c.open);
    };
    progress_ = &progress;
    std::uint64_t crashes = 0;
    show();
    while (auto result = pool.take(show)) {
      times.add_cpu(result->cpu_seconds);
      crashes += take(*result) ? 0 : 1;
      show();
      if (work_.enough && work_.enough()) break;
      if (crashes >= kHopeless && crashes == done_ - earlier) {
        progress.clear();
        log_error(fmt::format("the first {} runs all crashed: no more are tried", crashes));
        break;
      }
    }
    outcome_.interrupted = interrupted() && done_ < outcome_.planned;
  }

  /// A new result; false when it is a crash.
  bool take(PieceResult& result) {
    bool crashed = false;
    if (result.end != PieceEnd::done) {
      const Report report = stopped_report(result, crashed);
      progress_->clear();
      auto text = fmt::format("{}\n  again    {}", report.reason, work_.again(result.piece));
      if (outcome_.folder && fs::exists(outcome_.folder->unfinished() / kCrashes) && crashed)
        text += "\n  report   " + (outcome_.folder->unfinished() / kCrashes).string();
      if (crashed)
        log_error("internal error: a run " + text);
      else
        log_warning("a run was " + text);
      result.text = work_.line(result.piece, report);
    }
    if (journal_) journal_->append(result.text);
    if (!work_.count(result.piece, result.text, true))
      throw std::logic_error("a run's line cannot be read: " + result.text);
    ++done_;
    const auto news = work_.news();
    if (!news.empty() && options_.progress != ProgressMode::none) {
      progress_->clear();
      std::fputs((options_.ascii ? to_ascii(news) : news).c_str(), stderr);
    }
    return !crashed;
  }

  const PieceWork& work_;
  const PieceOptions& options_;
  PieceOutcome& outcome_;
  ShardedPieces pieces_;
  std::optional<RunJournal> journal_;
  SweepProgress* progress_ = nullptr;
  std::uint64_t done_ = 0;
};

// ------------------------------------------------------------------------------------- merging

[[noreturn]] void cannot_merge(const fs::path& folder, const std::string& why) {
  throw ResultsError("cannot merge " + folder.string() + ": " + why);
}

/// The folders by shard, once it is certain that they are the parts of the work, each of them once.
std::vector<fs::path> shards_of(const PieceWork& work, const std::vector<fs::path>& folders) {
  std::vector<fs::path> shards;
  for (const auto& folder : folders) {
    const auto recorded = read_plan(folder);
    if (!recorded) cannot_merge(folder, "it has no plan.json");
    if (recorded->plan != work.plan)
      cannot_merge(folder, "it is no part of the same work (or of another byzlab)");
    const Shard shard = recorded->shard;
    if (shards.empty()) shards.resize(shard.of);
    if (shards.size() != shard.of)
      cannot_merge(folder,
                   fmt::format("it is shard {} and others are of {}", shard.text(), shards.size()));
    auto& place = shards[shard.index - 1];
    if (!place.empty())
      cannot_merge(folder, fmt::format("shard {} is also in {}", shard.text(), place.string()));
    place = folder;
  }
  for (std::size_t i = 0; i < shards.size(); ++i)
    if (shards[i].empty())
      throw ResultsError(fmt::format("cannot merge: shard {}/{} is missing", i + 1, shards.size()));
  return shards;
}

/// Real time is that of the slowest, CPU time that of all.
void add_times(const fs::path& folder, PieceOutcome& outcome) {
  json::error_code wrong;
  const auto times = json::parse(content_of(folder / "times.json"), wrong);
  if (wrong || !times.is_object()) return;
  const auto seconds = [&](std::string_view key) {
    const auto* value = times.get_object().if_contains(key);
    return value ? value->to_number<double>(wrong) : 0;
  };
  outcome.wall_seconds = std::max(outcome.wall_seconds, seconds("wall_seconds"));
  outcome.cpu_seconds += seconds("cpu_seconds");
}

}  // namespace

PieceOutcome merge_pieces(const PieceWork& work, const std::vector<fs::path>& folders,
                          const fs::path& out) {
  const auto shards = shards_of(work, folders);
  std::vector<LineReader> readers;
  for (const auto& folder : shards) readers.emplace_back(folder / "runs.jsonl");
  PieceOutcome outcome;
  outcome.planned = work.pieces;
  auto& folder = outcome.folder.emplace(out);
  for (const auto& [file, content] : work.inputs) folder.write(file, content);
  folder.write("plan.json", work.plan);
  const ShardedPieces pieces(work.pieces, {.index = 1, .of = shards.size()});
  {
    RunJournal journal(folder.unfinished() / "runs.jsonl");
    for (std::uint64_t piece = 0; piece < work.pieces; ++piece) {
      const auto shard = pieces.owner(piece) - 1;
      std::string_view line;
      if (!readers[shard].next(line))
        cannot_merge(shards[shard], fmt::format("shard {}/{} is not finished; its command goes on",
                                                shard + 1, shards.size()));
      if (!work.count(piece, line, false))
        cannot_merge(shards[shard], "a line of its runs.jsonl is not the run it should be");
      journal.append(std::string(line) + "\n");
    }
  }
  for (const auto& shard : shards) add_times(shard, outcome);
  outcome.jobs = static_cast<unsigned>(shards.size());
  outcome.place = place_of(work, outcome);
  return outcome;
}

std::optional<RecordedPlan> read_plan(const fs::path& folder) {
  auto text = content_of(folder / "plan.json");
  json::error_code wrong;
  const auto document = json::parse(text, wrong);
  const auto* object = wrong ? nullptr : document.if_object();
  if (object == nullptr) return std::nullopt;
  if (!object->contains("shard")) return RecordedPlan{.shard = {}, .plan = std::move(text)};
  const auto* of = object->if_contains("of");
  const auto* plan = object->if_contains("plan");
  if (of == nullptr || plan == nullptr) return std::nullopt;
  const Shard shard{.index = object->at("shard").to_number<std::uint64_t>(wrong),
                    .of = of->to_number<std::uint64_t>(wrong)};
  if (wrong || shard.index < 1 || shard.index > shard.of || shard.of > kMostShards)
    return std::nullopt;
  return RecordedPlan{.shard = shard, .plan = pretty(*plan)};
}

/// A build that has no name of its own (changed files, no git) is told from others by its program
/// file.
std::string unfinished_name(const PieceWork& work, Shard shard) {
  std::string build = version();
  struct stat program{};
  if ((build == "unknown" || build.ends_with("-dirty")) && ::stat("/proc/self/exe", &program) == 0)
    build +=
        fmt::format(" {} {}.{}", program.st_size, program.st_mtim.tv_sec, program.st_mtim.tv_nsec);
  return "unfinished-" + work.title + part_of(shard) + "-" + short_digest(work.plan + build);
}

std::uint64_t default_memory(unsigned jobs) {
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || size <= 0) return 0;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / std::max(1u, jobs);
}

PieceOutcome run_pieces(const PieceWork& work, const PieceOptions& options) {
  PieceOutcome outcome;
  outcome.shard = options.shard;
  Doing(work, options, outcome).all();
  outcome.jobs = workers_for(options.jobs, outcome.planned);
  outcome.place = place_of(work, outcome);
  return outcome;
}

std::vector<Pointer> PieceOutcome::pointers() const {
  if (!folder) return {};
  std::vector<Pointer> all{{"results", place.string()}};
  if (interrupted) all.push_back({"go on", "the same command"});
  if (!shard.all() && !interrupted)
    all.push_back({"whole", "byzlab merge, when all shards are done"});
  return all;
}

void PieceOutcome::finish(const Report& index) {
  folder->write("times.json",
                pretty(json::object{
                    {"wall_seconds", wall_seconds}, {"cpu_seconds", cpu_seconds}, {"jobs", jobs}}));
  if (interrupted) return;
  folder->remove("times.jsonl");
  folder->finish(
      place, index_line(index, place.lexically_relative(folder->root()).string(), time_of_day()));
}

}  // namespace byzlab
