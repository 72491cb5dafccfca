// Reads `expect`: which property, and what narrows it.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selector_parser.h"
#include "testbed/scenario/selectors.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

struct PropertyRow {
  Property property;
  std::string_view name;
  std::string_view modifiers;  // keys that narrow it
};
constexpr PropertyRow kProperties[] = {
    {Property::agreement, "agreement", "rate confidence"},
    {Property::validity, "validity", "rate confidence"},
    {Property::integrity, "integrity", "rate confidence"},
    {Property::total_order, "total_order", "rate confidence"},
    {Property::certified, "certified", "rate confidence"},
    {Property::progress, "progress", "during outside after of among grace rate confidence"},
    {Property::recovery, "recovery", "after of among rate confidence"},
    {Property::liveness, "liveness", "during outside after of among grace within rate confidence"},
    {Property::double_spend, "double_spend", "rate confidence"},
    {Property::threshold, "threshold", "during outside after of grace rate confidence"},
};

constexpr std::array<std::pair<std::string_view, Outcome>, 6> kOutcomes = {
    {{"holds", Outcome::holds},
     {"violated", Outcome::violated},
     {"none", Outcome::none},
     {"some", Outcome::some},
     {"succeeds", Outcome::succeeds},
     {"fails", Outcome::fails}}};

class ExpectationLoader {
 public:
  ExpectationLoader(const Section& entry, const YamlNode& node, Scenario& scenario)
      : loading_(entry.loading()), entry_(entry), node_(node), scenario_(scenario) {}

  std::optional<Expectation> load() {
    const YamlNode* key = only_property();
    if (!key) return std::nullopt;
    const PropertyRow& row =
        *std::find_if(std::begin(kProperties), std::end(kProperties),
                      [&](const PropertyRow& r) { return r.name == key->text; });
    Expectation e;
    e.property = row.property;
    e.at = key->at;
    check_modifiers(row);
    const bool valued = load_value(row, e);
    load_windows(e);
    e.of_start = entry_.text("of") == "start";
    e.grace = entry_.get<Duration>("grace");
    e.within = entry_.find<Duration>("within");
    if (const YamlNode* among = entry_.node("among")) {
      e.among = parse_selector(loading_, *among, entry_.path_of("among"));
      if (e.among && e.among->kind == Selector::Kind::honest) e.among.reset();  // the default
    }
    if (const YamlNode* rate = entry_.node("rate")) e.rate = load_rate(loading_, *rate);
    load_confidence(e);
    check_needs(row, *key);
    check_meaning(row, *key);
    if (!valued) return std::nullopt;
    e.text = expectation_text(e);
    return e;
  }

 private:
  const YamlNode* only_property() {
    std::vector<const YamlNode*> found;
    bool later = false;
    for (const YamlNode& key : node_.keys) {
      const bool repeated = std::any_of(found.begin(), found.end(), [&](const YamlNode* other) {
        return other->text == key.text;
      });
      if (is_property(key.text) && !repeated) found.push_back(&key);
      later |= is_later("expect", key.text);
    }
    if (found.size() == 1) return found[0];
    if (found.empty()) {
      if (!later)
        loading_.findings.error("E154", entry_.place().at, 1, "an expectation needs a property",
                                "byzlab explain expect");
      return nullptr;
    }
    Diagnostic& d = loading_.findings.error("E154", found[1]->at, found[1]->length,
                                            "an expectation has one property, this one has `" +
                                                found[0]->text + "` and `" + found[1]->text + "`",
                                            "second property: make it its own entry");
    d.marks.push_back({found[0]->at, found[0]->length, "first property"});
    return nullptr;
  }

  void check_modifiers(const PropertyRow& row) {
    const std::vector<std::string> allowed = split(row.modifiers, ' ');
    for (const KeySpec& spec : entry_.keys()) {
      const YamlNode* key = entry_.key(spec.name);
      if (!key || is_property(spec.name) ||
          std::find(allowed.begin(), allowed.end(), spec.name) != allowed.end())
        continue;
      loading_.findings
          .error("E155", key->at, key->length,
                 "`" + key->text + "` has no meaning with `" + std::string(row.name) + "`",
                 "remove it")
          .notes.push_back("allowed with " + std::string(row.name) + ": " +
                           std::string(row.modifiers));
    }
  }

  bool load_value(const PropertyRow& row, Expectation& e) {
    if (!entry_.node(row.name)) return false;
    if (row.property == Property::threshold) {
      e.threshold = load_threshold(loading_, *entry_.node(row.name));
      return e.threshold.has_value();
    }
    if (row.property == Property::recovery) {
      e.bound = entry_.find<Duration>(row.name);
      return e.bound.has_value();
    }
    const auto text = entry_.find<std::string>(row.name);
    if (!text) return false;
    for (const auto& [name, outcome] : kOutcomes)
      if (name == *text) e.outcome = outcome;
    return true;
  }

  void load_windows(Expectation& e) {
    e.during = window_of("during");
    e.outside = window_of("outside");
    e.after = window_of("after");
    if (e.during && e.outside) {
      const YamlNode& key = *entry_.key("outside");
      loading_.findings.error("E117", key.at, key.length,
                              "`outside` has no meaning together with `during`");
    }
    if (const YamlNode* of = entry_.key("of"); of && !entry_.has("after"))
      loading_.findings.error("E117", of->at, of->length, "`of` has no meaning without `after`");
    if (const YamlNode* grace = entry_.key("grace");
        grace && !entry_.has("during") && !entry_.has("outside"))
      loading_.findings.error("E117", grace->at, grace->length,
                              "`grace` has no meaning without `during` or `outside`");
  }

  void load_confidence(Expectation& e) {
    const auto confidence = entry_.find<double>("confidence");
    const YamlNode* key = entry_.key("confidence");
    if (!key) return;
    if (!entry_.has("rate")) {
      loading_.findings.error("E117", key->at, key->length,
                              "`confidence` has no meaning without `rate`");
    } else if (e.rate && confidence && (*confidence < 0.5 || *confidence >= 1)) {
      const YamlNode& node = *entry_.node("confidence");
      loading_.findings.error("E112", node.at, node.length,
                              "`confidence` must be at least 50% and less than 100%",
                              "write `confidence: 95%`");
    } else if (e.rate && (e.rate->comparison == Comparison::equal ||
                          e.rate->comparison == Comparison::not_equal)) {
      loading_.findings.error("E117", key->at, key->length,
                              "`confidence` has no meaning with `==` or `!=`: no bound decides "
                              "them",
                              "use `>=` or `<=`");
    } else if (e.rate) {
      e.rate->confidence = confidence;
    }
  }

  std::optional<Window> window_of(std::string_view key) {
    const YamlNode* node = entry_.node(key);
    if (!node) return std::nullopt;
    const std::string label = entry_.text(key);
    const bool moment_allowed = key == "after";
    const auto found = find_window(label);
    if (!found) {
      unknown_label(*node, key, label);
    } else if (!moment_allowed && is_moment(*found)) {
      loading_.findings.error("E153", node->at, node->length,
                              "`" + std::string(key) + ": " + label + "`: a moment, not a window",
                              "use `after: " + label + "`");
      return std::nullopt;
    }
    return found;
  }

  std::optional<Window> find_window(const std::string& label) const {
    if (label == "faults") return Window{.kind = Window::Kind::faults, .label = label};
    if (label == "start") return Window{.kind = Window::Kind::start, .label = label};
    if (label == "end") return Window{.kind = Window::Kind::end, .label = label};
    if (label == "gst" && scenario_.network.synchrony)
      return Window{.kind = Window::Kind::gst, .label = label};
    for (std::size_t i = 0; i < scenario_.timeline.size(); ++i)
      if (scenario_.timeline[i].label == label)
        return Window{.kind = Window::Kind::entry, .entry = i, .label = label};
    return std::nullopt;
  }

  bool is_moment(const Window& window) const {
    switch (window.kind) {
      case Window::Kind::start:
      case Window::Kind::end:
      case Window::Kind::gst: return true;
      case Window::Kind::faults: return false;
      case Window::Kind::entry: break;
    }
    return scenario_.timeline[window.entry].action.span == FaultSpan::instant;
  }

  void unknown_label(const YamlNode& node, std::string_view key, const std::string& label) {
    if (loading_.lost_labels.contains(label)) return;
    std::vector<std::string> labels = {"start", "end", "faults"};
    for (const TimelineEntry& entry : scenario_.timeline) labels.push_back(entry.label);
    std::string hint = label == "gst" ? "`network.synchrony` is not set" : "";
    if (const auto guess = nearest(label, labels); guess && hint.empty()) {
      hint = "did you mean `" + *guess + "`";
      for (const TimelineEntry& entry : scenario_.timeline)
        if (entry.label == *guess) hint += " (line " + std::to_string(entry.at.line) + ")";
      hint += "?";
    }
    loading_.findings.error("E152", node.at, node.length,
                            "`" + std::string(key) + ": " + cut(label, 40) + "`: no such label",
                            std::move(hint));
  }

  void check_needs(const PropertyRow& row, const YamlNode& key) {
    if (row.property == Property::recovery && !entry_.has("after"))
      loading_.findings.error("E156", key.at, key.length,
                              "`recovery` needs `after`: recovery from what?");
    if (row.property == Property::liveness && !entry_.has("within"))
      loading_.findings.error("E156", key.at, key.length,
                              "`liveness` needs `within`: the longest gap between commits");
  }

  void check_meaning(const PropertyRow& row, const YamlNode& key) {
    const ProtocolEntry* protocol = protocol_entry(loading_.catalogue, scenario_.protocol.name);
    if (!protocol) return;
    std::string why;
    if (row.property == Property::certified && !protocol->certified) why = "no quorum certificates";
    if (row.property == Property::double_spend && !protocol->double_spend)
      why = "it never takes back a commit: use `agreement`";
    if (!why.empty())
      loading_.findings.error("E160", key.at, key.length,
                              "property `" + std::string(row.name) +
                                  "` has no meaning for protocol " + protocol->name + " (" + why +
                                  ")");
  }

  Loading& loading_;
  const Section& entry_;
  const YamlNode& node_;
  Scenario& scenario_;
};

}  // namespace

void load_expectations(const Section& top, Scenario& scenario) {
  const YamlNode* list = top.node("expect");
  if (!list) return;
  Loading& loading = top.loading();
  if (!list->is_sequence()) {
    loading.findings.error("E106", list->at, list->length,
                           "`expect` must be a list of expectations", "write `- agreement: holds`");
    return;
  }
  if (list->items.size() > kMaxEntries) {
    loading.findings.error("E003", list->at, list->length,
                           "`expect` has more than " + std::to_string(kMaxEntries) + " entries");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const YamlNode& node = list->items[i];
    const Section entry(loading, &node,
                        {.section = "expect",
                         .shown = "expect",
                         .path = "expect[" + std::to_string(i) + "]",
                         .at = node.at,
                         .length = node.length});
    if (!node.is_map()) continue;
    if (auto expectation = ExpectationLoader(entry, node, scenario).load())
      scenario.expectations.push_back(std::move(*expectation));
  }
}

std::optional<RequiredRate> load_rate(Loading& loading, const YamlNode& node) {
  const std::string_view text = trimmed(node.text);
  const std::size_t op = std::min(text.find_first_not_of("<>=!"), text.size());
  const auto comparison = comparison_of(text.substr(0, op));
  const auto share = parse_probability(text.substr(op));
  if (node.is_scalar() && comparison && share)
    return RequiredRate{.comparison = *comparison, .share = *share};
  loading.findings.error("E157", node.at, node.length,
                         ticked(node.text) + " is no rate over the seeds",
                         "write `rate: \">= 95%\"`");
  return std::nullopt;
}

std::string_view property_name(Property property) {
  for (const PropertyRow& row : kProperties)
    if (row.property == property) return row.name;
  return "?";
}

std::string_view outcome_name(Outcome outcome) {
  for (const auto& [name, value] : kOutcomes)
    if (value == outcome) return name;
  return "?";
}

std::string expectation_text(const Expectation& e) {
  std::string text;
  if (e.threshold) {
    const Threshold& t = *e.threshold;
    text = t.metric;
    std::string labels;
    for (const auto& [key, value] : t.labels)
      labels += (labels.empty() ? "" : ",") + key + "=\"" + value + "\"";
    if (!labels.empty()) text += "{" + labels + "}";
    text +=
        "." + t.statistic + " " + std::string(comparison_text(t.comparison)) + " " + t.value_text;
  } else {
    text = std::string(property_name(e.property)) + ": " +
           (e.bound ? duration_text(*e.bound) : std::string(outcome_name(e.outcome)));
  }
  if (e.rate)
    text += " in " + std::string(comparison_text(e.rate->comparison)) + " " +
            number_text(std::round(e.rate->share * 1e8) / 1e6) + "%";
  if (e.rate && e.rate->confidence)
    text += " with " + number_text(std::round(*e.rate->confidence * 1e8) / 1e6) + "% confidence";
  if (e.within) text += " within " + duration_text(*e.within);
  if (e.during) text += " during " + e.during->label;
  if (e.outside) text += " outside " + e.outside->label;
  if (e.after) text += (e.of_start ? " of " : " after ") + e.after->label;
  if (e.among) text += " among " + to_text(*e.among);
  return text;
}

}  // namespace byzlab::scenario
