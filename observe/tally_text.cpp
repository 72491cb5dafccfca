// The result of many seeds as text and as a document.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/version.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "observe/summary.h"
#include "observe/tally.h"
#include "observe/terminal.h"

namespace byzlab {
namespace {

namespace json = boost::json;

constexpr std::size_t kSeedsListed = 10;

std::string interval_text(std::uint64_t successes, std::uint64_t trials) {
  const auto interval = wilson(successes, trials);
  return fmt::format("{:.2f} to {:.2f} %", interval.low * 100, interval.high * 100);
}

std::string rated_detail(const RatedExpectation& r) {
  if (r.trials == 0) return "never tried";
  return fmt::format("{} of {} seeds: {}  (95 % interval {})", r.successes, r.trials,
                     percent(static_cast<double>(r.successes) / static_cast<double>(r.trials)),
                     interval_text(r.successes, r.trials));
}

std::string counted_detail(const CountedExpectation& c) {
  std::string text = fmt::format("{} of {} seeds", c.passed, c.passed + c.failed + c.undecided);
  if (c.undecided > 0) text += fmt::format(", {} undecided", c.undecided);
  if (c.excused > 0) text += fmt::format(", {} without the attack's success left out", c.excused);
  if (c.values.count() > 0) {
    const auto show = [&](double v) {
      return c.unit == "s"       ? duration_words(v)
             : c.unit == "ratio" ? percent(v)
                                 : short_number(v) + (c.unit.empty() ? "" : " " + c.unit);
    };
    text += fmt::format("   min {}, median {}{}, max {}", show(c.values.min()),
                        c.values.exact() ? "" : "about ", show(c.values.median()),
                        show(c.values.max()));
  }
  return text;
}

/// The first of `count` seeds.
std::string seeds_text(const std::vector<std::uint64_t>& seeds, std::uint64_t count) {
  std::string text;
  const auto shown = std::min(seeds.size(), kSeedsListed);
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : " ") + std::to_string(seeds[i]);
  if (count > shown) text += fmt::format(" … {} more", count - shown);
  return text;
}

/// Marks, texts and details of a cell's expectations; of many cells only what is worth a line.
std::string expectations_text(const Tally& tally, bool all, const Style& style) {
  std::string text;
  std::size_t columns = 0;
  for (const auto& r : tally.rated()) columns = std::max(columns, width(r.text));
  for (const auto& c : tally.counted()) columns = std::max(columns, width(c.text));
  columns = std::min<std::size_t>(columns, 46);
  const std::size_t mark_width = style.ascii ? 4 : 1;
  const auto line = [&](Status status, const std::string& what, const std::string& detail) {
    text += (all ? "   " : "        ") + padded(mark_of(status, style), mark_width) + " " +
            padded(what, columns) + "   " + detail + "\n";
  };
  for (const auto& r : tally.rated()) line(r.status(), r.text, rated_detail(r));
  for (const auto& c : tally.counted())
    if (all || c.status() != Status::pass) line(c.status(), c.text, counted_detail(c));
  return text;
}

Status status_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::pass: return Status::pass;
    case RunVerdict::fail: return Status::fail;
    case RunVerdict::inconclusive: return Status::undecided;
  }
  return Status::undecided;
}

/// A line a cell: its values, counts, and the share that failed.
std::string cells_text(const SweepTally& tally, const Style& style) {
  std::vector<std::size_t> columns;
  for (std::size_t k = 0; k < tally.keys.size(); ++k) {
    columns.push_back(width(tally.keys[k]));
    for (const auto& cell : tally.cells) columns[k] = std::max(columns[k], width(cell.values[k]));
  }
  const std::size_t mark_width = style.ascii ? 4 : 1;
  std::string text = std::string(3 + mark_width, ' ');
  for (std::size_t k = 0; k < columns.size(); ++k)
    text += " " + padded(tally.keys[k], columns[k]) + " ";
  text +=
      style.ascii ? "      ok    FAIL       ?   failed\n" : "       ✓       ✗       ?   failed\n";
  for (const auto& cell : tally.cells) {
    const auto& t = cell.tally;
    text += "   " + padded(mark_of(status_of(t.verdict()), style), mark_width);
    for (std::size_t k = 0; k < columns.size(); ++k)
      text += " " + padded(cell.values[k], columns[k]) + " ";
    text += fmt::format(" {:>7} {:>7} {:>7}", t.passed(), t.failed(), t.inconclusive());
    if (t.runs() > 0)
      text += fmt::format("   {}  (95 % interval {})",
                          percent(static_cast<double>(t.failed()) / static_cast<double>(t.runs())),
                          interval_text(t.failed(), t.runs()));
    text += "\n" + expectations_text(t, false, style);
    if (t.failed() > 0)
      text += "        failed   seeds " + seeds_text(t.failed_seeds(), t.failed()) + "\n";
  }
  return text;
}

json::array expectations_json(const Tally& tally) {
  json::array expectations;
  for (const auto& r : tally.rated()) {
    const auto interval = wilson(r.successes, r.trials);
    expectations.push_back(
        json::object{{"id", r.id},
                     {"text", r.text},
                     {"status", to_string(r.status())},
                     {"successes", r.successes},
                     {"trials", r.trials},
                     {"value", r.trials > 0 ? json::value(static_cast<double>(r.successes) /
                                                          static_cast<double>(r.trials))
                                            : json::value(nullptr)},
                     {"limit", r.required.share},
                     {"unit", "ratio"},
                     {"interval", {interval.low, interval.high}}});
  }
  for (const auto& c : tally.counted()) {
    expectations.push_back(json::object{{"id", c.id},
                                        {"text", c.text},
                                        {"status", to_string(c.status())},
                                        {"passed", c.passed},
                                        {"failed", c.failed},
                                        {"undecided", c.undecided},
                                        {"excused", c.excused},
                                        {"always_on", c.always_on}});
  }
  return expectations;
}

json::array seeds_json(const std::vector<std::uint64_t>& list) {
  return json::array(list.begin(), list.end());
}

json::object cell_json(const SweepTally& tally, std::size_t index) {
  const SweepCell& cell = tally.cells[index];
  const Tally& t = cell.tally;
  json::object at;
  for (std::size_t k = 0; k < tally.keys.size(); ++k) at[tally.keys[k]] = cell.values[k];
  const auto interval = wilson(t.failed(), t.runs());
  return {{"label", tally.label(index)},
          {"at", std::move(at)},
          {"verdict", to_string(t.verdict())},
          {"runs", t.runs()},
          {"passed", t.passed()},
          {"failed", t.failed()},
          {"inconclusive", t.inconclusive()},
          {"stopped", t.stopped()},
          {"crashed", t.crashed()},
          {"failed_share_interval", {interval.low, interval.high}},
          {"failed_seeds", seeds_json(t.failed_seeds())},
          {"inconclusive_seeds", seeds_json(t.inconclusive_seeds())},
          {"trace_hash", to_hex(t.trace_hash())},
          {"events", t.events()},
          {"expectations", expectations_json(t)}};
}

}  // namespace

RunVerdict verdict_of(const SweepTally& tally, const SweepInfo& info) {
  const auto verdict = tally.verdict();
  return info.interrupted && verdict == RunVerdict::pass ? RunVerdict::inconclusive : verdict;
}

std::string tally_verdict(const SweepTally& tally, const SweepInfo& info, const Style& style) {
  const auto bad = tally.failed();
  const char* what = tally.keys.empty() ? "seeds" : "runs";
  std::string text = verdict_word(verdict_of(tally, info), style) + "  ";
  if (bad > 0) {
    text += fmt::format("{} of {} {} failed: {} (95 % interval {})", bad, tally.runs(), what,
                        percent(static_cast<double>(bad) / static_cast<double>(tally.runs())),
                        interval_text(bad, tally.runs()));
  } else if (info.interrupted) {
    text += fmt::format("interrupted after {} of {} {}", tally.runs(), info.planned, what);
  } else {
    text += fmt::format("{} {}", tally.runs(), what);
  }
  const auto count = [&](Status status, std::uint64_t number) {
    const Style colour{.colour = style.colour && number > 0, .ascii = style.ascii};
    text += fmt::format("   {} {}", mark_of(status, colour), number);
  };
  count(Status::pass, tally.passed());
  count(Status::fail, bad);
  count(Status::undecided, tally.inconclusive());
  if (tally.stopped() > 0) text += fmt::format("   {} stopped at a limit", tally.stopped());
  if (tally.crashed() > 0) text += fmt::format("   {} crashed", tally.crashed());
  return text;
}

std::string tally_text(const SweepTally& tally, const SweepInfo& info, const Style& style) {
  const bool one = tally.keys.empty();
  std::string text =
      one ? expectations_text(tally.cells[0].tally, true, style) : cells_text(tally, style);
  text += "\n" + tally_verdict(tally, info, style);
  text += fmt::format(
      "\n      {} of CPU in {}   {} at once   {} runs/s   {} events   trace {}",
      duration_words(info.cpu_seconds), duration_words(info.wall_seconds), info.jobs,
      info.wall_seconds > 0 ? short_number(static_cast<double>(tally.runs()) / info.wall_seconds)
                            : "-",
      grouped(tally.events()), to_hex(tally.trace_hash()));
  text += "\n";
  if (one) {
    const Tally& t = tally.cells[0].tally;
    if (t.failed() > 0)
      text += "  failed   seeds " + seeds_text(t.failed_seeds(), t.failed()) + "\n";
    if (t.inconclusive() > 0)
      text += "  open     seeds " + seeds_text(t.inconclusive_seeds(), t.inconclusive()) + "\n";
  }
  return style.ascii ? to_ascii(text) : text;
}

std::string tally_json(const SweepTally& tally, const SweepInfo& info) {
  const bool one = tally.keys.empty();
  json::object runs{{"passed", tally.passed()},
                    {"failed", tally.failed()},
                    {"inconclusive", tally.inconclusive()},
                    {"stopped", tally.stopped()},
                    {"crashed", tally.crashed()}};
  json::object all{
      {"schema", 1},
      {"kind", one ? "seeds" : "sweep"},
      {"name", info.name},
      {"file", info.file},
      {"verdict", to_string(verdict_of(tally, info))},
      {"seeds", {{"first", info.first_seed}, {"last", info.last_seed}}},
      {"trace_hash", to_hex(tally.trace_hash())},
      {"interrupted", info.interrupted},
      {"build",
       {{"version", version()},
        {"commit", commit()},
        {"compiler", compiler()},
        {"build_type", build_type()}}},
      {"protocol", {{"name", info.protocol}, {"n", info.n}}},
  };
  if (!info.shard.empty()) all["shard"] = info.shard;
  if (one) {
    const Tally& t = tally.cells[0].tally;
    runs["failed_seeds"] = seeds_json(t.failed_seeds());
    runs["inconclusive_seeds"] = seeds_json(t.inconclusive_seeds());
    all["runs"] = std::move(runs);
    all["expectations"] = expectations_json(t);
  } else {
    json::array cells;
    for (std::size_t i = 0; i < tally.cells.size(); ++i) cells.push_back(cell_json(tally, i));
    all["runs"] = std::move(runs);
    all["keys"] = json::array(tally.keys.begin(), tally.keys.end());
    all["cells"] = std::move(cells);
  }
  all["events"] = tally.events();
  return pretty(all);
}

}  // namespace byzlab
