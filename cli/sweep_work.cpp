#include "cli/sweep_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "base/version.h"
#include "cli/appearance.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/run_one.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "observe/run_record.h"
#include "observe/summary.h"
#include "observe/sweep_page.h"
#include "observe/terminal.h"
#include "observe/web_assets.h"

namespace byzlab {
namespace {

namespace json = boost::json;

/// Folders are kept of this many failing seeds; the others have their command line.
constexpr std::uint64_t kFoldersOfFailures = 10;
/// Lines about seeds that are shown; runs.jsonl has them all.
constexpr std::uint64_t kLinesOfFailures = 20;
/// Of more runs than this only verdicts and expectations are kept, no metrics: 2 kB a run matter.
constexpr std::uint64_t kWithMetrics = 100'000;
constexpr std::size_t kMostCells = 10'000;

std::string key_path(const std::string& key) {
  if (key == "protocol") return "protocol.name";
  if (key == "replicas") return "protocol.replicas";
  return key;
}

std::vector<std::string> values_of(const std::vector<scenario::VariedKey>& vary, std::size_t cell) {
  std::vector<std::string> values(vary.size());
  for (std::size_t k = vary.size(); k-- > 0;) {
    values[k] = vary[k].values[cell % vary[k].values.size()];
    cell /= vary[k].values.size();
  }
  return values;
}

/// "✗ seed 577   recovery: 2s after gst   4.8 s   results/…"
std::string failure_line(const Report& report, const std::string& cell, const std::string& where) {
  const bool failed = report.verdict == RunVerdict::fail;
  std::string text = fmt::format(
      "  {} seed {:<6}", mark_of(failed ? Status::fail : Status::undecided, {}), report.seed);
  if (!cell.empty()) text += "  " + cell;
  if (!report.stopped.empty()) text += "  " + report.reason;
  for (const auto& e : report.expectations) {
    const bool open = e.status == Status::undecided || e.status == Status::vacuous;
    if (failed ? e.status != Status::fail : !open || !report.stopped.empty()) continue;
    text += "  " + e.text + (e.detail.empty() ? "" : "   " + e.detail);
    break;
  }
  if (!report.ended_early.empty()) text += "   stopped " + report.ended_early;
  if (!where.empty()) text += "   (" + where + ")";
  return text + "\n";
}

}  // namespace

std::optional<SweepPlan> plan_sweep(const std::string& text, const std::string& file,
                                    const std::vector<scenario::VariedKey>& vary,
                                    const RunArguments& arguments) {
  SweepPlan plan{.vary = vary, .cells = {}, .seeds = {}};
  std::size_t count = 1;
  for (auto& key : plan.vary) {
    key.key = key_path(key.key);
    count *= key.values.size();
    if (count <= kMostCells) continue;
    log_error(fmt::format("--vary spans more than {} combinations", kMostCells));
    return std::nullopt;
  }
  for (std::size_t cell = 0; cell < count; ++cell) {
    PrepareOptions how{
        .sets = arguments.sets, .seed = {}, .strict = arguments.strict, .format = arguments.format};
    const auto values = values_of(plan.vary, cell);
    for (std::size_t k = 0; k < values.size(); ++k)
      how.sets.push_back(plan.vary[k].key + "=" + values[k]);
    auto prepared = prepare_text(text, file, how);
    if (!prepared) return std::nullopt;  // the others have most likely the same mistake
    plan.cells.push_back(std::move(*prepared));
  }
  constexpr scenario::Runs kDefault{.first = 1, .last = 100};
  plan.seeds = arguments.seeds ? *arguments.seeds : plan.cells[0].first().runs.value_or(kDefault);
  for (const Prepared& cell : plan.cells)
    if (!are_all_right(cell, plan.seeds, arguments.format)) return std::nullopt;
  return plan;
}

Sweep::Sweep(const SweepPlan& plan, const RunArguments& arguments)
    : plan_(plan), arguments_(arguments) {
  for (const auto& key : plan.vary) tally_.keys.push_back(key.key);
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
    tally_.cells.push_back({.values = values_of(plan.vary, cell), .tally = {}});
  const auto& first = plan.cells[0].first();
  info_ = SweepInfo{.name = first.name,
                    .file = plan.cells[0].file(),
                    .protocol = first.protocol.name,
                    .n = first.protocol.replicas,
                    .first_seed = plan.seeds.first,
                    .last_seed = plan.seeds.last,
                    .shard = {}};
}

/// Round the cells for each seed, so that an interrupted sweep has some of all.
Sweep::Place Sweep::place_of(std::uint64_t piece) const {
  return {.cell = piece % plan_.cells.size(),
          .seed = plan_.seeds.first + piece / plan_.cells.size()};
}

PieceWork Sweep::work() {
  json::array vary;
  for (const auto& key : plan_.vary)
    vary.push_back(json::object{{"key", key.key},
                                {"values", json::array(key.values.begin(), key.values.end())}});
  const json::object plan{{"schema", 1},
                          {"kind", "sweep"},
                          {"name", info_.name},
                          {"file", info_.file},
                          {"seeds", {{"first", info_.first_seed}, {"last", info_.last_seed}}},
                          {"sets", json::array(arguments_.sets.begin(), arguments_.sets.end())},
                          {"vary", std::move(vary)},
                          {"transport", arguments_.world == World::tcp ? "tcp" : "sim"},
                          {"max_events", arguments_.limits.events},
                          {"version", version()},
                          {"scenario", plan_.cells[0].text()}};
  PieceWork work;
  work.name = info_.name;
  work.title = fmt::format("s{}..{}", info_.first_seed, info_.last_seed);
  work.plan = pretty(plan);
  work.inputs = {{"scenario.yaml", plan_.cells[0].text()}};
  work.pieces = (plan_.seeds.last - plan_.seeds.first + 1) * plan_.cells.size();
  work.make = [this](std::uint64_t piece) { return make(piece); };
  work.again = [this](std::uint64_t piece) {
    const auto at = place_of(piece);
    return again_command(plan_.cells[at.cell], at.seed, at.seed, arguments_);
  };
  work.line = [this](std::uint64_t piece, const Report& stopped) {
    const auto at = place_of(piece);
    Report report = stopped;
    report.seed = at.seed;
    RecordOptions how;
    if (plan_.cells.size() > 1) how.cell = at.cell;
    return run_line(report, how);
  };
  work.count = [this](std::uint64_t piece, std::string_view line, bool now) {
    return count(piece, line, now);
  };
  work.counts = [this] {
    return PieceCounts{.done = tally_.runs(),
                       .passed = tally_.passed(),
                       .failed = tally_.failed(),
                       .open = tally_.inconclusive()};
  };
  work.news = [this] { return std::exchange(news_, {}); };
  work.enough = [this] { return arguments_.fail_fast && tally_.failed() > 0; };
  return work;
}

std::string Sweep::make(std::uint64_t piece) const {
  const auto at = place_of(piece);
  const bool many = plan_.cells.size() > 1;
  const auto runs = (plan_.seeds.last - plan_.seeds.first + 1) * plan_.cells.size();
  const auto cell = many ? std::optional<std::uint64_t>(at.cell) : std::nullopt;
  scenario::Scenario scenario;
  try {
    scenario = plan_.cells[at.cell].at_seed(at.seed, plan_.seeds);
  } catch (const WrongSeed& wrong) {
    return wrong_seed_line(wrong, at.seed, cell);
  }
  const auto report = run(scenario, RunOptions{.world = arguments_.world,
                                               .seed = at.seed,
                                               .max_events = arguments_.limits.events,
                                               .series_interval = {}});
  return run_line(report, {.cell = cell, .metrics = runs <= kWithMetrics});
}

bool Sweep::count(std::uint64_t piece, std::string_view line, bool now) {
  const auto at = place_of(piece);
  const auto record = read_run_line(line, false);
  if (!record || record->report.seed != at.seed || record->cell.value_or(0) != at.cell)
    return false;
  const Report& report = record->report;
  tally_.add(at.cell, report);
  const bool failed = report.verdict == RunVerdict::fail;
  std::string where;
  if (now && arguments_.verify.empty() && report.stopped.empty() &&
      (arguments_.keep_all || (failed && kept_ < kFoldersOfFailures))) {
    auto once = arguments_;
    once.progress = ProgressMode::none;
    const auto again =
        run_one(plan_.cells[at.cell], at.seed, once, {.write_results = true, .seeds = plan_.seeds});
    where = again.folder->string();
  }
  kept_ += failed ? 1 : 0;
  if (report.verdict != RunVerdict::pass) {
    if (++told_ > kLinesOfFailures) return true;
    failures_.push_back(failure_line(report, tally_.label(at.cell), where));
    if (now) news_ += failures_.back();
  }
  return true;
}

std::string Sweep::headline() const {
  const auto& first = plan_.cells[0].first();
  std::string text = fmt::format(
      "{}   {}  n={}   {}   seeds {}..{}\n", first.name, first.protocol.name,
      first.protocol.replicas, spaced_duration(first.duration), info_.first_seed, info_.last_seed);
  if (plan_.vary.empty()) return text;
  for (const auto& key : plan_.vary) {
    text += "   " + key.key + " = ";
    for (std::size_t i = 0; i < key.values.size(); ++i)
      text += (i == 0 ? "" : ", ") + key.values[i];
    text += "\n";
  }
  return text + fmt::format("   {} combinations, {} runs\n", plan_.cells.size(),
                            plan_.cells.size() * (info_.last_seed - info_.first_seed + 1));
}

void Sweep::finish(PieceOutcome outcome) {
  info_.planned = outcome.planned;
  info_.interrupted = outcome.interrupted;
  info_.wall_seconds = outcome.wall_seconds;
  info_.cpu_seconds = outcome.cpu_seconds;
  info_.jobs = outcome.jobs;
  if (!outcome.shard.all()) info_.shard = outcome.shard.text();
  if (outcome.folder) write(outcome);
}

std::string Sweep::again() const {
  for (std::size_t cell = 0; cell < plan_.cells.size(); ++cell) {
    const auto& failed = tally_.cells[cell].tally.failed_seeds();
    if (!failed.empty())
      return again_command(plan_.cells[cell], failed.front(), failed.front(), arguments_);
  }
  if (plan_.vary.empty())
    return again_command(plan_.cells[0], info_.first_seed, info_.last_seed, arguments_);
  return sweep_command(plan_.cells[0].file(), plan_.vary, plan_.seeds, arguments_);
}

void Sweep::write(PieceOutcome& outcome) {
  auto pointers = outcome.pointers();
  pointers.push_back({"again", again()});
  outcome.folder->write("summary.json", json());
  outcome.folder->write("console.txt", headline() + failures_text({}) +
                                           tally_text(tally_, info_, {}) +
                                           pointers_text(pointers, TextOptions{}));
  pointers_ = pointers_text(pointers, TextOptions{.style = style_for_stdout(arguments_.look)});
  if (web_built())
    outcome.folder->write("report.html",
                          page_html(R"({"kind":"sweep","data":)" +
                                    sweep_data_json(outcome.folder->unfinished()) + "}"));
  outcome.finish(report());
}

std::string Sweep::failures_text(const Style& style) const {
  std::string text;
  for (const auto& line : failures_) text += line;
  if (told_ > kLinesOfFailures)
    text += fmt::format("    … {} more in runs.jsonl\n", told_ - kLinesOfFailures);
  if (!text.empty()) text += "\n";
  return style.ascii ? to_ascii(text) : text;
}

std::string Sweep::text() const {
  const auto style = style_for_stdout(arguments_.look);
  if (!arguments_.quiet) return failures_text(style) + tally_text(tally_, info_, style) + pointers_;
  const auto line = info_.name + "  " + tally_verdict(tally_, info_, style) + "\n";
  return style.ascii ? to_ascii(line) : line;
}

Exit Sweep::exit() const {
  if (tally_.crashed() > 0) return Exit::internal;
  return info_.interrupted ? Exit::interrupted : exit_of(verdict_of(tally_, info_));
}

Report Sweep::report() const {
  Report report;
  report.name = info_.name;
  report.file = info_.file;
  report.verdict = verdict_of(tally_, info_);
  report.seed = info_.first_seed;
  report.trace_hash = tally_.trace_hash();
  report.protocol = info_.protocol;
  report.n = info_.n;
  report.wall_seconds = info_.wall_seconds;
  report.events = tally_.events();
  report.interrupted = info_.interrupted;
  const auto runs = plan_.vary.empty() ? "seeds" : "runs";
  if (tally_.failed() > 0)
    report.reason = fmt::format("{} of {} {} failed", tally_.failed(), tally_.runs(), runs);
  else if (info_.interrupted)
    report.reason = "interrupted";
  const auto add = [&](const std::string& id, const std::string& text, Status status,
                       std::string detail) {
    auto& e = report.expectations.emplace_back();
    e.id = id;
    e.text = text;
    e.status = status;
    e.detail = std::move(detail);
  };
  for (std::size_t cell = 0; cell < plan_.cells.size(); ++cell) {
    const auto& tally = tally_.cells[cell].tally;
    const auto at = plan_.vary.empty() ? "" : "   at " + tally_.label(cell);
    for (const auto& r : tally.rated())
      add(r.id, r.text + at, r.status(), fmt::format("{} of {} seeds", r.successes, r.trials));
    for (const auto& c : tally.counted())
      add(c.id, c.text + at, c.status(),
          fmt::format("failed in {} of {} seeds", c.failed, c.passed + c.failed + c.undecided));
  }
  return report;
}

void run_sweep(Sweep& sweep, const RunArguments& arguments, Shard shard, bool fresh) {
  const auto style = style_for_stdout(arguments.look);
  if (arguments.format == Format::text && !arguments.quiet) {
    const auto line = sweep.headline();
    std::fputs((style.ascii ? to_ascii(line) : line).c_str(), stdout);
    std::fflush(stdout);
  }
  const auto work = sweep.work();
  sweep.finish(run_pieces(work, {.out = arguments.out,
                                 .jobs = arguments.jobs,
                                 .limits = arguments.limits,
                                 .shard = shard,
                                 .fresh = fresh,
                                 .store = arguments.verify.empty(),
                                 .progress = decided(arguments.progress, arguments.quiet),
                                 .ascii = arguments.look.ascii}));
}

}  // namespace byzlab
