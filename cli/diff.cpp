// byzlab diff: where two runs part, and what came of it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/prepare.h"
#include "observe/find_run.h"
#include "observe/first_difference.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "observe/run_diff.h"
#include "observe/style.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMetricsShown = 15;
constexpr std::size_t kKeysShown = 30;

/// One of the two.
struct Side {
  fs::path folder;
  RecordedFolder summary;
};

std::optional<Side> find_side(const std::string& word, const fs::path& results) {
  const auto found = find_run(word, results);
  if (!found) {
    log_error(found.error);
    return std::nullopt;
  }
  std::error_code error;
  const auto folder = fs::weakly_canonical(found.folder, error);
  try {
    return Side{folder, read_folder(folder.parent_path().parent_path(), folder)};
  } catch (const std::runtime_error& e) {
    log_error(e.what());
    return std::nullopt;
  }
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All there is to say about two single runs.
struct RunDiff {
  std::optional<std::vector<KeyChange>> keys;  ///< nothing: a lock file is missing or no YAML
  EventsDiff events;
  std::vector<ExpectationChange> expectations;
  std::vector<MetricChange> metrics;
  std::optional<Lockstep> lockstep;
  std::string why_no_lockstep;
  bool same = false;
};

/// Runs both again when the recorded events do not show where they part, or when asked to.
void run_again(const Side& a, const Side& b, const DiffArguments& arguments, RunDiff& diff) {
  const bool parted = a.summary.trace_hash != b.summary.trace_hash;
  const bool shown = diff.events.first.has_value();
  if (!arguments.messages && (!parted || shown)) return;
  if (a.summary.transport == "tcp" || b.summary.transport == "tcp") {
    diff.why_no_lockstep = "a run over TCP cannot be repeated, so its messages are not known";
    return;
  }
  std::vector<scenario::Scenario> scenarios;
  for (const auto* side : {&a, &b}) {
    const auto lock = side->folder / "scenario.lock.yaml";
    const auto prepared = prepare_file(
        lock, {.sets = {}, .seed = side->summary.first_seed, .strict = false, .format = {}});
    if (!prepared) {
      diff.why_no_lockstep = lock.string() + " cannot be run by this byzlab";
      return;
    }
    scenarios.push_back(prepared->at_seed(side->summary.first_seed));
  }
  diff.lockstep = first_difference(scenarios[0], scenarios[1], interrupted());
}

RunDiff compare(const Side& a, const Side& b, const DiffArguments& arguments) {
  RunDiff diff;
  diff.keys = scenario_changes(content_of(a.folder / "scenario.lock.yaml"),
                               content_of(b.folder / "scenario.lock.yaml"));
  diff.events = events_diff(a.folder, b.folder);
  diff.expectations = expectation_changes(*a.summary.run, *b.summary.run);
  diff.metrics = metric_changes(*a.summary.run, *b.summary.run);
  run_again(a, b, arguments, diff);
  diff.same = a.summary.trace_hash == b.summary.trace_hash && !diff.events.first &&
              a.summary.verdict == b.summary.verdict && diff.metrics.empty() &&
              diff.expectations.empty();
  return diff;
}

// -------------------------------------------------------------------------------------- as text

/// Enough digits to see the difference.
std::string number_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.5g}", *value) : "-";
}

std::string ratio_text(const std::optional<double>& ratio) {
  if (!ratio) return "";
  return fmt::format("×{:.4g}", *ratio);
}

/// A value as one line of a table; `clip` leaves room for others beside it.
std::string one_line(std::string value, bool clip) {
  constexpr std::size_t kWidest = 60;
  std::ranges::replace(value, '\n', ' ');
  if (!clip || width(value) <= kWidest) return value;
  while (width(value) >= kWidest) {
    while ((static_cast<unsigned char>(value.back()) & 0xC0) == 0x80) value.pop_back();
    value.pop_back();
  }
  return value + "…";
}

/// Columns a, b and what follows, under a title; at most `most` rows.
std::string table(const std::string& title, const std::vector<std::vector<std::string>>& rows,
                  std::size_t most) {
  if (rows.empty()) return "";
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], std::min<std::size_t>(width(row[c]), 60));
  }
  std::string text = title.empty() ? "" : title + "\n";
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    std::string line = "  ";
    for (std::size_t c = 0; c < rows[i].size(); ++c)
      line += " " + padded(rows[i][c], widths[c]) + "  ";
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  if (rows.size() > most) text += fmt::format("   … {} more: --all\n", rows.size() - most);
  return text + "\n";
}

std::string sides_text(const Side& a, const Side& b) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [letter, side] : {std::pair{"a", &a}, {"b", &b}}) {
    const auto& s = side->summary;
    rows.push_back({letter, s.id, s.verdict,
                    s.first_seed == s.last_seed
                        ? fmt::format("seed {}", s.first_seed)
                        : fmt::format("seeds {}..{}", s.first_seed, s.last_seed),
                    "trace " + s.trace_hash, s.version.empty() ? "" : "byzlab " + s.version});
  }
  return table("", rows, 2);
}

std::string keys_text(const RunDiff& diff, bool all) {
  if (!diff.keys) return "scenario   a scenario.lock.yaml is missing or cannot be read\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& k : *diff.keys)
    rows.push_back({k.key, one_line(k.a.value_or("-"), !all), one_line(k.b.value_or("-"), !all)});
  if (rows.empty()) return "scenario   the same\n\n";
  return table(fmt::format("scenario   {} differ{}", rows.size(), rows.size() == 1 ? "s" : ""),
               rows, all ? SIZE_MAX : kKeysShown);
}

/// "first differing event: line 12 of events.jsonl"
std::string events_text(const RunDiff& diff) {
  const auto& e = diff.events;
  if (e.missing) return "events     an events.jsonl is missing\n\n";
  if (!e.first)
    return fmt::format("events     {} lines of events.jsonl are the same{}\n\n", grouped(e.lines),
                       e.truncated ? "; later ones were not recorded" : "");
  const auto line = [](const std::string& text) { return text.empty() ? "(ended)" : text; };
  return fmt::format(
      "events     the first {} of events.jsonl are the same\n"
      "first differing event: #{}, line {} of events.jsonl\n   a  {}\n   b  {}\n\n",
      grouped(e.lines), e.first->line, e.first->line, line(e.first->a), line(e.first->b));
}

std::string lockstep_text(const Side& a, const Side& b, const RunDiff& diff) {
  if (!diff.lockstep) return diff.why_no_lockstep.empty() ? "" : diff.why_no_lockstep + "\n\n";
  const auto& l = *diff.lockstep;
  std::string text;
  for (const auto& [letter, now, then] :
       {std::tuple{"a", l.hash_a, a.summary.trace_hash}, {"b", l.hash_b, b.summary.trace_hash}}) {
    if (now != 0 && to_hex(now) != then)
      text += fmt::format("   {} run again by this byzlab has trace {}: another build made it\n",
                          letter, to_hex(now));
  }
  if (l.interrupted) return text + "   interrupted\n\n";
  if (!l.first)
    return text + fmt::format(
                      "messages   run again, all {} events are the same, deliveries too; "
                      "only the seed or timers differ\n\n",
                      grouped(l.events));
  const auto line = [](const std::optional<SeenEvent>& e) {
    return e ? fmt::format("{:.9f} s  {}", seconds(e->at), e->text) : std::string("(ended)");
  };
  return text + fmt::format(
                    "first differing delivery or event: #{} of the runs repeated\n"
                    "   a  {}\n   b  {}\n\n",
                    grouped(l.first->number), line(l.first->a), line(l.first->b));
}

std::string verdict_text(bool same, const std::string& trace) {
  return same ? "SAME  trace " + trace + "\n" : "DIFFERENT\n";
}

std::string run_text(const Side& a, const Side& b, const RunDiff& diff,
                     const DiffArguments& arguments) {
  const auto most = [&](std::size_t shown) { return arguments.all ? SIZE_MAX : shown; };
  std::vector<std::vector<std::string>> expectations, metrics;
  const auto status = [](const std::string& s, const std::optional<double>& value) {
    return s.empty() ? std::string("-") : value ? s + " " + number_text(value) : s;
  };
  for (const auto& e : diff.expectations)
    expectations.push_back({e.text, status(e.a, e.value_a), status(e.b, e.value_b)});
  for (const auto& m : diff.metrics)
    metrics.push_back({m.name, number_text(m.a), number_text(m.b), ratio_text(m.ratio())});
  return sides_text(a, b) + keys_text(diff, arguments.all) + events_text(diff) +
         lockstep_text(a, b, diff) + table("expectations", expectations, most(kKeysShown)) +
         table(fmt::format("metrics    {} differ", metrics.size()), metrics, most(kMetricsShown)) +
         verdict_text(diff.same, a.summary.trace_hash);
}

std::string estimate_text(const Estimate& e) {
  if (e.samples == 0) return "-";
  return number_text(e.value) +
         (e.low != e.high ? fmt::format(" ({:.4g} to {:.4g})", e.low, e.high) : "");
}

std::string many_text(const Side& a, const Side& b, const ManyDiff& diff, bool same) {
  std::string text = sides_text(a, b);
  text += fmt::format("runs       {} in both, {} only in a, {} only in b\n", grouped(diff.common),
                      grouped(diff.only_a), grouped(diff.only_b));
  const auto where = [](const ManyDiff::Pair& p) {
    return (p.cell.empty() ? "" : p.cell + ", ") + fmt::format("seed {}", p.seed);
  };
  if (diff.first)
    text += fmt::format("           {} have another trace, first {}: {} and {}\n",
                        grouped(diff.other_trace), where(*diff.first), diff.first->hash_a,
                        diff.first->hash_b);
  text += "\n";
  std::vector<std::vector<std::string>> verdicts, metrics;
  for (const auto& p : diff.verdicts) verdicts.push_back({where(p), p.verdict_a, p.verdict_b});
  text += table(fmt::format("verdicts   {} differ", grouped(diff.other_verdict)), verdicts,
                ManyDiff::kPairsKept);
  for (const auto& m : diff.metrics) {
    if (m.same || (m.a.samples == 0 && m.b.samples == 0)) continue;
    std::string ratio;
    if (m.ratio.samples > 0)
      ratio = fmt::format("×{:.4g} ({:.4g} to {:.4g}), n = {}", m.ratio.value, m.ratio.low,
                          m.ratio.high, m.ratio.samples);
    if (m.ratio.left_out > 0) ratio += fmt::format(", {} divide by 0", m.ratio.left_out);
    metrics.push_back({m.name, estimate_text(m.a), estimate_text(m.b), ratio});
  }
  text +=
      table("metrics    medians of the runs in both, and of b / a seed by seed (95 % intervals)",
            metrics, SIZE_MAX);
  return text + verdict_text(same, a.summary.trace_hash);
}

// -------------------------------------------------------------------------------------- as JSON

template <class T>
json::value maybe(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object sides_json(const Side& a, const Side& b, bool same) {
  const auto side = [](const Side& s) {
    return json::object{{"id", s.summary.id},
                        {"verdict", s.summary.verdict},
                        {"seed", s.summary.first_seed},
                        {"last_seed", s.summary.last_seed},
                        {"trace_hash", s.summary.trace_hash}};
  };
  return {{"schema", 1}, {"same", same}, {"a", side(a)}, {"b", side(b)}};
}

std::string run_json(const Side& a, const Side& b, const RunDiff& diff) {
  auto document = sides_json(a, b, diff.same);
  json::array keys, expectations, metrics;
  for (const auto& k : diff.keys.value_or(std::vector<KeyChange>{}))
    keys.push_back(json::object{{"key", k.key}, {"a", maybe(k.a)}, {"b", maybe(k.b)}});
  for (const auto& e : diff.expectations)
    expectations.push_back(json::object{{"text", e.text},
                                        {"a", e.a},
                                        {"b", e.b},
                                        {"value_a", maybe(e.value_a)},
                                        {"value_b", maybe(e.value_b)}});
  for (const auto& m : diff.metrics)
    metrics.push_back(json::object{
        {"name", m.name}, {"a", maybe(m.a)}, {"b", maybe(m.b)}, {"ratio", maybe(m.ratio())}});
  document["scenario"] = std::move(keys);
  document["first_differing_event"] = nullptr;
  if (diff.events.first) {
    document["first_differing_event"] = json::object{{"line", diff.events.first->line},
                                                     {"a", diff.events.first->a},
                                                     {"b", diff.events.first->b}};
  }
  document["first_differing_delivery"] = nullptr;
  if (diff.lockstep && diff.lockstep->first) {
    const auto event = [](const std::optional<SeenEvent>& e) {
      return e ? json::value(json::object{{"t", exact_seconds(e->at)}, {"text", e->text}})
               : json::value(nullptr);
    };
    document["first_differing_delivery"] = json::object{{"number", diff.lockstep->first->number},
                                                        {"a", event(diff.lockstep->first->a)},
                                                        {"b", event(diff.lockstep->first->b)}};
  }
  document["expectations"] = std::move(expectations);
  document["metrics"] = std::move(metrics);
  return pretty(document);
}

std::string many_json(const Side& a, const Side& b, const ManyDiff& diff, bool same) {
  auto document = sides_json(a, b, same);
  const auto pair = [](const ManyDiff::Pair& p) {
    return json::object{{"cell", p.cell},           {"seed", p.seed},
                        {"verdict_a", p.verdict_a}, {"verdict_b", p.verdict_b},
                        {"trace_a", p.hash_a},      {"trace_b", p.hash_b}};
  };
  const auto estimate = [](const Estimate& e) {
    return e.samples == 0 ? json::value(nullptr)
                          : json::value(json::object{{"value", e.value},
                                                     {"low", e.low},
                                                     {"high", e.high},
                                                     {"samples", e.samples},
                                                     {"left_out", e.left_out}});
  };
  document["runs"] = json::object{{"common", diff.common},
                                  {"only_a", diff.only_a},
                                  {"only_b", diff.only_b},
                                  {"other_trace", diff.other_trace},
                                  {"other_verdict", diff.other_verdict}};
  document["first_differing_run"] =
      diff.first ? json::value(pair(*diff.first)) : json::value(nullptr);
  json::array verdicts, metrics;
  for (const auto& p : diff.verdicts) verdicts.push_back(pair(p));
  for (const auto& m : diff.metrics) {
    if (!m.same)
      metrics.push_back(json::object{{"name", m.name},
                                     {"a", estimate(m.a)},
                                     {"b", estimate(m.b)},
                                     {"ratio", estimate(m.ratio)}});
  }
  document["verdicts"] = std::move(verdicts);
  document["metrics"] = std::move(metrics);
  return pretty(document);
}

Exit say(const std::string& text, bool same, const DiffArguments& arguments) {
  const bool ascii = arguments.format == Format::text && arguments.look.ascii;
  std::fputs((ascii ? to_ascii(text) : text).c_str(), stdout);
  if (std::fflush(stdout) != 0) return Exit::no_results;
  if (interrupted()) return Exit::interrupted;
  return same ? Exit::ok : Exit::failed;
}

}  // namespace

Exit execute(const DiffArguments& arguments) {
  const auto counted = [](const RecordedFolder& f) {
    return f.run ? std::string("one") : std::to_string(f.runs);
  };
  const auto a = find_side(arguments.a, arguments.out);
  const auto b = a ? find_side(arguments.b, arguments.out) : std::nullopt;
  if (!a || !b) return Exit::usage;
  if (a->summary.run.has_value() != b->summary.run.has_value()) {
    log_error(fmt::format("one run cannot be compared with many: {} holds {}, {} holds {}",
                          a->summary.id, counted(a->summary), b->summary.id, counted(b->summary)));
    return Exit::usage;
  }
  const bool as_json = arguments.format == Format::json;
  if (a->summary.run) {
    const auto diff = compare(*a, *b, arguments);
    return say(as_json ? run_json(*a, *b, diff) : run_text(*a, *b, diff, arguments), diff.same,
               arguments);
  }
  const auto diff = many_diff(a->folder, a->summary, b->folder, b->summary);
  const bool same = diff.only_a + diff.only_b + diff.other_trace + diff.other_verdict == 0 &&
                    a->summary.verdict == b->summary.verdict;
  return say(as_json ? many_json(*a, *b, diff, same) : many_text(*a, *b, diff, same), same,
             arguments);
}

}  // namespace byzlab
