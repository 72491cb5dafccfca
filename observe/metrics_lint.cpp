// Not a parser of PromQL: a scanner that finds names of metrics, matchers behind them, lists of
// labels, and templates of labels, in whatever file they stand. Values of labels are held against
// the series that runs begin with.
#include "observe/metrics_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "observe/metrics_table.h"
#include "observe/metrics_values.h"
#include "testbed/scenario/nearest.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

/// What Prometheus itself adds.
constexpr std::array<std::string_view, 4> kTargetLabels{"job", "instance", "__name__", "alertname"};
constexpr std::array<std::string_view, 6> kLabelLists{"by",       "without",    "on",
                                                      "ignoring", "group_left", "group_right"};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

bool is_any_label(std::string_view label) {
  if (std::ranges::find(kTargetLabels, label) != kTargetLabels.end()) return true;
  return std::ranges::any_of(prometheus_metrics(),
                             [&](const auto& metric) { return has_label(metric, label); });
}

std::string guess(std::string_view wrong) {
  std::vector<std::string> names;
  for (const auto& metric : prometheus_metrics()) {
    const bool wide = metric.type == PrometheusType::histogram;
    for (const char* suffix : {"_bucket", "_count", "_sum"})
      if (wide) names.push_back(std::string(metric.name) + suffix);
    if (!wide) names.emplace_back(metric.name);
  }
  const auto found = scenario::nearest(wrong, names);
  return found ? "; did you mean `" + *found + "`?" : "";
}

class Scanner {
 public:
  Scanner(const std::string& file, std::string_view text, const std::set<std::string>& recorded,
          MetricsLint& lint, std::set<std::string>& used)
      : file_(file), text_(text), recorded_(recorded), lint_(lint), used_(used) {}

  void scan() {
    while (at_ < text_.size()) {
      if (skip("$labels.")) {
        check_any(word());
      } else if (text_.substr(at_, 2) == "{{" && at_ + 2 < text_.size()) {
        at_ += 2;
        templated();
      } else if (is_name(text_[at_])) {
        name();
      } else {
        step();
      }
    }
  }

 private:
  void step() { line_ += text_[at_++] == '\n' ? 1 : 0; }
  bool skip(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) step();
  }
  std::string word() {
    const auto begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  void problem(const std::string& what) {
    lint_.problems.push_back(fmt::format("{}:{}: {}", file_, line_, what));
  }
  void check_any(const std::string& label) {
    if (!is_any_label(label)) problem("no metric has a label `" + label + "`");
  }

  /// {{replica}} in a legend; what else stands between braces is not ours.
  void templated() {
    spaces();
    const auto label = word();
    spaces();
    const bool keyword = label == "end" || label == "else";  // of console templates
    if (!label.empty() && !keyword && text_.substr(at_, 2) == "}}") check_any(label);
  }

  void name() {
    const bool follows = at_ > 0 && (text_[at_ - 1] == '$' || text_[at_ - 1] == '-' ||
                                     text_[at_ - 1] == '/' || text_[at_ - 1] == '.');
    std::string text = word();
    while (text.ends_with(':')) text.pop_back();
    if (follows) return;
    if (text.find("byzlab_") != std::string::npos && text.find(':') != std::string::npos) {
      if (!recorded_.contains(text)) problem("no rule records `" + text + "`");
      matchers(nullptr);
    } else if (text.starts_with("byzlab_") || text.starts_with("cometbft_")) {
      metric(text);
    } else if (std::ranges::find(kLabelLists, text) != kLabelLists.end()) {
      labels();
    } else if (text == "label_values") {
      label_values();
    }
  }

  void metric(const std::string& text) {
    ++lint_.names;
    const auto* spec = metric_of_sample(text);
    if (spec == nullptr && find_prometheus_metric(text) != nullptr) {
      problem("`" + text + "` is a histogram: use its _bucket, _sum or _count");
    } else if (spec == nullptr) {
      problem("no metric `" + text + "`" + guess(text));
    } else {
      used_.insert(std::string(spec->name));
    }
    matchers(spec);
  }

  /// {run=~"$run",replica="r0"}; without a metric (a recorded one) any label will do.
  void matchers(const PrometheusMetric* spec) {
    if (at_ >= text_.size() || text_[at_] != '{' || text_.substr(at_, 2) == "{{") return;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '}') {
      spaces();
      const auto label = word();
      if (label.empty()) {
        step();
        continue;
      }
      const bool known = spec == nullptr
                             ? is_any_label(label)
                             : has_label(*spec, label) ||
                                   std::ranges::find(kTargetLabels, label) != kTargetLabels.end();
      if (!known)
        problem(spec == nullptr ? "no metric has a label `" + label + "`"
                                : fmt::format("`{}` has no label `{}`", spec->name, label));
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\'') step();
      const char quote = at_ < text_.size() ? text_[at_++] : '"';
      const auto begin = at_;
      while (at_ < text_.size() && text_[at_] != quote) step();
      if (spec != nullptr && known) values(*spec, label, text_.substr(begin, at_ - begin));
      if (at_ < text_.size()) ++at_;
    }
  }

  /// "timeout", "timeout|rejected"; other regular expressions and variables are not looked into.
  void values(const PrometheusMetric& spec, const std::string& label, std::string_view pattern) {
    const auto plain = [](char c) { return is_name(c) || c == '-' || c == '|'; };
    if (!is_closed_label(label) || !std::ranges::all_of(pattern, plain)) return;
    const auto all = closed_label_values().find(std::string(spec.name) + ' ' + label);
    while (!pattern.empty()) {
      const std::string value(pattern.substr(0, pattern.find('|')));
      pattern.remove_prefix(std::min(value.size() + 1, pattern.size()));
      if (value.empty() || (all != closed_label_values().end() && all->second.contains(value)))
        continue;
      std::string has;
      if (all != closed_label_values().end())
        for (const auto& one : all->second) has += (has.empty() ? "" : ", ") + one;
      problem(fmt::format("`{}` of `{}` is never `{}`; it is: {}", label, spec.name, value, has));
    }
  }

  void labels() {
    const auto back = at_;
    spaces();
    if (at_ >= text_.size() || text_[at_] != '(') {
      at_ = back;
      return;
    }
    for (++at_; at_ < text_.size() && text_[at_] != ')';) {
      if (is_name(text_[at_])) {
        check_any(word());
      } else {
        step();
      }
    }
  }

  void label_values() {
    if (!skip("(")) return;
    const auto text = word();
    metric(text);
    if (skip("}")) spaces();
    if (!skip(",")) return;
    spaces();
    const auto label = word();
    const auto* spec = metric_of_sample(text);
    if (spec != nullptr && !has_label(*spec, label))
      problem(fmt::format("`{}` has no label `{}`", text, label));
  }

  std::string file_;
  std::string_view text_;
  const std::set<std::string>& recorded_;
  MetricsLint& lint_;
  std::set<std::string>& used_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_ours(const fs::path& file) {
  const auto kind = file.extension();
  return kind == ".json" || kind == ".yml" || kind == ".yaml" || kind == ".html";
}

std::vector<fs::path> files_below(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::exists(path)) throw std::runtime_error("there is no " + path.string());
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (auto at = fs::recursive_directory_iterator(path); at != fs::end(at); ++at) {
      const auto name = at->path().filename();
      // A page's sources and its packages are no dashboards.
      if (at->is_directory() && (fs::exists(at->path() / "package.json") || name == "node_modules"))
        at.disable_recursion_pending();
      if (at->is_regular_file() && is_ours(at->path())) files.push_back(at->path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// A JSON string's quotes as they are when it is read.
std::string unescaped(std::string text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '"') continue;
    out += text[i];
  }
  return out;
}

std::string without_comments(const std::string& yaml) {
  std::string out;
  bool comment = false;
  for (std::size_t i = 0; i < yaml.size(); ++i) {
    if (yaml[i] == '\n') comment = false;
    if (yaml[i] == '#' && (i == 0 || yaml[i - 1] == ' ' || yaml[i - 1] == '\n')) comment = true;
    if (!comment) out += yaml[i];
  }
  return out;
}

void collect_records(const std::string& text, std::set<std::string>& recorded) {
  constexpr std::string_view key = "record:";
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
    auto begin = at + key.size();
    while (begin < text.size() && text[begin] == ' ') ++begin;
    auto end = begin;
    while (end < text.size() && is_name(text[end])) ++end;
    recorded.insert(text.substr(begin, end - begin));
  }
}

}  // namespace

void lint_text(const std::string& name, std::string_view text,
               const std::set<std::string>& recorded, MetricsLint& lint,
               std::set<std::string>& used) {
  Scanner(name, text, recorded, lint, used).scan();
}

MetricsLint lint_metrics(const std::vector<fs::path>& paths) {
  const auto files = files_below(paths);
  std::vector<std::string> texts;
  std::set<std::string> recorded;
  for (const auto& file : files) {
    const bool json = file.extension() == ".json";
    const bool yaml = file.extension() == ".yml" || file.extension() == ".yaml";
    auto text = content(file);
    texts.push_back(json ? unescaped(std::move(text)) : yaml ? without_comments(text) : text);
    collect_records(texts.back(), recorded);
  }
  MetricsLint lint;
  std::set<std::string> in_panels, elsewhere;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool panels = files[i].extension() == ".json";
    lint_text(files[i].string(), texts[i], recorded, lint, panels ? in_panels : elsewhere);
    ++lint.files;
  }
  for (const auto& metric : prometheus_metrics()) {
    const std::string name(metric.name);
    if (metric.exposed != Exposed::compat && !in_panels.contains(name)) lint.unused.push_back(name);
  }
  return lint;
}

}  // namespace byzlab
