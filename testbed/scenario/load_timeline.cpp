// Reads `timeline`: when, how long, and which action.
#include <algorithm>
#include <map>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

class TimelineLoader {
 public:
  TimelineLoader(const Section& top, Scenario& scenario, Unbound& unbound)
      : loading_(top.loading()), top_(top), scenario_(scenario), unbound_(unbound) {}

  void load(const YamlNode& list) {
    for (std::size_t i = 0; i < list.items.size(); ++i) load_entry(list.items[i], i);
    name_entries();
    for (const AfterText& after : afters_) resolve_after(after);
    find_cycles();
    check_times();
  }

 private:
  struct AfterText {
    std::size_t entry;  // in scenario_.timeline
    const YamlNode* node;
  };

  void load_entry(const YamlNode& node, std::size_t index) {
    const Section entry(loading_, &node,
                        {.section = "timeline",
                         .shown = "timeline",
                         .path = "timeline[" + std::to_string(index) + "]",
                         .at = node.at,
                         .length = node.length});
    if (!node.is_map()) return;
    TimelineEntry result;
    result.at = node.at;
    result.label = label_of(entry);
    const std::optional<Start> start = start_of(entry, scenario_.timeline.size());
    result.length = entry.find<Duration>("for");
    std::vector<UnboundOption> options;
    std::optional<Action> action = action_of(entry, node, options);
    result.repeat = repeat_of(entry);
    if (!start || !action) {
      std::erase_if(afters_,
                    [&](const AfterText& a) { return a.entry == scenario_.timeline.size(); });
      if (!result.label.empty()) loading_.lost_labels.insert(result.label);
      return;
    }
    result.start = *start;
    result.action = std::move(*action);
    check_length(entry, result);
    for (UnboundOption& option : options)
      unbound_.timeline.emplace_back(scenario_.timeline.size(), std::move(option));
    scenario_.timeline.push_back(std::move(result));
    start_keys_.push_back(start_key(entry));
  }

  std::string label_of(const Section& entry) {
    const std::string label = entry.text("label");
    if (label.empty()) return label;
    const YamlNode& node = *entry.node("label");
    static constexpr std::string_view kBuiltIn[] = {"start", "end", "gst", "faults"};
    if (std::find(std::begin(kBuiltIn), std::end(kBuiltIn), label) != std::end(kBuiltIn)) {
      loading_.findings.error("E126", node.at, node.length, "`" + label + "` is a built-in label",
                              "choose another name");
    } else if (const auto [first, is_new] = labels_.emplace(label, node.at); !is_new) {
      loading_.findings.error("E125", node.at, node.length,
                              "duplicate label `" + label + "`; first used at line " +
                                  std::to_string(first->second.line));
    }
    return label;
  }

  static const YamlNode* start_key(const Section& entry) {
    for (const std::string_view key : {"at", "after", "when"})
      if (const YamlNode* node = entry.node(key)) return node;
    return nullptr;
  }

  std::optional<Start> start_of(const Section& entry, std::size_t index) {
    std::vector<const YamlNode*> keys;
    for (const std::string_view key : {"at", "after", "when"})
      if (const YamlNode* node = entry.key(key)) keys.push_back(node);
    if (keys.empty()) {
      loading_.findings.error("E122", entry.place().at, 1,
                              "a timeline entry needs `at`, `after` or `when`");
      return std::nullopt;
    }
    if (keys.size() > 1) {
      std::sort(keys.begin(), keys.end(), [](const YamlNode* a, const YamlNode* b) {
        return std::pair(a->at.line, a->at.column) < std::pair(b->at.line, b->at.column);
      });
      Diagnostic& d = loading_.findings.error("E122", keys[1]->at, keys[1]->length,
                                              "a timeline entry starts once: `" + keys[0]->text +
                                                  "` or `" + keys[1]->text + "`, not both");
      d.marks.push_back({keys[0]->at, keys[0]->length, "first start"});
      return std::nullopt;
    }
    if (entry.node("at")) {
      const auto at = entry.find<Duration>("at");
      return at ? std::optional<Start>(StartAt{Time{*at}}) : std::nullopt;
    }
    if (const YamlNode* when = entry.node("when")) return trigger(*when);
    if (const YamlNode* after = entry.node("after")) {
      afters_.push_back({index, after});
      return StartAfter{};
    }
    return std::nullopt;
  }

  std::optional<Start> trigger(const YamlNode& node) {
    std::string_view text = trimmed(node.text);
    const bool height = text.starts_with("height");
    text = trimmed(text.substr(height ? 6 : 0));
    const bool reaches = text.starts_with(">=");
    const auto count = parse_count(text.substr(reaches ? 2 : 0));
    if (!node.is_scalar() || !height || !reaches || !count) {
      loading_.findings.error("E129", node.at, node.length, ticked(node.text) + " is no trigger",
                              "write `height >= 50`");
      return std::nullopt;
    }
    return StartAtHeight{Height(*count)};
  }

  /// The one action, by name or drawn from `one_of`.
  std::optional<Action> action_of(const Section& entry, const YamlNode& node,
                                  std::vector<UnboundOption>& options) {
    const YamlNode* action = only_action(entry, node, true);
    if (!action) return std::nullopt;
    if (action->text != "one_of") return load_action(entry, action->text, scenario_, options);
    const YamlNode* list = entry.node("one_of");
    if (!list) return std::nullopt;
    if (!list->is_sequence() || list->items.empty()) {
      loading_.findings.error("E106", list->at, list->length, "`one_of` must be a list of actions",
                              "write `one_of: [ { crash: any(1) }, { isolate: any(1) } ]`");
      return std::nullopt;
    }
    const std::size_t drawn = bits_for(loading_.seed, entry.path_of("one_of")) % list->items.size();
    loading_.drew = true;
    std::optional<Action> chosen;
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const YamlNode& item = list->items[i];
      const Section alternative(loading_, &item,
                                {.section = "timeline",
                                 .shown = "one_of",
                                 .path = entry.path_of("one_of") + "[" + std::to_string(i) + "]",
                                 .at = item.at});
      if (!item.is_map()) continue;
      for (const YamlNode& key : item.keys)
        if (!is_action(key.text) &&
            std::any_of(entry.keys().begin(), entry.keys().end(),
                        [&](const KeySpec& spec) { return spec.name == key.text; }))
          loading_.findings.error("E117", key.at, key.length,
                                  "`" + key.text + "` has no meaning in `one_of`",
                                  "it belongs to the entry, not to one action");
      const YamlNode* only = only_action(alternative, item, false);
      std::vector<UnboundOption> unbound;
      std::optional<Action> loaded =
          only ? load_action(alternative, only->text, scenario_, unbound) : std::nullopt;
      if (i != drawn) continue;
      chosen = std::move(loaded);
      options = std::move(unbound);
    }
    return chosen;
  }

  bool is_action(std::string_view key) const { return loading_.catalogue.fault(key) != nullptr; }

  const YamlNode* only_action(const Section& entry, const YamlNode& node, bool one_of_allowed) {
    std::vector<const YamlNode*> actions;
    bool later = false;
    for (const YamlNode& key : node.keys) {
      const bool repeated = std::any_of(actions.begin(), actions.end(), [&](const YamlNode* other) {
        return other->text == key.text;
      });
      if (!repeated && (is_action(key.text) || (one_of_allowed && key.text == "one_of")))
        actions.push_back(&key);
      later |= is_later("timeline", key.text);
    }
    if (actions.size() == 1) return actions[0];
    if (actions.empty()) {
      if (!later)
        loading_.findings.error("E121", entry.place().at, entry.place().length,
                                "a timeline entry needs an action", "byzlab explain timeline");
      return nullptr;
    }
    Diagnostic& d = loading_.findings.error(
        "E120", actions[1]->at, actions[1]->length,
        "a timeline entry has one action, this one has " +
            (actions.size() == 2 ? std::string("two") : std::to_string(actions.size())),
        "second action: make it its own `- at:` entry");
    d.marks.push_back({actions[0]->at, actions[0]->length, "first action"});
    return nullptr;
  }

  std::optional<Repeat> repeat_of(const Section& entry) {
    const auto every = entry.find<Duration>("every");
    const auto until = entry.find<Duration>("until");
    if (const YamlNode* key = entry.key("until"); key && !entry.has("every"))
      loading_.findings.error("E124", key->at, key->length, "`until` needs `every`");
    if (!every) return std::nullopt;
    return Repeat{.every = *every, .until = Time{until.value_or(scenario_.duration)}};
  }

  void check_length(const Section& entry, const TimelineEntry& result) {
    const bool instant = result.action.span == FaultSpan::instant;
    if (const YamlNode* key = entry.key("for"); key && instant)
      loading_.findings.error("E123", key->at, key->length,
                              "`" + result.action.name + "` happens at once: it takes no `for`",
                              "remove it");
    if (result.action.span == FaultSpan::window && !entry.has("for"))
      loading_.findings.error("E123", entry.place().at, entry.place().length,
                              "`" + result.action.name + "` needs `for`: how long does it last?");
    const YamlNode* every = entry.key("every");
    if (!every || !result.repeat || instant) return;
    if (!result.length)
      loading_.findings.error("E124", every->at, every->length,
                              "`every` needs `for`: how long is each time?");
    else if (*result.length > result.repeat->every)
      loading_.findings.error("E124", every->at, every->length,
                              "it starts again before it is over: `for` is longer than `every`");
  }

  /// "crash", "crash-2", … for entries without a label.
  void name_entries() {
    std::map<std::string, int> used;
    for (TimelineEntry& entry : scenario_.timeline) {
      if (!entry.label.empty()) continue;
      const std::string& name = entry.action.name;
      do {
        const int k = ++used[name];
        entry.label = k == 1 ? name : name + "-" + std::to_string(k);
      } while (labels_.contains(entry.label));
    }
  }

  void resolve_after(const AfterText& after) {
    const YamlNode& node = *after.node;
    scenario_.timeline[after.entry].start = StartAt{};  // until it is known better
    const std::size_t plus = node.text.find('+');
    const std::string label(trimmed(std::string_view(node.text).substr(0, plus)));
    Duration offset{};
    if (plus != std::string::npos) {
      const auto parsed = parse_duration(std::string_view(node.text).substr(plus + 1));
      if (!parsed) {
        loading_.findings.error("E129", node.at, node.length, parsed.reason(), parsed.hint());
        return;
      }
      offset = *parsed;
    }
    if (!node.is_scalar()) {
      loading_.findings.error("E129", node.at, node.length, "`after` takes a label and a duration",
                              "write `split + 2s`");
      return;
    }
    TimelineEntry& entry = scenario_.timeline[after.entry];
    if (label == "start")
      entry.start = StartAt{Time{offset}};
    else if (label == "gst" && scenario_.network.synchrony)
      entry.start = StartAt{scenario_.network.synchrony->gst + offset};
    else
      find_entry(label, offset, node, entry);
  }

  void find_entry(const std::string& label, Duration offset, const YamlNode& node,
                  TimelineEntry& entry) {
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
      labels.push_back(scenario_.timeline[i].label);
      if (labels.back() != label) continue;
      entry.start = StartAfter{.entry = i, .offset = offset};
      return;
    }
    if (loading_.lost_labels.contains(label)) return;
    const auto guess = nearest(label, labels);
    loading_.findings.error("E152", node.at, node.length, "`after: " + label + "`: no such label",
                            guess            ? "did you mean `" + *guess + "`?"
                            : label == "gst" ? "`network.synchrony` is not set"
                                             : "");
  }

  /// Start of an entry if it does not depend on the run, following `after`.
  void find_cycles() {
    for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
      std::size_t at = i;
      for (std::size_t steps = 0; steps <= scenario_.timeline.size(); ++steps) {
        const auto* after = std::get_if<StartAfter>(&scenario_.timeline[at].start);
        if (!after) break;
        at = after->entry;
        if (at != i) continue;
        const YamlNode& node = *start_keys_[i];
        loading_.findings.error("E141", node.at, node.length,
                                "`" + scenario_.timeline[i].label +
                                    "` waits for itself: `after` goes round in a circle");
        scenario_.timeline[i].start = StartAt{};
        break;
      }
    }
  }

  void check_times() {
    if (scenario_.duration.count() <= 0) return;
    const Time end{scenario_.duration};
    std::string line;
    if (const YamlNode* key = top_.key("duration"); key && !key->at.from_set)
      line = ", line " + std::to_string(key->at.line);
    for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
      const auto* at = std::get_if<StartAt>(&scenario_.timeline[i].start);
      if (!at || at->at < end) continue;
      const YamlNode& node = *start_keys_[i];
      loading_.findings.error("E140", node.at, node.length,
                              "`at: " + duration_text(at->at.time_since_epoch()) +
                                  "` is after the end of the run (`duration: " +
                                  cut(top_.node("duration")->text, 20) + "`" + line + ")");
    }
  }

  Loading& loading_;
  const Section& top_;
  Scenario& scenario_;
  Unbound& unbound_;
  std::map<std::string, Position> labels_;
  std::vector<AfterText> afters_;
  std::vector<const YamlNode*> start_keys_;  // parallel to scenario_.timeline
};

}  // namespace

void load_timeline(const Section& top, Scenario& scenario, Unbound& unbound) {
  const YamlNode* node = top.node("timeline");
  if (!node) return;
  if (!node->is_sequence()) {
    top.loading().findings.error("E106", node->at, node->length,
                                 "`timeline` must be a list of entries", "write `- at: 10s`");
    return;
  }
  if (node->items.size() > kMaxEntries) {
    top.loading().findings.error(
        "E003", node->at, node->length,
        "`timeline` has more than " + std::to_string(kMaxEntries) + " entries");
    return;
  }
  TimelineLoader(top, scenario, unbound).load(*node);
}

}  // namespace byzlab::scenario
