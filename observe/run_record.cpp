#include "observe/run_record.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "observe/exact_json.h"
#include "observe/histogram_json.h"
#include "observe/json_document.h"
#include "observe/summary.h"

namespace byzlab {
namespace {

namespace json = boost::json;

constexpr std::string_view kMetrics = ",\"metrics\":";

constexpr std::array<std::pair<std::string_view, scenario::Property>, 10> kProperties{{
    {"agreement", scenario::Property::agreement},
    {"validity", scenario::Property::validity},
    {"integrity", scenario::Property::integrity},
    {"total_order", scenario::Property::total_order},
    {"certified", scenario::Property::certified},
    {"progress", scenario::Property::progress},
    {"recovery", scenario::Property::recovery},
    {"liveness", scenario::Property::liveness},
    {"double_spend", scenario::Property::double_spend},
    {"threshold", scenario::Property::threshold},
}};

constexpr std::array<std::pair<std::string_view, scenario::Comparison>, 6> kComparisons{{
    {"<", scenario::Comparison::less},
    {"<=", scenario::Comparison::less_equal},
    {">", scenario::Comparison::greater},
    {">=", scenario::Comparison::greater_equal},
    {"==", scenario::Comparison::equal},
    {"!=", scenario::Comparison::not_equal},
}};

constexpr std::array kVerdicts{RunVerdict::pass, RunVerdict::fail, RunVerdict::inconclusive};
constexpr std::array kStatuses{Status::pass, Status::fail, Status::undecided, Status::vacuous};
constexpr std::array kBounds{Bound::not_applicable, Bound::inside, Bound::beyond,
                             Bound::cannot_tell};

json::object expectation_object(const ExpectationResult& e) {
  json::object o{{"id", e.id},
                 {"status", to_string(e.status)},
                 {"value", e.value ? json::value(*e.value) : json::value(nullptr)},
                 {"text", e.text}};
  if (e.status != Status::pass && !e.detail.empty()) o["detail"] = e.detail;
  if (!e.unit.empty()) o["unit"] = e.unit;
  if (e.always_on) o["always_on"] = true;
  if (e.counts) o["counts"] = *e.counts;
  if (e.bound != Bound::not_applicable) o["bound"] = to_string(e.bound);
  if (e.rate) {
    for (const auto& [sign, comparison] : kComparisons)
      if (comparison == e.rate->comparison) o["rate"] = json::array{sign, e.rate->share};
    if (e.rate->confidence) o["rate"].as_array().push_back(*e.rate->confidence);
  }
  return o;
}

// ---------------------------------------------------------------------------------- reading back

std::string_view text_in(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(key);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view{};
}

bool flag_in(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

std::optional<std::uint64_t> count_in(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(key);
  json::error_code wrong;
  const auto count = value ? value->to_number<std::uint64_t>(wrong) : 0;
  return value && !wrong ? std::optional(count) : std::nullopt;
}

std::optional<double> number_in(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(key);
  return value && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

template <class Enum, std::size_t count>
bool read_enum(std::string_view text, const std::array<Enum, count>& all, Enum& into) {
  for (const Enum value : all) {
    if (to_string(value) != text) continue;
    into = value;
    return true;
  }
  return false;
}

bool read_expectation(const json::value& value, ExpectationResult& e) {
  const auto* o = value.if_object();
  if (!o || !read_enum(text_in(*o, "status"), kStatuses, e.status)) return false;
  e.id = text_in(*o, "id");
  e.text = text_in(*o, "text");
  e.detail = text_in(*o, "detail");
  e.unit = text_in(*o, "unit");
  e.value = number_in(*o, "value");
  e.always_on = flag_in(*o, "always_on");
  if (o->contains("counts")) e.counts = flag_in(*o, "counts");
  if (o->contains("bound") && !read_enum(text_in(*o, "bound"), kBounds, e.bound)) return false;
  for (const auto& [name, property] : kProperties)
    if (std::string_view(e.id).substr(0, e.id.rfind('-')) == name) e.property = property;
  if (const auto* rate = o->if_contains("rate")) {
    const auto* pair = rate->if_array();
    if (!pair || pair->size() < 2 || pair->size() > 3 || !(*pair)[0].is_string() ||
        !(*pair)[1].is_number() || !pair->back().is_number())
      return false;
    for (const auto& [sign, comparison] : kComparisons)
      if ((*pair)[0].get_string() == sign)
        e.rate = {.comparison = comparison, .share = (*pair)[1].to_number<double>()};
    if (e.rate && pair->size() == 3) e.rate->confidence = (*pair)[2].to_number<double>();
  }
  return true;
}

/// {"commit_latency":{"p99":…}} as "commit_latency.p99".
void read_metrics(const json::object& metrics, const std::string& prefix,
                  std::vector<Metric>& into) {
  for (const auto& [key, value] : metrics) {
    std::string name = prefix;
    name.append(key.data(), key.size());
    if (const auto* inner = value.if_object()) {
      read_metrics(*inner, name + ".", into);
    } else if (value.is_number()) {
      into.push_back({.name = std::move(name), .value = value.to_number<double>(), .samples = 1});
    }
  }
}

bool read_hash(std::string_view text, std::uint64_t& into) {
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, into, 16);
  return text.size() == 16 && read.ec == std::errc{} && read.ptr == end;
}

std::optional<RunRecord> record_of(const json::object& o) {
  RunRecord record;
  Report& report = record.report;
  const auto seed = count_in(o, "seed"), events = count_in(o, "events");
  const auto* expectations = o.if_contains("expectations");
  if (!seed || !events || !expectations || !expectations->is_array()) return std::nullopt;
  if (!read_enum(text_in(o, "verdict"), kVerdicts, report.verdict)) return std::nullopt;
  if (!read_hash(text_in(o, "trace_hash"), report.trace_hash)) return std::nullopt;
  record.cell = count_in(o, "cell");
  report.seed = *seed;
  report.events = *events;
  report.reason = text_in(o, "reason");
  report.beyond_bound = flag_in(o, "beyond_bound");
  report.stopped = text_in(o, "stopped");
  report.crashed = flag_in(o, "crashed");
  report.ended_early = text_in(o, "ended_early");
  if (const auto* idle = o.if_contains("idle"); idle && idle->is_object()) {
    for (const auto& [what, text] : idle->get_object()) {
      if (!text.is_string()) return std::nullopt;
      report.idle.push_back({.what = std::string(what.data(), what.size()),
                             .text = std::string(text.get_string().c_str())});
    }
  }
  for (const auto& e : expectations->get_array())
    if (!read_expectation(e, report.expectations.emplace_back())) return std::nullopt;
  if (const auto* metrics = o.if_contains("metrics"); metrics && metrics->is_object())
    read_metrics(metrics->get_object(), "", report.metrics);
  if (const auto* histograms = o.if_contains("histograms"); histograms && histograms->is_object()) {
    for (const auto& [name, value] : histograms->get_object())
      if (auto sketch = histogram_of(value))
        report.histograms.push_back({std::string(name.data(), name.size()), std::move(*sketch)});
  }
  return record;
}

}  // namespace

std::string run_line(const Report& report, const RecordOptions& options) {
  json::object o{{"seed", report.seed}};
  if (options.cell) o["cell"] = *options.cell;
  o["verdict"] = to_string(report.verdict);
  o["reason"] = report.reason;
  o["trace_hash"] = to_hex(report.trace_hash);
  o["events"] = report.events;
  if (report.beyond_bound) o["beyond_bound"] = true;
  if (!report.stopped.empty()) o["stopped"] = report.stopped;
  if (report.crashed) o["crashed"] = true;
  if (!report.ended_early.empty()) o["ended_early"] = report.ended_early;
  if (!report.idle.empty()) {
    json::object idle;
    for (const auto& i : report.idle) idle[i.what] = i.text;
    o["idle"] = std::move(idle);
  }
  json::array expectations;
  for (const auto& e : report.expectations) expectations.push_back(expectation_object(e));
  o["expectations"] = std::move(expectations);
  // Last, so that it can be cut off unread.
  if (options.metrics) o["metrics"] = metrics_json(report);
  if (options.histograms) o["histograms"] = histograms_json(report.histograms);
  return compact(o) + "\n";
}

std::optional<RunRecord> read_run_line(std::string_view line, bool with_metrics) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.ends_with('}')) return std::nullopt;
  unsigned char buffer[8192];
  json::monotonic_resource memory(buffer);
  // In a string these quotes would be escaped: this is the key.
  const auto metrics = with_metrics ? std::string_view::npos : line.find(kMetrics);
  const auto document = metrics == std::string_view::npos
                            ? parse_exact({line}, &memory)
                            : parse_exact({line.substr(0, metrics), "}"}, &memory);
  return document && document->is_object() ? record_of(document->get_object()) : std::nullopt;
}

}  // namespace byzlab
