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

double share(std::uint64_t count, std::uint64_t runs) {
  return static_cast<double>(count) / static_cast<double>(runs);
}

/// "0.5 % (95 % interval 0.02 to 3.1 %)"; "between 45 and 77 %, 64 undecided (…)".
std::string share_text(std::uint64_t count, std::uint64_t open, std::uint64_t runs,
                       double confidence = 0.95) {
  const auto interval = wilson_with_open(count, open, runs, confidence);
  const std::string lies = fmt::format("({} interval {:.2f} to {:.2f} %)", percent(confidence),
                                       interval.low * 100, interval.high * 100);
  if (open == 0) return percent(share(count, runs)) + "  " + lies;
  return fmt::format("between {} and {}, {} undecided  {}", percent(share(count, runs)),
                     percent(share(count + open, runs)), open, lies);
}

std::string rated_detail(const RatedExpectation& r) {
  if (r.trials == 0) return "never tried";
  return fmt::format(
      "{} of {} seeds: {}", r.successes, r.seeds(),
      share_text(r.successes, r.undecided, r.seeds(), r.required.confidence.value_or(0.95)));
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

/// What did not come about in some of the seeds, or in any.
std::string idle_text(const Tally& tally, bool all, const Style& style) {
  std::string text;
  for (const auto& count : tally.idle().counts()) {
    const bool always = tally.idle().always(count);
    if (!always && !all) continue;
    text += (all ? "   " : "        ") +
            padded(always ? mark_of(Status::undecided, style) : "", style.ascii ? 4 : 1) + " " +
            count.idle.text +
            (always ? fmt::format(" in any of {} seeds", count.runs)
                    : fmt::format(" in {} of {} seeds", count.runs, tally.idle().runs())) +
            "\n";
  }
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
    if (t.runs() > 0) text += "   " + share_text(t.failed(), t.inconclusive(), t.runs());
    text += "\n" + expectations_text(t, false, style) + idle_text(t, false, style);
    if (t.failed() > 0)
      text += "        failed   seeds " + seeds_text(t.failed_seeds(), t.failed()) + "\n";
  }
  return text;
}

json::array expectations_json(const Tally& tally) {
  json::array expectations;
  for (const auto& r : tally.rated()) {
    const auto interval = r.interval();
    expectations.push_back(json::object{
        {"id", r.id},
        {"text", r.text},
        {"status", to_string(r.status())},
        {"successes", r.successes},
        {"trials", r.trials},
        {"undecided", r.undecided},
        // A share is known only where every seed came to an answer.
        {"value", r.trials > 0 && r.undecided == 0 ? json::value(share(r.successes, r.trials))
                                                   : json::value(nullptr)},
        {"limit", r.required.share},
        {"confidence", r.required.confidence.value_or(0.95)},
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

json::array idle_json(const Tally& tally) {
  json::array idle;
  for (const auto& count : tally.idle().counts()) {
    idle.push_back(json::object{{"what", count.idle.what},
                                {"text", count.idle.text},
                                {"runs", count.runs},
                                {"of", tally.idle().runs()}});
  }
  return idle;
}

json::array seeds_json(const std::vector<std::uint64_t>& list) {
  return json::array(list.begin(), list.end());
}

json::object cell_json(const SweepTally& tally, std::size_t index) {
  const SweepCell& cell = tally.cells[index];
  const Tally& t = cell.tally;
  json::object at;
  for (std::size_t k = 0; k < tally.keys.size(); ++k) at[tally.keys[k]] = cell.values[k];
  const auto interval = wilson_with_open(t.failed(), t.inconclusive(), t.runs());
  return {{"label", tally.label(index)},
          {"at", std::move(at)},
          {"verdict", to_string(t.verdict())},
          {"runs", t.runs()},
          {"passed", t.passed()},
          {"failed", t.failed()},
          {"inconclusive", t.inconclusive()},
          {"stopped", t.stopped()},
          {"crashed", t.crashed()},
          {"ended_early", t.ended_early()},
          {"idle", idle_json(t)},
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
  const auto failed = [&] {
    return fmt::format("{} of {} {} failed: {}", bad, tally.runs(), what,
                       share_text(bad, tally.inconclusive(), tally.runs()));
  };
  if (info.interrupted && bad == 0) {
    text += fmt::format("interrupted after {} of {} {}", tally.runs(), info.planned, what);
  } else {
    text += tally.runs() > 0 ? failed() : fmt::format("0 {}", what);
  }
  const auto count = [&](Status status, std::uint64_t number) {
    const Style colour{.colour = style.colour && number > 0, .ascii = style.ascii};
    text += fmt::format("   {} {}", mark_of(status, colour), number);
  };
  count(Status::pass, tally.passed());
  count(Status::fail, bad);
  count(Status::undecided, tally.inconclusive());
  if (tally.ended_early() > 0)
    text += fmt::format("   {} stopped at a violation", tally.ended_early());
  if (tally.stopped() > 0) text += fmt::format("   {} stopped at a limit", tally.stopped());
  if (tally.crashed() > 0) text += fmt::format("   {} crashed", tally.crashed());
  return text;
}

std::string tally_text(const SweepTally& tally, const SweepInfo& info, const Style& style) {
  const bool one = tally.keys.empty();
  std::string text = one ? expectations_text(tally.cells[0].tally, true, style) +
                               idle_text(tally.cells[0].tally, true, style)
                         : cells_text(tally, style);
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
                    {"crashed", tally.crashed()},
                    {"ended_early", tally.ended_early()}};
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
    all["idle"] = idle_json(t);
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
