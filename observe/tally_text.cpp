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
  if (!c.values.empty()) {
    auto values = c.values;
    std::sort(values.begin(), values.end());
    const auto show = [&](double v) {
      return c.unit == "s"       ? duration_words(v)
             : c.unit == "ratio" ? percent(v)
                                 : short_number(v) + (c.unit.empty() ? "" : " " + c.unit);
    };
    text += fmt::format("   min {}, median {}, max {}", show(values.front()),
                        show(values[values.size() / 2]), show(values.back()));
  }
  return text;
}

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  std::string text;
  for (std::size_t i = 0; i < std::min(seeds.size(), kSeedsListed); ++i)
    text += (i == 0 ? "" : " ") + std::to_string(seeds[i]);
  if (seeds.size() > kSeedsListed) text += fmt::format(" … {} more", seeds.size() - kSeedsListed);
  return text;
}

}  // namespace

RunVerdict verdict_of(const Tally& tally, const SweepInfo& info) {
  const auto verdict = tally.verdict();
  return info.interrupted && verdict == RunVerdict::pass ? RunVerdict::inconclusive : verdict;
}

std::string tally_verdict(const Tally& tally, const SweepInfo& info, const Style& style) {
  const auto bad = tally.failed();
  std::string text = verdict_word(verdict_of(tally, info), style) + "  ";
  if (bad > 0) {
    text += fmt::format("{} of {} seeds failed: {} (95 % interval {})", bad, tally.runs(),
                        percent(static_cast<double>(bad) / static_cast<double>(tally.runs())),
                        interval_text(bad, tally.runs()));
  } else if (info.interrupted) {
    text += fmt::format("interrupted after {} of {} seeds", tally.runs(),
                        info.last_seed - info.first_seed + 1);
  } else {
    text += fmt::format("{} seeds", tally.runs());
  }
  const auto count = [&](Status status, std::uint64_t number) {
    const Style colour{.colour = style.colour && number > 0, .ascii = style.ascii};
    text += fmt::format("   {} {}", mark_of(status, colour), number);
  };
  count(Status::pass, tally.passed());
  count(Status::fail, bad);
  count(Status::undecided, tally.inconclusive());
  return text;
}

std::string tally_text(const Tally& tally, const SweepInfo& info, const Style& style) {
  std::string text;
  std::size_t columns = 0;
  for (const auto& r : tally.rated()) columns = std::max(columns, width(r.text));
  for (const auto& c : tally.counted()) columns = std::max(columns, width(c.text));
  columns = std::min<std::size_t>(columns, 46);
  const std::size_t mark_width = style.ascii ? 4 : 1;
  const auto line = [&](Status status, const std::string& what, const std::string& detail) {
    text += "   " + padded(mark_of(status, style), mark_width) + " " + padded(what, columns) +
            "   " + detail + "\n";
  };
  for (const auto& r : tally.rated()) line(r.status(), r.text, rated_detail(r));
  for (const auto& c : tally.counted()) line(c.status(), c.text, counted_detail(c));
  text += "\n";

  text += tally_verdict(tally, info, style);
  text += fmt::format(
      "\n      {} of CPU in {}   {} at once   {} runs/s   {} events   trace {}",
      duration_words(tally.cpu_seconds()), duration_words(info.wall_seconds), info.jobs,
      info.wall_seconds > 0 ? short_number(static_cast<double>(tally.runs()) / info.wall_seconds)
                            : "-",
      grouped(tally.events()), to_hex(tally.trace_hash()));
  text += "\n";
  if (!tally.failed_seeds().empty())
    text += "  failed   seeds " + seeds_text(tally.failed_seeds()) + "\n";
  if (!tally.inconclusive_seeds().empty())
    text += "  open     seeds " + seeds_text(tally.inconclusive_seeds()) + "\n";
  return style.ascii ? to_ascii(text) : text;
}

std::string tally_json(const Tally& tally, const SweepInfo& info) {
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
  const auto seeds = [](const std::vector<std::uint64_t>& list) {
    return json::array(list.begin(), list.end());
  };
  return pretty(json::object{
      {"schema", 1},
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
      {"runs",
       {{"passed", tally.passed()},
        {"failed", tally.failed()},
        {"inconclusive", tally.inconclusive()},
        {"failed_seeds", seeds(tally.failed_seeds())},
        {"inconclusive_seeds", seeds(tally.inconclusive_seeds())}}},
      {"expectations", std::move(expectations)},
      {"events", tally.events()},
      {"wall_seconds", info.wall_seconds},
      {"cpu_seconds", tally.cpu_seconds()},
      {"jobs", info.jobs},
  });
}

}  // namespace byzlab
