// A finished run as text.
#include "observe/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "observe/numbers.h"
#include "testbed/run.h"

namespace byzlab {
namespace {

constexpr std::string_view kIndent = "   ";
/// More lines than this of a run's story are left to events.jsonl.
constexpr std::size_t kStoryLines = 30;

std::string finished(std::string text, const Style& style) {
  return style.ascii ? to_ascii(text) : text;
}

Tone tone_of(const StoryLine& line) {
  if (line.violation || line.kind == "violation") return Tone::bad;
  if (line.kind == "fault" || line.kind == "stall") return Tone::doubtful;
  if (line.kind == "resume" || line.kind == "heal") return Tone::good;
  return Tone::plain;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Which story lines to show: all, or the violations, faults and the first and last of the others.
std::vector<const StoryLine*> chosen_lines(const Report& report, bool all) {
  std::vector<const StoryLine*> lines;
  for (const auto& line : report.story) lines.push_back(&line);
  if (all || lines.size() <= kStoryLines) return lines;
  const auto half = kStoryLines / 2;
  std::vector<const StoryLine*> chosen(lines.begin(), lines.begin() + half);
  const auto first_of_tail = lines.size() - half;
  std::size_t kept_between = 0;
  for (auto i = half; i < first_of_tail; ++i) {
    if (!lines[i]->violation || kept_between == half) continue;
    chosen.push_back(lines[i]);
    ++kept_between;
  }
  chosen.push_back(nullptr);
  chosen.insert(chosen.end(), lines.begin() + static_cast<std::ptrdiff_t>(first_of_tail),
                lines.end());
  return chosen;
}

Tone tone_of_explanation(const std::string& line, Bound bound) {
  if (line.find("INSIDE THE BOUND") != std::string::npos) return Tone::bad;
  if (line.find("BEYOND THE BOUND") != std::string::npos) return Tone::doubtful;
  if (bound == Bound::cannot_tell && line.starts_with("verdict:")) return Tone::doubtful;
  return bound == Bound::inside && line.starts_with("verdict:") ? Tone::bad : Tone::plain;
}

/// One row of the figures.
struct Row {
  std::string name;
  std::string throughput, latency, messages, bytes, views;
};

std::string figure(const Metric* metric) {
  return metric != nullptr && metric->samples > 0 ? short_number(metric->value) : "-";
}

/// The unit all latencies of the table are shown in: one that fits the largest.
struct TimeUnit {
  double seconds = 1e-3;
  std::string_view name = "ms";
};

TimeUnit latency_unit(const Report& report) {
  double largest = 0;
  for (const auto* name :
       {"steady.commit_latency.p99", "faults.commit_latency.p99", "drain.commit_latency.p99"})
    if (const auto* metric = find_metric(report, name)) largest = std::max(largest, metric->value);
  if (largest < 10) return {};
  if (largest < 2 * 3600) return {.seconds = 1, .name = "s "};
  return {.seconds = 60, .name = "min"};
}

std::string in_unit(const Metric* metric, const TimeUnit& unit) {
  return metric != nullptr && metric->samples > 0 ? short_number(metric->value / unit.seconds)
                                                  : "-";
}

/// The figures of one part of the run. `part` is "steady", "faults" or "drain", the time in which
/// what a fault left behind is committed: the prefix of the metrics' names.
Row row_of(const Report& report, const std::string& part, const TimeUnit& unit) {
  const auto metric = [&](std::string_view name) {
    return find_metric(report, part + "." + std::string(name));
  };
  const auto* bytes = metric("bytes_per_commit");
  return Row{
      .name = part,
      .throughput = figure(metric("throughput")),
      .latency = in_unit(metric("commit_latency.p50"), unit) + " / " +
                 in_unit(metric("commit_latency.p95"), unit) + " / " +
                 in_unit(metric("commit_latency.p99"), unit),
      .messages = figure(metric("messages_per_commit")),
      .bytes = bytes != nullptr && bytes->samples > 0 ? short_number(bytes->value / 1000) : "-",
      .views = figure(metric("view_changes")),
  };
}

std::string speed_text(const Report& report) {
  std::string text = fmt::format("{} simulated in {}", spaced_duration(report.simulated),
                                 duration_words(report.wall_seconds));
  if (report.wall_seconds > 0 && report.transport != "tcp")
    text += fmt::format(" ({}x)", short_number(seconds(report.simulated) / report.wall_seconds));
  return text;
}

/// Proof of work has no quorum to speak of: what counts there is the share of the power.
bool has_quorums(const Report& report) {
  const auto& protocols = catalogue().protocols;
  const auto entry = std::find_if(protocols.begin(), protocols.end(),
                                  [&](const auto& p) { return p.name == report.protocol; });
  return entry == protocols.end() || !entry->double_spend;
}

/// "r2 r3", and their power where that is not as many n-ths.
std::string adversary_text(const Report& report) {
  std::string text = replica_list(report.byzantine);
  const double by_number = static_cast<double>(report.byzantine.size()) / report.n;
  if (std::abs(by_number - report.byzantine_share) > 1e-6)
    text += fmt::format(" with {} of the power", percent(report.byzantine_share));
  return text;
}

struct Count {
  std::size_t passed = 0, failed = 0, undecided = 0;
};

Count count_of(const Report& report) {
  Count count;
  for (const auto& e : report.expectations) {
    if (e.status == Status::pass) ++count.passed;
    if (e.status == Status::fail) ++count.failed;
    if (e.status == Status::undecided || e.status == Status::vacuous) ++count.undecided;
  }
  return count;
}

}  // namespace

std::string run_text(const Report& report, const std::vector<Pointer>& pointers,
                     const TextOptions& options) {
  if (options.verdict_only) {
    const auto text = finished(report.name, options.style) + "  " + verdict_text(report, options);
    return text.substr(0, text.find('\n') + 1);
  }
  std::string text = header_text(report, options) + "\n";
  const auto append = [&](const std::string& part) {
    if (!part.empty()) text += part + "\n";
  };
  append(story_text(report, options));
  append(expectations_text(report, options));
  append(figures_text(report, options));
  return text + verdict_text(report, options) + pointers_text(pointers, options);
}

std::string header_text(const Report& report, const TextOptions& options) {
  std::string text = painted(report.name, Tone::strong, options.style);
  text += fmt::format("   {}  n={}", report.protocol, report.n);
  if (has_quorums(report)) {
    text += fmt::format(" f={} quorum={}", report.f, report.quorum);
  }
  if (!report.byzantine.empty()) text += "   adversary " + adversary_text(report);
  if (report.adversary_of_nobody) text += "   no adversary drawn";
  if (!report.network.empty()) text += "   " + report.network;
  text += "   " + spaced_duration(report.simulated);
  if (!report.ended_early.empty()) text += " of " + spaced_duration(report.asked);
  text += fmt::format("   seed {}", report.seed);
  if (report.transport == "tcp") text += "   over TCP in real time";
  return finished(text + "\n", options.style);
}

std::string story_text(const Report& report, const TextOptions& options) {
  const auto lines = chosen_lines(report, options.whole_story);
  std::size_t moment_width = 0, kind_width = 6, label_width = 0;
  for (const auto* line : lines) {
    if (line == nullptr) continue;
    moment_width = std::max(moment_width, moment(line->at, report.simulated).size());
    kind_width = std::max(kind_width, width(line->kind));
    label_width = std::max(label_width, std::min<std::size_t>(width(line->label), 24));
  }
  std::string text;
  for (const auto* line : lines) {
    if (line == nullptr) {
      text += fmt::format("{}… {} more lines in events.jsonl (or with -v)\n", kIndent,
                          report.story.size() - (lines.size() - 1));
      continue;
    }
    const auto kind = line->violation ? upper(line->kind) : line->kind;
    text += fmt::format("{}{}  {}  ", kIndent,
                        padded_left(moment(line->at, report.simulated), moment_width),
                        painted(padded(kind, kind_width), tone_of(*line), options.style));
    if (label_width > 0 && !line->label.empty()) text += padded(line->label, label_width) + "  ";
    text += line->text + "\n";
  }
  return finished(text, options.style);
}

std::string expectations_text(const Report& report, const TextOptions& options) {
  std::size_t text_width = 0, detail_width = 0;
  for (const auto& e : report.expectations) {
    text_width = std::max(text_width, std::min<std::size_t>(width(e.text), 46));
    if (e.always_on) detail_width = std::max(detail_width, width(e.detail));
  }
  const std::size_t mark_width = options.style.ascii ? 4 : 1;
  std::string text;
  for (const auto& e : report.expectations) {
    std::string line = std::string(kIndent) + padded(mark_of(e.status, options.style), mark_width) +
                       " " + padded(e.text, text_width) + "   ";
    line += e.always_on ? padded(e.detail, detail_width) : e.detail;
    if (e.always_on) line += "   " + painted("(always on)", Tone::dim, options.style);
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
    for (const auto& explanation : e.lines)
      text += "        " +
              painted(explanation, tone_of_explanation(explanation, e.bound), options.style) + "\n";
  }
  return finished(text, options.style);
}

std::string figures_text(const Report& report, const TextOptions& options) {
  const auto time = latency_unit(report);
  std::vector<Row> rows{row_of(report, "steady", time)};
  const bool faults = std::any_of(report.faults.begin(), report.faults.end(),
                                  [](const auto& f) { return !f.windows.empty(); });
  if (faults) rows.push_back(row_of(report, "faults", time));
  if (find_metric(report, "drain.throughput") != nullptr)
    rows.push_back(row_of(report, "drain", time));
  const Row head{.name = "",
                 .throughput = "tx/s",
                 .latency = "latency p50 / p95 / p99",
                 .messages = "messages/commit",
                 .bytes = "kB/commit",
                 .views = "view changes"};
  std::size_t latency_width = width(head.latency);
  for (const auto& row : rows) latency_width = std::max(latency_width, width(row.latency) + 3);
  const auto line = [&](const Row& row, std::string_view unit) {
    return fmt::format("{}{} {} {}{} {} {} {}\n", kIndent, padded(row.name, 6),
                       padded_left(row.throughput, 9), padded_left(row.latency, latency_width + 3),
                       unit, padded_left(row.messages, 17), padded_left(row.bytes, 11),
                       padded_left(row.views, 14));
  };
  std::string text =
      painted(line(head, std::string(1 + time.name.size(), ' ')), Tone::dim, options.style);
  for (const auto& row : rows) text += line(row, " " + std::string(time.name));
  return finished(text, options.style);
}

std::string verdict_text(const Report& report, const TextOptions& options) {
  const auto count = count_of(report);
  const auto trace = "trace " + to_hex(report.trace_hash);
  std::string text = verdict_word(report.verdict, options.style) + "  ";
  if (report.verdict == RunVerdict::pass) {
    text += fmt::format("{} of {}   {}   {} events   {}", count.passed, report.expectations.size(),
                        speed_text(report), grouped(report.events), trace);
  } else {
    if (!report.reason.empty()) text += report.reason + "   ";
    text += fmt::format("({} failed, {} passed, {} undecided)\n", count.failed, count.passed,
                        count.undecided);
    text += fmt::format("      {}   {} events   seed {}   {}", speed_text(report),
                        grouped(report.events), report.seed, trace);
  }
  if (report.interrupted) text += "   interrupted: partial results";
  if (!report.ended_early.empty()) {
    text += fmt::format("\n      stopped {}; {} were asked for", report.ended_early,
                        spaced_duration(report.asked));
  }
  return finished(text + "\n", options.style);
}

std::string pointers_text(const std::vector<Pointer>& pointers, const TextOptions& options) {
  std::string text;
  for (const auto& p : pointers)
    text += "  " + painted(padded(p.name, 8), Tone::dim, options.style) + " " + p.text + "\n";
  return finished(text, options.style);
}

std::string mark_of(Status status, const Style& style) {
  switch (status) {
    case Status::pass: return painted(style.ascii ? "ok" : "✓", Tone::good, style);
    case Status::fail: return painted(style.ascii ? "FAIL" : "✗", Tone::bad, style);
    case Status::undecided:
    case Status::vacuous: return painted("?", Tone::doubtful, style);
  }
  return "?";
}

std::string verdict_word(RunVerdict verdict, const Style& style) {
  switch (verdict) {
    case RunVerdict::pass: return painted("PASS", Tone::good, style);
    case RunVerdict::fail: return painted("FAIL", Tone::bad, style);
    case RunVerdict::inconclusive: return painted("INCONCLUSIVE", Tone::doubtful, style);
  }
  return "";
}

std::string replica_list(const std::vector<ReplicaId>& replicas) {
  std::string text;
  for (std::size_t i = 0; i < replicas.size();) {
    std::size_t last = i;
    while (last + 1 < replicas.size() && replicas[last + 1].value == replicas[last].value + 1)
      ++last;
    if (!text.empty()) text += ' ';
    text += fmt::format("r{}", replicas[i].value);
    if (last >= i + 2) {
      text += fmt::format("..r{}", replicas[last].value);
      i = last + 1;
    } else {
      ++i;
    }
  }
  return text;
}

const Metric* find_metric(const Report& report, std::string_view name) {
  const auto found = std::find_if(report.metrics.begin(), report.metrics.end(),
                                  [&](const Metric& m) { return m.name == name; });
  return found == report.metrics.end() ? nullptr : &*found;
}

}  // namespace byzlab
