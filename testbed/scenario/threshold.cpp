// Reads a threshold: `metric{label="value"}.statistic < value`.
#include <algorithm>
#include <array>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

constexpr std::array<std::pair<std::string_view, Comparison>, 6> kComparisons = {
    {{"<", Comparison::less},
     {"<=", Comparison::less_equal},
     {">", Comparison::greater},
     {">=", Comparison::greater_equal},
     {"==", Comparison::equal},
     {"!=", Comparison::not_equal}}};

std::vector<std::string> statistics_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return {"count", "rate"};
    case MetricKind::gauge: return {"mean", "min", "max", "last"};
    case MetricKind::histogram:
      return {"count", "mean", "min", "max", "p50", "p90", "p95", "p99", "p999"};
  }
  return {};
}

std::string_view kind_words(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return "a counter";
    case MetricKind::gauge: return "a gauge";
    case MetricKind::histogram: return "a histogram";
  }
  return "";
}

class ThresholdText {
 public:
  ThresholdText(Loading& loading, const YamlNode& node)
      : loading_(loading), node_(node), text_(node.text) {}

  std::optional<Threshold> parse() {
    if (!node_.is_scalar()) return fail(0, 1, "E151", "a threshold is one line of text", kForm);
    Threshold t;
    skip_blanks();
    const std::size_t name_at = at_;
    t.metric = word();
    if (t.metric.empty())
      return fail(at_, 1, "E151", "a threshold starts with the name of a metric", kForm);
    if (!parse_labels(t)) return std::nullopt;
    const MetricEntry* metric = find_metric(t.metric, name_at);
    if (!metric || !check_labels(t, *metric)) return std::nullopt;
    if (!parse_statistic(t, *metric) || !parse_comparison(t)) return std::nullopt;
    return parse_value(t, *metric) ? std::optional(std::move(t)) : std::nullopt;
  }

 private:
  static constexpr std::string_view kForm = "write `commit_latency.p99 < 2s`";

  std::nullopt_t fail(std::size_t offset, std::size_t length, std::string code, std::string message,
                      std::string_view hint = "") {
    Position at = node_.at;
    at.column += code_points(text_.substr(0, offset)) + (node_.length > code_points(text_) ? 1 : 0);
    loading_.findings.error(std::move(code), at,
                            static_cast<std::uint32_t>(std::max<std::size_t>(1, length)),
                            std::move(message), std::string(hint));
    return std::nullopt;
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string word() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '_'))
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  bool parse_labels(Threshold& t) {
    if (!take('{')) return true;
    do {
      skip_blanks();
      const std::string key = word();
      if (key.empty() || !take('=') || !take('"')) {
        fail(at_, 1, "E151", "labels are written `{client=\"c0\"}`");
        return false;
      }
      const std::size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) {
        fail(at_, 1, "E151", "the quotes are not closed");
        return false;
      }
      label_at_.emplace_back(at_ - 2 - key.size(), at_);
      t.labels.emplace_back(key, text_.substr(at_, end - at_));
      at_ = end + 1;
    } while (take(','));
    if (take('}')) return true;
    fail(at_, 1, "E151", "`}` is missing after the labels");
    return false;
  }

  bool check_labels(const Threshold& t, const MetricEntry& metric) {
    for (std::size_t i = 0; i < t.labels.size(); ++i) {
      const auto& [key, value] = t.labels[i];
      const auto [key_at, value_at] = label_at_[i];
      if (key != metric.label) {
        fail(key_at, key.size(), "E159", "`" + metric.name + "` has no label " + ticked(key),
             metric.label.empty() ? "it has none" : "it has `" + metric.label + "`");
        return false;
      }
      const auto& values = metric.label_values;
      if (values.empty() ? is_client(value)
                         : std::find(values.begin(), values.end(), value) != values.end())
        continue;
      const auto guess = nearest(value, values);
      fail(value_at, value.size(), "E159", "`" + key + "` is never " + ticked(value),
           values.empty() ? "clients are c0, c1, ..."
           : guess        ? "did you mean `" + *guess + "`?"
                          : "it is one of " + join(values, ", "));
      return false;
    }
    return true;
  }

  static bool is_client(std::string_view value) {
    return value.size() > 1 && value.size() < 8 && value[0] == 'c' &&
           std::all_of(value.begin() + 1, value.end(), is_digit);
  }

  const MetricEntry* find_metric(const std::string& name, std::size_t offset) {
    std::vector<std::string> names;
    for (const MetricEntry& metric : loading_.catalogue.metrics) {
      if (metric.name == name) return &metric;
      names.push_back(metric.name);
    }
    const auto guess = nearest(name, names);
    fail(offset, name.size(), "E150", "no metric " + ticked(name),
         guess ? "did you mean `" + *guess + "`?" : "byzlab list metrics");
    return nullptr;
  }

  bool parse_statistic(Threshold& t, const MetricEntry& metric) {
    const std::vector<std::string> known = statistics_of(metric.kind);
    if (!take('.')) {
      fail(at_, 1, "E151", "a statistic is missing: ." + join(known, " ."),
           "write `" + t.metric + "." + known[0] + "`");
      return false;
    }
    const std::size_t start = at_;
    t.statistic = word();
    if (std::find(known.begin(), known.end(), t.statistic) != known.end()) return true;
    const auto guess = nearest(t.statistic, known);
    fail(start, t.statistic.size(), "E151",
         "`" + t.metric + "` is " + std::string(kind_words(metric.kind)) + ": use ." +
             join(known, ", .") + ", not ." + cut(t.statistic, 20),
         guess ? "did you mean `." + *guess + "`?" : "");
    return false;
  }

  bool parse_comparison(Threshold& t) {
    skip_blanks();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view("<>=!").find(text_[at_]) != std::string_view::npos)
      ++at_;
    const auto comparison = comparison_of(text_.substr(start, at_ - start));
    if (!comparison) {
      fail(start, at_ - start, "E151", "a comparison is missing: < <= > >= == !=", kForm);
      return false;
    }
    t.comparison = *comparison;
    return true;
  }

  /// The value in the metric's base unit; a rate is per second and may say so.
  bool parse_value(Threshold& t, const MetricEntry& metric) {
    skip_blanks();
    const std::size_t start = at_;
    t.value_text = std::string(trimmed(text_.substr(at_)));
    std::string_view text = t.value_text;
    if (text.find("baseline") != std::string_view::npos) {
      fail(start, text.size(), "E190", "a threshold relative to `baseline` is not available yet");
      return false;
    }
    if (t.statistic == "rate" && text.ends_with("/s"))
      text = trimmed(text.substr(0, text.size() - 2));
    for (const std::string_view unit : {" blocks", " tx"})
      if (text.ends_with(unit)) text = text.substr(0, text.size() - unit.size());
    std::string reason, hint;
    const auto keep = [&](const auto& parsed, double scale) {
      if (!parsed) {
        reason = parsed.reason();
        hint = parsed.hint();
        return;
      }
      if constexpr (std::is_same_v<std::decay_t<decltype(*parsed)>, Duration>)
        t.value = seconds(*parsed);
      else
        t.value = static_cast<double>(*parsed) * scale;
    };
    const bool counts = t.statistic == "count";
    if (metric.unit == MetricUnit::seconds && !counts)
      keep(parse_duration(text), 1);
    else if (metric.unit == MetricUnit::bytes && !counts &&
             text.find_first_not_of("0123456789.") != std::string_view::npos)
      keep(parse_bytes(text), 1);
    else if (metric.unit == MetricUnit::ratio && !counts && text.ends_with("%"))
      keep(parse_number(text.substr(0, text.size() - 1)), 0.01);
    else
      keep(parse_number(text), 1);
    if (reason.empty()) return true;
    fail(start, t.value_text.size(), reason.ends_with("needs a unit") ? "E110" : "E158", reason,
         hint);
    return false;
  }

  Loading& loading_;
  const YamlNode& node_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> label_at_;  // of key and value
};

}  // namespace

std::optional<Threshold> load_threshold(Loading& loading, const YamlNode& node) {
  return ThresholdText(loading, node).parse();
}

std::optional<Comparison> comparison_of(std::string_view text) {
  for (const auto& [name, comparison] : kComparisons)
    if (name == text) return comparison;
  return std::nullopt;
}

std::string_view comparison_text(Comparison comparison) {
  for (const auto& [name, value] : kComparisons)
    if (value == comparison) return name;
  return "?";
}

}  // namespace byzlab::scenario
